//! The run's log file. Nothing of it goes to the terminal.

use perfagent_agent::files::FileError;
use perfagent_plugin::{LogLevel, LogRecord, LogSink};
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tracing_subscriber::filter::LevelFilter;

/// Appends everything of at least `level` that this process logs from now on to `path`.
pub(crate) fn start(path: &Path, level: LevelFilter) -> Result<(), FileError> {
    let file = OpenOptions::new().create(true).append(true).open(path).map_err(|source| FileError {
        action: "open the log",
        path: path.to_owned(),
        source,
    })?;
    let subscriber =
        tracing_subscriber::fmt().with_max_level(level).with_ansi(false).with_writer(Mutex::new(file)).finish();
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        tracing::warn!("the log was started before");
    }
    Ok(())
}

/// Takes a plugin's lines into the log.
pub(crate) fn plugin_sink() -> LogSink {
    Arc::new(|LogRecord { level, message }| match level {
        LogLevel::Debug => tracing::debug!(target: "plugin", "{message}"),
        LogLevel::Info => tracing::info!(target: "plugin", "{message}"),
        LogLevel::Warning => tracing::warn!(target: "plugin", "{message}"),
        LogLevel::Error => tracing::error!(target: "plugin", "{message}"),
    })
}
