//! The sandbox as the plugin's execution service.

use async_trait::async_trait;
use perfagent_core::execution::{
    CompileError, CompileRequest, Failure, FailureKind, Round, RunOptions, RunReport, RunRequest,
};
use perfagent_plugin::{Execution, ProgramId};
use perfagent_sandbox::{Program, Sandbox};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Gives one plugin session programs in a sandbox, by number.
pub struct SandboxExecution {
    sandbox: Sandbox,
    programs: Mutex<Programs>,
}

#[derive(Default)]
struct Programs {
    next: u64,
    alive: HashMap<ProgramId, Program>,
}

impl SandboxExecution {
    /// A service over `sandbox` that holds no program yet.
    pub fn new(sandbox: Sandbox) -> Self {
        Self { sandbox, programs: Mutex::default() }
    }

    fn program(&self, id: ProgramId) -> Result<Program, Failure> {
        let programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        programs
            .alive
            .get(&id)
            .cloned()
            .ok_or_else(|| Failure::new(FailureKind::Internal, format!("program {} was released before its run", id.0)))
    }
}

#[async_trait]
impl Execution for SandboxExecution {
    async fn compile(&self, request: CompileRequest) -> Result<ProgramId, CompileError> {
        let program = self.sandbox.compile(request).await?;
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        let id = ProgramId(programs.next);
        programs.next += 1;
        programs.alive.insert(id, program);
        Ok(id)
    }

    async fn run(
        &self,
        program: ProgramId,
        requests: Vec<RunRequest>,
        options: RunOptions,
    ) -> Result<Vec<RunReport>, Failure> {
        self.sandbox.run(&self.program(program)?, requests, options).await
    }

    async fn compare(
        &self,
        candidate: ProgramId,
        incumbent: ProgramId,
        requests: Vec<RunRequest>,
        rounds: u32,
        options: RunOptions,
    ) -> Result<Vec<Round>, Failure> {
        let (candidate, incumbent) = (self.program(candidate)?, self.program(incumbent)?);
        self.sandbox.compare(&candidate, &incumbent, requests, rounds, options).await
    }

    fn release(&self, program: ProgramId) {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner).alive.remove(&program);
    }
}

/// Compiles and runs nothing: for calls that need no program.
pub struct NoExecution;

fn nothing() -> Failure {
    Failure::new(FailureKind::Unavailable, "no programs are run here")
}

#[async_trait]
impl Execution for NoExecution {
    async fn compile(&self, _: CompileRequest) -> Result<ProgramId, CompileError> {
        Err(nothing().into())
    }

    async fn run(&self, _: ProgramId, _: Vec<RunRequest>, _: RunOptions) -> Result<Vec<RunReport>, Failure> {
        Err(nothing())
    }

    async fn compare(
        &self,
        _: ProgramId,
        _: ProgramId,
        _: Vec<RunRequest>,
        _: u32,
        _: RunOptions,
    ) -> Result<Vec<Round>, Failure> {
        Err(nothing())
    }

    fn release(&self, _: ProgramId) {}
}
