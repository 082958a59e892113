//! Reads an instance: one problem of the data set, as JSON.

use crate::language::Language;
use perfagent_task::TaskError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// One problem with its tests.
#[derive(Debug)]
pub(crate) struct Instance {
    /// The problem in the words that people read.
    pub(crate) problem: String,
    /// Python source that defines `evaluate`. Nobody trusts it.
    pub(crate) evaluator: String,
    /// Never empty.
    pub(crate) tests: Vec<Test>,
    /// Programs that solve the problem, by language.
    solutions: BTreeMap<String, Solution>,
}

/// A test of an instance.
#[derive(Debug, Deserialize)]
pub(crate) struct Test {
    /// What the program reads.
    pub(crate) input: String,
    /// What the evaluator compares its output with.
    pub(crate) output: String,
}

#[derive(Debug, Deserialize)]
struct Solution {
    code: String,
}

/// The fields that the task reads; others are ignored.
#[derive(Deserialize)]
struct Raw {
    description: Option<String>,
    description_md: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    solutions: Option<BTreeMap<String, Solution>>,
    evaluator: Option<String>,
    generated_tests: Option<Value>,
}

/// The fields that name an instance.
#[derive(Deserialize)]
struct Heading {
    description: Option<String>,
    description_md: Option<String>,
}

/// The problem's description, without a look at the rest.
pub(crate) fn problem(data: &[u8]) -> Result<String, TaskError> {
    let heading: Heading = parse(data)?;
    described(heading.description, heading.description_md)
}

impl Instance {
    /// Reads and checks an instance.
    pub(crate) fn parse(data: &[u8]) -> Result<Self, TaskError> {
        let raw: Raw = parse(data)?;
        match raw.kind.as_deref() {
            Some("io") => {}
            Some("functional") => {
                return Err(bad("type: `functional` problems cannot be judged by this version yet, only `io` ones"));
            }
            Some(other) => return Err(bad(format!("type: {other:?} is neither `io` nor `functional`"))),
            None => return Err(bad("type: missing; expected `io` or `functional`")),
        }
        Ok(Self {
            problem: described(raw.description, raw.description_md)?,
            evaluator: raw
                .evaluator
                .filter(|source| !source.trim().is_empty())
                .ok_or_else(|| bad("evaluator: missing or empty; expected Python source that defines `evaluate`"))?,
            tests: listed_tests(raw.generated_tests)?,
            solutions: raw.solutions.unwrap_or_default(),
        })
    }

    /// The instance's own program in `language`.
    pub(crate) fn solution(&self, language: &Language) -> Option<&str> {
        let found = std::iter::once(&language.name).chain(language.aliases).find_map(|name| self.solutions.get(*name));
        found.map(|solution| solution.code.as_str()).filter(|code| !code.trim().is_empty())
    }
}

fn bad(message: impl Into<String>) -> TaskError {
    TaskError::BadInstance(message.into())
}

fn described(description: Option<String>, markdown: Option<String>) -> Result<String, TaskError> {
    let found = [description, markdown].into_iter().flatten().find(|text| !text.trim().is_empty());
    found.ok_or_else(|| bad("description: missing or empty"))
}

fn parse<T: DeserializeOwned>(data: &[u8]) -> Result<T, TaskError> {
    let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    if data.trim_ascii().is_empty() {
        return Err(bad("the instance is empty; expected a JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(data);
    let parsed = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        match error.into_inner() {
            error if error.is_eof() => bad(format!("the instance is cut short: {error}")),
            error if error.is_syntax() => bad(format!("the instance is not JSON: {error}")),
            error if path == "." => bad(format!("expected a JSON object: {error}")),
            error => bad(format!("{path}: {error}")),
        }
    })?;
    reader.end().map_err(|error| bad(format!("text after the instance's JSON object: {error}")))?;
    Ok(parsed)
}

/// The tests, which the data set gives as a list or as that list in a string.
fn listed_tests(value: Option<Value>) -> Result<Vec<Test>, TaskError> {
    const FIELD: &str = "generated_tests";
    let listed = match value {
        None | Some(Value::Null) => return Err(bad(format!("{FIELD}: missing"))),
        Some(Value::String(text)) if text.trim().is_empty() => return Err(bad(format!("{FIELD}: empty"))),
        Some(Value::String(text)) => serde_json::from_str(&text)
            .map_err(|error| bad(format!("{FIELD}: the string holds no JSON list: {error}")))?,
        Some(list) => list,
    };
    if !listed.is_array() {
        return Err(bad(format!("{FIELD}: expected a list of tests, or that list as a JSON string")));
    }
    let tests: Vec<Test> = serde_path_to_error::deserialize(listed).map_err(|error| {
        let path = error.path().to_string();
        bad(format!("{FIELD}{path}: {}", error.into_inner()))
    })?;
    if tests.is_empty() {
        return Err(bad(format!("{FIELD}: holds no test")));
    }
    Ok(tests)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

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
            ("type", json!("functional"), "type: `functional` problems cannot"),
            ("evaluator", Value::Null, "evaluator: missing or empty"),
            ("evaluator", json!([]), "evaluator: invalid type"),
            ("solutions", json!({"python3": {"code": 1}}), "solutions.python3.code: invalid type"),
            ("solutions", json!({"python3": {}}), "solutions.python3: missing field `code`"),
            ("generated_tests", Value::Null, "generated_tests: missing"),
            ("generated_tests", json!([]), "generated_tests: holds no test"),
            ("generated_tests", json!("[]"), "generated_tests: holds no test"),
            ("generated_tests", json!("[{"), "generated_tests: the string holds no JSON list"),
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
            let text = whole().to_string();
            let _ = Instance::parse(&text.as_bytes()[..cut.min(text.len())]);
        }
    }
}
