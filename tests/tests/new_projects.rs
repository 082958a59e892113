//! `perfagent plugin new` and `plugin build`, as someone uses them who writes a task.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::program::{perfagent, workspace};
use perfagent_tests::scene::{Printed, Scene, finish};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

fn built(path: &str) -> PathBuf {
    workspace().join("target").join(path)
}

/// Lets `command` find the tools that the set-up installed, and cargo what it has downloaded.
fn with_tools(command: &mut Command) -> &mut Command {
    let mut path = built("tools/sdk-python/bin").into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    for (variable, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        command.env(variable, std::env::var_os(variable).unwrap_or_else(|| home.join(folder).into()));
    }
    let flags = fs::read_to_string(built("examples/rustflags")).unwrap();
    if !flags.is_empty() {
        command.env("CARGO_ENCODED_RUSTFLAGS", flags);
    }
    // Kept between tests, for the dependencies' sake.
    command.env("CARGO_TARGET_DIR", built("examples/cargo")).env("PATH", path)
}

fn new(scene: &Scene, name: &str, language: &str) -> Printed {
    finish(perfagent(scene.path()).args(["plugin", "new", name, "--lang", language]))
}

fn project(language: &str) -> (Scene, PathBuf) {
    let scene = Scene::new();
    let printed = new(&scene, "my-task", language);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(printed.out.contains("cd my-task") && printed.out.contains("perfagent plugin build"), "{}", printed.out);
    let directory = scene.path().join("my-task");
    (scene, directory)
}

/// The project's own tests pass, and its component is what its name says.
fn works(scene: &Scene, directory: &Path, own_tests: &[&str]) {
    let mut tests = Command::new(own_tests[0]);
    let tests = finish(with_tools(tests.args(&own_tests[1..]).current_dir(directory)));
    assert_eq!(tests.code, Some(0), "{}{}", tests.out, tests.err);
    let build = finish(with_tools(perfagent(scene.path()).args(["plugin", "build", "my-task"])));
    assert_eq!(build.code, Some(0), "{}{}", build.out, build.err);
    assert!(build.out.starts_with("built my-task/dist/my-task.wasm: ") && build.out.contains(" s\n"), "{}", build.out);
    let left: Vec<_> = fs::read_dir(directory.join("dist")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["my-task.wasm"]);
    let inspected = finish(perfagent(scene.path()).args(["plugin", "inspect", "my-task/dist/my-task.wasm"]));
    assert!(inspected.out.contains("my-task 0.1.0: make a program sort"), "{}{}", inspected.out, inspected.err);
    for command in ["check", "test"] {
        let arguments = ["plugin", command, "my-task", "--sandbox", "best-effort"];
        let held = finish(perfagent(scene.path()).args(arguments));
        assert_eq!(held.code, Some(0), "{command}: {}{}", held.out, held.err);
    }
}

#[test]
fn a_rust_project_builds_as_it_is() {
    let (scene, directory) = project("rust");
    works(&scene, &directory, &["cargo", "test", "--release", "--lib"]);
}

#[test]
fn a_python_project_builds_as_it_is() {
    let (scene, directory) = project("python");
    works(&scene, &directory, &["python3", "-m", "unittest"]);
}

#[test]
fn a_javascript_project_builds_as_it_is() {
    let (scene, directory) = project("javascript");
    let modules = directory.join("node_modules");
    fs::create_dir(&modules).unwrap();
    for name in ["@bytecodealliance", "esbuild"] {
        symlink(built("tools/sdk-js/node_modules").join(name), modules.join(name)).unwrap();
    }
    symlink(directory.join("sdk"), modules.join("perfagent-task")).unwrap();
    works(&scene, &directory, &["node", "--test"]);
}

#[test]
fn bad_names_make_nothing() {
    let scene = Scene::new();
    let names = ["My-task", "1st", "a_b", "../up", "", "a/b", "-a", "perfagent-task", "é", &"a".repeat(61)];
    for name in names {
        let printed = finish(perfagent(scene.path()).args(["plugin", "new", "--lang", "rust", "--", name]));
        assert_eq!(printed.code, Some(2), "{name}: {}", printed.err);
        assert!(printed.err.contains(&format!("a task cannot be called {name:?}: ")), "{}", printed.err);
    }
    // What a project depends on; another language's may be its name.
    for (name, language) in [
        ("serde", "rust"),
        ("wit-bindgen", "rust"),
        ("proptest", "rust"),
        ("esbuild", "javascript"),
        ("perfagent-task", "python"),
    ] {
        let printed = new(&scene, name, language);
        assert_eq!(printed.code, Some(2), "{name}: {}", printed.err);
        assert!(printed.err.contains("it needs a package of that name"), "{}", printed.err);
    }
    assert_eq!(new(&scene, "a", "cobol").code, Some(2));
    assert_eq!(fs::read_dir(scene.path()).unwrap().count(), 0);
}

