//! From what a backend answers to a report.

use crate::effibench_x::protocol::{Answer, BYTES_PER_INTEGRAL_MB, BYTES_PER_KB, Status};
use perfagent_core::execution::{Detail, Limits, Measurement, Outcome, RunReport};

/// What the sandbox keeps of an output where a request says nothing.
const OUTPUT_BYTES: u64 = 1 << 20;

/// More than any run takes: a year in nanoseconds, a petabyte in kB, and both together.
const MOST_RUNTIME_NS: f64 = 3.2e16;
const MOST_MEMORY_KB: f64 = 1e12;
const MOST_INTEGRAL: f64 = 1e17;

/// What an answer means.
#[derive(Debug, PartialEq)]
pub(super) enum Meaning {
    /// The run has not ended.
    Unfinished,
    /// Nothing will come of the run, and the program is not to blame.
    Lost,
    /// The run has ended.
    Finished(Box<RunReport>),
}

/// What `answer` means for a run under `limits`, or what is wrong with it.
pub(super) fn read(answer: Answer, limits: &Limits) -> Result<Meaning, String> {
    let about = format!("submission {} is {:?}", answer.submission_id, answer.status);
    let outcome = match (answer.status, answer.exit_code) {
        (Status::Waiting | Status::Processing, _) => return Ok(Meaning::Unfinished),
        (Status::Cancelled, _) | (Status::Error, None) => return Ok(Meaning::Lost),
        (Status::Done, None | Some(0)) => Outcome::Exited(0),
        (Status::Timeout, _) => Outcome::WallLimit,
        (Status::Oom, _) => Outcome::MemoryLimit,
        (Status::Error, Some(code @ 1..=255)) => Outcome::Exited(code as i32),
        // As Python has signals.
        (Status::Error, Some(code @ -64..=-1)) => Outcome::Signaled(code.unsigned_abs() as u32),
        (_, Some(code)) => return Err(format!("{about} with exit code {code}")),
    };
    let is_done = answer.status == Status::Done;
    let number = |name: &str, value: Option<f64>, most: f64| match value {
        Some(value) if (0.0..=most).contains(&value) => Ok(value),
        Some(value) => Err(format!("{about} with {name} {value}")),
        None if is_done => Err(format!("{about} without {name}")),
        None => Ok(0.0),
    };
    let wall_ns = number("runtime", answer.runtime, MOST_RUNTIME_NS)? as u64;
    let measurement = Measurement {
        wall_ns,
        // The protocol does not tell them apart: whoever compares processor times compares this.
        user_ns: wall_ns,
        peak_resident_bytes: (number("memory", answer.memory, MOST_MEMORY_KB)? * BYTES_PER_KB) as u64,
        memory_byte_seconds: number("integral", answer.integral, MOST_INTEGRAL)? * BYTES_PER_INTEGRAL_MB,
        details: vec![Detail { name: "processor-time".to_owned(), value: "elapsed time".to_owned() }],
        ..Measurement::default()
    };
    let mut text = answer.text.unwrap_or_default().into_bytes();
    let kept = usize::try_from(limits.output_bytes.unwrap_or(OUTPUT_BYTES)).unwrap_or(usize::MAX);
    let dropped = text.len().saturating_sub(kept) as u64;
    text.truncate(kept);
    let mut report = RunReport {
        outcome: past_limit(&measurement, limits).unwrap_or(outcome),
        output: Vec::new(),
        output_dropped_bytes: 0,
        error_output: Vec::new(),
        error_dropped_bytes: 0,
        measurement,
    };
    // The text is both streams; of a run that failed it says why.
    if is_done {
        (report.output, report.output_dropped_bytes) = (text, dropped);
    } else {
        (report.error_output, report.error_dropped_bytes) = (text, dropped);
    }
    Ok(Meaning::Finished(Box::new(report)))
}

