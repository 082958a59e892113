//! `perfagent report`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Arguments of `perfagent report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Output directories of runs or batches; each further one is compared with the first
    #[arg(value_name = "OUT", required = true)]
    pub(crate) directories: Vec<PathBuf>,
    /// How it is printed; csv has a line for each run besides
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Write plots of the best metric to DIR: iterations.svg and tokens.svg
    #[arg(long, value_name = "DIR")]
    pub(crate) plots: Option<PathBuf>,
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Json,
    Csv,
    Markdown,
    Latex,
}
