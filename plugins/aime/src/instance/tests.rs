//! Field names, kinds of values, and what is wrong with them.

use super::*;
use crate::judge::{Rule, Verdict, judge};
use proptest::prelude::*;
use serde_json::{Value, json};

fn whole() -> Value {
    json!({"id": "7", "problem": "Add.", "answer": 73})
}

fn read(value: &Value) -> Instance {
    Instance::parse("stem", value.to_string().as_bytes()).unwrap()
}

fn message(name: &str, data: &[u8]) -> String {
    match Instance::parse(name, data) {
        Err(TaskError::BadInstance(message)) => message,
        other => panic!("{other:?}"),
    }
}

fn is_right(answer: &str, claim: &str) -> bool {
    let data = format!(r#"{{"problem": "p", "answer": {answer}}}"#);
    let instance = Instance::parse("stem", data.as_bytes()).unwrap();
    matches!(judge(Rule::Claim, &instance.key, &format!("Answer: {claim}")), Verdict::Correct(_))
}

#[test]
fn every_field_has_its_names_and_the_first_counts() {
    for (names, other) in [(&PROBLEM_FIELDS[..], "answer"), (&ANSWER_FIELDS[..], "problem")] {
        for (place, name) in names.iter().enumerate() {
            let mut value = json!({ other: "5" });
            names[place..].iter().rev().for_each(|later| value[*later] = json!(format!("no {later}")));
            value[*name] = json!("5");
            assert_eq!(read(&value).problem, "5", "{name}");
            assert_eq!(read(&value).key, Key::new("5").unwrap(), "{name}");
        }
    }
    for (place, name) in ID_FIELDS.iter().enumerate() {
        let mut value = json!({"problem": "p"});
        ID_FIELDS[place..].iter().for_each(|later| value[*later] = json!("later"));
        value[*name] = json!(11);
        let heading = Heading::parse("stem", value.to_string().as_bytes()).unwrap();
        assert_eq!(heading, Heading { id: "11".to_owned(), problem: "p".to_owned() });
    }
    let heading = Heading::parse("stem", br#"{"problem": "p"}"#).unwrap();
    assert_eq!(heading.id, "stem");
}

#[test]
fn what_is_null_or_blank_is_not_there() {
    let value = json!({"id": null, "problem_id": 3, "problem": " \n", "question": "q", "answer": null, "target": "5"});
    assert_eq!(read(&value), Instance { problem: "q".to_owned(), key: Key::new("5").unwrap() });
    assert_eq!(Heading::parse("stem", value.to_string().as_bytes()).unwrap().id, "3");
}

#[test]
fn answers_are_numbers_or_texts() {
    let right = [
        ("73", "073"),
        ("73.0", "73"),
        ("-7.5", "-15/2"),
        ("7.3e1", "73"),
        ("73e-1", "7.3"),
        ("-5E-3", "-1/200"),
        ("1.25E+1", "12.5"),
        ("0e5", "0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        (r#"" 073 ""#, "73"),
        (r#""Clearly $n = \\boxed{1{,}024}$.""#, "1024"),
        (r#""\\boxed{1} and \\boxed{2}""#, "2"),
        (r#""\u0037\u0033""#, "73"),
    ];
    for (answer, claim) in right {
        assert!(is_right(answer, claim), "{answer}");
    }
    assert!(!is_right("123456789012345678901234567890", "123456789012345678901234567891"));
    assert!(!is_right("0.1", "0.1000000000000000055511151231257827"));
}

#[test]
fn numbers_lose_their_exponent_only() {
    let cases = [
        ("12", "12"),
        ("1.20", "1.20"),
        ("1e3", "1000"),
        ("-1.234e2", "-123.4"),
        ("1.5e1", "15"),
        ("1200e-2", "12.00"),
        ("5e-1", "0.5"),
        ("0.001e3", "1"),
    ];
    for (number, expected) in cases {
        assert_eq!(plain(number).as_deref(), Some(expected), "{number}");
    }
    for number in ["1e301", "1e-301", "1e99999999999"] {
        assert_eq!(plain(number), None, "{number}");
    }
}

#[test]
fn each_wrong_field_is_named() {
    let long = "x".repeat(301);
    let wrong = [
        ("id", json!(["7"]), "id: expected a string or a number, found a list"),
        ("id", json!(true), "id: expected a string or a number, found a boolean"),
        ("id", json!("a/b"), "id: names files, but holds a `/`"),
        ("id", json!("a\u{7}"), "id: names files, but holds a control character"),
        ("id", json!(".."), "id: names files, but is `..`"),
        ("id", json!("é".repeat(101)), "id: names files, but is 202 bytes long, where 200 are allowed"),
        ("problem", Value::Null, "problem: missing or empty; expected one of problem, Problem, question,"),
        ("problem", json!(" "), "problem: missing or empty"),
        ("problem", json!(3), "problem: expected a string, found a number"),
        ("problem", json!([{"role": "user"}]), "problem: expected a string, found a list"),
        ("answer", Value::Null, "answer: missing or empty; expected one of answer, Answer, final_answer,"),
        ("answer", json!(""), "answer: missing or empty"),
        ("answer", json!(false), "answer: expected a number or a string, found a boolean"),
        ("answer", json!(["73"]), "answer: expected a number or a string, found a list"),
        ("answer", json!({"value": 73}), "answer: expected a number or a string, found an object"),
        ("answer", json!(long), "answer: 301 characters long"),
        ("answer", json!("$ square units"), "answer: nothing but units"),
    ];
    for (field, value, expected) in wrong {
        let mut instance = whole();
        instance[field] = value;
        let message = message("stem", instance.to_string().as_bytes());
        assert!(message.starts_with(expected), "{message:?} does not start with {expected:?}");
    }
    assert!(message("stem", br#"{"problem": "p", "answer": 1e999}"#).starts_with("answer: the number's exponent"));
    assert!(message("stem", br#"{"problem": "\ud800", "answer": 1}"#).starts_with("problem: no valid text"));
    assert!(message("a/b", br#"{"problem": "p", "answer": 1}"#).starts_with("id: missing, and the file's name"));
}

#[test]
fn a_heading_asks_for_no_answer() {
    let heading = Heading::parse("stem", br#"{"id": 9007199254740993, "statement": " p ", "answer": []}"#).unwrap();
    assert_eq!(heading, Heading { id: "9007199254740993".to_owned(), problem: "p".to_owned() });
}

#[test]
fn what_is_no_instance_at_all_says_so() {
    let text = whole().to_string();
    assert!(message("stem", b" \n").starts_with("the instance is empty"));
    assert!(message("stem", &text.as_bytes()[..20]).starts_with("the instance is cut short"));
    assert!(message("stem", b"hello").starts_with("the instance is not JSON"));
    assert!(message("stem", b"[]").starts_with("expected a JSON object"), "{}", message("stem", b"[]"));
    assert!(message("stem", format!("{text}\n{text}\n").as_bytes()).starts_with("text after"));
    assert!(Instance::parse("stem", format!("\u{feff}{text}\r\n").as_bytes()).is_ok());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(data in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..60) {
        let _ = Instance::parse("stem", &data);
        let text = whole().to_string();
        let _ = Instance::parse("stem", &text.as_bytes()[..cut.min(text.len())]);
    }

    #[test]
    fn numbers_of_any_length_are_right_for_themselves(number in r"-?[1-9][0-9]{0,80}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?") {
        let plain = plain(&number).unwrap();
        prop_assert!(is_right(&number, &plain));
        let point = if plain.contains('.') { "" } else { "." };
        let greater = format!("{plain}{point}1");
        prop_assert!(!is_right(&number, &greater));
    }
}
