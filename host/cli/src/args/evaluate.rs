//! `perfagent evaluate`.

use super::options::{ConfigOptions, SandboxOptions, TaskOptions};
use crate::config::{ConfigError, Environment, Settings};
use clap::{ArgGroup, Args};
use std::path::{Path, PathBuf};

/// Arguments of `perfagent evaluate`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("candidate").required(true).args(["solution", "reply"]))]
pub(crate) struct EvaluateArgs {
    /// Task plugin: a built-in name (effibench, livecodebench, aime) or a component file; where it is
    /// not given, task_config.task_type of the configuration names it
    #[arg(long)]
    pub(crate) plugin: Option<String>,
    /// The instance
    #[arg(long, value_name = "FILE")]
    pub(crate) instance: PathBuf,
    /// The solution to judge
    #[arg(long, value_name = "FILE")]
    solution: Option<PathBuf>,
    /// A model's reply; the solution is taken from it first
    #[arg(long, value_name = "FILE")]
    reply: Option<PathBuf>,
    /// The program that the edits in the reply apply to; otherwise the instance's initial solution
    #[arg(long, value_name = "FILE", conflicts_with = "solution")]
    current: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    config: ConfigOptions,
    #[command(flatten)]
    task: TaskOptions,
    #[command(flatten)]
    sandbox: SandboxOptions,
}

/// What is to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Candidate<'a> {
    /// The solution in this file.
    Solution(&'a Path),
    /// The solution that a model's reply holds.
    Reply {
        /// The reply's file.
        reply: &'a Path,
        /// File of the program that its edits apply to.
        current: Option<&'a Path>,
    },
}

impl EvaluateArgs {
    /// What is to be judged; `None` cannot come from a command line that was accepted.
    pub(crate) fn candidate(&self) -> Option<Candidate<'_>> {
        let current = self.current.as_deref();
        let reply = || self.reply.as_deref().map(|reply| Candidate::Reply { reply, current });
        self.solution.as_deref().map(Candidate::Solution).or_else(reply)
    }

    /// The configuration with these arguments on top.
    pub(crate) fn settings(&self, environment: &Environment<'_>) -> Result<Settings, ConfigError> {
        let mut settings = self.config.load(environment)?;
        self.task.apply(&mut settings);
        self.sandbox.apply(&mut settings);
        Ok(settings)
    }
}
