//! `perfagent batch`.

use super::options::LoopArgs;
use super::values::count;
use crate::config::bounds;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `perfagent batch`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input and output")]
pub(crate) struct BatchArgs {
    /// Task plugin: a built-in name (effibench, livecodebench, aime), an installed one, a component file or
    /// registry/name:version; where it is not given, task_config.task_type of the configuration names it
    #[arg(long)]
    pub(crate) plugin: Option<String>,
    /// The instances: a directory of .json files, or a .jsonl file with one a line
    #[arg(long, value_name = "PATH")]
    pub(crate) instances: PathBuf,
    /// Outputs go to DIR/NAME/ for each instance, a summary and all predictions to DIR
    #[arg(long, value_name = "DIR", default_value = "perfagent-out")]
    pub(crate) base_dir: PathBuf,
    /// Run so many instances at the same time; programs and models have queues of their own, so this may
    /// be far more than there are cores
    #[arg(long, value_name = "N", default_value = "8", value_parser = count(bounds::BATCH_PARALLEL))]
    pub(crate) max_parallel: u32,
    /// Take only the first N instances, in the order of --shuffle where that is given
    #[arg(long, value_name = "N", value_parser = count(bounds::INSTANCES))]
    pub(crate) limit: Option<u32>,
    /// Take the instances in a random order, the same for the same SEED
    #[arg(long, value_name = "SEED")]
    pub(crate) shuffle: Option<u64>,
    /// Run each instance N times, with different seeds; the second run's outputs go to DIR/NAME.sample-2/, and so on
    #[arg(long, value_name = "N", default_value = "1", value_parser = count(bounds::SAMPLES))]
    pub(crate) samples: u32,
    /// Print a JSON line for each run that ends, and one for the summary
    #[arg(long)]
    pub(crate) json: bool,
    /// Start all runs anew instead of going on where an earlier call was interrupted
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Go on where an earlier call was interrupted; this is the default
    #[arg(long, conflicts_with = "fresh")]
    resume: bool,
    #[command(flatten)]
    pub(crate) loop_args: LoopArgs,
}
