//! The graded programs of `programs.md`, run by the real harness.

mod support;

use perfagent_task::fence::code_blocks;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PROGRAMS: &str = include_str!("programs.md");
/// Enough for every program that ends, on a busy machine too.
const TIMEOUT_SECONDS: f64 = 3.0;

struct Program {
    name: &'static str,
    instance: Vec<u8>,
    expected: Value,
    source: String,
}

fn programs() -> Vec<Program> {
    let mut sections = PROGRAMS.split("\n## ");
    let problems: BTreeMap<String, Vec<u8>> = code_blocks(sections.next().expect("the file is well formed"))
        .iter()
        .map(|block| {
            let problem: Value = serde_json::from_str(&block.code).expect("the file is well formed");
            let tests: Vec<(String, String)> =
                serde_json::from_value(problem["tests"].clone()).expect("the file is well formed");
            let name = problem["name"].as_str().expect("the file is well formed").to_owned();
            (name, support::instance(problem["function"].as_str(), &tests))
        })
        .collect();
    let program = |section: &'static str| {
        let mut lines = section.lines();
        let name = lines.next().expect("the file is well formed");
        let (problem, expected) = lines.find_map(|line| line.split_once(": ")).expect("the file is well formed");
        let source = code_blocks(section).swap_remove(0).code;
        Program {
            name,
            instance: problems[problem].clone(),
            expected: serde_json::from_str(expected).expect("the file is well formed"),
            source,
        }
    };
    sections.map(program).collect()
}

/// Judges every program whose place in the file leaves `remainder` when divided by 4.
fn judge_a_quarter(remainder: usize) {
    let Some(python) = support::python() else { return };
    let config = json!({"timeout": TIMEOUT_SECONDS});
    let mut wrong = Vec::new();
    for program in programs().into_iter().skip(remainder).step_by(4) {
        let artifacts = support::judge(python, &program.instance, &config, &program.source);
        if artifacts["test_results"] != program.expected {
            let (found, metadata) = (&artifacts["test_results"], &artifacts["evaluation_metadata"]);
            wrong.push(format!("{}: {found} instead of {}, {metadata}", program.name, program.expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_enough_of_them() {
    let programs = programs();
    assert!(programs.len() >= 65, "{}", programs.len());
    assert!(programs.iter().all(|program| !program.expected.as_array().unwrap().is_empty()));
}

#[test]
fn the_first_quarter_is_graded() {
    judge_a_quarter(0);
}

#[test]
fn the_second_quarter_is_graded() {
    judge_a_quarter(1);
}

#[test]
fn the_third_quarter_is_graded() {
    judge_a_quarter(2);
}

#[test]
fn the_fourth_quarter_is_graded() {
    judge_a_quarter(3);
}

#[test]
fn the_prelude_knows_every_public_name() {
    let Some(python) = support::python() else { return };
    // Names that it does not know would be missing where a program uses them without an import.
    let check = "
for name in PUBLIC:
    scope = {}
    exec(f'from {name} import *', scope)
    missing = set(scope) - {'__builtins__'} - set(PUBLIC[name].split())
    assert not missing, (name, missing)
scope = {}
exec(prelude('print(1)'), scope)
assert 'typing' not in scope and 'Counter' not in scope and 'product' in scope and 'sys' in scope
exec(prelude('x = [Counter]; # statistics'), scope)
assert 'mean' in scope and scope['Counter'].__module__ == 'typing'
";
    let prelude = include_str!("../src/harness/prelude.py");
    let output = std::process::Command::new(python).args(["-c", &format!("{prelude}{check}")]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
