//! Programs from the crate registry that only the checks need.

use std::path::PathBuf;

use crate::error::Error;
use crate::shell;
use crate::workspace::Workspace;

/// A program at the version that the checks were written for.
pub(crate) struct Tool {
    package: &'static str,
    version: &'static str,
    program: &'static str,
}

/// Checks licences, advisories, duplicates and sources of dependencies.
pub(crate) const CARGO_DENY: Tool = Tool { package: "cargo-deny", version: "0.20.2", program: "cargo-deny" };
/// Finds misspelt words.
pub(crate) const TYPOS: Tool = Tool { package: "typos-cli", version: "1.52.0", program: "typos" };
/// Builds and runs fuzz targets.
pub(crate) const CARGO_FUZZ: Tool = Tool { package: "cargo-fuzz", version: "0.13.2", program: "cargo-fuzz" };

/// The tool's executable, installed below the target directory where it is not there yet.
///
/// # Errors
/// What `cargo install` ends with.
pub(crate) fn ensure(workspace: &Workspace, tool: &Tool) -> Result<PathBuf, Error> {
    let home = workspace.target.join("tools").join(format!("{}-{}", tool.package, tool.version));
    let program = home.join("bin").join(tool.program);
    if program.is_file() {
        return Ok(program);
    }
    let mut command = workspace.cargo("install");
    // They run for seconds, so they had better compile quickly than run fast; one directory for
    // all of them compiles what they share once.
    command.args(["--locked", "--debug", "--version", tool.version, "--root"]).arg(&home).arg(tool.package);
    command.env("CARGO_TARGET_DIR", workspace.target.join("tools/build")).env("CARGO_PROFILE_DEV_DEBUG", "none");
    shell::run(&mut command)?;
    Ok(program)
}
