//! What the artifacts tell of single tests, bounded in size.

use crate::instance::Test;
use crate::number::to_json;
use crate::run::{Run, TestResult};
use perfagent_task::text::cut_middle;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Tests that are listed with their measurements.
const MAX_LISTED: usize = 500;
/// Failed tests that are shown with their texts.
const MAX_FAILED: usize = 20;
/// Characters of each text of a failed test.
const FAILED_CHARS: usize = 300;
/// Characters of a compiler's message.
const COMPILER_CHARS: usize = 2000;

/// The tests of a run, one short object each; the first 500 of more.
pub(crate) fn all(run: &Run) -> Vec<Value> {
    run.tests.iter().take(MAX_LISTED).enumerate().map(|(index, test)| listed(index, test)).collect()
}

fn listed(index: usize, test: &TestResult) -> Value {
    json!({
        "test": index + 1,
        "status": test.status.name(),
        "passed": test.has_passed(),
        "exit_code": test.exit_code,
        "runtime": test.runtime_ns,
        "memory": to_json(test.memory_kb),
        "integral": to_json(test.integral),
    })
}

/// Failed tests with what they read, wrote and should have written: at least one of each status, 20
/// at most, in their order.
pub(crate) fn failed(run: &Run, tests: &[Test]) -> Vec<Value> {
    let failures = run.tests.iter().enumerate().filter(|(_, test)| !test.has_passed());
    let mut statuses = BTreeSet::new();
    let (representative, rest): (Vec<_>, Vec<_>) = failures.partition(|(_, test)| statuses.insert(test.status));
    let mut chosen: Vec<_> = representative.into_iter().chain(rest).take(MAX_FAILED).collect();
    chosen.sort_by_key(|(index, _)| *index);
    chosen.into_iter().map(|(index, test)| shown(index, test, tests.get(index))).collect()
}

fn shown(index: usize, test: &TestResult, given: Option<&Test>) -> Value {
    let is_compiled = test.status != crate::status::Status::CompileError;
    let mut value = listed(index, test);
    let reason = test.reason.as_deref().unwrap_or_default();
    value["reason"] = json!(cut_middle(reason, if is_compiled { FAILED_CHARS } else { COMPILER_CHARS }));
    if is_compiled {
        value["input"] = json!(cut_middle(given.map_or("", |given| &given.input), FAILED_CHARS));
        value["expected"] = json!(cut_middle(given.map_or("", |given| &given.output), FAILED_CHARS));
        value["output"] = json!(test.output);
        value["error_output"] = json!(test.error_output);
    }
    value
}
