//! Components of JavaScript: the SDK's `build.js`, which bundles with esbuild and calls componentize-js.

use super::{Tools, missing, run};
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// What a project needs below `node_modules`.
const PACKAGES: [&str; 4] =
    ["perfagent-task", "esbuild", "@bytecodealliance/componentize-js", "@bytecodealliance/preview2-shim"];

/// Makes the component `output` of the module `main`.
pub(super) async fn build(tools: &Tools<'_>, main: &str, output: &Path) -> Result<(), Failure> {
    let mut node = tools.need("node", "install Node.js 20 or newer, https://nodejs.org")?;
    let absent: Vec<_> = PACKAGES.into_iter().filter(|name| package(tools, name).is_none()).collect();
    if !absent.is_empty() {
        let npm = if tools.has("npm") { "" } else { " (npm is not in PATH either: it comes with Node.js)" };
        let directory = tools.directory.display();
        return Err(missing(format!(
            "{} not installed in {directory}: run `npm install` there{npm}",
            match absent.as_slice() {
                [one] => format!("{one} is"),
                more => format!("{} are", more.join(", ")),
            }
        )));
    }
    let build = package(tools, PACKAGES[0]).unwrap_or_default().join("build.js");
    node.arg(build).arg(main).arg(output);
    run(node).await?;
    Ok(())
}

/// Where node finds a package: in the project or above it.
fn package(tools: &Tools<'_>, name: &str) -> Option<PathBuf> {
    let directory = tools.directory.canonicalize().ok()?;
    directory.ancestors().map(|folder| folder.join("node_modules").join(name)).find(|path| path.is_dir())
}
