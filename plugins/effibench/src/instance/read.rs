//! Reads an instance, and says which field is wrong.

use super::{Functional, Instance, Kind, Starter, Test};
use crate::assemble::MARK;
use perfagent_task::TaskError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Solution {
    code: String,
}

/// The fields that the task reads; others are ignored. A field may be null where it may be absent, and
/// so may each language of a map: tables that data sets are kept in have a column for each.
#[derive(Deserialize)]
struct Raw {
    description: Option<String>,
    description_md: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    starter_code: Option<Value>,
    solutions: Option<BTreeMap<String, Option<Solution>>>,
    evaluator: Option<String>,
    generated_tests: Option<Value>,
    test_runners: Option<Value>,
    #[serde(flatten)]
    rest: Value,
}

/// Fields that the task does not need. One of a wrong type shows that the file is not what it is taken
/// for, and what is wrong is easier to say here than when a report lacks it.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only the types count")]
struct Unneeded {
    title: Option<String>,
    title_slug: Option<String>,
    difficulty: Option<String>,
    tags: Option<Vec<String>>,
    source: Option<String>,
    url: Option<String>,
    time_limit_nanos: Option<u64>,
    memory_limit_bytes: Option<u64>,
    test_case_generator: Option<String>,
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

/// A whole instance.
pub(super) fn instance(data: &[u8]) -> Result<Instance, TaskError> {
    let raw: Raw = parse(data)?;
    check_unneeded(raw.rest)?;
    let starter = starter(raw.starter_code)?;
    let runners = runners(raw.test_runners)?;
    let kind = match raw.kind.as_deref() {
        Some("io") => Kind::Io,
        Some("functional") if runners.is_empty() => {
            return Err(bad("test_runners: missing or empty; a `functional` problem needs one for each language"));
        }
        Some("functional") => Kind::Functional(Functional { runners, starter }),
        Some(other) => return Err(bad(format!("type: {other:?} is neither `io` nor `functional`"))),
        None => return Err(bad("type: missing; expected `io` or `functional`")),
    };
    let solutions = raw.solutions.unwrap_or_default().into_iter();
    Ok(Instance {
        problem: described(raw.description, raw.description_md)?,
        kind,
        evaluator: raw
            .evaluator
            .filter(|source| !source.trim().is_empty())
            .ok_or_else(|| bad("evaluator: missing or empty; expected Python source that defines `evaluate`"))?,
        tests: listed_tests(raw.generated_tests)?,
        solutions: solutions.filter_map(|(language, solution)| Some((language, solution?.code))).collect(),
    })
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

/// Reads `value`, which is that of `field` or a part of it.
fn typed<T: DeserializeOwned>(field: &str, value: Value) -> Result<T, TaskError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let dot = if field.is_empty() || path.starts_with('[') { "" } else { "." };
        let place = if path == "." { field.to_owned() } else { format!("{field}{dot}{path}") };
        bad(format!("{place}: {}", error.into_inner()))
    })
}

fn check_unneeded(rest: Value) -> Result<(), TaskError> {
    if !matches!(rest["id"], Value::Null | Value::String(_) | Value::Number(_)) {
        return Err(bad("id: expected a string or a number"));
    }
    typed::<Unneeded>("", rest).map(|_| ())
}

/// What `field` holds: a value, or that value as JSON in a string.
fn embedded(field: &str, value: Value) -> Result<Value, TaskError> {
    let Value::String(text) = value else { return Ok(value) };
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).map_err(|error| bad(format!("{field}: the string holds no JSON: {error}")))
}

/// The tests, which the data set gives as a list or as that list in a string.
fn listed_tests(value: Option<Value>) -> Result<Vec<Test>, TaskError> {
    const FIELD: &str = "generated_tests";
    let listed = embedded(FIELD, value.unwrap_or_default())?;
    if listed.is_null() {
        return Err(bad(format!("{FIELD}: missing or empty")));
    }
    if !listed.is_array() {
        return Err(bad(format!("{FIELD}: expected a list of tests, or that list as a JSON string")));
    }
    let tests: Vec<Test> = typed(FIELD, listed)?;
    if tests.is_empty() {
        return Err(bad(format!("{FIELD}: holds no test")));
    }
    Ok(tests)
}

/// A text for each language, without those that have none.
fn by_language(field: &str, value: Value) -> Result<BTreeMap<String, String>, TaskError> {
    let texts: BTreeMap<String, Option<String>> = typed(field, value)?;
    let texts = texts.into_iter().filter_map(|(language, text)| Some((language, text?)));
    Ok(texts.filter(|(_, text)| !text.trim().is_empty()).collect())
}

/// The test runners, which the data set gives as a map or as that map in a string.
fn runners(value: Option<Value>) -> Result<BTreeMap<String, String>, TaskError> {
    const FIELD: &str = "test_runners";
    let value = embedded(FIELD, value.unwrap_or_default())?;
    if value.is_null() {
        return Ok(BTreeMap::new());
    }
    if !value.is_object() {
        return Err(bad(format!("{FIELD}: expected a map from languages to sources, or that map as a JSON string")));
    }
    let runners = by_language(FIELD, value)?;
    match runners.iter().find(|(_, runner)| !runner.contains(MARK)) {
        Some((language, _)) => {
            Err(bad(format!("{FIELD}.{language}: no line holds `{MARK}`, where the solution belongs")))
        }
        None => Ok(runners),
    }
}

/// What solutions begin with: nothing, one text, or a map, which may be JSON in a string too.
fn starter(value: Option<Value>) -> Result<Starter, TaskError> {
    const FIELD: &str = "starter_code";
    let map = match value {
        None | Some(Value::Null) => return Ok(Starter::None),
        Some(Value::String(text)) => match serde_json::from_str(&text) {
            Ok(map @ Value::Object(_)) => map,
            _ => return Ok(Starter::Common(text)),
        },
        Some(map @ Value::Object(_)) => map,
        Some(_) => return Err(bad(format!("{FIELD}: expected a text, or a map from languages to texts"))),
    };
    Ok(Starter::ByLanguage(by_language(FIELD, map)?))
}
