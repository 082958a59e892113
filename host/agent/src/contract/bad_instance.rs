//! Bytes that are no instance: they are refused by name, never with a trap.

use super::ledger::{Fault, Verdict, failed, fault};
use super::{Example, Suite};
use perfagent_plugin::{PluginError, TaskError};
use serde_json::Value;
use std::sync::Arc;

const EXPECTED: &str = "what is no instance is answered with `bad-instance` and a message that says what is wrong";
const LARGE_BYTES: usize = 10 << 20;

/// Fields of an example that are spoiled, at most.
const MAX_FIELDS: usize = 40;
/// Depth down to which fields are spoiled.
const MAX_DEPTH: usize = 4;

/// Bytes that are no instance.
struct Bad {
    what: String,
    data: Arc<[u8]>,
}

fn bad(what: impl Into<String>, data: impl Into<Arc<[u8]>>) -> Bad {
    Bad { what: what.into(), data: data.into() }
}

/// The example's JSON, where it is a JSON object.
fn object(example: &Example) -> Option<Value> {
    serde_json::from_slice(&example.data).ok().filter(Value::is_object)
}

/// Bytes that a task whose instances are JSON objects cannot read.
fn no_instances(example: &Example) -> Vec<Bad> {
    let mut random = fastrand::Rng::with_seed(1);
    let random: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(1024).collect();
    let whole = example.data.trim_ascii_end();
    let mut invalid = whole.to_vec();
    // Inside the text, where there is any.
    invalid.insert(whole.len() / 2, 0xff);
    let mut all = vec![
        bad("no bytes", []),
        bad("`null`", *b"null"),
        bad("`[]`", *b"[]"),
        bad("random bytes", random),
        bad("invalid UTF-8", invalid),
        bad("10 MB of `[`", vec![b'['; LARGE_BYTES]),
        bad("10 MB of zero bytes", vec![0; LARGE_BYTES]),
    ];
    for length in [whole.len() / 4, whole.len() / 2, whole.len().saturating_sub(1)] {
        all.push(bad(format!("the example cut to {length} bytes"), &whole[..length]));
    }
    all
}

/// What is wrong with an answer to bad bytes.
fn refused(given: &str, error: &PluginError) -> Result<(), Fault> {
    match error {
        PluginError::Task { error: TaskError::BadInstance(message), .. } if !message.trim().is_empty() => Ok(()),
        PluginError::Task { error: TaskError::BadInstance(_), .. } => Err(fault(
            EXPECTED,
            format!("with {given} the message is empty"),
            "say which field is wrong and what was expected there",
        )),
        other => Err(failed(EXPECTED, given, other)),
    }
}

/// `metadata` may read less than `load`, so it may answer; but it must not fail otherwise.
pub(super) async fn refused_by_metadata(suite: &Suite<'_>, example: &Example) -> Verdict {
    let mut count = 0_usize;
    for Bad { what, data } in no_instances(example) {
        let asked = async { suite.session().await?.metadata(&example.name, &data).await };
        if let Err(error) = asked.await {
            refused(&what, &error)?;
            count += 1;
        }
    }
    Ok(format!("{count} refused"))
}

/// Whether `load` refuses what is no instance. A task whose instances are not JSON may take any text.
pub(super) async fn refused_by_load(suite: &Suite<'_>, example: &Example) -> Verdict {
    let is_json = object(example).is_some();
    let mut count = 0_usize;
    for Bad { what, data } in no_instances(example) {
        match suite.load_with(&example.name, data, suite.config).await {
            Err(error) => {
                refused(&what, &error)?;
                count += 1;
            }
            Ok(_) if is_json => {
                let happened = format!("with {what} it loaded an instance");
                return Err(fault(EXPECTED, happened, "check the whole instance in `load`"));
            }
            Ok(_) => {}
        }
    }
    Ok(format!("{count} refused"))
}

/// Whether `load` keeps its composure when a field has another type or is missing. It may ignore the
/// field, or say that the configuration asks for what is not there.
pub(super) async fn wrong_types(suite: &Suite<'_>, example: &Example) -> Verdict {
    let Some(whole) = object(example) else {
        return Err(Fault::Skip("the example is no JSON object".to_owned()));
    };
    let mut fields = Vec::new();
    collect("", &whole, MAX_DEPTH, &mut fields);
    let mut refusals = 0_usize;
    for pointer in &fields {
        for Bad { what, data } in spoiled(&whole, pointer) {
            match suite.load_with(&example.name, data, suite.config).await {
                Ok(_) => continue,
                Err(PluginError::Task { error: TaskError::BadConfig(message), .. }) if !message.trim().is_empty() => {}
                Err(error) => refused(&what, &error)?,
            }
            refusals += 1;
        }
    }
    Ok(format!("{} fields, {refusals} refused", fields.len()))
}

/// JSON pointers of the fields of `value`; of a list, its first item speaks for all.
fn collect(at: &str, value: &Value, depth: usize, fields: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => items.first().map(|item| ("0".to_owned(), item)).into_iter().collect(),
        _ => Vec::new(),
    };
    let children: Vec<_> = children.into_iter().map(|(key, value)| (format!("{at}/{key}"), value)).collect();
    // Outer fields first: those below them are the less important ones.
    let room = MAX_FIELDS.saturating_sub(fields.len());
    fields.extend(children.iter().take(room).map(|(pointer, _)| pointer.clone()));
    if depth > 1 {
        for (pointer, value) in children.iter().take(room) {
            collect(pointer, value, depth - 1, fields);
        }
    }
}

/// The example with the value at `pointer` of another type, and without it.
fn spoiled(whole: &Value, pointer: &str) -> Vec<Bad> {
    let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
    let key = key.replace("~1", "/").replace("~0", "~");
    let mut changed = whole.clone();
    if let Some(value) = changed.pointer_mut(pointer) {
        *value = other_type(value);
    }
    let mut lacking = whole.clone();
    match lacking.pointer_mut(parent) {
        Some(Value::Object(map)) => drop(map.shift_remove(&key)),
        Some(Value::Array(items)) if !items.is_empty() => drop(items.remove(0)),
        _ => {}
    }
    vec![
        bad(format!("another type of value at {pointer}"), changed.to_string().into_bytes()),
        bad(format!("nothing at {pointer}"), lacking.to_string().into_bytes()),
    ]
}

fn other_type(value: &Value) -> Value {
    match value {
        Value::String(_) => 7.into(),
        Value::Array(_) => serde_json::json!({"0": []}),
        Value::Null => serde_json::json!([[]]),
        Value::Number(_) | Value::Object(_) => "text".into(),
        Value::Bool(_) => serde_json::json!([]),
    }
}
