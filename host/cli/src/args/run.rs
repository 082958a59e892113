//! `perfagent` without a command: optimise one instance.

use super::options::LoopArgs;
use super::values::count;
use crate::config::bounds;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `perfagent` without a command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input and output")]
pub(crate) struct RunArgs {
    /// Task plugin: a built-in name (effibench, livecodebench, aime), an installed one, a component file or
    /// registry/name:version; where it is not given, task_config.task_type of the configuration names it
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
    /// Run the instance N times, with different seeds; the second run's outputs go to DIR/NAME.sample-2/, and so on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count(bounds::SAMPLES))]
    pub(crate) samples: u32,
    /// Start anew instead of going on where an earlier run of the instance was interrupted
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Go on where an earlier run of the instance was interrupted; this is the default
    #[arg(long, conflicts_with = "fresh")]
    resume: bool,
    #[command(flatten)]
    pub(crate) loop_args: LoopArgs,
}
