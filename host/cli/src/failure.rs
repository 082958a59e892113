//! Why a command failed: one line for people and an exit code for scripts.

use crate::config::ConfigError;
use crate::exit::Exit;
use perfagent_agent::files::FileError;
use perfagent_agent::grading::GradeFileError;
use perfagent_agent::{RunError, chain};
use perfagent_model::ModelError;
use perfagent_model::budget::BudgetError;
use perfagent_plugin::{PluginError, TaskError};
use perfagent_registry::RegistryError;
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

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let exit = match &error {
            RegistryError::Reference { .. } | RegistryError::Taken { .. } => Exit::Usage,
            RegistryError::NoPlugin { .. }
            | RegistryError::Tampered { .. }
            | RegistryError::Length { .. }
            | RegistryError::Pinned { .. }
            | RegistryError::Signature { .. }
            | RegistryError::Name { .. } => Exit::Plugin,
            _ => Exit::Files,
        };
        Self::from_error(exit, &error)
    }
}

/// What the shell sees of a plugin that failed.
fn plugin_exit(error: &PluginError) -> Exit {
    match error {
        PluginError::Read { .. } => Exit::Files,
        PluginError::Task { error: TaskError::BadConfig(_) | TaskError::BadTemplate(_), .. } => Exit::Usage,
        PluginError::Task { error: TaskError::Execution(_), .. } => Exit::Sandbox,
        _ => Exit::Plugin,
    }
}

/// What the shell sees of a model that failed.
fn model_exit(error: &ModelError) -> Exit {
    match error {
        ModelError::Settings(_) | ModelError::Budget(BudgetError::Unpriced { .. }) => Exit::Usage,
        ModelError::Budget(BudgetError::Exhausted { .. }) => Exit::Budget,
        ModelError::Cassette { .. } | ModelError::Log { .. } => Exit::Files,
        _ => Exit::Model,
    }
}

/// What the shell sees of a run that failed.
pub(crate) fn run_exit(error: &RunError) -> Exit {
    match error {
        RunError::Plugin(error) => plugin_exit(error),
        RunError::Model(error) => model_exit(error),
        RunError::ConfigSchema(_) => Exit::Plugin,
        RunError::TaskConfig { .. } | RunError::DifferentRequest { .. } => Exit::Usage,
        RunError::File(_) | RunError::Journal(_) | RunError::OutOfOrder(_) => Exit::Files,
    }
}

impl From<PluginError> for Failure {
    fn from(error: PluginError) -> Self {
        Self::from_error(plugin_exit(&error), &error)
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let failure = Self::from_error(model_exit(&error), &error);
        match error.hint() {
            Some(hint) => Self::new(failure.exit, format!("{}; {hint}", failure.message)),
            None => failure,
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Model(error) => error.into(),
            error => Self::from_error(run_exit(&error), &error),
        }
    }
}
