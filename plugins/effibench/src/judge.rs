//! Judges outputs with the instance's evaluator.
//!
//! The evaluator is Python that nobody trusts, so it runs in the sandbox: one process for all
//! outputs of a run. What it found is remembered, so that equal outputs are judged once.

use perfagent_task::{
    CompileError, CompileRequest, Execution, Limits, Outcome, Policy, Program, RunOptions, RunReport, RunRequest,
    TaskError,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// The program that calls the evaluator.
const HARNESS: &str = include_str!("judge/harness.py");
/// The language of the harness and of evaluators.
const LANGUAGE: &str = "python3";
/// Bounds of one run of the harness. It pauses after 30 s and stops a call after 10 s, so that it
/// meets the first only when it is stuck.
const LIMITS: Limits = Limits {
    wall_ms: Some(60_000),
    cpu_ms: Some(60_000),
    memory_bytes: Some(1 << 30),
    processes: None,
    output_bytes: None,
    file_bytes: None,
};
/// Calls that may time out before the rest of a run's outputs is no longer judged.
const MAX_TIMEOUTS: usize = 3;

/// What the evaluator said of one output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
    /// The evaluator could not judge it; the text says why.
    NotJudged(String),
}

/// An expected output and the one that a program wrote.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Pair<'a> {
    pub(crate) expected: &'a str,
    pub(crate) output: &'a str,
}

/// What the harness writes, a line each.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Ready,
    Bad(String),
    Verdict(bool),
    Raised(String),
    Timeout,
    Pause,
}

/// What a run of the harness found of the first pairs that it was given.
struct Found {
    /// At least one, unless the run paused.
    verdicts: Vec<Verdict>,
    is_timeout: bool,
}

/// Judges outputs of one instance.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    harness: Option<Program>,
    known: BTreeMap<u128, Verdict>,
}

impl Judge {
    /// One verdict per pair, in order.
    pub(crate) fn verdicts(
        &mut self,
        execution: &Execution,
        evaluator: &str,
        pairs: &[Pair<'_>],
    ) -> Result<Vec<Verdict>, TaskError> {
        let keys: Vec<u128> = pairs.iter().map(fingerprint).collect();
        let mut pending: Vec<(u128, Pair<'_>)> = Vec::new();
        for (key, pair) in keys.iter().zip(pairs) {
            if !self.known.contains_key(key) && !pending.iter().any(|(other, _)| other == key) {
                pending.push((*key, *pair));
            }
        }
        let mut timeouts = 0;
        while !pending.is_empty() && timeouts < MAX_TIMEOUTS {
            let asked: Vec<Pair<'_>> = pending.iter().map(|(_, pair)| *pair).collect();
            let found = self.ask(execution, evaluator, &asked)?;
            timeouts += usize::from(found.is_timeout);
            let judged = pending.drain(..found.verdicts.len()).map(|(key, _)| key);
            self.known.extend(judged.zip(found.verdicts));
        }
        let given_up = || Verdict::NotJudged(format!("not judged: the evaluator timed out {MAX_TIMEOUTS} times"));
        Ok(keys.iter().map(|key| self.known.get(key).cloned().unwrap_or_else(given_up)).collect())
    }

    /// Runs the harness once.
    fn ask(&mut self, execution: &Execution, evaluator: &str, pairs: &[Pair<'_>]) -> Result<Found, TaskError> {
        let harness = match self.harness.take() {
            Some(harness) => harness,
            None => compile(execution)?,
        };
        let harness = self.harness.insert(harness);
        let request = RunRequest::new(job(evaluator, pairs), LIMITS);
        let reports = harness.run(&[request], &RunOptions::new(Policy::Check))?;
        let report = reports.first().ok_or_else(|| TaskError::Internal("a run without a report".to_owned()))?;
        read(report, pairs.len())
    }
}

fn compile(execution: &Execution) -> Result<Program, TaskError> {
    execution.compile(&CompileRequest::new(LANGUAGE, HARNESS)).map_err(|error| match error {
        CompileError::Rejected(rejection) => {
            TaskError::Execution(format!("{LANGUAGE} refuses the program that calls evaluators: {}", rejection.message))
        }
        CompileError::Failed(failure) => failure.into(),
    })
}

/// What the harness reads.
fn job(evaluator: &str, pairs: &[Pair<'_>]) -> String {
    let pairs: Vec<[&str; 2]> = pairs.iter().map(|pair| [pair.expected, pair.output]).collect();
    serde_json::json!({"evaluator": evaluator, "pairs": pairs}).to_string()
}

/// Names a pair. A program gains nothing from two that are named alike: it would need an output that
/// is right in the first place.
fn fingerprint(pair: &Pair<'_>) -> u128 {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        (seed, pair).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

/// Reads what the harness wrote about `asked` pairs.
fn read(report: &RunReport, asked: usize) -> Result<Found, TaskError> {
    let mut lines = report.output.split(|byte| *byte == b'\n').map_while(|line| serde_json::from_slice(line).ok());
    match lines.next() {
        Some(Line::Ready) => {}
        Some(Line::Bad(reason)) => return Err(bad(&reason)),
        Some(Line::Timeout) => return Err(bad("it takes more than 10 s to load")),
        _ => return Err(unstarted(report)),
    }
    let mut verdicts = Vec::new();
    let mut is_timeout = false;
    let mut is_paused = false;
    for line in lines.take(asked) {
        match line {
            Line::Verdict(true) => verdicts.push(Verdict::Right),
            Line::Verdict(false) => verdicts.push(Verdict::Wrong),
            Line::Raised(reason) => verdicts.push(Verdict::NotJudged(format!("the evaluator raised {reason}"))),
            Line::Timeout => is_timeout = true,
            Line::Pause => is_paused = true,
            Line::Ready | Line::Bad(_) => return Err(TaskError::Internal("the harness wrote out of turn".to_owned())),
        }
    }
    if verdicts.len() == asked || (is_paused && !verdicts.is_empty()) {
        return Ok(Found { verdicts, is_timeout: false });
    }
    // The watchdog says so on the error output.
    is_timeout |= matches!(report.outcome, Outcome::WallLimit | Outcome::CpuLimit)
        || report.error_output.starts_with(b"Timeout (");
    verdicts.push(Verdict::NotJudged(if is_timeout {
        "the evaluator took more than 10 s".to_owned()
    } else {
        format!("the evaluator ended its process ({})", crate::status::describe(&report.outcome))
    }));
    Ok(Found { verdicts, is_timeout })
}

fn bad(reason: &str) -> TaskError {
    TaskError::BadInstance(format!("evaluator: {reason}"))
}

/// The harness ended before the evaluator was loaded.
fn unstarted(report: &RunReport) -> TaskError {
    let errors = String::from_utf8_lossy(&report.error_output);
    let errors = perfagent_task::text::cut_middle(errors.trim(), 300);
    let ending = crate::status::describe(&report.outcome);
    if errors.starts_with("Timeout (") {
        return bad("it takes more than 10 s to load");
    }
    if matches!(report.outcome, Outcome::Exited(0) | Outcome::Exited(1)) && !errors.is_empty() {
        return TaskError::Execution(format!("the program that calls evaluators failed: {errors}"));
    }
    bad(&format!("it ended its process while it was loaded ({ending}) {errors}"))
}

#[cfg(test)]
mod tests;
