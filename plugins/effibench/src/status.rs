//! How the run of a test ended.

use crate::language::Language;
use perfagent_task::{Outcome, RunReport, text};

/// How the run of a test ended, in the words of the artifacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Done,
    Timeout,
    Oom,
    Error,
    CompileError,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Timeout => "timeout",
            Self::Oom => "oom",
            Self::Error => "error",
            Self::CompileError => "compile_error",
        }
    }

    /// The status of a run of a program in `language`.
    pub(crate) fn of(report: &RunReport, language: &Language) -> Self {
        match report.outcome {
            Outcome::Exited(0) if report.output_dropped_bytes == 0 => Self::Done,
            Outcome::WallLimit | Outcome::CpuLimit => Self::Timeout,
            Outcome::MemoryLimit => Self::Oom,
            // A program may write the same itself, and gains nothing by it: it has failed anyway.
            Outcome::Exited(1..) | Outcome::Signaled(_) if says_out_of_memory(report, language) => Self::Oom,
            _ => Self::Error,
        }
    }
}

fn says_out_of_memory(report: &RunReport, language: &Language) -> bool {
    let errors = String::from_utf8_lossy(&report.error_output);
    language.out_of_memory.iter().any(|message| errors.contains(message))
}

/// An outcome for people.
pub(crate) fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Exited(code) => format!("exit code {code}"),
        Outcome::Signaled(signal) => format!("killed by signal {signal}"),
        Outcome::WallLimit => "over the time limit".to_owned(),
        Outcome::CpuLimit => "over the limit of CPU time".to_owned(),
        Outcome::MemoryLimit => "over the memory limit".to_owned(),
        Outcome::OutputLimit => "wrote too much output".to_owned(),
        Outcome::FileLimit => "wrote too much into files".to_owned(),
        Outcome::Forbidden(call) => format!("made a forbidden system call {call}").trim_end().to_owned(),
        Outcome::Other(text) => text.clone(),
    }
}

/// The exit code of a run: a signal counts as 128 more than its number, as shells have it; absent
/// where a limit ended the run.
pub(crate) fn exit_code(outcome: &Outcome) -> Option<i64> {
    match outcome {
        Outcome::Exited(code) => Some(i64::from(*code)),
        Outcome::Signaled(signal) => Some(128 + i64::from(*signal)),
        _ => None,
    }
}

/// An output as it is judged: without escape sequences and surrounding white space, lines ended by
/// LF.
pub(crate) fn normalized(output: &[u8]) -> String {
    let clean = text::strip_ansi(&String::from_utf8_lossy(output));
    text::normalize_line_ends(&clean).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_task::testing::{ended, exited};

    #[test]
    fn outcomes_map_to_statuses() {
        let cases = [
            (Outcome::Exited(0), Status::Done, Some(0)),
            (Outcome::Exited(3), Status::Error, Some(3)),
            (Outcome::Signaled(11), Status::Error, Some(139)),
            (Outcome::WallLimit, Status::Timeout, None),
            (Outcome::CpuLimit, Status::Timeout, None),
            (Outcome::MemoryLimit, Status::Oom, None),
            (Outcome::OutputLimit, Status::Error, None),
            (Outcome::FileLimit, Status::Error, None),
            (Outcome::Forbidden("ptrace".to_owned()), Status::Error, None),
            (Outcome::Other("lost".to_owned()), Status::Error, None),
        ];
        for (outcome, status, code) in cases {
            let found = Status::of(&ended(outcome.clone()), Language::named("c").unwrap());
            assert_eq!((found, exit_code(&outcome)), (status, code), "{outcome:?}");
        }
        let mut cut = exited(0, "");
        cut.output_dropped_bytes = 1;
        assert_eq!(Status::of(&cut, Language::named("c").unwrap()), Status::Error);
    }

    #[test]
    fn runtimes_that_give_up_are_out_of_memory() {
        let cases = [
            ("java", 1, "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space", Status::Oom),
            ("python3", 1, "Traceback (most recent call last):\nMemoryError", Status::Oom),
            ("golang", 2, "fatal error: runtime: out of memory", Status::Oom),
            ("ruby", 1, "main.rb:1: failed to allocate memory (NoMemoryError)", Status::Oom),
            ("java", 1, "Exception in thread \"main\" java.lang.StackOverflowError", Status::Error),
            ("cpp", 1, "java.lang.OutOfMemoryError", Status::Error),
            ("java", 0, "java.lang.OutOfMemoryError", Status::Done),
        ];
        for (language, code, errors, status) in cases {
            let report = RunReport { error_output: errors.into(), ..exited(code, "") };
            assert_eq!(Status::of(&report, Language::named(language).unwrap()), status, "{language}: {errors}");
        }
        let aborts = [
            ("javascript", "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"),
            ("cpp", "terminate called after throwing an instance of 'std::bad_alloc'"),
            ("rust", "memory allocation of 1099511627776 bytes failed"),
        ];
        for (language, errors) in aborts {
            let report = RunReport { error_output: errors.into(), ..ended(Outcome::Signaled(6)) };
            assert_eq!(Status::of(&report, Language::named(language).unwrap()), Status::Oom, "{language}");
        }
    }

    #[test]
    fn outputs_lose_colours_and_carriage_returns() {
        assert_eq!(normalized(b"\x1b[31m1\x1b[0m\r\n2\xff \n\n"), "1\n2\u{fffd}");
    }
}