#[test]
fn what_is_there_stays() {
    let scene = Scene::new();
    fs::create_dir(scene.path().join("empty")).unwrap();
    assert_eq!(new(&scene, "empty", "python").code, Some(0));
    let before = fs::read(scene.path().join("empty/app.py")).unwrap();
    let full = new(&scene, "empty", "rust");
    assert_eq!(full.code, Some(2));
    assert!(full.err.contains("empty is there already and not empty; take another name"), "{}", full.err);
    assert_eq!(fs::read(scene.path().join("empty/app.py")).unwrap(), before);
    scene.file("taken", "x");
    let taken = new(&scene, "taken", "rust");
    assert_eq!(taken.code, Some(2));
    assert!(taken.err.contains("taken is there already and no directory"), "{}", taken.err);
}

/// A folder of programs that are shell scripts.
fn programs(scene: &Scene, scripts: &[(&str, &str)]) -> OsString {
    let folder = scene.path().join("bin");
    fs::create_dir_all(&folder).unwrap();
    for (name, script) in scripts {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder.into_os_string()
}

/// Builds a project where there are no other programs than these, and gives what is said.
fn refused(project: &(Scene, PathBuf), scripts: &[(&str, &str)], code: i32) -> String {
    let (scene, directory) = project;
    let path = programs(scene, scripts);
    let printed = finish(perfagent(directory).args(["plugin", "build"]).env("PATH", path));
    assert_eq!(printed.code, Some(code), "{}{}", printed.out, printed.err);
    assert!(!directory.join("dist/my-task.wasm").exists());
    printed.err
}

#[test]
fn missing_tools_of_rust_are_named() {
    let project = project("rust");
    let error = refused(&project, &[], 2);
    assert!(error.contains("cargo is not in PATH: install Rust with rustup"), "{error}");
    let error = refused(&project, &[("cargo", "exit 1")], 2);
    assert!(error.contains("rustc is not in PATH: install Rust with rustup"), "{error}");
    let error = refused(&project, &[("rustc", "echo /nowhere/lib")], 2);
    assert!(error.contains("run `rustup target add wasm32-unknown-unknown`"), "{error}");
    let library = project.0.path().join("lib");
    fs::create_dir(&library).unwrap();
    fs::write(library.join("libstd-1.rlib"), "").unwrap();
    let compiler = format!("echo {}", library.display());
    let error = refused(&project, &[("rustc", &compiler)], 2);
    assert!(error.contains("`cargo install --locked wasm-component-ld`"), "{error}");
    let error = refused(&project, &[("wasm-component-ld", "")], 3);
    assert!(error.contains("no component was made: cargo failed (exit status: 1)"), "{error}");
}

#[test]
fn missing_tools_of_python_are_named() {
    let project = project("python");
    let error = refused(&project, &[], 2);
    assert!(error.contains("run `pip install componentize-py==0.25.1`"), "{error}");
    let error = refused(&project, &[("componentize-py", "echo why >&2; exit 1")], 3);
    assert!(error.contains("why\n") && error.contains("componentize-py failed (exit status: 1)"), "{error}");
    fs::remove_dir_all(project.1.join("sdk")).unwrap();
    let error = refused(&project, &[], 2);
    assert!(error.contains("python3 is not in PATH"), "{error}");
    let error = refused(&project, &[("python3", "echo")], 2);
    assert!(error.contains("run `pip install perfagent-task`"), "{error}");
    fs::remove_file(project.1.join("app.py")).unwrap();
    let error = refused(&project, &[], 2);
    assert!(error.contains("has no app.py"), "{error}");
}

#[test]
fn missing_tools_of_javascript_are_named() {
    let project = project("javascript");
    let error = refused(&project, &[], 2);
    assert!(error.contains("node is not in PATH: install Node.js 20 or newer"), "{error}");
    let error = refused(&project, &[("node", "exit 1")], 2);
    assert!(error.contains("run `npm install` there (npm is not in PATH either"), "{error}");
    let error = refused(&project, &[("npm", "")], 2);
    assert!(error.contains("perfagent-task, esbuild, @bytecodealliance/componentize-js"), "{error}");
    assert!(error.trim_end().ends_with("run `npm install` there"), "{error}");
}

#[test]
fn a_directory_that_is_no_project_is_refused() {
    let scene = Scene::new();
    let build = || finish(perfagent(scene.path()).args(["plugin", "build"]));
    let printed = build();
    assert_eq!(printed.code, Some(2));
    assert!(printed.err.contains("it has neither Cargo.toml nor pyproject.toml nor package.json"), "{}", printed.err);
    for (file, content, message) in [
        ("package.json", r#"{"name": "../x"}"#, "the name \"../x\" cannot be a file's"),
        ("pyproject.toml", "[project]\n", "it has no `name` in [project]"),
        ("Cargo.toml", "[package", "Cargo.toml"),
    ] {
        scene.file(file, content);
        let printed = build();
        assert_eq!(printed.code, Some(2), "{}", printed.err);
        assert!(printed.err.contains(message), "{}", printed.err);
    }
}
