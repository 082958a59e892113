//! `perfagent plugin bench`.

use super::work::WorkOptions;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `perfagent plugin bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// A project's directory, whose dist/ holds the component; or a component file or a built-in name
    #[arg(value_name = "PROJECT", default_value = ".")]
    pub(crate) project: String,
    /// The instance to work on [default: the first of the project's examples/*.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) instance: Option<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) work: WorkOptions,
}
