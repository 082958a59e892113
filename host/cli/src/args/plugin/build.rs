//! `perfagent plugin build`.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `perfagent plugin build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// The project: a directory with a Cargo.toml, a pyproject.toml or a package.json, looked for in that order
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) directory: PathBuf,
}
