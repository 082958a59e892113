//! `perfagent request`.

use super::options::TapeOptions;
use clap::Args;
use std::path::{Path, PathBuf};

/// Arguments of `perfagent request`.
#[derive(Debug, Args)]
pub(crate) struct RequestArgs {
    /// The request, an AgentRequest as JSON (`perfagent schema request`); - reads it from standard input.
    /// Relative paths in it start at the working directory
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Task plugin: a built-in name (effibench, livecodebench, aime) or a component file; where it is
    /// not given, task_config.task_type of the request's configuration names it
    #[arg(long)]
    pub(crate) plugin: Option<String>,
    #[command(flatten)]
    pub(crate) tapes: TapeOptions,
}

impl RequestArgs {
    /// The file; `None`: standard input.
    pub(crate) fn file(&self) -> Option<&Path> {
        Some(self.file.as_path()).filter(|file| *file != Path::new("-"))
    }
}
