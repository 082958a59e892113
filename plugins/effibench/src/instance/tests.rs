use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn whole() -> Value {
    json!({
        "id": "7", "description": "Add.", "type": "io", "evaluator": "def evaluate(a, b): return a == b",
        "solutions": {"python3": {"code": "print(1)"}, "cpp": {"code": " "}},
        "generated_tests": [{"input": "1", "output": "2"}],
    })
}

fn message(data: &[u8]) -> String {
    match Instance::parse(data) {
        Err(TaskError::BadInstance(message)) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn reads_tests_as_a_list_and_as_a_string() {
    let mut value = whole();
    for tests in [value["generated_tests"].clone(), json!(value["generated_tests"].to_string())] {
        value["generated_tests"] = tests;
        let instance = Instance::parse(value.to_string().as_bytes()).unwrap();
        assert_eq!((instance.tests[0].input.as_str(), instance.tests[0].output.as_str()), ("1", "2"));
        assert_eq!(instance.solution(Language::named("py").unwrap()), Some("print(1)"));
        assert_eq!(instance.solution(Language::named("cpp").unwrap()), None);
        assert_eq!(instance.solution(Language::named("c").unwrap()), None);
    }
}

#[test]
fn each_wrong_field_is_named() {
    let wrong = [
        ("description", json!(" "), "description: missing or empty"),
        ("description", json!(3), "description: invalid type: integer `3`, expected a string"),
        ("type", Value::Null, "type: missing"),
        ("type", json!("batch"), "type: \"batch\""),
        ("type", json!("functional"), "test_runners: missing or empty; a `functional` problem"),
        ("id", json!([7]), "id: expected a string or a number"),
        ("title", json!(1), "title: invalid type"),
        ("title_slug", json!({}), "title_slug: invalid type"),
        ("description_md", json!(true), "description_md: invalid type"),
        ("difficulty", json!(2), "difficulty: invalid type"),
        ("tags", json!("graph"), "tags: invalid type"),
        ("tags", json!(["graph", 1]), "tags[1]: invalid type"),
        ("source", json!([]), "source: invalid type"),
        ("url", json!(0.5), "url: invalid type"),
        ("time_limit_nanos", json!("1s"), "time_limit_nanos: invalid type"),
        ("time_limit_nanos", json!(-1), "time_limit_nanos: invalid value"),
        ("memory_limit_bytes", json!([]), "memory_limit_bytes: invalid type"),
        ("test_case_generator", json!(1), "test_case_generator: invalid type"),
        ("starter_code", json!(["a"]), "starter_code: expected a text, or a map"),
        ("starter_code", json!({"java": 1}), "starter_code.java: invalid type"),
        ("starter_code", json!("{\"java\": 1}"), "starter_code.java: invalid type"),
        ("test_runners", json!(1), "test_runners: expected a map"),
        ("test_runners", json!("[]"), "test_runners: expected a map"),
        ("test_runners", json!("{"), "test_runners: the string holds no JSON"),
        ("test_runners", json!({"java": ["x"]}), "test_runners.java: invalid type"),
        ("test_runners", json!({"java": "class Main {}"}), "test_runners.java: no line holds `==Code Submission==`"),
        ("solutions", json!([]), "solutions: invalid type"),
        ("evaluator", Value::Null, "evaluator: missing or empty"),
        ("evaluator", json!([]), "evaluator: invalid type"),
        ("solutions", json!({"python3": {"code": 1}}), "solutions.python3.code: invalid type"),
        ("solutions", json!({"python3": {}}), "solutions.python3: missing field `code`"),
        ("generated_tests", Value::Null, "generated_tests: missing"),
        ("generated_tests", json!([]), "generated_tests: holds no test"),
        ("generated_tests", json!("[]"), "generated_tests: holds no test"),
        ("generated_tests", json!("[{"), "generated_tests: the string holds no JSON"),
        ("generated_tests", json!({"input": ""}), "generated_tests: expected a list"),
        ("generated_tests", json!([{"input": "", "output": 8}]), "generated_tests[0].output: invalid type"),
        ("generated_tests", json!([{"input": ""}]), "generated_tests[0]: missing field `output`"),
    ];
    for (field, value, expected) in wrong {
        let mut instance = whole();
        instance[field] = value;
        let message = message(instance.to_string().as_bytes());
        assert!(message.starts_with(expected), "{message:?} does not start with {expected:?}");
    }
}

fn functional() -> Value {
    let mut value = whole();
    value["type"] = json!("functional");
    value["test_runners"] =
        json!({"python3": "# ==Code Submission==\nprint(f())", "js": "==Code Submission==", "c": null});
    value
}

fn loaded(value: &Value) -> Instance {
    Instance::parse(value.to_string().as_bytes()).unwrap()
}

#[test]
fn runners_are_a_map_or_that_map_in_a_string() {
    let mut value = functional();
    for runners in [value["test_runners"].clone(), json!(value["test_runners"].to_string())] {
        value["test_runners"] = runners;
        let instance = loaded(&value);
        let named = |name| Language::named(name).unwrap();
        assert_eq!(instance.program(named("python3"), "def f(): return 1\n"), "\ndef f(): return 1\nprint(f())");
        assert!(instance.check(named("javascript")).is_ok());
        let message = "task_config.language: test_runners of this instance has none for c, only for js, python3";
        assert_eq!(instance.check(named("c")), Err(TaskError::BadConfig(message.to_owned())));
    }
}

#[test]
fn starters_are_one_text_or_a_map() {
    let python = Language::named("python3").unwrap();
    let mut value = functional();
    let cases = [
        (Value::Null, None),
        (json!(" "), None),
        (json!("f(x)"), Some("f(x)")),
        (json!("{ f(x) }"), Some("{ f(x) }")),
        (json!({"py": "def f(x):"}), Some("def f(x):")),
        (json!("{\"python\": \"def f(x):\", \"c\": null}"), Some("def f(x):")),
        (json!({"java": "f(x)"}), None),
    ];
    for (starter, expected) in cases {
        value["starter_code"] = starter;
        assert_eq!(loaded(&value).starter(python), expected);
    }
    value["type"] = json!("io");
    value["starter_code"] = json!("f(x)");
    assert_eq!(loaded(&value).starter(python), None, "programs have no signature");
}

#[test]
fn what_tables_leave_empty_is_absent() {
    let mut value = whole();
    for field in ["id", "title", "tags", "time_limit_nanos", "starter_code", "test_runners", "description_md"] {
        value[field] = Value::Null;
    }
    value["solutions"] = json!({"python3": null, "go": {"code": "package main"}});
    let instance = loaded(&value);
    assert_eq!(instance.solution(Language::named("python3").unwrap()), None);
    assert_eq!(instance.solution(Language::named("golang").unwrap()), Some("package main"));
    value["solutions"] = Value::Null;
    assert_eq!(loaded(&value).solution(Language::named("golang").unwrap()), None);
}

#[test]
fn what_is_no_instance_at_all_says_so() {
    let text = whole().to_string();
    assert!(message(b" \n").starts_with("the instance is empty"));
    assert!(message(&text.as_bytes()[..40]).starts_with("the instance is cut short"));
    assert!(message(b"hello").starts_with("the instance is not JSON"));
    assert!(message(b"[]").starts_with("expected a JSON object"), "{}", message(b"[]"));
    assert!(message(format!("{text}]").as_bytes()).starts_with("text after"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(data in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..300) {
        let _ = Instance::parse(&data);
        for text in [whole().to_string(), functional().to_string()] {
            let _ = Instance::parse(&text.as_bytes()[..cut.min(text.len())]);
        }
    }
}
