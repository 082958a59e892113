//! `perfagent evaluate`.

use super::options::{ConfigOptions, SandboxOptions, TaskOptions};
use super::values::{count, date};
use crate::config::{ConfigError, Environment, Settings, bounds};
use clap::{ArgGroup, Args};
use perfagent_agent::grading::{Date, Window};
use std::path::{Path, PathBuf};

/// Arguments of `perfagent evaluate`.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("what").required(true).args(["instance", "instances"]),
    group = ArgGroup::new("candidate").required(true).args(["solution", "reply", "solutions"]),
)]
pub(crate) struct EvaluateArgs {
    /// Task plugin: a built-in name (effibench, livecodebench, aime), an installed one, a component file or
    /// registry/name:version; where it is not given, task_config.task_type of the configuration names it
    #[arg(long)]
    pub(crate) plugin: Option<String>,
    /// The instance
    #[arg(long, value_name = "FILE", conflicts_with = "solutions")]
    instance: Option<PathBuf>,
    /// Many instances: a directory of .json files, or a .jsonl file with one a line
    #[arg(long, value_name = "PATH", requires = "solutions")]
    instances: Option<PathBuf>,
    /// Solutions of many instances, as JSON or JSON Lines of {id: solution or list of them}, or as
    /// EffiBench-X and LiveCodeBench write them
    #[arg(long, value_name = "FILE", requires = "instances")]
    solutions: Option<PathBuf>,
    /// Keep each judgement here, and go on from there after an interruption
    #[arg(long, value_name = "DIR", requires = "instances")]
    base_dir: Option<PathBuf>,
    /// Judge so many instances at the same time [default: one per core]
    #[arg(long, value_name = "N", requires = "instances", value_parser = count(bounds::PARALLEL))]
    max_parallel: Option<u32>,
    /// Only instances that are dated this day or later (LiveCodeBench: the contest's date)
    #[arg(long, value_name = "YYYY-MM-DD", requires = "instances", value_parser = date)]
    start_date: Option<Date>,
    /// Only instances that are dated this day or earlier
    #[arg(long, value_name = "YYYY-MM-DD", requires = "instances", value_parser = date)]
    end_date: Option<Date>,
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

/// What is to be judged, and what with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Judged<'a> {
    /// One solution.
    One {
        /// The instance's file.
        instance: &'a Path,
        /// The solution.
        candidate: Candidate<'a>,
    },
    /// Many instances.
    Many(Many<'a>),
}

/// Many instances and their solutions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Many<'a> {
    /// A directory or a file.
    pub(crate) instances: &'a Path,
    /// The file of solutions.
    pub(crate) solutions: &'a Path,
    /// The days whose instances count.
    pub(crate) window: Window,
    /// Where judgements are kept.
    pub(crate) base_dir: Option<&'a Path>,
    /// Instances at the same time; `None`: one per core.
    pub(crate) max_parallel: Option<u32>,
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
    pub(crate) fn judged(&self) -> Option<Judged<'_>> {
        if let (Some(instances), Some(solutions)) = (self.instances.as_deref(), self.solutions.as_deref()) {
            let (base_dir, max_parallel) = (self.base_dir.as_deref(), self.max_parallel);
            let window = Window { start: self.start_date, end: self.end_date };
            return Some(Judged::Many(Many { instances, solutions, window, base_dir, max_parallel }));
        }
        Some(Judged::One { instance: self.instance.as_deref()?, candidate: self.candidate()? })
    }

    pub(super) fn candidate(&self) -> Option<Candidate<'_>> {
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
