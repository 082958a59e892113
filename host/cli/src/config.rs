//! The configuration: a YAML file in any of its layouts becomes one validated [`Settings`].
//!
//! [`yaml`] makes a tree that knows its lines, [`expand`] fills in the environment, [`document`]
//! turns the tree into fields by dotted name, and [`read`] takes each field that the [`table`] of
//! settings knows; whatever is left over is an unknown key. Flags are applied on top, in `args`.

pub(crate) mod bounds;
mod document;
mod error;
mod expand;
mod field;
mod json;
mod read;
mod scalar;
mod schema;
mod settings;
mod show;
mod spending;
mod table;
mod task;
#[cfg(test)]
mod tests;
mod yaml;

pub(crate) use document::nearest;
pub(crate) use error::ConfigError;
pub(crate) use settings::{Echo, KeySource, LogSettings, SettingOrigin, Settings};
pub(crate) use show::Shown;

use error::Problem;
use perfagent_core::bounded;
use serde_json::{Map, Value};
use std::fs::File;
use std::path::Path;

/// Looks a variable of the environment up by its name.
pub(crate) type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// No configuration is larger.
const MAX_FILE_BYTES: u64 = 1 << 20;

impl Settings {
    /// The settings of the configuration at `path`.
    pub(crate) fn load(path: &Path, environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let text = read_text(path)?;
        let file = path.display().to_string();
        let read = match path.extension() {
            Some(extension) if extension == "json" => json::settings(&text, environment),
            _ => read::settings(&text, environment),
        };
        labelled(read, file)
    }

    /// The settings that a request holds.
    pub(crate) fn of_request(config: Map<String, Value>, environment: &Environment<'_>) -> Result<Self, ConfigError> {
        labelled(read::settings_of(json::node(Value::Object(config)), environment), "config".to_owned())
    }
}

/// What was read of `file`, which is named in whatever it tells.
fn labelled(read: Result<Settings, Problem>, file: String) -> Result<Settings, ConfigError> {
    let mut settings = read.map_err(|problem| ConfigError::Invalid { file: file.clone(), problem })?;
    for warning in &mut settings.warnings {
        *warning = format!("{file}:{warning}");
    }
    settings.file = Some(file);
    Ok(settings)
}

fn read_text(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let read = File::open(path).and_then(|file| bounded::read(file, MAX_FILE_BYTES));
    let bytes = read.map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|source| ConfigError::NotText { path: path.to_owned(), source })
}
