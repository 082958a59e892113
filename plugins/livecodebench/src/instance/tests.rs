use super::*;
use base64::Engine as _;
use miniz_oxide::deflate::compress_to_vec_zlib;
use proptest::prelude::*;
use serde_json::json;

fn whole() -> Value {
    json!({
        "question_title": "Sum", "question_content": "Add.", "platform": "leetcode", "question_id": "7_a",
        "contest_id": "c", "contest_date": "2024-01-05T00:00:00", "starter_code": "class Solution: ...",
        "difficulty": "easy", "metadata": r#"{"func_name": "add"}"#,
        "public_test_cases": r#"[{"input": "1\n[2]", "output": "3", "testtype": "functional"}]"#,
        "private_test_cases": [{"input": "4\n\n", "output": "NaN", "testtype": "functional"}],
    })
}

fn read(value: &Value) -> Instance {
    Instance::parse("stem", value.to_string().as_bytes()).unwrap()
}

fn message(data: &[u8]) -> String {
    match Instance::parse("stem", data) {
        Err(TaskError::BadInstance(message)) => message,
        other => panic!("{other:?}"),
    }
}

fn packed(text: &str) -> String {
    let length = u32::try_from(text.len()).unwrap().to_le_bytes();
    let pickle = [b"\x80\x04X", &length[..], text.as_bytes(), b"\x94."].concat();
    base64::engine::general_purpose::STANDARD.encode(compress_to_vec_zlib(&pickle, 6))
}

#[test]
fn every_encoding_gives_the_same_tests() {
    let list = json!([{"input": "1", "output": "2", "testtype": "functional"}, {"input": "3", "output": "4"}]);
    let expected = {
        let mut value = whole();
        value["private_test_cases"] = list.clone();
        read(&value).private_tests
    };
    assert_eq!((expected[1].input.as_str(), expected[1].output.as_str()), ("3", "4"));
    for encoded in [json!(list.to_string()), json!(packed(&list.to_string()))] {
        let mut value = whole();
        value["private_test_cases"] = encoded;
        assert_eq!(read(&value).private_tests, expected);
    }
    let mut value = whole();
    value["private_test_cases"] = json!([]);
    value["metadata"] = json!({"func_name": "add", "more": [1]});
    assert_eq!(read(&value).function.as_deref(), Some("add"));
}

#[test]
fn what_it_says_of_itself_is_kept() {
    let instance = read(&whole());
    assert_eq!((instance.id.as_str(), instance.content.as_str()), ("7_a", "Sum\n\nAdd."));
    assert_eq!(instance.labels.contest_date.as_deref(), Some("2024-01-05T00:00:00"));
    assert_eq!(instance.public_tests[0].argument_lines().collect::<Vec<_>>(), ["1", "[2]"]);
    assert_eq!(instance.private_tests[0].arguments(), "4");
    let mut value = whole();
    value["question_id"] = json!(2727);
    value["question_title"] = Value::Null;
    assert_eq!((read(&value).id, read(&value).content), ("2727".to_owned(), "Add.".to_owned()));
    value["question_id"] = Value::Null;
    assert_eq!(read(&value).id, "stem");
    for absent in [Value::Null, json!(""), json!("{}"), json!({"func_name": null})] {
        let mut value = whole();
        value["metadata"] = absent;
        for field in ["public_test_cases", "private_test_cases"] {
            value[field] = json!([{"input": "", "output": ""}]);
        }
        assert_eq!(read(&value).function, None);
    }
}

