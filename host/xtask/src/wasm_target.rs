//! The compiler's WebAssembly target, by whichever way this machine allows.
//!
//! Plugins compile for `wasm32-unknown-unknown`, linked by `wasm-component-ld`. The target's
//! standard library is looked for in the toolchain, asked of `rustup`, and else built from source.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::workspace::Workspace;
use crate::{shell, wasm_std};

/// The compiler's name of the target.
pub(crate) const NAME: &str = "wasm32-unknown-unknown";

/// Longest wait for a server of `rustup`, seconds: without a network it would try for minutes.
const PATIENCE_SECONDS: &str = "120";

/// The target, ready for use.
pub(crate) struct WasmTarget {
    /// A folder that holds nothing but the target's standard library; absent where the toolchain has it.
    sysroot: Option<PathBuf>,
}

impl WasmTarget {
    /// Makes a cargo command compile for this target.
    pub(crate) fn select<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        self.prepare(command.args(["--target", NAME]))
    }

    /// Lets a program that starts cargo itself find the target.
    pub(crate) fn prepare<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Some(flags) = self.flags() {
            // This variable, unlike RUSTFLAGS and the configuration, is never overridden by another.
            command.env("CARGO_ENCODED_RUSTFLAGS", flags);
        }
        command
    }

    /// What the compiler must be told, if anything.
    pub(crate) fn flags(&self) -> Option<String> {
        self.sysroot.as_ref().map(|sysroot| format!("--sysroot={}", sysroot.display()))
    }
}

/// The compiler that cargo uses here.
pub(crate) struct Compiler {
    /// Version without commit and date, for example `1.95.0`.
    pub(crate) release: String,
    /// Commit that it was built from, or `unknown`.
    pub(crate) commit: String,
    /// Target of the compiler itself, for example `x86_64-unknown-linux-gnu`.
    pub(crate) host: String,
    /// Where its libraries are.
    pub(crate) sysroot: PathBuf,
}

impl Compiler {
    fn detect() -> Result<Self, Error> {
        let version = shell::read(rustc().arg("-vV"))?;
        let sysroot = shell::read(rustc().args(["--print", "sysroot"]))?;
        let field =
            |name: &str| version.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown").to_owned();
        Ok(Self {
            release: field("release: "),
            commit: field("commit-hash: "),
            host: field("host: "),
            sysroot: PathBuf::from(sysroot.trim_end()),
        })
    }

    fn has_linker(&self) -> bool {
        let folder = self.sysroot.join("lib/rustlib").join(&self.host).join("bin");
        folder.join("wasm-component-ld").is_file() || shell::installed("wasm-component-ld")
    }
}

/// Finds the target or provides it.
///
/// # Errors
/// [`Error::Missing`] with what to do where nothing helps; errors of the programs that were tried last.
pub(crate) fn ensure(workspace: &Workspace) -> Result<WasmTarget, Error> {
    let compiler = Compiler::detect()?;
    if !compiler.has_linker() {
        return Err(Error::Missing(format!(
            "no wasm-component-ld beside rust-lld below {} and none in PATH: use a toolchain from rustup, \
             or run `cargo install --locked wasm-component-ld`",
            compiler.sysroot.display()
        )));
    }
    if has_std(&compiler.sysroot) {
        return Ok(WasmTarget { sysroot: None });
    }
    let own = wasm_std::place(workspace, &compiler);
    if has_std(&own) {
        return Ok(WasmTarget { sysroot: Some(own) });
    }
    shell::say(&format!("the compiler lacks the standard library of {NAME}: asking rustup for it"));
    if rustup(&["target", "add", NAME]) && has_std(&compiler.sysroot) {
        return Ok(WasmTarget { sysroot: None });
    }
    shell::say("rustup did not provide it: building it from source, once");
    wasm_std::build(workspace, &compiler)?;
    Ok(WasmTarget { sysroot: Some(own) })
}

/// Runs rustup with bounded patience; whether it is there and succeeded.
pub(crate) fn rustup(arguments: &[&str]) -> bool {
    if !shell::installed("rustup") {
        shell::say("there is no rustup in PATH");
        return false;
    }
    let mut command = Command::new("timeout");
    command.arg(PATIENCE_SECONDS).arg("rustup").args(arguments);
    match shell::run(&mut command) {
        Ok(()) => true,
        Err(error) => {
            shell::say(&error.chain());
            false
        }
    }
}

/// The folder of the target's libraries below a sysroot.
pub(crate) fn libraries(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(NAME).join("lib")
}

fn has_std(sysroot: &Path) -> bool {
    let names = shell::entries(&libraries(sysroot)).unwrap_or_default();
    names.iter().any(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}
