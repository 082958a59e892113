//! The command line. One file per command below; options that several commands share, and what
//! they change in the settings, stand in [`options`].

mod doctor;
mod evaluate;
mod metadata;
mod options;
mod plugin;
mod run;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use doctor::DoctorArgs;
pub(crate) use evaluate::{Candidate, EvaluateArgs};
pub(crate) use metadata::MetadataArgs;
pub(crate) use options::{LoopOptions, TaskOptions};
pub(crate) use plugin::{InspectArgs, PluginCommand};
pub(crate) use run::RunArgs;

use crate::exit::Exit;
use clap::{Parser, Subcommand};
use std::ffi::OsString;

/// Lets a language model improve a program step by step.
///
/// The task plugin says what a better program is and judges every attempt; programs run in a
/// sandbox. Without a command, one instance is optimised.
#[derive(Debug, Parser)]
#[command(
    name = "perfagent",
    version,
    after_help = Exit::table(),
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    override_usage = "perfagent --plugin PLUGIN --instance FILE [OPTIONS]\n       perfagent COMMAND …"
)]
struct Cli {
    #[command(flatten)]
    run: Option<RunArgs>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What the user wants done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Optimise one instance.
    #[command(skip)]
    Run(Box<RunArgs>),
    /// Judge one solution, without a model.
    Evaluate(EvaluateArgs),
    /// Print what names an instance, as JSON.
    Metadata(MetadataArgs),
    /// Look at task plugins.
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Show what this machine offers: isolation, measuring, languages, plugins.
    Doctor(DoctorArgs),
}

/// Reads the command line, whose first item is the program's name.
///
/// # Errors
/// What clap says of it; that also prints the help and the version, which are no mistakes
/// ([`clap::Error::exit_code`] tells which it is).
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    let cli = Cli::try_parse_from(arguments)?;
    cli.command.or_else(|| cli.run.map(|run| Command::Run(Box::new(run)))).ok_or_else(|| {
        let message = "give --instance FILE, or a command; `perfagent --help` lists them";
        clap::Error::raw(clap::error::ErrorKind::MissingRequiredArgument, format!("{message}\n"))
    })
}
