//! The run's log file, and what of it is shown where somebody looks for a plugin's mistakes.

use crate::config::Echo;
use crate::output::Notes;
use perfagent_agent::files::FileError;
use perfagent_plugin::{LogLevel, LogRecord, LogSink};
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, fmt, registry};

/// What concerns a plugin is logged under this name, here and in the plugin host.
const PLUGIN: &str = "plugin";

/// Appends everything of at least `level` that this process logs from now on to `path`, and shows what
/// `echo` says on standard error.
pub(crate) fn start(path: &Path, level: LevelFilter, echo: Echo) -> Result<(), FileError> {
    let file = OpenOptions::new().create(true).append(true).open(path).map_err(|source| FileError {
        action: "open the log",
        path: path.to_owned(),
        source,
    })?;
    let file = fmt::layer().with_ansi(false).with_writer(Mutex::new(file)).with_filter(level);
    begin(registry().with(file).with(echoed(echo)));
    Ok(())
}

/// Shows what `echo` says of what this process logs from now on, on standard error.
pub(crate) fn start_echo(echo: Echo) {
    begin(registry().with(echoed(echo)));
}

fn begin(subscriber: impl tracing::Subscriber + Send + Sync) {
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        tracing::warn!("the log was started before");
    }
}

fn echoed<S>(echo: Echo) -> Option<impl Layer<S>>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let shown = Targets::new().with_target(PLUGIN, LevelFilter::DEBUG);
    let layer = fmt::layer().without_time().with_ansi(false).with_writer(|| Notes).with_filter(shown);
    (echo == Echo::Plugin).then_some(layer)
}

/// Takes a plugin's lines into the log.
pub(crate) fn plugin_sink() -> LogSink {
    Arc::new(|LogRecord { level, message }| match level {
        LogLevel::Debug => tracing::debug!(target: PLUGIN, "{message}"),
        LogLevel::Info => tracing::info!(target: PLUGIN, "{message}"),
        LogLevel::Warning => tracing::warn!(target: PLUGIN, "{message}"),
        LogLevel::Error => tracing::error!(target: PLUGIN, "{message}"),
    })
}