/// The protocol has whole seconds: a run may be over its limit and not noticed.
fn past_limit(measurement: &Measurement, limits: &Limits) -> Option<Outcome> {
    let is_late = limits.wall_ms.is_some_and(|ms| measurement.wall_ns > u64::from(ms) * 1_000_000);
    is_late.then_some(Outcome::WallLimit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effibench_x::protocol::Answers;
    use proptest::prelude::*;

    fn answer(json: &str) -> Answer {
        serde_json::from_str(json).unwrap()
    }

    fn report(json: &str) -> RunReport {
        match read(answer(json), &Limits::default()) {
            Ok(Meaning::Finished(report)) => *report,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_done_run_has_output_and_measures_in_bytes() {
        let report = report(
            r#"{"submission_id": 7, "status": "done", "text": "out", "exit_code": 0,
                "runtime": 1500000.0, "memory": 2000, "integral": 0.5, "more": 1}"#,
        );
        assert_eq!((report.outcome, report.output.as_slice()), (Outcome::Exited(0), &b"out"[..]));
        let measured = report.measurement;
        assert_eq!((measured.wall_ns, measured.user_ns), (1_500_000, 1_500_000));
        assert_eq!((measured.peak_resident_bytes, measured.memory_byte_seconds), (2_048_000, 512_000.0));
    }

    #[test]
    fn each_ending_has_its_outcome() {
        for (status, code, expected) in [
            ("error", "3", Outcome::Exited(3)),
            ("error", "-9", Outcome::Signaled(9)),
            ("error", "137", Outcome::Exited(137)),
            ("timeout", "124", Outcome::WallLimit),
            ("timeout", "null", Outcome::WallLimit),
            ("oom", "137", Outcome::MemoryLimit),
        ] {
            let json = format!(r#"{{"submission_id": 7, "status": "{status}", "exit_code": {code}, "text": "why"}}"#);
            let report = report(&json);
            assert_eq!((report.outcome, report.error_output.as_slice()), (expected, &b"why"[..]), "{json}");
        }
    }

    #[test]
    fn what_has_no_result_is_told_apart() {
        for (rest, expected) in [
            (r#""waiting""#, Meaning::Unfinished),
            (r#""processing", "exit_code": null"#, Meaning::Unfinished),
            (r#""cancelled", "exit_code": 1"#, Meaning::Lost),
            (r#""error", "text": "the backend failed""#, Meaning::Lost),
        ] {
            let json = format!(r#"{{"submission_id": 7, "status": {rest}}}"#);
            assert_eq!(read(answer(&json), &Limits::default()), Ok(expected), "{json}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let measured = r#""runtime": 1, "memory": 1, "integral": 1"#;
        for rest in [
            r#""done", "exit_code": 0, "memory": 1, "integral": 1"#.to_owned(),
            r#""done", "exit_code": 0, "runtime": -1, "memory": 1, "integral": 1"#.to_owned(),
            r#""done", "exit_code": 0, "runtime": 1e300, "memory": 1, "integral": 1"#.to_owned(),
            r#""done", "exit_code": 0, "runtime": 1, "memory": 1, "integral": -0.1"#.to_owned(),
            format!(r#""done", "exit_code": 1, {measured}"#),
            format!(r#""error", "exit_code": 0, {measured}"#),
            format!(r#""error", "exit_code": 256, {measured}"#),
        ] {
            let json = format!(r#"{{"submission_id": 7, "status": {rest}}}"#);
            read(answer(&json), &Limits::default()).expect_err(&json);
        }
        for json in [
            r#"{"submission_id": -7, "status": "done"}"#,
            r#"{"submission_id": 7, "status": "finished"}"#,
            r#"{"submission_id": 7, "status": "done", "runtime": 1e999}"#,
            r#"{"submission_id": 7, "status": "done", "text": 5}"#,
            r#"{"status": "done"}"#,
        ] {
            serde_json::from_str::<Answer>(json).expect_err(json);
        }
    }

    #[test]
    fn limits_hold_that_the_backend_did_not_keep() {
        let json = r#"{"submission_id": 7, "status": "done", "text": "12345", "runtime": 1800000000, "memory": 1, "integral": 1}"#;
        let limits = Limits { wall_ms: Some(1500), output_bytes: Some(3), ..Limits::default() };
        let Meaning::Finished(report) = read(answer(json), &limits).unwrap() else { panic!("unfinished") };
        assert_eq!(report.outcome, Outcome::WallLimit);
        assert_eq!((report.output.as_slice(), report.output_dropped_bytes), (&b"123"[..], 2));
    }

    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("null".to_owned()),
            any::<i64>().prop_map(|it| it.to_string()),
            any::<f64>().prop_map(|it| serde_json::to_string(&it).unwrap()),
            "[a-z]{0,4}".prop_map(|it| format!("\"{it}\"")),
            Just("{}".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_taken_has_sensible_measures(
            status in "(waiting|processing|done|error|timeout|oom|cancelled)",
            values in prop::collection::vec(value(), 4),
            output_bytes in prop::option::of(0..9_u64),
        ) {
            let json = format!(
                r#"{{"submission_id": 1, "status": "{status}", "exit_code": {}, "runtime": {}, "memory": {}, "integral": {}, "text": "é1234567890"}}"#,
                values[0], values[1], values[2], values[3],
            );
            let Ok(answer) = serde_json::from_str::<Answer>(&json) else { return Ok(()) };
            let limits = Limits { output_bytes, ..Limits::default() };
            if let Ok(Meaning::Finished(report)) = read(answer, &limits) {
                prop_assert!(report.measurement.memory_byte_seconds.is_finite());
                prop_assert!(report.measurement.memory_byte_seconds >= 0.0);
                let kept = report.output.len() + report.error_output.len();
                prop_assert!(kept as u64 <= output_bytes.unwrap_or(OUTPUT_BYTES));
                prop_assert_eq!(report.outcome == Outcome::Exited(0), status == "done");
            }
        }

        #[test]
        fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(answers) = serde_json::from_slice::<Answers>(&bytes) {
                for answer in answers.results {
                    let _ = read(answer, &Limits::default());
                }
            }
        }
    }
}
