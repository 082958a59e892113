//! Runs a candidate on tests and judges each of them. A run of the sandbox serves many tests; another
//! follows where a test ended the run, or where judging may stop before all tests have run.

use crate::instance::Test;
use crate::protocol::{self, End, Job, OUTPUT_BYTES, RUN_OUTPUT_BYTES};
use crate::verdict::{Code, Verdict};
use perfagent_task::{
    CompileError, Execution, Limits, Outcome, Policy, Program, RunOptions, RunReport, RunRequest, TaskError,
};

/// Scripts that run before it is known whether the first of them are right, and how many times as
/// many follow each time.
const FIRST_SCRIPTS: usize = 8;
const GROWTH: usize = 4;
/// Bytes of inputs in one run of the sandbox, which a single test may exceed.
const RUN_INPUT_BYTES: usize = 32 << 20;
/// Memory of the supervisor and of what shares its pages, beyond the candidate's.
const SUPERVISOR_BYTES: u64 = 128 << 20;
/// Seconds of a whole run beyond those of its tests, as the original grants them.
const SECONDS_PER_TEST: f64 = 1.0;
const SECONDS_PER_RUN: f64 = 5.0;
/// The most that the sandbox grants a run.
const MAX_RUN_SECONDS: f64 = 3600.0;

/// Judges the candidates of one instance; remembers the compiled harness.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    harness: Option<Program>,
}

/// What one run of the sandbox found.
enum Found {
    /// Verdicts on the first tests that it was given, one at least.
    Verdicts(Vec<Verdict>),
    /// The candidate cannot be loaded: a verdict for every test, of which the first is enough.
    Unloadable(Verdict),
    /// The whole run took too long, which the original holds against every test.
    GlobalTimeout,
}

impl Judge {
    /// A verdict on each of `tests`, in order; after the first that is not passed, none where the job
    /// says so.
    pub(crate) fn verdicts(
        &mut self,
        execution: &Execution,
        job: &Job<'_>,
        tests: &[&Test],
    ) -> Result<Vec<Verdict>, TaskError> {
        let mut verdicts: Vec<Verdict> = Vec::new();
        let mut most = if job.function.is_some() || !job.stop_at_first_failure { tests.len() } else { FIRST_SCRIPTS };
        while verdicts.len() < tests.len() {
            let batch = batch(&tests[verdicts.len()..], most);
            match self.run(execution, job, batch)? {
                Found::Verdicts(found) => verdicts.extend(found),
                Found::Unloadable(verdict) => {
                    let count = if job.stop_at_first_failure { 1 } else { tests.len() };
                    return Ok(vec![verdict; count]);
                }
                Found::GlobalTimeout => return Ok(vec![Verdict::of(Code::GlobalTimeout); tests.len()]),
            }
            if let Some(first) = verdicts.iter().position(|verdict| !verdict.has_passed())
                && job.stop_at_first_failure
            {
                verdicts.truncate(first + 1);
                break;
            }
            most = most.saturating_mul(GROWTH);
        }
        Ok(verdicts)
    }

    fn run(&mut self, execution: &Execution, job: &Job<'_>, tests: &[&Test]) -> Result<Found, TaskError> {
        let is_function = job.function.is_some();
        let texts: Vec<&str> =
            tests.iter().map(|test| if is_function { test.arguments() } else { test.input.as_str() }).collect();
        let request = RunRequest::new(job.input(&texts), limits(job, tests.len()));
        let reports = self.program(execution)?.run(&[request], &RunOptions::new(Policy::Check))?;
        let report = reports.first().ok_or_else(|| TaskError::Internal("a run without a report".to_owned()))?;
        Ok(judged(report, tests))
    }

    fn program(&mut self, execution: &Execution) -> Result<&Program, TaskError> {
        let program = match self.harness.take() {
            Some(program) => program,
            None => execution.compile(&protocol::program()).map_err(|error| match error {
                CompileError::Failed(failure) => failure.into(),
                CompileError::Rejected(rejection) => {
                    TaskError::Execution(format!("python3 refuses the harness: {}", rejection.message))
                }
            })?,
        };
        Ok(self.harness.insert(program))
    }
}

/// The first of `tests` that one run takes: at most `most`, and no more bytes than it may have.
fn batch<'a, 'b>(tests: &'a [&'b Test], most: usize) -> &'a [&'b Test] {
    let mut bytes = 0;
    let fits = |test: &&&Test| {
        bytes += test.input.len();
        bytes <= RUN_INPUT_BYTES
    };
    let count = tests.iter().take(most).take_while(fits).count();
    &tests[..count.max(1)]
}

fn limits(job: &Job<'_>, tests: usize) -> Limits {
    let seconds = (job.timeout_seconds + SECONDS_PER_TEST) * tests as f64 + SECONDS_PER_RUN;
    Limits {
        wall_ms: Some((seconds.min(MAX_RUN_SECONDS) * 1000.0) as u32),
        memory_bytes: Some(job.memory_bytes + SUPERVISOR_BYTES),
        output_bytes: Some(RUN_OUTPUT_BYTES + OUTPUT_BYTES),
        ..Limits::default()
    }
}

fn judged(report: &RunReport, tests: &[&Test]) -> Found {
    let (replies, end) = protocol::replies(&report.output);
    let mut verdicts: Vec<Verdict> =
        replies.into_iter().zip(tests).map(|(reply, test)| Verdict::on(reply, &test.output)).collect();
    let has_failed = verdicts.iter().any(|verdict| !verdict.has_passed());
    match (end, &report.outcome) {
        (End::Unloadable(error), _) => return Found::Unloadable(Verdict::unloadable(&error)),
        (End::Broken(error), _) => verdicts.push(Verdict::failed(Code::HarnessError, error)),
        // After a failure the harness may have stopped on its own account.
        (_, _) if verdicts.len() == tests.len() => {}
        (End::Paused, _) if !verdicts.is_empty() => {}
        (_, Outcome::Exited(0)) if has_failed => {}
        (_, Outcome::WallLimit | Outcome::CpuLimit) => return Found::GlobalTimeout,
        (_, Outcome::MemoryLimit) => verdicts.push(Verdict::failed(Code::RuntimeError, "MemoryError()")),
        (_, outcome) => {
            verdicts.push(Verdict::failed(Code::RuntimeError, ending(outcome)));
        }
    }
    Found::Verdicts(verdicts)
}

/// How the harness ended before its work was done: by a deed of the program.
fn ending(outcome: &Outcome) -> String {
    let how = match outcome {
        Outcome::Exited(code) => format!("ended with exit code {code}"),
        Outcome::Signaled(signal) => format!("was ended by signal {signal}"),
        Outcome::OutputLimit => "wrote too much output".to_owned(),
        Outcome::FileLimit => "wrote too much into files".to_owned(),
        Outcome::Forbidden(call) => format!("was ended for a forbidden system call: {call}"),
        Outcome::Other(how) => how.clone(),
        Outcome::WallLimit | Outcome::CpuLimit => "ran out of time".to_owned(),
        Outcome::MemoryLimit => "ran out of memory".to_owned(),
    };
    format!("the process that watches over the program {how}")
}
