//! `perfagent plugin …`.

mod build;
mod new;

pub(crate) use build::BuildArgs;
pub(crate) use new::{NewArgs, SdkLanguage};

use clap::{Args, Subcommand};

/// What can be done with task plugins.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Show what a plugin is and what it asks for, before anything runs.
    Inspect(InspectArgs),
    /// Make a project for a task of your own, with an example task that builds.
    New(NewArgs),
    /// Make the component of a project, with its language's toolchain.
    Build(BuildArgs),
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
