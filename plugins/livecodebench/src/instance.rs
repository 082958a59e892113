//! Reads an instance: one problem of the data set, as JSON.

mod tests_field;

use crate::value::{Dialect, parse};
use perfagent_task::TaskError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use tests_field::Test;

/// One problem with its tests.
#[derive(Debug)]
pub(crate) struct Instance {
    /// What names it.
    pub(crate) id: String,
    /// The problem in the words that people read.
    pub(crate) content: String,
    /// What a solution begins with; may be empty.
    pub(crate) starter_code: String,
    /// Name of the function that a functional problem asks for.
    pub(crate) function: Option<String>,
    /// Public tests, which a model may see; their verdicts come first.
    pub(crate) public_tests: Vec<Test>,
    /// Hidden tests, which nothing but a program may see.
    pub(crate) private_tests: Vec<Test>,
    /// What the score over a data set is told apart by.
    pub(crate) labels: Labels,
}

/// What the score over a data set is told apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Labels {
    pub(crate) difficulty: Option<String>,
    pub(crate) platform: Option<String>,
    pub(crate) contest_date: Option<String>,
}

/// The fields that the task reads; others are ignored.
#[derive(Deserialize)]
struct Raw {
    starter_code: Option<String>,
    metadata: Option<Value>,
    public_test_cases: Option<Value>,
    private_test_cases: Option<Value>,
    difficulty: Option<String>,
    platform: Option<String>,
    contest_date: Option<String>,
}

/// The fields that name an instance, of any type: errors shall name the instance too.
#[derive(Deserialize)]
struct Heading {
    question_id: Option<Value>,
    question_title: Option<Value>,
    question_content: Option<Value>,
}

/// What names an instance, and its problem, without a look at the rest. `name` is what it is called
/// where it does not say so itself.
pub(crate) fn heading(name: &str, data: &[u8]) -> Result<(String, String), TaskError> {
    let heading: Heading = parse_object(name, data)?;
    let id = identity(name, heading.question_id)?;
    let title = text(&id, "question_title", heading.question_title)?;
    let content = text(&id, "question_content", heading.question_content)?;
    let content = content.ok_or_else(|| bad(&id, "question_content: missing or empty"))?;
    let content = match title.filter(|title| !content.starts_with(title.as_str())) {
        Some(title) => format!("{title}\n\n{content}"),
        None => content,
    };
    Ok((id, content))
}

impl Instance {
    /// Reads and checks an instance.
    pub(crate) fn parse(name: &str, data: &[u8]) -> Result<Self, TaskError> {
        let (id, content) = heading(name, data)?;
        let raw: Raw = parse_object(&id, data)?;
        let in_instance = |problem: String| bad(&id, problem);
        let public_tests = tests_field::listed("public_test_cases", raw.public_test_cases).map_err(in_instance)?;
        let private_tests = tests_field::listed("private_test_cases", raw.private_test_cases).map_err(in_instance)?;
        let function = function_name(raw.metadata).map_err(in_instance)?;
        let lists = [("public_test_cases", &public_tests), ("private_test_cases", &private_tests)];
        for (field, tests) in lists {
            for (index, test) in tests.iter().enumerate() {
                let place = format!("{field}[{index}]");
                check_test(&place, test, function.is_some()).map_err(in_instance)?;
            }
        }
        let labels = Labels { difficulty: raw.difficulty, platform: raw.platform, contest_date: raw.contest_date };
        let starter_code = raw.starter_code.unwrap_or_default();
        Ok(Self { id, content, starter_code, function, public_tests, private_tests, labels })
    }
}

/// The error that names the instance.
pub(crate) fn bad(id: &str, problem: impl std::fmt::Display) -> TaskError {
    TaskError::BadInstance(format!("instance {id}: {problem}"))
}

fn identity(name: &str, question_id: Option<Value>) -> Result<String, TaskError> {
    let id = match question_id {
        None | Some(Value::Null) => return Ok(name.to_owned()),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(id)) => id,
        Some(_) => return Err(bad(name, "question_id: expected a string or a number")),
    };
    let id = id.trim();
    if id.is_empty() {
        return Ok(name.to_owned());
    }
    let is_file_name = id.len() <= 200 && id != "." && id != ".." && !id.contains(|c: char| c == '/' || c.is_control());
    if is_file_name {
        Ok(id.to_owned())
    } else {
        Err(bad(
            name,
            format!("question_id: {id:?} cannot name files: at most 200 bytes, no `/`, no control characters"),
        ))
    }
}

/// The trimmed text of a field; none where it has nothing but blanks.
fn text(id: &str, field: &str, value: Option<Value>) -> Result<Option<String>, TaskError> {
    let text: Option<String> =
        serde_json::from_value(value.unwrap_or_default()).map_err(|error| bad(id, format!("{field}: {error}")))?;
    Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

fn parse_object<T: DeserializeOwned>(id: &str, data: &[u8]) -> Result<T, TaskError> {
    let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    if data.trim_ascii().is_empty() {
        return Err(bad(id, "empty; expected a JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(data);
    let parsed = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        match error.into_inner() {
            error if error.is_eof() => bad(id, format!("cut short: {error}")),
            error if error.is_syntax() && path == "." => bad(id, format!("not JSON: {error}")),
            error if error.is_syntax() => bad(id, format!("{path}: not JSON: {error}")),
            error if path == "." => bad(id, format!("expected a JSON object: {error}")),
            error => bad(id, format!("{path}: {error}")),
        }
    })?;
    reader.end().map_err(|error| bad(id, format!("text after the JSON object: {error}")))?;
    Ok(parsed)
}

/// The function's name of a functional problem.
fn function_name(metadata: Option<Value>) -> Result<Option<String>, String> {
    let metadata = match metadata {
        Some(Value::String(text)) if text.trim().is_empty() => Value::Null,
        Some(Value::String(text)) => serde_json::from_str(&text)
            .map_err(|error| format!("metadata: the string holds no JSON object: {error}"))?,
        other => other.unwrap_or_default(),
    };
    let Value::Object(mut fields) = metadata else {
        let is_absent = metadata.is_null();
        return if is_absent {
            Ok(None)
        } else {
            Err("metadata: expected an object, or one as a JSON string".to_owned())
        };
    };
    match fields.remove("func_name") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) if is_identifier(&name) => Ok(Some(name)),
        Some(other) => Err(format!("metadata.func_name: {other} is not the name of a function")),
    }
}

fn is_identifier(name: &str) -> bool {
    let is_word = |character: char| character == '_' || character.is_alphanumeric();
    !name.is_empty() && name.chars().all(is_word) && !name.starts_with(|first: char| first.is_numeric())
}

/// Checks a test's kind and, in a functional problem, that its texts are JSON.
fn check_test(place: &str, test: &Test, is_functional: bool) -> Result<(), String> {
    if !is_functional {
        return match test.kind {
            tests_field::Kind::Functional => {
                Err(format!("{place}.testtype: functional, but metadata.func_name is missing"))
            }
            tests_field::Kind::Stdin => Ok(()),
        };
    }
    for (number, line) in test.argument_lines().enumerate() {
        parse(line.as_bytes(), Dialect::Json)
            .map_err(|error| format!("{place}.input: line {} is not JSON: {error}", number + 1))?;
    }
    parse(test.output.as_bytes(), Dialect::Json).map_err(|error| format!("{place}.output: not JSON: {error}"))?;
    Ok(())
}

#[cfg(test)]
mod tests;
