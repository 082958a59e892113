//! `cargo xtask build`: the program and the plugins, as a user gets them.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::shell;
use crate::wasm_target::{self, WasmTarget};
use crate::workspace::{Member, Workspace};

/// Builds the program and every plugin.
///
/// # Errors
/// Whatever stops the set-up of the WebAssembly target or the compiler.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    plugins(workspace)?;
    shell::run(workspace.cargo("build").args(["--release", "--package", "perfagent-cli"]))?;
    shell::say(&format!("built {}", workspace.program().display()));
    Ok(())
}

/// Builds the program and every plugin, and every test and bench beside them.
///
/// Cargo chooses the features of shared dependencies per command: the program and its tests in one
/// command compile them once, and not once for each.
///
/// # Errors
/// As [`run`].
pub(crate) fn with_tests(workspace: &Workspace) -> Result<(), Error> {
    plugins(workspace)?;
    shell::run(workspace.cargo("build").args(["--release", "--workspace", "--all-targets"]))
}

fn plugins(workspace: &Workspace) -> Result<(), Error> {
    let wasm = wasm_target::ensure(workspace)?;
    let folder = workspace.target.join("plugins");
    shell::create_dir(&folder)?;
    for plugin in workspace.plugins()? {
        let component = component(workspace, &wasm, &plugin)?;
        let place = folder.join(format!("{}.wasm", plugin.folder));
        replace(&component, &place)?;
        shell::say(&format!("built {}", place.display()));
    }
    Ok(())
}

fn component(workspace: &Workspace, wasm: &WasmTarget, plugin: &Member) -> Result<PathBuf, Error> {
    let mut command = workspace.cargo("rustc");
    // Members are libraries for their own tests too, and cargo drops link-time optimisation where a
    // package asks for both kinds at once.
    command.args(["--lib", "--crate-type", "cdylib", "--profile", "plugin", "--package", &plugin.package]);
    shell::run(wasm.select(&mut command))?;
    let file = format!("{}.wasm", plugin.package.replace('-', "_"));
    Ok(workspace.target.join(wasm_target::NAME).join("plugin").join(file))
}

/// Puts a copy of `from` at `to` in one step, so that a program that loads `to` never sees half of it.
fn replace(from: &Path, to: &Path) -> Result<(), Error> {
    let beside = to.with_extension("part");
    let failed = |source| Error::File { action: "write", path: to.into(), source };
    std::fs::copy(from, &beside).map_err(failed)?;
    std::fs::rename(&beside, to).map_err(failed)
}
