//! Builds the launcher, a static program of its own, and leaves it where the sandbox embeds it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What cargo and its wrappers set for this build and must not reach the inner one.
const NOT_INHERITED: [&str; 7] = [
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_MAKEFLAGS",
];

fn main() {
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let launcher = manifest.join("launcher");
    let out = PathBuf::from(variable("OUT_DIR"));
    for watched in ["launcher/src", "launcher/Cargo.toml", "../../Cargo.lock", "build.rs"] {
        println!("cargo::rerun-if-changed={}", manifest.join(watched).display());
    }
    let target = variable("TARGET");
    let built = build(&launcher, &out.join("launcher"), &target);
    let embedded = out.join("perfagent-launcher");
    std::fs::copy(&built, &embedded).unwrap_or_else(|error| fail(&format!("{}: {error}", built.display())));
}

/// Builds the launcher in a target directory of its own: cargo holds a lock on this build's.
fn build(launcher: &Path, directory: &Path, target: &str) -> PathBuf {
    let mut cargo = Command::new(variable("CARGO"));
    for name in NOT_INHERITED {
        cargo.env_remove(name);
    }
    cargo
        .args(["build", "--release", "--locked", "--bin", "perfagent-launcher", "--target", target])
        .arg("--manifest-path")
        .arg(launcher.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(directory)
        .args(["--config", "profile.release.panic='abort'", "--config", "profile.release.opt-level=2"])
        .args(["--config", "profile.release.strip=true", "--config", "profile.release.lto=true"])
        // One file without any library beside it, which runs inside an empty root.
        .env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static");
    match cargo.status() {
        Ok(status) if status.success() => directory.join(target).join("release/perfagent-launcher"),
        Ok(status) => fail(&format!("building the sandbox's launcher failed: {status}")),
        Err(error) => fail(&format!("cargo cannot be started for the sandbox's launcher: {error}")),
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|error| fail(&format!("{name}: {error}")))
}

fn fail(message: &str) -> ! {
    println!("cargo::error={message}");
    std::process::exit(1)
}
