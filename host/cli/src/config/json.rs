//! Configurations in JSON: the same tree as YAML's, whose lines mean nothing.

use super::Environment;
use super::error::{Mistake, Problem};
use super::read;
use super::scalar::Scalar;
use super::settings::Settings;
use super::yaml::{Entry, Node, Value};
use perfagent_core::unique::Unique;
use serde_json::Value as Json;

/// The settings that the JSON `text` gives.
pub(super) fn settings(text: &str, environment: &Environment<'_>) -> Result<Settings, Problem> {
    let value = serde_json::from_str(text);
    let Unique(value) = value.map_err(|error| Mistake::NotJson(error.to_string()).at(error.line()))?;
    read::settings_of(node(value), environment)
}

/// `value` as a tree; serde_json bounds its depth.
pub(super) fn node(value: Json) -> Node {
    let plain = |text: String| Value::Scalar(Scalar { text, quoted: false, expanded: false });
    let value = match value {
        Json::Null => plain(String::new()),
        Json::Bool(value) => plain(value.to_string()),
        Json::Number(number) => plain(number.to_string()),
        Json::String(text) => Value::Scalar(Scalar { text, quoted: true, expanded: false }),
        Json::Array(items) => Value::Sequence(items.into_iter().map(node).collect()),
        Json::Object(map) => {
            Value::Mapping(map.into_iter().map(|(key, value)| Entry { key, line: 0, value: node(value) }).collect())
        }
    };
    Node { line: 0, value }
}
