//! The command line. One file per command below; options that several commands share, and what
//! they change in the settings, stand in [`options`].

mod batch;
mod config;
mod doctor;
mod evaluate;
mod metadata;
mod options;
mod plugin;
mod report;
mod request;
mod run;
mod sandbox;
mod schema;
mod shell;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use batch::BatchArgs;
pub(crate) use config::{CheckArgs, ConfigCommand, ShowArgs};
pub(crate) use doctor::DoctorArgs;
pub(crate) use evaluate::{Candidate, EvaluateArgs, Judged, Many};
pub(crate) use metadata::MetadataArgs;
pub(crate) use options::TapeOptions;
pub(crate) use plugin::{
    BenchArgs, BuildArgs, InspectArgs, InstallArgs, KeygenArgs, ListArgs, NewArgs, PluginCheckArgs, PluginCommand,
    PullArgs, PushArgs, RemoveArgs, SdkLanguage, SignArgs, TestArgs, VerifyArgs,
};
pub(crate) use report::{Format, ReportArgs};
pub(crate) use request::RequestArgs;
pub(crate) use run::RunArgs;
pub(crate) use sandbox::{CalibrateArgs, CompareArgs, HoldOptions, SandboxCommand, SandboxRunArgs, ServeArgs};
pub(crate) use schema::{SchemaArgs, SchemaOf};
pub(crate) use shell::{CompletionsArgs, ManArgs};

use crate::exit::Exit;
use clap::{Args, FromArgMatches as _, Subcommand};
use std::ffi::OsString;

/// Lets a language model improve a program step by step.
///
/// The task plugin says what a better program is and judges every attempt; programs run in a
/// sandbox. Without a command, one instance is optimised.
#[derive(Debug, Args)]
#[command(
    version,
    after_help = Exit::table(),
    allow_negative_numbers = true,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    override_usage = "perfagent --plugin PLUGIN --instance FILE [OPTIONS]\n       perfagent COMMAND …"
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

/// What the user wants done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Optimise one instance.
    #[command(skip)]
    Run(Box<RunArgs>),
    /// Optimise many instances, several at a time.
    Batch(Box<BatchArgs>),
    /// Judge solutions, without a model: one, or those of a whole data set.
    Evaluate(EvaluateArgs),
    /// Tell what runs came to, and compare those of several directories.
    Report(ReportArgs),
    /// Carry out a request of another program, and print the result as JSON.
    Request(RequestArgs),
    /// Print the JSON Schema of what goes in or comes out.
    Schema(SchemaArgs),
    /// Print what names an instance, as JSON.
    Metadata(MetadataArgs),
    /// Make, check, share and look at task plugins.
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Run and measure programs, without a task.
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Look at configurations.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print completions of the command line for a shell.
    Completions(CompletionsArgs),
    /// Write manual pages.
    Man(ManArgs),
    /// Show what this machine offers: isolation, languages, plugins, and whether the model provider answers.
    Doctor(DoctorArgs),
    /// Compile the plugin on standard input, for the process that started this one.
    #[command(hide = true)]
    CompilePlugin,
}

/// Reads the command line, whose first item is the program's name.
///
/// # Errors
/// What clap says of it; that also prints the help and the version, which are no mistakes
/// ([`clap::Error::exit_code`] tells which it is).
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    let matches = grammar().try_get_matches_from(arguments)?;
    match Cli::from_arg_matches(&matches)?.command {
        Some(command) => Ok(command),
        None => RunArgs::from_arg_matches(&matches).map(|run| Command::Run(Box::new(run))),
    }
}

/// The arguments of a run stand beside the commands. (Derived code cannot say so: a flattened
/// struct that flattens others may not be optional.)
pub(crate) fn grammar() -> clap::Command {
    Cli::augment_args(RunArgs::augment_args(clap::Command::new("perfagent")))
}
