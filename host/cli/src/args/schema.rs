//! `perfagent schema`.

use clap::{Args, ValueEnum};

/// Arguments of `perfagent schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// What it is the schema of
    pub(crate) of: SchemaOf,
}

/// What there are schemas of.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SchemaOf {
    /// What `perfagent request` reads
    Request,
    /// What runs come to: result.json
    Result,
    /// What `perfagent metadata` prints
    Metadata,
    /// Configurations, in all layouts
    Config,
    /// What happened in a run: the .traj file
    Trajectory,
}
