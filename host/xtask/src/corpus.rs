//! `cargo xtask corpus`: keeps the plugins of this version, for every later host to be tested with.

use crate::error::Error;
use crate::workspace::Workspace;
use crate::{build, shell};
use std::path::Path;

/// The version of the workspace.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Builds the plugins, copies them and their interface, and records what they answer.
///
/// # Errors
/// Whatever stops the build, a copy or the test that records.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    build::with_tests(workspace)?;
    let folder = workspace.root.join("tests/corpus").join(VERSION);
    shell::create_dir(&folder.join("wit"))?;
    for plugin in workspace.plugins()? {
        let file = format!("{}.wasm", plugin.folder);
        copy(&workspace.target.join("plugins").join(&file), &folder.join(&file))?;
    }
    for file in shell::entries(&workspace.root.join("wit"))? {
        copy(&file, &folder.join("wit").join(file.file_name().unwrap_or_default()))?;
    }
    let mut record = workspace.cargo("test");
    record.args(["--release", "--workspace", "--test", "corpus"]);
    shell::run(record.env("INSTA_UPDATE", "always").env("INSTA_FORCE_PASS", "1"))?;
    shell::say(&format!("kept the plugins of {VERSION} in {}", folder.display()));
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let failed = |source| Error::File { action: "write", path: to.into(), source };
    std::fs::copy(from, to).map(drop).map_err(failed)
}
