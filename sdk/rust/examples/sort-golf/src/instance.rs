//! What an instance's file holds: JSON with `program` and `tests`, and perhaps `id` and `problem`.

use perfagent_task::{TaskError, log};
use serde_json::{Map, Value};

/// What stands in an instance that says nothing of its problem.
const PROBLEM: &str = "The program sorts the lines of its input.";

/// An instance, checked.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) problem: String,
    /// Where the loop starts.
    pub(crate) program: String,
    pub(crate) tests: Vec<Test>,
}

/// An input and all that a right program prints for it.
#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) input: String,
    pub(crate) output: String,
}

impl Instance {
    /// Reads an instance; without an `id` it is called `name`.
    pub(crate) fn read(name: &str, data: &[u8]) -> Result<Self, TaskError> {
        let fields: Map<String, Value> = serde_json::from_slice(data).map_err(|error| {
            // The parsers of different languages put it differently.
            log::debug(error.to_string());
            bad("the file is not a JSON object")
        })?;
        let tests = fields.get("tests").and_then(Value::as_array).filter(|tests| !tests.is_empty());
        let tests = tests.ok_or_else(|| bad("`tests` must be a list with at least one test"))?;
        Ok(Self {
            id: text(&fields, "id", "id")?.unwrap_or(name).to_owned(),
            problem: text(&fields, "problem", "problem")?.unwrap_or(PROBLEM).to_owned(),
            program: without_final_newlines(required(&fields, "program", "program")?).to_owned(),
            tests: tests.iter().enumerate().map(|(index, test)| Test::read(index, test)).collect::<Result<_, _>>()?,
        })
    }
}

impl Test {
    fn read(index: usize, value: &Value) -> Result<Self, TaskError> {
        let fields = value.as_object().ok_or_else(|| bad(&format!("`tests[{index}]` must be an object")))?;
        let field = |key: &str| required(fields, key, &format!("tests[{index}].{key}")).map(str::to_owned);
        Ok(Self { input: field("input")?, output: field("output")? })
    }
}

/// A text that may be missing; `path` names it in errors.
fn text<'a>(fields: &'a Map<String, Value>, key: &str, path: &str) -> Result<Option<&'a str>, TaskError> {
    match fields.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(&format!("`{path}` must be a text"))),
    }
}

fn required<'a>(fields: &'a Map<String, Value>, key: &str, path: &str) -> Result<&'a str, TaskError> {
    text(fields, key, path)?.ok_or_else(|| bad(&format!("`{path}` is missing")))
}

fn bad(message: &str) -> TaskError {
    TaskError::BadInstance(message.to_owned())
}

/// `text` without the newlines at its end.
pub(crate) fn without_final_newlines(text: &str) -> &str {
    text.trim_end_matches('\n')
}
