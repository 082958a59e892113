//! Programs: compiled once, run often, always by the execution service of the run.

use crate::bindings::perfagent::task::execution as wit;
use crate::convert;
use crate::services::{Execution, ProgramId};
use crate::state::State;
use perfagent_core::execution::{Failure, FailureKind, Policy, RunOptions};
use std::sync::Arc;
use wasmtime::component::Resource;

/// Files beside one program at most: each is written before anything is compiled.
const MAX_FILES: usize = 1_000;
/// Bytes of a file's path at most: each part of it is a directory to make.
const MAX_PATH_BYTES: usize = 255;
/// Bytes of one program and its files at most.
const MAX_PROGRAM_BYTES: usize = 64 << 20;

/// A guest's program, behind its handle. Gone with it, whether the guest drops it or its store ends.
#[expect(unreachable_pub, reason = "the generated code wants it public")]
pub struct ProgramHandle {
    id: ProgramId,
    execution: Arc<dyn Execution>,
}

impl Drop for ProgramHandle {
    fn drop(&mut self) {
        self.execution.release(self.id);
    }
}

impl wit::Host for State {}

impl wit::HostProgram for State {
    async fn compile(&mut self, request: wit::CompileRequest) -> Result<Resource<ProgramHandle>, wit::CompileError> {
        let failed = |failure: Failure| convert::compile_error_to_wit(failure.into());
        self.may_compile(&request).map_err(failed)?;
        let request = convert::compile_request(request);
        let execution = Arc::clone(&self.services.execution);
        let compiled = self.meter.pausing(execution.compile(request)).await;
        let id = compiled.map_err(convert::compile_error_to_wit)?;
        let pushed = self.table.push(ProgramHandle { id, execution });
        let handle = pushed.map_err(|_| failed(too_many("handles", self.limits.handles)))?;
        self.programs += 1;
        Ok(handle)
    }

    async fn run(
        &mut self,
        program: Resource<ProgramHandle>,
        requests: Vec<wit::RunRequest>,
        options: wit::RunOptions,
    ) -> Result<Vec<wit::RunReport>, wit::Failure> {
        let program = self.may_run(requests.len()).and_then(|()| self.program(&program));
        let program = program.map_err(convert::failure_to_wit)?;
        let requests = requests.into_iter().map(convert::run_request).collect();
        let (meter, execution) = (self.meter.clone(), Arc::clone(&self.services.execution));
        let running = meter.pausing(execution.run(program, requests, convert::run_options(&options)));
        let reports = running.await.map_err(convert::failure_to_wit)?;
        Ok(reports.into_iter().map(convert::report_to_wit).collect())
    }

    async fn compare(
        &mut self,
        candidate: Resource<ProgramHandle>,
        incumbent: Resource<ProgramHandle>,
        requests: Vec<wit::RunRequest>,
        rounds: u32,
        options: wit::RunOptions,
    ) -> Result<Vec<wit::Round>, wit::Failure> {
        // Rounds of nothing would be held, too.
        let runs = requests.len().max(1).saturating_mul(rounds as usize);
        let programs = self.may_run(runs).and_then(|()| Ok((self.program(&candidate)?, self.program(&incumbent)?)));
        let (candidate, incumbent) = programs.map_err(convert::failure_to_wit)?;
        let requests = requests.into_iter().map(convert::run_request).collect();
        let options = RunOptions { policy: Policy::Measure, ..convert::run_options(&options) };
        let (meter, execution) = (self.meter.clone(), Arc::clone(&self.services.execution));
        let comparing = meter.pausing(execution.compare(candidate, incumbent, requests, rounds, options));
        let rounds = comparing.await.map_err(convert::failure_to_wit)?;
        Ok(rounds.into_iter().map(convert::round_to_wit).collect())
    }

    async fn drop(&mut self, program: Resource<ProgramHandle>) -> wasmtime::Result<()> {
        self.table.delete(program)?;
        self.programs = self.programs.saturating_sub(1);
        Ok(())
    }
}

impl State {
    fn may_compile(&self, request: &wit::CompileRequest) -> Result<(), Failure> {
        let wit::CompileRequest { language, source, files, .. } = request;
        if !self.languages.iter().any(|known| known == language) {
            let known = self.languages.join(", ");
            let message = format!("the language {language:?} is not among those that the plugin declares ({known})");
            return Err(Failure::new(FailureKind::Refused, message));
        }
        if self.programs >= self.limits.programs {
            return Err(too_many("compiled programs", self.limits.programs));
        }
        if files.len() > MAX_FILES {
            return Err(too_many("files beside a program", MAX_FILES));
        }
        if files.iter().any(|file| file.path.len() > MAX_PATH_BYTES) {
            return Err(too_many("bytes in the path of a file", MAX_PATH_BYTES));
        }
        let bytes = files.iter().fold(source.len(), |sum, file| sum.saturating_add(file.content.len()));
        if bytes > MAX_PROGRAM_BYTES {
            return Err(too_many("bytes in a program and its files", MAX_PROGRAM_BYTES));
        }
        Ok(())
    }

    fn may_run(&self, runs: usize) -> Result<(), Failure> {
        if runs > self.limits.requests { Err(too_many("runs in one call", self.limits.requests)) } else { Ok(()) }
    }

    fn program(&self, handle: &Resource<ProgramHandle>) -> Result<ProgramId, Failure> {
        let found = self.table.get(handle).map(|handle| handle.id);
        found.map_err(|error| Failure::new(FailureKind::Internal, format!("the program's handle: {error}")))
    }
}

fn too_many(what: &str, limit: usize) -> Failure {
    Failure::new(FailureKind::Exhausted, format!("a plugin may have {limit} {what} at most"))
}
