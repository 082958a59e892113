//! What a program is worth: its size, where it passes every test.

use crate::instance::{Test, without_final_newlines};
use perfagent_task::{
    CompileError, CompileRequest, Direction, Evaluation, Execution, Limits, Outcome, Policy, RunOptions, RunReport,
    RunRequest, TaskError,
};
use serde_json::{Value, json};

/// Elapsed time of one test, milliseconds.
const TIME_LIMIT_MS: u32 = 10_000;

/// Characters shown of what a program read or wrote.
const SHOWN_CHARS: usize = 300;

/// Runs `candidate` on all tests.
pub(crate) fn evaluate(
    execution: &Execution,
    language: &str,
    tests: &[Test],
    candidate: &str,
) -> Result<Evaluation, TaskError> {
    let program = match execution.compile(&CompileRequest::new(language, candidate)) {
        Ok(program) => program,
        Err(CompileError::Rejected(rejection)) => {
            return Ok(invalid("it does not compile", &shown(&rejection.message), tests.len(), 0));
        }
        Err(CompileError::Failed(failure)) => return Err(failure.into()),
    };
    let limits = Limits { wall_ms: Some(TIME_LIMIT_MS), ..Limits::default() };
    let requests: Vec<_> = tests.iter().map(|test| RunRequest::new(test.input.clone(), limits)).collect();
    let reports = program.run(&requests, &RunOptions::new(Policy::Check))?;
    let faults: Vec<_> = tests.iter().zip(&reports).map(|(test, report)| fault(test, report)).collect();
    let passed = faults.iter().filter(|fault| fault.is_none()).count();
    for (index, (test, (report, fault))) in tests.iter().zip(reports.iter().zip(&faults)).enumerate() {
        if let Some(fault) = fault {
            let title = format!("test {} of {}: {fault}", index + 1, tests.len());
            return Ok(invalid(&title, &details(test, report), tests.len(), passed));
        }
    }
    let bytes = without_final_newlines(candidate).len();
    Ok(Evaluation {
        artifacts: json!({"bytes": bytes, "failure": Value::Null, "passed": passed, "tests": tests.len()}).to_string(),
        ..Evaluation::valid(bytes as f64, format!("{bytes} bytes, all {passed} tests passed"))
    })
}

/// What is wrong with a run, if anything is.
fn fault(test: &Test, report: &RunReport) -> Option<String> {
    let output = String::from_utf8_lossy(&report.output);
    if report.outcome != Outcome::Exited(0) {
        return Some(report.outcome.to_string());
    }
    let is_right = without_final_newlines(&output) == without_final_newlines(&test.output);
    (!is_right).then(|| "wrong output".to_owned())
}

fn details(test: &Test, report: &RunReport) -> String {
    let output = String::from_utf8_lossy(&report.output);
    let errors = String::from_utf8_lossy(&report.error_output);
    format!(
        "Input:\n{}\nExpected output:\n{}\nOutput:\n{}\nStandard error:\n{}",
        shown(&test.input),
        shown(&test.output),
        shown(&output),
        shown(&errors)
    )
}

fn shown(text: &str) -> String {
    let text = without_final_newlines(text);
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn invalid(title: &str, details: &str, tests: usize, passed: usize) -> Evaluation {
    let failure = format!("{title}\n{details}");
    Evaluation {
        artifacts: json!({"bytes": Value::Null, "failure": failure, "passed": passed, "tests": tests}).to_string(),
        ..Evaluation::invalid(Direction::Minimize, title)
    }
}

/// What the next prompt says of the current program.
pub(crate) fn verdict(evaluation: Option<&Evaluation>) -> String {
    let Some(evaluation) = evaluation else { return "It was not tested.".to_owned() };
    let artifacts: Value = serde_json::from_str(&evaluation.artifacts).unwrap_or_default();
    match artifacts["failure"].as_str() {
        Some(failure) => format!("It is not right yet. {failure}"),
        None => "It passes all tests.".to_owned(),
    }
}
