//! The built program, in a clean environment.

use perfagent_plugin::Compiler;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the checkout.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie below the root").to_owned()
}

/// The program that `cargo xtask build` left.
///
/// # Panics
/// When it is not there.
pub fn executable() -> PathBuf {
    built("release/perfagent")
}

/// The program's own compiler of plugins, for tests that load plugins without it.
pub fn compiler() -> Compiler {
    Compiler { program: executable(), arguments: vec!["compile-plugin".into()] }
}

/// The component of the task `name` that `cargo xtask build` left.
///
/// # Panics
/// When it is not there.
pub fn plugin(name: &str) -> PathBuf {
    built(&format!("plugins/{name}.wasm"))
}

/// The component of the SDKs' example task in a language, that `cargo xtask test` left.
///
/// # Panics
/// When it is not there.
pub fn example(language: &str) -> PathBuf {
    built(&format!("examples/sort-golf-{language}.wasm"))
}

fn built(path: &str) -> PathBuf {
    let path = workspace().join("target").join(path);
    assert!(path.is_file(), "{} is missing: run `cargo xtask build` first", path.display());
    path
}

/// The program with nothing of the environment but the search path, and with `home` for its caches.
pub fn perfagent(home: &Path) -> Command {
    let mut command = Command::new(executable());
    command.env_clear().env("HOME", home).current_dir(home);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// The real effibench instance, where the machine has the shared test data.
pub fn real_instance() -> Option<PathBuf> {
    let path = workspace().parent()?.join("shared/data/effibench/aizu_1444_yokohama-phenomena.json");
    path.is_file().then_some(path)
}
