//! `perfagent` without a command: optimise one instance.

use super::options::{ConfigOptions, LogOptions, LoopOptions, ModelOptions, SandboxOptions, TaskOptions};
use super::values::count;
use crate::config::{ConfigError, Environment, Settings, bounds};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `perfagent` without a command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input and output")]
pub(crate) struct RunArgs {
    /// Task plugin: a built-in name (effibench, livecodebench, aime) or a component file; where it is
    /// not given, task_config.task_type of the configuration names it
    #[arg(long)]
    pub(crate) plugin: Option<String>,
    /// The instance to optimise
    #[arg(long, value_name = "FILE")]
    pub(crate) instance: PathBuf,
    /// Outputs go to DIR/NAME/; NAME is the instance file's without its extension
    #[arg(long, value_name = "DIR", default_value = "perfagent-out")]
    pub(crate) base_dir: PathBuf,
    /// Write the result to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print the result as JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Start from DIR/NAME.EXT, where that exists; EXT is the language's extension
    #[arg(long, value_name = "DIR")]
    pub(crate) initial_code_dir: Option<PathBuf>,
    /// Run the instance N times, with different seeds; the outputs of the others go to DIR/NAME.sample-2/ and so on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count(bounds::SAMPLES))]
    pub(crate) samples: u32,
    /// Start anew instead of going on where an earlier run of the instance was interrupted
    #[arg(long)]
    pub(crate) fresh: bool,
    #[command(flatten)]
    config: ConfigOptions,
    #[command(flatten)]
    task: TaskOptions,
    #[command(flatten)]
    sandbox: SandboxOptions,
    #[command(flatten)]
    iteration: LoopOptions,
    #[command(flatten)]
    model: ModelOptions,
    #[command(flatten)]
    logging: LogOptions,
    /// Record every call to the model in FILE
    #[arg(long, value_name = "FILE", help_heading = "Model")]
    pub(crate) record: Option<PathBuf>,
    /// Answer from the calls recorded in FILE; needs no network and no key
    #[arg(long, value_name = "FILE", help_heading = "Model", conflicts_with = "record")]
    pub(crate) replay: Option<PathBuf>,
}

impl RunArgs {
    /// The configuration with these arguments on top.
    pub(crate) fn settings(&self, environment: &Environment<'_>) -> Result<Settings, ConfigError> {
        let mut settings = self.config.load(environment)?;
        self.task.apply(&mut settings);
        self.sandbox.apply(&mut settings);
        self.iteration.apply(&mut settings);
        self.model.apply(&mut settings);
        self.logging.apply(&mut settings);
        settings.check_prices()?;
        Ok(settings)
    }
}
