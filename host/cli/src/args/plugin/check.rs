//! `perfagent plugin check`.

use super::work::WorkOptions;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `perfagent plugin check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// A project's directory, whose dist/ holds the component; or a component file or a built-in name
    #[arg(value_name = "PROJECT", default_value = ".")]
    pub(crate) project: String,
    /// Instances that the task reads; may be repeated [default: the project's examples/*.json]
    #[arg(long = "instance", value_name = "FILE", num_args = 1..)]
    pub(crate) instances: Vec<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) work: WorkOptions,
}
