//! Why a command failed: one line for people and an exit code for scripts.

use crate::config::ConfigError;
use crate::exit::Exit;
use perfagent_agent::files::FileError;
use perfagent_agent::grading::GradeFileError;
use perfagent_agent::{RunError, chain};
use perfagent_model::ModelError;
use perfagent_model::budget::BudgetError;
use perfagent_plugin::{PluginError, TaskError};
use perfagent_sandbox::SandboxError;
use std::error::Error;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the shell sees.
    pub(crate) exit: Exit,
    /// What happened, to which thing, and what to do next; one line.
    pub(crate) message: String,
}

impl Failure {
    /// A failure in words.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// `error` with its causes.
    pub(crate) fn from_error(exit: Exit, error: &dyn Error) -> Self {
        Self::new(exit, chain(error))
    }

    /// The same failure, said of `thing`.
    pub(crate) fn of(mut self, thing: impl std::fmt::Display) -> Self {
        self.message = format!("{thing}: {}", self.message);
        self
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::from_error(Exit::Usage, &error)
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::from_error(Exit::Files, &error)
    }
}

impl From<GradeFileError> for Failure {
    fn from(error: GradeFileError) -> Self {
        Self::from_error(Exit::Files, &error)
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        let exit = match &error {
            SandboxError::Scratch { .. } => Exit::Files,
            _ => Exit::Sandbox,
        };
        Self::from_error(exit, &error)
    }
}

impl From<PluginError> for Failure {
    fn from(error: PluginError) -> Self {
        let exit = match &error {
            PluginError::Read { .. } => Exit::Files,
            PluginError::Task { error: TaskError::BadConfig(_) | TaskError::BadTemplate(_), .. } => Exit::Usage,
            PluginError::Task { error: TaskError::Execution(_), .. } => Exit::Sandbox,
            _ => Exit::Plugin,
        };
        Self::from_error(exit, &error)
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let exit = match &error {
            ModelError::Settings(_) | ModelError::Budget(BudgetError::Unpriced { .. }) => Exit::Usage,
            ModelError::Budget(BudgetError::Exhausted { .. }) => Exit::Budget,
            ModelError::Cassette { .. } | ModelError::Log { .. } => Exit::Files,
            _ => Exit::Model,
        };
        let failure = Self::from_error(exit, &error);
        match error.hint() {
            Some(hint) => Self::new(exit, format!("{}; {hint}", failure.message)),
            None => failure,
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Plugin(error) => error.into(),
            RunError::Model(error) => error.into(),
            RunError::File(error) => error.into(),
            RunError::ConfigSchema(_) => Self::from_error(Exit::Plugin, &error),
            RunError::TaskConfig { .. } | RunError::DifferentRequest { .. } => Self::from_error(Exit::Usage, &error),
            RunError::Journal(_) | RunError::OutOfOrder(_) => Self::from_error(Exit::Files, &error),
        }
    }
}
