//! Tests of the task's own logic, without a component and without a sandbox: `cargo test`. Those in
//! the folder `tests` run the component: `perfagent plugin test`.

use crate::Golf;
use perfagent_task::testing::{Harness, Script, check_description, ended, exited};
use perfagent_task::{Attempt, Finding, Outcome, PromptContext, Task, TaskError};

const LINES: &[u8] = include_bytes!("../examples/lines.json");

fn golf(script: &Script) -> Harness<Golf> {
    Harness::load("lines", LINES, "{}", script).unwrap()
}

/// Sorts as the programs should.
fn sorting() -> Script {
    Script::new(|_program, request| {
        let text = String::from_utf8_lossy(&request.input).into_owned();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort();
        Ok(exited(0, lines.join("\n")))
    })
}

#[test]
fn the_description_is_what_the_host_demands() {
    check_description(&Golf::describe()).unwrap();
}

#[test]
fn a_right_program_is_worth_its_bytes() {
    let evaluation = golf(&sorting()).evaluate("é\n", None).unwrap();
    assert_eq!((evaluation.success, evaluation.metric), (true, 2.0));
}

#[test]
fn the_first_failing_test_reaches_the_prompt() {
    let script = Script::new(|_, request| {
        Ok(if request.input.is_empty() { ended(Outcome::WallLimit) } else { exited(0, "apple\nfig\npear\n") })
    });
    let mut golf = golf(&script);
    let evaluation = golf.evaluate("x", None).unwrap();
    assert_eq!((evaluation.success, evaluation.summary.as_str()), (false, "test 2 of 3: time limit"));
    let attempt = Attempt { evaluation: Some(evaluation), ..Attempt::new("x") };
    let prompt = golf.optimization_prompt(&PromptContext::default(), &attempt).unwrap();
    assert!(prompt.contains("test 2 of 3: time limit\nInput:\n\nExpected"), "{prompt}");
}

#[test]
fn edits_and_whole_programs_are_found() {
    let golf = golf(&sorting());
    let found = |reply: &str| golf.extract(reply, "a\nb").unwrap().finding;
    assert_eq!(found("<<<<<<< SEARCH\nb\n=======\nc\n>>>>>>> REPLACE"), Finding::Changed("a\nc".to_owned()));
    assert_eq!(found("```python\nc\n```"), Finding::Changed("c".to_owned()));
    assert_eq!(found("```\na\nb\n\n```"), Finding::Identical);
    assert!(matches!(found("no idea"), Finding::NoSolution(_)));
    assert!(matches!(found("<<<<<<< SEARCH\nz\n=======\nc\n>>>>>>> REPLACE"), Finding::EditsFailed(_)));
}

#[test]
fn bad_instances_name_the_field() {
    for (data, field) in [
        (r#"[]"#, "JSON object"),
        (r#"{"program": 1, "tests": [{"input": "", "output": ""}]}"#, "`program` must be a text"),
        (r#"{"program": "", "tests": []}"#, "`tests`"),
        (r#"{"program": "", "tests": [{"input": ""}]}"#, "`tests[0].output` is missing"),
    ] {
        let TaskError::BadInstance(message) = Golf::metadata("x", data.as_bytes()).unwrap_err() else {
            panic!("{data}")
        };
        assert!(message.contains(field), "{message}");
    }
}
