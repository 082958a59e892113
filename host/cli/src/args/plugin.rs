//! `perfagent plugin …`.

mod distribution;

pub(crate) use distribution::{
    InstallArgs, KeygenArgs, ListArgs, PullArgs, PushArgs, RemoveArgs, SignArgs, VerifyArgs,
};

use clap::{Args, Subcommand};

/// What can be done with task plugins.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Show what a plugin is and what it asks for, before anything runs.
    Inspect(InspectArgs),
    /// Show which plugins are installed, and which came from registries.
    List(ListArgs),
    /// Install a plugin under its own name and version, beside its other versions.
    Install(InstallArgs),
    /// Remove an installed or pulled plugin.
    Remove(RemoveArgs),
    /// Put a plugin into a registry.
    Push(PushArgs),
    /// Get a plugin from a registry, and pin what it is in perfagent.lock; asks before it replaces another.
    Pull(PullArgs),
    /// Make a key to sign plugins with, and print its public half.
    Keygen(KeygenArgs),
    /// Sign a plugin.
    Sign(SignArgs),
    /// Check whether somebody trusted signed a plugin.
    Verify(VerifyArgs),
}

/// Arguments of `perfagent plugin inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// A component file, a built-in or installed name, or registry/name:version
    #[arg(value_name = "FILE")]
    pub(crate) plugin: String,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}
