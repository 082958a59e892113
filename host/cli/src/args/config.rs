//! `perfagent config …`.

use super::options::SettingsArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What can be done with configurations.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read a configuration as a run would, and say what is wrong with it.
    Check(CheckArgs),
    /// Show every setting that a run with these options would have, and where it comes from.
    Show(Box<ShowArgs>),
}

/// Arguments of `perfagent config show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

/// Arguments of `perfagent config check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The configuration
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Check task_config against this plugin, a built-in name or a component file; where it is not given,
    /// against the one that task_config.task_type names
    #[arg(long)]
    pub(crate) plugin: Option<String>,
}
