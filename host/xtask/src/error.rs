//! What can go wrong in a developer command.

use std::error::Error as _;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a command stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The arguments name no command.
    #[error("unknown command `{arguments}`\n\n{usage}")]
    Usage {
        /// The arguments as given, joined by spaces.
        arguments: String,
        /// The list of commands.
        usage: &'static str,
    },
    /// A program could not be started.
    #[error("cannot start `{program}`: is it installed and in PATH?")]
    Start {
        /// The program and its arguments.
        program: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A program ran and failed.
    #[error("`{program}` failed ({status}){detail}")]
    Failed {
        /// The program and its arguments.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// What it wrote to standard error where that was captured, else empty.
        detail: String,
    },
    /// A file or directory could not be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// A verb, for example `create`.
        action: &'static str,
        /// What it was done to.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Something is missing that this program cannot provide.
    #[error("{0}")]
    Missing(String),
}

impl Error {
    /// The message with all its causes, separated by `: `.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}
