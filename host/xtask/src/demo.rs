//! `cargo xtask demo`: the shipped problem, improved by the recorded replies of a model.

use std::process::Command;

use crate::error::Error;
use crate::workspace::Workspace;
use crate::{build, setup, shell};

/// Sets up, builds, and runs the demonstration from its beginning.
///
/// # Errors
/// Whatever stops the set-up, the build or the program.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    setup::toolchains()?;
    build::run(workspace)?;
    let out = workspace.target.join("demo");
    // Otherwise a second demonstration would only say that the first has finished.
    shell::remove_dir(&out)?;
    let examples = workspace.root.join("plugins/effibench/examples");
    let mut command = Command::new(workspace.program());
    command
        .current_dir(&workspace.root)
        .args(["--plugin", "effibench", "--sandbox", "best-effort", "--instance"])
        .arg(examples.join("pair-sums.json"))
        .arg("--config")
        .arg(examples.join("pair-sums.yaml"))
        .arg("--replay")
        .arg(examples.join("pair-sums.cassette.jsonl"))
        .arg("--base-dir")
        .arg(&out);
    shell::run(&mut command)
}