#[test]
fn each_wrong_field_is_named_with_the_instance() {
    let stdin = r#"[{"input": "", "output": "", "testtype": "stdin"}]"#;
    let wrong = [
        ("question_content", json!(" "), "question_content: missing or empty"),
        ("question_content", json!(3), "question_content: invalid type: integer `3`, expected a string"),
        ("question_title", json!([]), "question_title: invalid type"),
        ("starter_code", json!({}), "starter_code: invalid type"),
        ("difficulty", json!(1), "difficulty: invalid type"),
        ("platform", json!(1), "platform: invalid type"),
        ("contest_date", json!(1), "contest_date: invalid type"),
        ("metadata", json!([]), "metadata: expected an object"),
        ("metadata", json!("{"), "metadata: the string holds no JSON object"),
        ("metadata", json!("3"), "metadata: expected an object"),
        ("metadata", json!({"func_name": 3}), "metadata.func_name: 3 is not the name"),
        ("metadata", json!({"func_name": "a.b"}), "metadata.func_name: \"a.b\" is not the name"),
        ("metadata", json!({}), "public_test_cases[0].testtype: functional, but metadata.func_name is missing"),
        ("public_test_cases", Value::Null, "public_test_cases: missing"),
        ("public_test_cases", json!(" "), "public_test_cases: empty"),
        ("public_test_cases", json!({}), "public_test_cases: expected a list of tests"),
        ("public_test_cases", json!("[{"), "public_test_cases"),
        ("public_test_cases", json!("[] []"), "public_test_cases: text after the list"),
        ("public_test_cases", json!([{"input": "", "output": 8}]), "public_test_cases[0].output: invalid type"),
        ("public_test_cases", json!([{"input": ""}]), "public_test_cases[0]: missing field `output`"),
        (
            "public_test_cases",
            json!([{"input": "", "output": "1", "testtype": "x"}]),
            "public_test_cases[0].testtype: unknown variant",
        ),
        (
            "public_test_cases",
            json!([{"input": "1\n?", "output": "1"}]),
            "public_test_cases[0].input: line 2 is not JSON: expected a value at byte 0",
        ),
        ("public_test_cases", json!(stdin), "public_test_cases[0].output: not JSON"),
        ("private_test_cases", json!("x"), "private_test_cases: the string is neither a JSON list nor base64"),
        ("private_test_cases", json!(packed("[{\"input\": 1}]")), "private_test_cases[0].input: invalid type"),
        ("private_test_cases", json!(packed("7")), "private_test_cases: invalid type"),
        ("private_test_cases", json!(true), "private_test_cases: expected a list"),
    ];
    for (field, value, expected) in wrong {
        let mut instance = whole();
        instance[field] = value;
        let message = message(instance.to_string().as_bytes());
        let expected = format!("instance 7_a: {expected}");
        assert!(message.starts_with(&expected), "{message:?} does not start with {expected:?}");
    }
    for id in [json!("a/b"), json!(".."), json!("a\nb"), json!("x".repeat(201)), json!([])] {
        let mut instance = whole();
        instance["question_id"] = id;
        assert!(message(instance.to_string().as_bytes()).starts_with("instance stem: question_id: "));
    }
}

#[test]
fn what_is_no_instance_at_all_says_so() {
    let text = whole().to_string();
    assert!(message(b" \n").starts_with("instance stem: empty"));
    assert!(message(&text.as_bytes()[..40]).starts_with("instance stem: cut short"));
    assert!(message(b"hello").starts_with("instance stem: not JSON"));
    assert!(message(b"[]").starts_with("instance stem: expected a JSON object"), "{}", message(b"[]"));
    assert!(message(b"\xff").starts_with("instance stem: not JSON"));
    assert!(message(format!("{text}]").as_bytes()).starts_with("instance stem: text after"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(data in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..700) {
        let _ = Instance::parse("stem", &data);
        let text = whole().to_string();
        let _ = Instance::parse("stem", &text.as_bytes()[..cut.min(text.len())]);
    }

    #[test]
    fn no_field_makes_it_panic(field in 0_usize..11, text in "[\\[\\]{}\":,a-z0-9 ]{0,30}") {
        let mut value = whole();
        let key = value.as_object().unwrap().keys().nth(field).unwrap().clone();
        value[&key] = json!(text);
        let _ = Instance::parse("stem", value.to_string().as_bytes());
    }
}
