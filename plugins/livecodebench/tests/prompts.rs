//! What the model is told, and the task's description.

use perfagent_livecodebench::Livecodebench;
use perfagent_task::testing::{Harness, Script, check_description, exited};
use perfagent_task::{Attempt, Evaluation, PromptContext, Task, TaskError};
use serde_json::{Value, json};

const STARTER: &str = "class Solution:\n    def double(self, x: int) -> int:\n        ";

fn instance(is_functional: bool) -> Vec<u8> {
    json!({
        "question_title": "Double", "question_content": "Double a number.\n", "question_id": "double",
        "starter_code": if is_functional { STARTER } else { "" },
        "metadata": if is_functional { json!({"func_name": "double"}) } else { json!({}) },
        "public_test_cases": [{"input": "21", "output": "42"}],
        "private_test_cases": [{"input": "777001", "output": "1554002"}],
    })
    .to_string()
    .into_bytes()
}

/// A task whose harness writes `frames`, and what it finds of a program.
fn judged(is_functional: bool, config: &Value, frames: &'static [u8]) -> (Harness<Livecodebench>, Evaluation) {
    let script = Script::new(move |_, _| Ok(exited(0, frames)));
    let mut task =
        Harness::load("stem", &instance(is_functional), &config.to_string(), &script).expect("the instance is right");
    let evaluation = task.evaluate("print(1)\n", None).expect("the service works");
    (task, evaluation)
}

fn prompt(is_functional: bool, config: &Value, frames: &'static [u8], notes: &[&str]) -> String {
    let (task, evaluation) = judged(is_functional, config, frames);
    let notes = notes.iter().map(|note| (*note).to_owned()).collect();
    let attempt = Attempt { notes, evaluation: Some(evaluation), ..Attempt::new("print(1)\n") };
    task.optimization_prompt(&PromptContext::default(), &attempt).expect("the template is right")
}

fn load(is_functional: bool) -> Harness<Livecodebench> {
    let script = Script::new(|_, _| Ok(exited(0, "")));
    Harness::load("stem", &instance(is_functional), "{}", &script).expect("the instance is right")
}

#[test]
fn the_description_is_what_hosts_demand() {
    check_description(&Livecodebench::describe()).unwrap();
}

#[test]
fn system_prompts() {
    let context = PromptContext { additional_requirements: "Use no recursion.".to_owned(), ..PromptContext::default() };
    insta::assert_snapshot!("system_function", load(true).system_prompt(&context).unwrap());
    let context = PromptContext {
        local_memory: "Sorting was slow.".to_owned(),
        global_memory: "Read input at once.".to_owned(),
        ..PromptContext::default()
    };
    insta::assert_snapshot!("system_script", load(false).system_prompt(&context).unwrap());
}

#[test]
fn the_first_prompt_starts_from_the_starter_code() {
    let task = load(true);
    let start = task.initial_solution().unwrap();
    assert_eq!((start.code.as_str(), start.judged), (STARTER, false));
    assert_eq!(load(false).initial_solution().unwrap().code, "# Nothing is written yet.\n");
    let prompt = task.optimization_prompt(&PromptContext::default(), &Attempt::new(start.code)).unwrap();
    insta::assert_snapshot!("optimization_first", prompt);
}

#[test]
fn a_public_failure_is_shown_whole() {
    let prompt = prompt(false, &json!({}), b"o\0\0\0\x0241", &["the reply was cut short", "two\nlines"]);
    insta::assert_snapshot!("optimization_public_failure", prompt);
}

#[test]
fn a_hidden_failure_shows_its_verdict_alone() {
    insta::assert_snapshot!(
        "optimization_hidden_failure",
        prompt(false, &json!({}), b"o\0\0\0\x0242o\0\0\0\x06777001", &[])
    );
    insta::assert_snapshot!("optimization_load_failure", prompt(true, &json!({}), b"l\0\0\0\x10SyntaxError('x')", &[]));
    insta::assert_snapshot!("optimization_success", prompt(false, &json!({}), b"o\0\0\0\x0242o\0\0\0\x071554002", &[]));
}

#[test]
fn nothing_hidden_reaches_a_prompt_or_a_summary() {
    // However a program carries what it read to the outside.
    let frames: [&'static [u8]; 6] = [
        b"o\0\0\0\x0242o\0\0\0\x06777001",
        b"o\0\0\0\x0242e\0\0\0\x12KeyError('777001')",
        b"o\0\0\0\x0242e\0\0\0\x09E777001()",
        b"o\0\0\0\x0242e\0\0\0\x06777001",
        b"o\0\0\0\x0242t\0\0\0\x00",
        b"o\0\0\0\x0242h\0\0\0\x06777001",
    ];
    for frames in frames {
        let (task, evaluation) = judged(false, &json!({}), frames);
        assert!(!evaluation.success);
        let artifacts: Value = serde_json::from_str(&evaluation.artifacts).unwrap();
        // The report has it, what prompts are made of has not.
        assert_eq!(artifacts["evaluation_metadata"]["inputs"], "777001");
        assert_eq!(artifacts["failure_details"]["public"], false);
        let attempt = Attempt { evaluation: Some(evaluation.clone()), ..Attempt::new("x") };
        let prompt = task.optimization_prompt(&PromptContext::default(), &attempt).unwrap();
        for text in [prompt, evaluation.summary, artifacts["failure_details"].to_string()] {
            assert!(!text.contains("777001") && !text.contains("1554002"), "{text}");
        }
    }
    let shown = prompt(false, &json!({}), b"o\0\0\0\x0242e\0\0\0\x12KeyError('777001')", &[]);
    assert!(shown.contains("KeyError") && shown.contains("Runtime Error"), "{shown}");
}

#[test]
fn feedback_can_be_switched_off() {
    let config = json!({"enable_detailed_feedback": false});
    let (_, evaluation) = judged(false, &config, b"o\0\0\0\x0241");
    let artifacts: Value = serde_json::from_str(&evaluation.artifacts).unwrap();
    assert_eq!(artifacts["failure_details"], Value::Null);
    let prompt = prompt(false, &config, b"o\0\0\0\x0241", &[]);
    assert!(prompt.contains("Some tests did not pass.") && !prompt.contains("42"), "{prompt}");
}

#[test]
fn templates_of_the_user_are_filled() {
    let context = PromptContext {
        system_template: Some("{starter_code}|{local_memory}".to_owned()),
        optimization_template: Some("{metric} {passd}".to_owned()),
        local_memory: "m".to_owned(),
        ..PromptContext::default()
    };
    let task = load(true);
    assert_eq!(task.system_prompt(&context).unwrap(), format!("{}|m", STARTER.trim_end()));
    let error = task.optimization_prompt(&context, &Attempt::new("x")).unwrap_err();
    let TaskError::BadTemplate(message) = error else { panic!("{error:?}") };
    assert!(message.contains("{passd}") && message.contains("{failure_details}"), "{message}");
}
