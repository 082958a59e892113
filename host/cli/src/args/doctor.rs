//! `perfagent doctor`.

use clap::Args;

/// Arguments of `perfagent doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}
