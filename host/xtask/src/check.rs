//! `cargo xtask check`: everything that is judged without running it, cheapest first.

use std::path::Path;
use std::process::Command;

use crate::error::Error;
use crate::workspace::Workspace;
use crate::{sdks, setup, shell, tools, wasm_target};

/// Longest wait for the advisory database, seconds.
const PATIENCE_SECONDS: &str = "120";

/// Formatting, lints, documentation, dependencies, spelling, the SDKs as packages. Stops at the first failure.
///
/// # Errors
/// Whatever stops the set-up; [`Error::Failed`] with the check that failed.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    shell::run(workspace.cargo("fmt").args(["--all", "--check"]))?;
    // A workspace of its own, as new projects are.
    let example = "sdk/rust/examples/sort-golf/Cargo.toml";
    shell::run(workspace.cargo("fmt").args(["--check", "--manifest-path", example]))?;
    lint_host(workspace)?;
    lint_guests(workspace)?;
    let mut doc = workspace.cargo("doc");
    shell::run(doc.args(["--release", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    dependencies(workspace)?;
    let typos = tools::ensure(workspace, &tools::TYPOS)?;
    shell::run(Command::new(typos).current_dir(&workspace.root))?;
    setup::all_toolchains()?;
    sdks::check(workspace)
}

/// The profile is that of the built program: build scripts and macros compile once for both.
fn lint_host(workspace: &Workspace) -> Result<(), Error> {
    let mut command = workspace.cargo("clippy");
    shell::run(command.args(["--release", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// Plugins and what they are made with, as WebAssembly.
fn lint_guests(workspace: &Workspace) -> Result<(), Error> {
    let wasm = wasm_target::ensure(workspace)?;
    let mut command = workspace.cargo("clippy");
    command.args(["--profile", "plugin", "--lib"]);
    for member in workspace.plugins()?.iter().chain(&workspace.sdk()?) {
        command.args(["--package", &member.package]);
    }
    shell::run(wasm.select(&mut command).args(["--", "-D", "warnings"]))
}

fn dependencies(workspace: &Workspace) -> Result<(), Error> {
    let deny = tools::ensure(workspace, &tools::CARGO_DENY)?;
    let check = |what: &[&str]| {
        let mut command = Command::new(&deny);
        shell::run(command.current_dir(&workspace.root).arg("check").args(what))
    };
    check(&["bans", "licenses", "sources"])?;
    if has_advisories(workspace, &deny) {
        return check(&["--disable-fetch", "advisories"]);
    }
    shell::say("skipped: advisories, their database cannot be fetched here");
    Ok(())
}

/// Fetches the advisory database; whether that worked.
fn has_advisories(workspace: &Workspace, deny: &Path) -> bool {
    let mut command = Command::new("timeout");
    command.arg(PATIENCE_SECONDS).arg(deny).args(["fetch", "db"]).current_dir(&workspace.root);
    shell::read(&mut command).is_ok()
}
