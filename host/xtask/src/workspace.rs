//! Where things are in this checkout.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::shell;

/// The checkout and the directory for everything that is built.
pub(crate) struct Workspace {
    /// The folder with the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// `CARGO_TARGET_DIR`, else `target` below the root.
    pub(crate) target: PathBuf,
    cargo: OsString,
}

/// One task plugin of this checkout.
pub(crate) struct Plugin {
    /// The folder's name, for example `effibench`; the built component is named after it.
    pub(crate) task: String,
    /// The package, for example `perfagent-effibench`.
    pub(crate) package: String,
}

impl Workspace {
    /// Reads what `cargo run` tells in the environment.
    pub(crate) fn of_environment() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_path_buf();
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |path| root.join(path));
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self { root, target, cargo }
    }

    /// `cargo SUBCOMMAND` in the root of the checkout, with this target directory.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.cargo);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target).arg(subcommand);
        command
    }

    /// The folders below `plugins/` that are packages, sorted by name.
    ///
    /// # Errors
    /// [`Error::File`] where `plugins/` cannot be read.
    pub(crate) fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        let folders = shell::entries(&self.root.join("plugins"))?;
        let names = folders.iter().filter(|folder| folder.join("Cargo.toml").is_file()).filter_map(|f| f.file_name());
        Ok(names
            .map(|name| {
                let task = name.to_string_lossy().into_owned();
                Plugin { package: format!("perfagent-{task}"), task }
            })
            .collect())
    }
}
