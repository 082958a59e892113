//! One run of a program over all tests of an instance, judged.

use crate::config::Target;
use crate::judge::Verdict;
use crate::status::{self, Status};
use perfagent_task::{Outcome, RunReport, text};

/// Kilobytes (1024 bytes, as the kernel counts) in a megabyte, as EffiBench-X counts.
const KILOBYTES_PER_MEGABYTE: f64 = 1000.0;
const BYTES_PER_KILOBYTE: f64 = 1024.0;
const NANOSECONDS_PER_SECOND: f64 = 1e9;

/// Characters of an output that are kept for people.
const KEPT_CHARS: usize = 300;

/// What one test found.
#[derive(Clone, Debug)]
pub(crate) struct TestResult {
    pub(crate) status: Status,
    pub(crate) exit_code: Option<i64>,
    /// Why it did not pass; absent where it passed.
    pub(crate) reason: Option<String>,
    /// The normalised output, cut in the middle.
    pub(crate) output: String,
    /// The end of what it wrote to standard error, cut in the middle.
    pub(crate) error_output: String,
    /// User and system time, nanoseconds.
    pub(crate) runtime_ns: u64,
    /// Peak resident memory, kB.
    pub(crate) memory_kb: f64,
    /// Area under the resident memory over time, MB·s.
    pub(crate) integral: f64,
}

impl TestResult {
    /// A test of a program that does not compile.
    pub(crate) fn uncompiled(reason: &str) -> Self {
        Self {
            status: Status::CompileError,
            exit_code: None,
            reason: Some(reason.to_owned()),
            output: String::new(),
            error_output: String::new(),
            runtime_ns: 0,
            memory_kb: 0.0,
            integral: 0.0,
        }
    }

    /// A test that ran and ended with `status`; `verdict` is the evaluator's, where it was asked.
    pub(crate) fn new(report: &RunReport, status: Status, output: &str, verdict: Option<&Verdict>) -> Self {
        let reason = match verdict {
            Some(Verdict::Right) => None,
            Some(Verdict::Wrong) => Some("wrong answer".to_owned()),
            Some(Verdict::NotJudged(reason)) => Some(reason.clone()),
            None if report.output_dropped_bytes > 0 => Some("wrote too much output".to_owned()),
            None if status == Status::Oom && report.outcome != Outcome::MemoryLimit => {
                Some(format!("out of memory, {}", status::describe(&report.outcome)))
            }
            None => Some(status::describe(&report.outcome)),
        };
        let measured = &report.measurement;
        Self {
            status,
            exit_code: status::exit_code(&report.outcome),
            reason,
            output: text::cut_middle(output, KEPT_CHARS),
            error_output: text::cut_middle(&status::normalized(&report.error_output), KEPT_CHARS),
            runtime_ns: measured.cpu_ns(),
            memory_kb: measured.peak_resident_bytes as f64 / BYTES_PER_KILOBYTE,
            integral: measured.memory_byte_seconds / BYTES_PER_KILOBYTE / KILOBYTES_PER_MEGABYTE,
        }
    }

    pub(crate) fn has_passed(&self) -> bool {
        self.reason.is_none()
    }
}

/// A run over all tests, in their order.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) tests: Vec<TestResult>,
}

impl Run {
    pub(crate) fn passed(&self) -> usize {
        self.tests.iter().filter(|test| test.has_passed()).count()
    }

    pub(crate) fn has_passed(&self) -> bool {
        self.passed() == self.tests.len()
    }

    /// Share of the tests that passed.
    pub(crate) fn pass_rate(&self) -> f64 {
        self.passed() as f64 / self.tests.len().max(1) as f64
    }

    /// The value for all tests.
    pub(crate) fn value(&self, target: Target) -> f64 {
        let tests = self.tests.iter();
        match target {
            Target::Runtime => tests.map(|test| test.runtime_ns as f64).sum::<f64>() / NANOSECONDS_PER_SECOND,
            Target::Memory => tests.map(|test| test.memory_kb).fold(0.0, f64::max) / KILOBYTES_PER_MEGABYTE,
            Target::Integral => tests.map(|test| test.integral).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_task::Measurement;
    use perfagent_task::testing::exited;

    fn result(cpu_ms: u64, kilobytes: u64) -> TestResult {
        let mut report = exited(0, "1");
        report.measurement = Measurement {
            user_ns: cpu_ms * 900_000,
            system_ns: cpu_ms * 100_000,
            wall_ns: 7,
            peak_resident_bytes: kilobytes * 1024,
            memory_byte_seconds: 512_000.0,
            ..Measurement::default()
        };
        TestResult::new(&report, Status::Done, "1", Some(&Verdict::Right))
    }

    #[test]
    fn a_run_sums_time_and_takes_the_largest_memory() {
        let run = Run { tests: vec![result(1500, 8000), result(500, 20_500)] };
        assert_eq!(run.value(Target::Runtime), 2.0);
        assert_eq!(run.value(Target::Memory), 20.5);
        assert_eq!(run.value(Target::Integral), 1.0);
        assert_eq!((run.passed(), run.pass_rate()), (2, 1.0));
    }

    #[test]
    fn long_outputs_are_cut() {
        let report = exited(1, "");
        let test = TestResult::new(&report, Status::Error, &"x".repeat(10 << 20), None);
        assert!(test.output.chars().count() <= KEPT_CHARS && test.output.contains("characters cut"));
        assert_eq!(test.reason.as_deref(), Some("exit code 1"));
    }
}
