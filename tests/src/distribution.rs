//! `perfagent plugin …` in a test's directory, and what it leaves there.

use crate::program::{perfagent, plugin};
use crate::scene::{Printed, Scene, finish};
use serde_json::Value;
use std::fs;

/// `perfagent plugin …` with the words of `line`, to its end.
pub fn run(scene: &Scene, line: &str) -> Printed {
    finish(perfagent(scene.path()).arg("plugin").args(line.split_whitespace()))
}

/// What a command printed that did what it was asked.
///
/// # Panics
/// When it did not.
#[track_caller]
pub fn done(printed: Printed) -> String {
    assert_eq!(printed.code, Some(0), "{}{}", printed.out, printed.err);
    printed.out
}

/// Asserts one line of error that holds `part`, and the exit code.
///
/// # Panics
/// When it was otherwise.
#[track_caller]
pub fn refused(printed: &Printed, code: i32, part: &str) {
    assert_eq!(printed.code, Some(code), "{}{}", printed.out, printed.err);
    let errors: Vec<_> = printed.err.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{}", printed.err);
    assert!(errors[0].contains(part), "{part:?} is missing in: {}", printed.err);
}

/// A copy of the plugin `name` in `scene`, as `file`.
///
/// # Panics
/// When it is not built.
pub fn copy(scene: &Scene, name: &str, file: &str) -> Vec<u8> {
    let bytes = fs::read(plugin(name)).expect("it is there");
    scene.file(file, &bytes);
    bytes
}

/// The same plugin with other bytes: a custom section behind it.
pub fn padded(bytes: &[u8]) -> Vec<u8> {
    [bytes, b"\0\x05\x03padX"].concat()
}

/// The component that `reference` is pinned to in `scene`; empty where it is not.
///
/// # Panics
/// When there is no lock file.
pub fn pinned(scene: &Scene, reference: &str) -> String {
    let lock = fs::read(scene.path().join("perfagent.lock")).expect("there is a lock file");
    let lock: Value = serde_json::from_slice(&lock).expect("the lock file is JSON");
    lock["plugins"][reference]["component"].as_str().unwrap_or_default().to_owned()
}

/// How many files the store of `scene` holds.
pub fn blobs(scene: &Scene) -> usize {
    let folder = scene.path().join(".local/share/perfagent/plugins/blobs");
    fs::read_dir(folder).map(Iterator::count).unwrap_or_default()
}

/// The digest of the component that `wanted` means in `scene`.
///
/// # Panics
/// When it means none.
#[track_caller]
pub fn digest(scene: &Scene, wanted: &str) -> String {
    let text = done(run(scene, &format!("inspect {wanted} --json")));
    let inspected: Value = serde_json::from_str(&text).expect("it is JSON");
    inspected["digest"].as_str().unwrap_or_default().to_owned()
}

/// What a command that needs a signature of one of `keys` says of `wanted`.
pub fn checked(scene: &Scene, wanted: &str, keys: &str) -> Printed {
    let text = format!("plugins: {{trusted_keys: [{keys}], require_signed: true}}\n");
    let config = scene.file("signed.yaml", text);
    finish(perfagent(scene.path()).args(["config", "check"]).arg(config).args(["--plugin", wanted]))
}
