//! Keeps what the checks found, and puts what plugins do into words.

use super::{Check, Example, Finding, Outcome};
use crate::chain;
use perfagent_plugin::{PluginError, TaskError};

/// Why a check did not pass.
pub(super) enum Fault {
    /// The task does not do as it should.
    Found(Box<Finding>),
    /// It cannot be seen whether it does.
    Skip(String),
}

/// What a check came to: a note, or a fault.
pub(super) type Verdict = Result<String, Fault>;

/// A fault in words.
pub(super) fn fault(expected: &str, happened: impl Into<String>, advice: &str) -> Fault {
    Fault::Found(Box::new(Finding {
        expected: expected.to_owned(),
        happened: happened.into(),
        advice: advice.to_owned(),
        backtrace: None,
    }))
}

/// The fault of a call that should have answered, but for this `error`; `given` says what it was called with.
pub(super) fn failed(expected: &str, given: &str, error: &PluginError) -> Fault {
    let given = if given.is_empty() { String::new() } else { format!("with {given}, ") };
    Fault::Found(Box::new(Finding {
        expected: expected.to_owned(),
        happened: format!("{given}{}", chain(error)),
        advice: advice(error).to_owned(),
        backtrace: error.backtrace().map(str::to_owned),
    }))
}

fn advice(error: &PluginError) -> &'static str {
    match error {
        PluginError::Trap { .. } => {
            "return a `task-error` instead; --plugin-debug shows where the guest was and what it logged"
        }
        PluginError::StackLimit { .. } => {
            "bound the recursion, or use a loop; --plugin-debug shows where the guest was"
        }
        PluginError::CpuLimit { .. } | PluginError::WallLimit { .. } => {
            "find the loop that does not end, or do less in this call"
        }
        PluginError::MemoryLimit { .. } | PluginError::TableLimit { .. } | PluginError::HandleLimit { .. } => {
            "keep less at the same time, and refuse what is too large"
        }
        PluginError::TransferLimit { .. } => "hand over less in one call",
        PluginError::BrokenPromise { .. } => "return what the interface promises (wit/runner.wit)",
        PluginError::Task { error: TaskError::Internal(_) | TaskError::Other(_), .. } => {
            "name the cause with the error case that fits it, or handle it"
        }
        _ => "correct what the message says",
    }
}

/// All checks so far.
pub(super) struct Ledger<'a> {
    checks: Vec<Check>,
    example: Option<String>,
    observer: &'a mut (dyn FnMut(&Check) + Send),
}

impl<'a> Ledger<'a> {
    pub(super) fn new(observer: &'a mut (dyn FnMut(&Check) + Send)) -> Self {
        Self { checks: Vec::new(), example: None, observer }
    }

    /// What follows concerns `example`.
    pub(super) fn begin(&mut self, example: &Example) {
        self.example = Some(example.name.clone());
    }

    /// What follows concerns no example.
    pub(super) fn end(&mut self) {
        self.example = None;
    }

    pub(super) fn record(&mut self, name: &'static str, verdict: Verdict) {
        let outcome = match verdict {
            Ok(note) => Outcome::Passed { note },
            Err(Fault::Found(finding)) => Outcome::Failed(*finding),
            Err(Fault::Skip(reason)) => Outcome::Skipped { reason },
        };
        let check = Check { name, example: self.example.clone(), outcome };
        (self.observer)(&check);
        self.checks.push(check);
    }

    pub(super) fn skip_all(&mut self, names: &[&'static str], reason: &str) {
        for name in names {
            self.record(name, Err(Fault::Skip(reason.to_owned())));
        }
    }

    pub(super) fn into_checks(self) -> Vec<Check> {
        self.checks
    }
}
