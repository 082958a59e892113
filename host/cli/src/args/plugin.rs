//! `perfagent plugin …`.

mod bench;
mod check;
mod test;
mod work;

pub(crate) use bench::BenchArgs;
pub(crate) use check::CheckArgs as PluginCheckArgs;
pub(crate) use test::TestArgs;

use clap::{Args, Subcommand};

/// What can be done with task plugins.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Show what a plugin is and what it asks for, before anything runs.
    Inspect(InspectArgs),
    /// Hold a plugin to what the interface promises, and say what to do where it fails.
    Check(check::CheckArgs),
    /// Run a project's tests/*.json with replies from those files instead of a model.
    Test(TestArgs),
    /// Show how long loading, calls and an evaluation take.
    Bench(BenchArgs),
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
