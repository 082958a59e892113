//! `perfagent completions` and `perfagent man`.

use clap::Args;
use clap_complete::Shell;
use std::path::PathBuf;

/// Arguments of `perfagent completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell that they are for
    pub(crate) shell: Shell,
}

/// Arguments of `perfagent man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Directory for the pages, such as ~/.local/share/man/man1; it is made where it is missing
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}
