//! What the commands that put a plugin to work take.

use crate::args::options::{ConfigOptions, SandboxOptions, TaskOptions};
use crate::config::{ConfigError, Environment, Settings};
use clap::Args;

/// How a plugin is put to work.
#[derive(Debug, Args)]
pub(crate) struct WorkOptions {
    #[command(flatten)]
    config: ConfigOptions,
    #[command(flatten)]
    task: TaskOptions,
    #[command(flatten)]
    sandbox: SandboxOptions,
}

impl WorkOptions {
    /// The configuration with these arguments on top.
    pub(crate) fn settings(&self, environment: &Environment<'_>) -> Result<Settings, ConfigError> {
        let mut settings = self.config.load(environment)?;
        self.task.apply(&mut settings);
        self.sandbox.apply(&mut settings);
        Ok(settings)
    }
}
