//! Carries submissions out.

use super::intake::{Job, Source};
use super::store::Store;
use crate::effibench_x::protocol::{Answer, BYTES_PER_INTEGRAL_MB, BYTES_PER_KB, BYTES_PER_LIMIT_MB, Status};
use perfagent_core::execution::{
    CompileError, CompileRequest, Failure, FailureKind, Limits, Outcome, Policy, Rejection, RunOptions, RunReport,
    RunRequest,
};
use perfagent_sandbox::{Program, Sandbox};
use std::collections::HashMap;

/// Exit codes that the original's tools end with when they kill a program.
const KILLED_FOR_TIME: i64 = 124;
const KILLED_FOR_MEMORY: i64 = 137;

/// Takes batch after batch, for ever. Dropping the future kills what runs.
pub(super) async fn work(sandbox: &Sandbox, store: &Store) {
    loop {
        let batch = store.next_batch().await;
        let mut programs = Programs { sandbox, compiled: HashMap::new() };
        for id in batch {
            let Some((job, cancelled)) = store.start(id) else { continue };
            tokio::select! {
                answer = programs.answer(id, &job) => store.finish(answer),
                _ = cancelled => {}
            }
        }
    }
}

/// The programs of one batch.
struct Programs<'a> {
    sandbox: &'a Sandbox,
    compiled: HashMap<Source, Compiled>,
}

/// What the compiler made of a program.
enum Compiled {
    /// It has not run yet.
    Cold(Program),
    /// It has run, so that its files are in memory.
    Warm(Program),
    Rejected(Rejection),
}

impl Programs<'_> {
    async fn answer(&mut self, id: u64, job: &Job) -> Answer {
        match self.run(job).await {
            Ok(ended) => ended.answer(id, &job.run.limits),
            Err(failure) => {
                tracing::error!("submission {id}: {failure}");
                // Without an exit code: the program has not failed.
                let text = format!("the backend failed: {failure}");
                Answer { text: Some(text), ..Answer::bare(id, Status::Error) }
            }
        }
    }

    async fn run(&mut self, job: &Job) -> Result<Ended, Failure> {
        let sandbox = self.sandbox;
        let program = match self.compiled(&job.source).await? {
            Compiled::Rejected(rejection) => return Ok(Ended::Uncompiled(rejection.clone())),
            Compiled::Warm(program) => return sandbox.run_warm(program, &job.run).await.map(Ended::Ran),
            Compiled::Cold(program) => program.clone(),
        };
        let report = self.run_cold(&program, job.run.clone()).await?;
        self.compiled.insert(job.source.clone(), Compiled::Warm(program));
        Ok(Ended::Ran(report))
    }

    /// Compiles a program when it is first needed.
    async fn compiled(&mut self, source: &Source) -> Result<&Compiled, Failure> {
        if !self.compiled.contains_key(source) {
            let request = CompileRequest {
                language: source.language.to_string(),
                source: source.code.to_string(),
                files: Vec::new(),
                limits: Limits::default(),
            };
            let compiled = match self.sandbox.compile(request).await {
                Ok(program) => Compiled::Cold(program),
                Err(CompileError::Rejected(rejection)) => Compiled::Rejected(rejection),
                Err(CompileError::Failed(failure)) => return Err(failure),
            };
            self.compiled.insert(source.clone(), compiled);
        }
        Ok(&self.compiled[source])
    }

    async fn run_cold(&self, program: &Program, request: RunRequest) -> Result<RunReport, Failure> {
        let options = RunOptions { policy: Policy::Measure, max_parallel: None };
        let reports = self.sandbox.run(program, vec![request], options).await?;
        let none = || Failure::new(FailureKind::Internal, "a run without a report");
        reports.into_iter().next().ok_or_else(none)
    }
}

/// What came of a run.
enum Ended {
    Uncompiled(Rejection),
    Ran(RunReport),
}

impl Ended {
    fn answer(self, id: u64, limits: &Limits) -> Answer {
        match self {
            Self::Uncompiled(Rejection { outcome, message }) => {
                let exit_code = match outcome {
                    Outcome::Exited(code @ 1..) => i64::from(code),
                    _ => 1,
                };
                let (text, none) = (Some(message), Some(0.0));
                Answer {
                    text,
                    exit_code: Some(exit_code),
                    runtime: none,
                    memory: none,
                    integral: none,
                    ..Answer::bare(id, Status::Error)
                }
            }
            Self::Ran(report) => ran(id, &report, limits),
        }
    }
}

fn ran(id: u64, report: &RunReport, limits: &Limits) -> Answer {
    let measured = &report.measurement;
    let (status, exit_code, why) = ending(&report.outcome, limits);
    Answer {
        submission_id: id,
        status,
        text: Some(text(status, why, report)),
        exit_code: Some(exit_code),
        runtime: Some(measured.wall_ns as f64),
        memory: Some(measured.peak_resident_bytes as f64 / BYTES_PER_KB),
        integral: Some(measured.memory_byte_seconds / BYTES_PER_INTEGRAL_MB),
    }
}

/// Status and exit code of an ending, and why it is none of the program's own.
fn ending(outcome: &Outcome, limits: &Limits) -> (Status, i64, Option<String>) {
    let error = |why: String| (Status::Error, 1, Some(why));
    match outcome {
        Outcome::Exited(0) => (Status::Done, 0, None),
        Outcome::Exited(code) => (Status::Error, i64::from(*code), None),
        // As shells have it.
        Outcome::Signaled(signal) => (Status::Error, 128 + i64::from(*signal), None),
        Outcome::WallLimit | Outcome::CpuLimit => {
            let limit = limits.wall_ms.map(|ms| format!(" ({} s)", f64::from(ms) / 1000.0)).unwrap_or_default();
            (Status::Timeout, KILLED_FOR_TIME, Some(format!("Time limit exceeded{limit}")))
        }
        Outcome::MemoryLimit => {
            let limit = limits.memory_bytes.map(|bytes| format!(" ({} MB)", bytes as f64 / BYTES_PER_LIMIT_MB));
            (Status::Oom, KILLED_FOR_MEMORY, Some(format!("Memory limit exceeded{}", limit.unwrap_or_default())))
        }
        Outcome::OutputLimit => error("Output limit exceeded".to_owned()),
        Outcome::FileLimit => error("File size limit exceeded".to_owned()),
        Outcome::Forbidden(call) => error(format!("Forbidden system call {call}").trim_end().to_owned()),
        Outcome::Other(text) => error(text.clone()),
    }
}

/// What a run wrote. Standard error belongs to it only where the run failed: in what was done it would
/// be taken for a part of the result.
fn text(status: Status, why: Option<String>, report: &RunReport) -> String {
    let mut text = why.map(|why| why + "\n").unwrap_or_default();
    text.push_str(&String::from_utf8_lossy(&report.output));
    if report.output_dropped_bytes > 0 {
        text.push_str(&format!("\n[{} bytes more]", report.output_dropped_bytes));
    }
    if status != Status::Done && !report.error_output.is_empty() {
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(&report.error_output));
    }
    text
}
