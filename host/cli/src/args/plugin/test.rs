//! `perfagent plugin test`.

use super::work::WorkOptions;
use clap::Args;

/// Arguments of `perfagent plugin test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// The project's directory
    #[arg(value_name = "PROJECT", default_value = ".")]
    pub(crate) project: String,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) work: WorkOptions,
}
