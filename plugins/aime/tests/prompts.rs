//! What the model is told, and the task's description.

use perfagent_aime::Aime;
use perfagent_task::testing::{Harness, Script, check_description, exited};
use perfagent_task::{Attempt, Finding, PromptContext, Task, TaskError};

/// The right answer of the instance, which occurs nowhere else in it.
const ANSWER: &str = "8191";

fn load(config: &str) -> Harness<Aime> {
    let data = format!(r#"{{"id": 13, "problem": "Find the largest prime.\n", "answer": {ANSWER}}}"#);
    let script = Script::new(|_, _| Ok(exited(0, "")));
    Harness::load("prime", data.as_bytes(), config, &script).expect("the instance is right")
}

fn judged(task: &mut Harness<Aime>, solution: &str) -> Attempt {
    let evaluation = task.evaluate(solution, None).expect("every solution can be judged");
    Attempt { evaluation: Some(evaluation), ..Attempt::new(solution) }
}

#[test]
fn the_description_is_what_hosts_demand() {
    check_description(&Aime::describe()).unwrap();
}

#[test]
fn system_prompts() {
    insta::assert_snapshot!("system", load("{}").system_prompt(&PromptContext::default()).unwrap());
    let context = PromptContext {
        additional_requirements: "Use no calculus.\n".to_owned(),
        local_memory: "7 is not the largest.".to_owned(),
        global_memory: "Check small cases.".to_owned(),
        ..PromptContext::default()
    };
    insta::assert_snapshot!("system_additions", load("{}").system_prompt(&context).unwrap());
}

#[test]
fn the_first_prompt_starts_from_the_placeholder() {
    let task = load("{}");
    let start = task.initial_solution().unwrap();
    assert!(!start.judged);
    let prompt = task.optimization_prompt(&PromptContext::default(), &Attempt::new(start.code)).unwrap();
    insta::assert_snapshot!("optimization_first", prompt);
}

#[test]
fn the_prompt_after_a_wrong_answer_shows_what_was_read() {
    let mut task = load("{}");
    let mut attempt = judged(&mut task, "Answer: $p = 1{,}021$");
    attempt.notes = vec!["the reply was cut short".to_owned(), "one\ntwo".to_owned()];
    let prompt = task.optimization_prompt(&PromptContext::default(), &attempt).unwrap();
    insta::assert_snapshot!("optimization_wrong", prompt);
}

#[test]
fn the_prompt_after_a_right_answer_says_so() {
    let mut task = load("{}");
    let attempt = judged(&mut task, "Answer: 8191");
    let prompt = task.optimization_prompt(&PromptContext::default(), &attempt).unwrap();
    insta::assert_snapshot!("optimization_right", prompt);
}

#[test]
fn no_text_tells_the_right_answer() {
    for config in ["{}", r#"{"strict_box_verify": true}"#] {
        let mut task = load(config);
        let context = PromptContext::default();
        let mut texts = vec![format!("{:?}", task.task()), format!("{:?}", task.summary())];
        texts.push(task.system_prompt(&context).unwrap());
        for solution in ["", "No answer yet.", "Answer: 5", r"Answer: \boxed{5}", "Answer: 819"] {
            let attempt = judged(&mut task, solution);
            texts.push(format!("{attempt:?}"));
            texts.push(task.optimization_prompt(&context, &attempt).unwrap());
        }
        for text in texts {
            assert!(!text.contains(ANSWER), "{text}");
        }
    }
}

#[test]
fn a_reply_is_judged_end_to_end() {
    let mut task = load(r#"{"strict_box_verify": true}"#);
    let extraction = task.extract("It is $2^{13} - 1 = \\boxed{8191}$.", "No answer yet.").unwrap();
    assert_eq!(extraction.finding, Finding::Changed(r"Answer: \boxed{8191}".to_owned()));
    assert_eq!(task.evaluate(r"Answer: \boxed{8191}", None).unwrap().metric, 1.0);
    assert_eq!(load("{}").evaluate("Answer: 8191", Some("Answer: 5")).unwrap().metric, 1.0);
}

#[test]
fn templates_of_the_user_are_filled() {
    let context = PromptContext {
        system_template: Some("{problem_statement}|{local_memory}".to_owned()),
        optimization_template: Some("{{{pred}}} {correct} {metric} {progam}".to_owned()),
        local_memory: "m".to_owned(),
        ..PromptContext::default()
    };
    let mut task = load("{}");
    assert_eq!(task.system_prompt(&context).unwrap(), "Find the largest prime.|m");
    let attempt = judged(&mut task, "Answer: 5");
    let error = task.optimization_prompt(&context, &attempt).unwrap_err();
    let TaskError::BadTemplate(message) = error else { panic!("{error:?}") };
    assert!(message.contains("{progam}") && message.contains("{current_solution}"), "{message}");
}

#[test]
fn an_unknown_key_of_the_configuration_is_named() {
    let script = Script::new(|_, _| Ok(exited(0, "")));
    let data = br#"{"problem": "p", "answer": 1}"#;
    let error = Harness::<Aime>::load("i", data, r#"{"strict_box": true}"#, &script).unwrap_err();
    let TaskError::BadConfig(message) = error else { panic!("{error:?}") };
    assert!(message.contains("strict_box"), "{message}");
}
