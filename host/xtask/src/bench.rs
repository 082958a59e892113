//! `cargo xtask bench`: the figures of the README, measured here.

use crate::error::Error;
use crate::workspace::Workspace;
use crate::{build, sdks, setup, shell};

/// Sets up, builds, and runs every bench.
///
/// # Errors
/// Whatever stops the set-up, the build or a bench.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    setup::all_toolchains()?;
    build::with_tests(workspace)?;
    sdks::components(workspace)?;
    // The pattern leaves out the unit tests, which cargo would start too.
    shell::run(workspace.cargo("bench").args(["--workspace", "--bench", "*"]))
}
