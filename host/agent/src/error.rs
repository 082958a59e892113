//! Why a run stopped before its end.

use crate::files::FileError;
use crate::journal::JournalError;
use crate::state::OutOfOrder;
use perfagent_model::ModelError;
use perfagent_plugin::{PluginError, TaskError};
use std::path::PathBuf;

/// Why a run stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The plugin was refused or failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The task's configuration does not fit its schema.
    #[error("{place}task_config{location}: {message}")]
    TaskConfig {
        /// Where that is written, for whoever reads configurations to fill in; ends with `: ` unless it is empty.
        place: String,
        /// Path of the key, beginning with a dot; empty for the whole.
        location: String,
        /// What is wrong with it.
        message: String,
        /// The keys that there are in the place of one that there is not.
        known: Vec<String>,
    },
    /// The plugin's own configuration schema is not a schema.
    #[error("the plugin's configuration schema is invalid; this is the plugin's mistake, tell its author")]
    ConfigSchema(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The model provider failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The output directory holds another request's run.
    #[error("{directory} holds a run of another request ({differences})", directory = .directory.display())]
    DifferentRequest {
        /// The run's directory.
        directory: PathBuf,
        /// What differs, in words.
        differences: String,
    },
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal's events contradict each other.
    #[error("the journal is inconsistent")]
    OutOfOrder(#[from] OutOfOrder),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl RunError {
    /// Whether what an earlier run left is in the way of this one: in another directory, or with that moved aside,
    /// it can begin.
    pub fn is_of_earlier_run(&self) -> bool {
        match self {
            Self::DifferentRequest { .. } | Self::OutOfOrder(_) => true,
            Self::Journal(error) => matches!(error, JournalError::Damaged { .. } | JournalError::NoStart { .. }),
            _ => false,
        }
    }
}

/// Whether `error` says something of the candidate alone, so that the loop can go on: the plugin
/// failed on it, where it may do better on the next. A missing sandbox or a bad instance fails
/// every candidate alike.
pub(crate) fn concerns_one_candidate(error: &PluginError) -> bool {
    match error {
        PluginError::CpuLimit { .. }
        | PluginError::WallLimit { .. }
        | PluginError::MemoryLimit { .. }
        | PluginError::TableLimit { .. }
        | PluginError::StackLimit { .. }
        | PluginError::TransferLimit { .. }
        | PluginError::HandleLimit { .. }
        | PluginError::Trap { .. }
        | PluginError::BrokenPromise { .. } => true,
        PluginError::Task { error, .. } => matches!(error, TaskError::Internal(_) | TaskError::Other(_)),
        _ => false,
    }
}

/// `error` and its causes in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        // Some libraries repeat their cause in their own message.
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}
