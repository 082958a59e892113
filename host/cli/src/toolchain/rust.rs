//! Components of Rust: cargo for `wasm32-unknown-unknown`, with `wasm-component-ld` as the linker.

use super::{Tools, missing, run};
use crate::exit::Exit;
use crate::failure::Failure;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;

const TARGET: &str = "wasm32-unknown-unknown";
const LINKER: &str = "wasm-component-ld";
const RUSTUP: &str = "install Rust with rustup, https://rustup.rs";

/// Makes the component `output`.
pub(super) async fn build(tools: &Tools<'_>, output: &Path) -> Result<(), Failure> {
    let mut cargo = tools.need("cargo", RUSTUP)?;
    check_compiler(tools).await?;
    // Libraries for the tests too, and cargo drops link-time optimisation where a package asks for both
    // kinds at once.
    cargo.args(["rustc", "--release", "--lib", "--crate-type", "cdylib", "--target", TARGET]);
    cargo.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
    let variable = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER";
    if std::env::var_os(variable).is_none() {
        cargo.env(variable, LINKER);
    }
    let made = component(&run(cargo).await?.stdout)
        .ok_or_else(|| Failure::new(Exit::Plugin, "no component was made: cargo built a library of another kind"))?;
    let failed = |error| Failure::from_error(Exit::Files, &error).of(format!("cannot copy {}", made.display()));
    std::fs::copy(&made, output).map_err(failed)?;
    Ok(())
}

/// Whether the compiler has the target's standard library and the linker, before anything is compiled.
async fn check_compiler(tools: &Tools<'_>) -> Result<(), Failure> {
    let ask = async |arguments: &[&str]| -> Result<String, Failure> {
        let mut rustc = tools.need("rustc", RUSTUP)?;
        rustc.args(arguments).stdout(Stdio::piped());
        let output = run(rustc).await?;
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    };
    // Whoever sets another sysroot has the library there.
    let flags = ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"].map(|name| std::env::var(name).unwrap_or_default());
    let has_own = flags.iter().any(|flags| flags.contains("--sysroot"));
    let libraries = ask(&["--print", "target-libdir", "--target", TARGET]).await?;
    if !has_own && !has_std(Path::new(&libraries)) {
        return Err(missing(format!(
            "the compiler has no standard library for {TARGET}: run `rustup target add {TARGET}`"
        )));
    }
    let host = ask(&["--print", "target-libdir"]).await?;
    let beside = Path::new(&host).with_file_name("bin").join(LINKER);
    if !beside.is_file() && !tools.has(LINKER) {
        return Err(missing(format!(
            "{LINKER} is neither beside the compiler nor in PATH: use a toolchain from rustup, or run \
             `cargo install --locked {LINKER}`"
        )));
    }
    Ok(())
}

fn has_std(libraries: &Path) -> bool {
    let names = std::fs::read_dir(libraries).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.into_iter().any(|name| name.to_string_lossy().starts_with("libstd-"))
}

/// The component among what cargo says that it built; its own package comes last.
fn component(messages: &[u8]) -> Option<PathBuf> {
    let messages = messages.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let artifacts = messages.filter(|message| message["reason"] == "compiler-artifact");
    let files = artifacts.flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default());
    let mut paths = files.filter_map(|file| file.as_str().map(PathBuf::from));
    paths.rfind(|path| path.extension().is_some_and(|extension| extension == "wasm"))
}
