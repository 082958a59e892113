//! The JSON Schema of configurations, made from the table of settings.

use super::bounds::BUDGET_SECONDS;
use super::bounds::{DOLLARS, SPENDING, WEIGHT};
use super::document::SECTIONS;
use super::settings::Settings;
use super::table::{Kind, SETTINGS, Setting};
use perfagent_plugin::Grant;
use perfagent_sandbox::Language;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};
use std::ops::RangeInclusive;

/// A value that holds `${NAME}`: what it becomes is known only when it is read.
const VARIABLE: &str = r"(^|[^$])\$\{[A-Za-z_][A-Za-z0-9_]*\}";

impl Settings {
    /// The JSON Schema of configurations in all layouts.
    pub(crate) fn schema() -> Json {
        let mut top = Map::new();
        for setting in SETTINGS {
            for name in setting.names {
                place(&mut top, name, of(&setting.kind));
            }
        }
        let twice: Vec<Json> = SETTINGS.iter().filter_map(under_two_names).collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "perfagent configuration",
            "type": ["object", "null"],
            "properties": top,
            "additionalProperties": false,
            "not": {"anyOf": twice},
        })
    }
}

/// Puts the schema of the setting called `name` among the properties of the whole.
fn place(top: &mut Map<String, Json>, name: &str, schema: Json) {
    let Some((section, key)) = name.split_once('.') else {
        top.insert(name.to_owned(), schema);
        return;
    };
    debug_assert!(SECTIONS.contains(&section), "{section}");
    let empty = || json!({"type": ["object", "null"], "properties": {}, "additionalProperties": false});
    top.entry(section).or_insert_with(empty)["properties"][key] = schema;
}

/// What documents are like that give `setting` under both of its names.
fn under_two_names(setting: &Setting) -> Option<Json> {
    let [name, old] = setting.names else { return None };
    let (section, key) = name.split_once('.')?;
    Some(json!({"required": [section, old], "properties": {section: {"type": "object", "required": [key]}}}))
}

fn of(kind: &Kind) -> Json {
    match kind {
        Kind::Flag(_) | Kind::MaybeFlag(_) => scalar(json!({"type": "boolean"})),
        Kind::Count(_, bounds)
        | Kind::MaybeCount(_, bounds)
        | Kind::Size(_, bounds, _)
        | Kind::WholeSeconds(_, bounds) => count(bounds),
        Kind::MaybeLarge(_, bounds) => count(bounds),
        Kind::Number(_, bounds)
        | Kind::Seconds(_, bounds)
        | Kind::MaybeSeconds(_, bounds)
        | Kind::MaybeDollars(_, bounds) => number(bounds),
        Kind::Text(_) | Kind::MaybeText(_) | Kind::Path(_) => text(),
        Kind::Choice { words, .. } => scalar(choice(words)),
        Kind::Other { schema, .. } | Kind::Apart { schema, .. } => schema(),
    }
}

/// `schema` or a variable.
fn given(schema: Json) -> Json {
    json!({"anyOf": [schema, {"type": "string", "pattern": VARIABLE}]})
}

/// `schema`, a variable, or nothing.
fn scalar(schema: Json) -> Json {
    json!({"anyOf": [schema, {"type": "string", "pattern": VARIABLE}, {"type": "null"}]})
}

fn count<T: serde::Serialize>(bounds: &RangeInclusive<T>) -> Json {
    scalar(json!({"type": "integer", "minimum": bounds.start(), "maximum": bounds.end()}))
}

fn number(bounds: &RangeInclusive<f64>) -> Json {
    scalar(within(bounds))
}

fn within(bounds: &RangeInclusive<f64>) -> Json {
    json!({"type": "number", "minimum": bounds.start(), "maximum": bounds.end()})
}

/// One of `words`, in lower or upper case; patterns have no other way to say so.
fn choice(words: &[&str]) -> Json {
    let letter = |letter: char| match letter.is_ascii_alphabetic() {
        true => format!("[{}{}]", letter.to_ascii_uppercase(), letter.to_ascii_lowercase()),
        false => letter.to_string(),
    };
    let spelled: Vec<String> = words.iter().map(|word| word.chars().map(letter).collect()).collect();
    json!({"anyOf": [{"enum": words}, {"type": "string", "pattern": format!("^({})$", spelled.join("|"))}]})
}

fn list(items: &Json) -> Json {
    json!({"type": ["array", "null"], "items": items})
}

/// A mapping with these keys, of which `required` must be there.
fn mapping(properties: Json, required: &[&str]) -> Json {
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Text, or nothing.
pub(super) fn text() -> Json {
    json!({"type": ["string", "null"]})
}

/// The name of an environment variable, or nothing.
pub(super) fn variable_name() -> Json {
    scalar(json!({"type": "string", "pattern": "^([A-Za-z_][A-Za-z0-9_]*)?$"}))
}

/// A list of URLs.
pub(super) fn urls() -> Json {
    list(&given(json!({"type": "string", "pattern": "^https?://"})))
}

/// `model.models`.
pub(super) fn models() -> Json {
    list(&mapping(json!({"name": {"type": "string", "minLength": 1}, "weight": number(&WEIGHT)}), &["name"]))
}

/// What a budget bounds.
pub(super) fn budget() -> Json {
    let mut schema = mapping(
        json!({
            "tokens": count(&SPENDING),
            "usd": number(&DOLLARS),
            "wall_time": number(&BUDGET_SECONDS),
            "calls": count(&SPENDING),
        }),
        &[],
    );
    schema["type"] = json!(["object", "null"]);
    schema
}

/// `prices`.
pub(super) fn prices() -> Json {
    let dollars = given(within(&DOLLARS));
    let price = mapping(json!({"input": dollars, "output": dollars}), &["input", "output"]);
    json!({"type": ["object", "null"], "additionalProperties": price})
}

/// `languages`.
pub(super) fn languages() -> Json {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    list(settings.into_generator().into_root_schema_for::<Language>().as_value())
}

/// A list of public keys.
pub(super) fn public_keys() -> Json {
    list(&given(json!({"type": "string", "pattern": "^ed25519:"})))
}

/// `grants`.
pub(super) fn grants() -> Json {
    list(&given(choice(&Grant::ALL.map(Grant::name))))
}

/// The task's own settings, of which only the plugin knows what they may be.
pub(super) fn task_config() -> Json {
    json!({"type": ["object", "null"], "properties": {"task_type": text()}})
}

/// A section that is part of the task's own settings.
pub(super) fn old_section() -> Json {
    task_config()
}

/// A setting of the task.
pub(super) fn anything() -> Json {
    json!(true)
}

#[cfg(test)]
mod tests;
