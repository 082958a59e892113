//! `perfagent plugin …`.

use clap::{Args, Subcommand};

/// What can be done with task plugins.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Show what a plugin is and what it asks for, before anything runs.
    Inspect(InspectArgs),
}

/// Arguments of `perfagent plugin inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// A component file, or a built-in name
    #[arg(value_name = "FILE")]
    pub(crate) plugin: String,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}
