//! The configuration: a YAML file in any of its layouts becomes one validated [`Settings`].
//!
//! [`yaml`] makes a tree that knows its lines, [`expand`] fills in the environment, [`document`]
//! turns the tree into fields by dotted name, and [`read`] takes each known field with a typed
//! reader; whatever is left over is an unknown key. Flags are applied on top, in `args`.

pub(crate) mod bounds;
mod document;
mod error;
mod expand;
mod field;
mod limits;
mod read;
mod scalar;
mod settings;
mod spending;
mod task;
#[cfg(test)]
mod tests;
mod yaml;

pub(crate) use error::ConfigError;
pub(crate) use settings::{KeySource, LogSettings, Settings};

use std::fs::File;
use std::io::Read as _;
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
        let mut settings = read::settings(&text, environment)
            .map_err(|problem| ConfigError::Invalid { file: file.clone(), problem })?;
        for warning in &mut settings.warnings {
            *warning = format!("{file}:{warning}");
        }
        Ok(settings)
    }
}

fn read_text(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ConfigError::TooLarge { path: path.to_owned(), limit_bytes: MAX_FILE_BYTES });
    }
    String::from_utf8(bytes).map_err(|source| ConfigError::NotText { path: path.to_owned(), source })
}
