//! Why there is no sandbox.

use std::path::PathBuf;

/// Why a sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The directory for its files could not be made.
    #[error("no directory {} for the sandbox's files", path.display())]
    Scratch {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The launcher program could not be started.
    #[error("the sandbox's launcher does not start")]
    Launcher(#[source] std::io::Error),
    /// The machine allows less isolation than was asked for.
    #[error("the strict sandbox needs {feature}, which this machine does not allow: {reason}; {remedy}")]
    TooWeak {
        /// What is missing.
        feature: String,
        /// What the kernel said.
        reason: String,
        /// What would bring it.
        remedy: String,
    },
    /// Not even the weakest isolation works here.
    #[error("no isolation works on this machine: {0}")]
    Impossible(String),
}
