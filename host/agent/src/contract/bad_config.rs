//! Configurations that the schema allows but that the task may not want.

use super::ledger::{Fault, Verdict, failed, fault};
use super::{Example, Suite};
use perfagent_core::task::Description;
use perfagent_plugin::{PluginError, TaskError};
use serde_json::{Map, Value, json};
use std::sync::Arc;

const EXPECTED: &str =
    "a configuration that the schema allows loads, or is answered with `bad-config` and a message that names the key";

/// Configurations that are tried, at most.
const MAX_TRIED: usize = 200;

/// Sets each key of the schema to odd values, as far as the schema allows them.
pub(super) async fn check(suite: &Suite<'_>, description: &Description, example: &Example) -> Verdict {
    let schema = &description.config_schema;
    let Ok(validator) = jsonschema::draft202012::new(schema) else {
        return Err(Fault::Skip("the schema is none".to_owned()));
    };
    let Some(keys) = schema.get("properties").and_then(Value::as_object) else {
        return Ok("the schema lists no keys".to_owned());
    };
    let tried = keys.iter().flat_map(|(key, about)| odd_values(about).into_iter().map(move |value| (key, value)));
    let (mut allowed, mut refusals) = (0_usize, 0_usize);
    for (key, value) in tried {
        let mut config = suite.config.clone();
        config.insert(key.clone(), value.clone());
        if allowed == MAX_TRIED || !validator.is_valid(&Value::Object(config.clone())) {
            continue;
        }
        allowed += 1;
        if !loads(suite, example, &config, &shown(key, &value)).await? {
            refusals += 1;
        }
    }
    Ok(format!("{allowed} that the schema allows, {refusals} refused"))
}

/// Whether a configuration loads; where it does not, the task must say so as it should.
async fn loads(suite: &Suite<'_>, example: &Example, config: &Map<String, Value>, given: &str) -> Result<bool, Fault> {
    let Err(error) = suite.load_with(&example.name, Arc::clone(&example.data), config).await else { return Ok(true) };
    match &error {
        PluginError::Task { error: TaskError::BadConfig(message) | TaskError::BadInstance(message), .. } => {
            if message.trim().is_empty() {
                let happened = format!("with {given} the message is empty");
                return Err(fault(EXPECTED, happened, "name the key, and say what it may be"));
            }
            Ok(false)
        }
        other => Err(failed(EXPECTED, given, other)),
    }
}

fn shown(key: &str, value: &Value) -> String {
    format!("`{key}: {}`", perfagent_toolkit::text::cut_middle(&value.to_string(), 60))
}

/// Values that authors forget, and the ends of what the schema says of this key.
fn odd_values(about: &Value) -> Vec<Value> {
    let mut values = vec![
        json!(""),
        json!("no such value"),
        json!("x".repeat(100_000)),
        json!("\u{0}\u{202e}"),
        json!(0),
        json!(-1),
        json!(1),
        json!(1_000_000_000_000_u64),
        json!(0.5),
        json!(1e300),
        json!(-1e300),
        json!(true),
        json!(false),
        json!(null),
        json!([]),
        json!([""]),
        json!({}),
    ];
    values.extend(["minimum", "maximum"].iter().filter_map(|end| about.get(end)).cloned());
    values.extend(about.get("enum").and_then(Value::as_array).into_iter().flatten().cloned());
    values
}
