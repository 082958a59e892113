//! `perfagent metadata`.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `perfagent metadata`.
#[derive(Debug, Args)]
pub(crate) struct MetadataArgs {
    /// Task plugin: a built-in name (effibench, livecodebench, aime), an installed one, a component file or
    /// registry/name:version
    #[arg(long)]
    pub(crate) plugin: String,
    /// The instance
    #[arg(long, value_name = "FILE")]
    pub(crate) instance: PathBuf,
}
