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

/// A package of this checkout that is compiled to WebAssembly.
pub(crate) struct Member {
    /// The folder's name, for example `effibench`; a plugin's component is named after it.
    pub(crate) folder: String,
    /// The package, for example `perfagent-effibench`.
    pub(crate) package: String,
}

impl Workspace {
    /// Reads what `cargo run` tells in the environment.
    pub(crate) fn of_environment() -> Self {
        // Asked at run time: checkouts that share a target directory share this program too.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).ancestors().nth(2).unwrap_or(Path::new(".")).to_path_buf();
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

    /// The program that `cargo xtask build` leaves.
    pub(crate) fn program(&self) -> PathBuf {
        self.target.join("release/perfagent")
    }

    /// The tasks that ship with the program, sorted by name.
    ///
    /// # Errors
    /// [`Error::File`] where `plugins/` cannot be read.
    pub(crate) fn plugins(&self) -> Result<Vec<Member>, Error> {
        self.members("plugins")
    }

    /// What Rust plugins are made with, sorted by name.
    ///
    /// # Errors
    /// [`Error::File`] where `sdk/` cannot be read.
    pub(crate) fn sdk(&self) -> Result<Vec<Member>, Error> {
        self.members("sdk")
    }

    /// The folders below `group` that are packages.
    fn members(&self, group: &str) -> Result<Vec<Member>, Error> {
        let mut members = Vec::new();
        for folder in shell::entries(&self.root.join(group))? {
            let manifest = folder.join("Cargo.toml");
            let (true, Some(name)) = (manifest.is_file(), folder.file_name()) else {
                continue;
            };
            members.push(Member { folder: name.to_string_lossy().into_owned(), package: package(&manifest)? });
        }
        Ok(members)
    }
}

/// The name that a manifest gives its package; its first line that sets a `name`.
fn package(manifest: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(manifest).map_err(|source| Error::File {
        action: "read",
        path: manifest.into(),
        source,
    })?;
    let name = text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    name.map(str::to_owned).ok_or_else(|| Error::Missing(format!("{}: no line `name = \"…\"`", manifest.display())))
}
