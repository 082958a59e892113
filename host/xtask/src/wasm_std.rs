//! Builds the target's standard library from its source.
//!
//! The result lies in a folder of its own below the target directory, which `--sysroot` names. Cargo's
//! `-Zbuild-std` would need the source inside the toolchain, and unstable features switched on in every
//! later build; here the toolchain stays untouched (it may belong to root, and `rustup target add` still
//! works later), and plugins build with stable features only.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::wasm_target::{self, Compiler};
use crate::workspace::Workspace;
use crate::{debian, shell};

/// The sysroot that [`build`] leaves for this compiler.
pub(crate) fn place(workspace: &Workspace, compiler: &Compiler) -> PathBuf {
    let commit = compiler.commit.get(..9).unwrap_or(&compiler.commit);
    workspace.target.join("wasm-std").join(format!("{}-{commit}", compiler.release))
}

/// Finds the source and compiles it into [`place`], which appears only when it is complete.
///
/// # Errors
/// [`Error::Missing`] where there is no source of this compiler's version; errors of the programs used.
pub(crate) fn build(workspace: &Workspace, compiler: &Compiler) -> Result<(), Error> {
    let place = place(workspace, compiler);
    let work = workspace.target.join("wasm-std/part");
    shell::remove_dir(&work)?;
    shell::create_dir(&work)?;
    let source = source(compiler, &work)?;
    compile(workspace, &source, &work)?;

    let sysroot = work.join("sysroot");
    collect(&work.join(wasm_target::NAME).join("release/deps"), &wasm_target::libraries(&sysroot))?;
    shell::remove_dir(&place)?;
    std::fs::rename(&sysroot, &place).map_err(|source| Error::File { action: "create", path: place, source })?;
    shell::remove_dir(&work)
}

/// The folder `library` of the compiler's source.
fn source(compiler: &Compiler, work: &Path) -> Result<PathBuf, Error> {
    let installed = compiler.sysroot.join("lib/rustlib/src/rust/library");
    let complete = || installed.join("std/Cargo.toml").is_file() && installed.join("Cargo.lock").is_file();
    if complete() || (wasm_target::rustup(&["component", "add", "rust-src"]) && complete()) {
        return Ok(installed);
    }
    debian::rust_source(&compiler.release, &work.join("debian"))
}

/// Compiles `std` and what belongs to it the way the compiler's own build does.
fn compile(workspace: &Workspace, source: &Path, work: &Path) -> Result<(), Error> {
    let mut command = workspace.cargo("build");
    command
        .args(["--release", "--locked", "--no-default-features", "--target", wasm_target::NAME, "--manifest-path"])
        .arg(source.join("sysroot/Cargo.toml"))
        .env("CARGO_TARGET_DIR", work)
        .env("RUSTC_BOOTSTRAP", "1")
        // Marks what is not stable as such, so that it stays out of reach of the plugins that link it.
        .env("CARGO_ENCODED_RUSTFLAGS", "-Zforce-unstable-if-unmarked\u{1f}-Cembed-bitcode=yes")
        // Keeps these crates apart from those of the same name and version in a plugin's own dependencies.
        .env("__CARGO_DEFAULT_LIB_METADATA", "perfagent-std");
    shell::run(&mut command)
}

fn collect(built: &Path, libraries: &Path) -> Result<(), Error> {
    shell::create_dir(libraries)?;
    for file in shell::entries(built)? {
        let (Some(name), Some("rlib" | "rmeta")) = (file.file_name(), file.extension().and_then(|end| end.to_str()))
        else {
            continue;
        };
        let to = libraries.join(name);
        std::fs::rename(&file, &to).map_err(|source| Error::File { action: "create", path: to, source })?;
    }
    Ok(())
}
