//! The files of a new project: the example task of a language's SDK under another name, and that SDK.

use crate::args::SdkLanguage;
use crate::exit::Exit;
use crate::failure::Failure;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Files of the checkout that this program was built from, by their path in it.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The example's name, which the project's stands for.
const EXAMPLE: &str = "sort-golf";

/// What the root of a workspace says that its members inherit.
const INHERITED: [&str; 3] = ["package", "dependencies", "lints"];

/// Where a language's SDK lies, and how its example finds it there.
struct Source {
    sdk: &'static str,
    /// Folders of `sdk/` in a project and of the checkout.
    folders: &'static [(&'static str, &'static str)],
    /// In the example, and in a project.
    paths: (&'static str, &'static str),
}

const RUST: Source = Source {
    sdk: "sdk/rust",
    folders: &[("rust", "sdk/rust"), ("toolkit", "sdk/toolkit")],
    paths: ("path = \"../..\"", "path = \"sdk/rust\""),
};
const PYTHON: Source =
    Source { sdk: "sdk/python", folders: &[("", "sdk/python")], paths: ("\"../../src\"", "\"sdk/src\"") };
const JAVASCRIPT: Source =
    Source { sdk: "sdk/js", folders: &[("", "sdk/js")], paths: ("\"file:../..\"", "\"file:sdk\"") };

const fn source(language: SdkLanguage) -> Source {
    match language {
        SdkLanguage::Rust => RUST,
        SdkLanguage::Python => PYTHON,
        SdkLanguage::Javascript => JAVASCRIPT,
    }
}

/// The packages that a project needs, by name: it cannot be called as one of them, for no package tool lets a
/// package need its own name.
pub(crate) fn needed(language: SdkLanguage) -> Result<Vec<String>, Failure> {
    let source = source(language);
    let example = Path::new(source.sdk).join("examples").join(EXAMPLE);
    let folders = source.folders.iter().map(|(_, folder)| Path::new(*folder).to_owned()).chain([example]);
    let mut names = Vec::new();
    for folder in folders {
        for (path, content) in below(&folder) {
            let text = String::from_utf8_lossy(content);
            let manifest = match path.to_str() {
                Some("Cargo.toml" | "pyproject.toml") => toml::from_str(&text).map_err(|error| error.to_string()),
                Some("package.json") => serde_json::from_str(&text).map_err(|error| error.to_string()),
                _ => continue,
            };
            let bug = |error| Failure::new(Exit::Internal, format!("the embedded {}: {error}", path.display()));
            names.extend(dependencies(&manifest.map_err(bug)?));
        }
    }
    Ok(names)
}

/// What a manifest says that its package depends on.
fn dependencies(manifest: &Json) -> Vec<String> {
    let tables = ["dependencies", "dev-dependencies", "devDependencies", "peerDependencies"];
    let tables = tables.iter().filter_map(|key| manifest[key].as_object());
    // Python's are texts such as `package>=1`.
    let texts = manifest["project"]["dependencies"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let texts = texts.map(|text| text.split(|c| !is_name(c)).next().unwrap_or_default().to_owned());
    tables.flat_map(serde_json::Map::keys).cloned().chain(texts).collect()
}

/// The files of a project called `name`, by their path in it.
pub(crate) fn project(name: &str, language: SdkLanguage) -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
    let source = source(language);
    let mut files = Vec::new();
    let example = Path::new(source.sdk).join("examples").join(EXAMPLE);
    for (path, content) in below(&example) {
        let text = String::from_utf8_lossy(content).replace(EXAMPLE, name);
        files.push((path.to_owned(), text.replace(source.paths.0, source.paths.1).into_bytes()));
    }
    for (folder, origin) in source.folders {
        for (path, content) in below(Path::new(origin)).filter(|(path, _)| is_sdk(path)) {
            files.push((Path::new("sdk").join(folder).join(path), content.to_vec()));
        }
    }
    if language == SdkLanguage::Rust {
        files.push((Path::new("sdk/Cargo.toml").to_owned(), workspace()?.into_bytes()));
    }
    Ok(files)
}

fn below(folder: &Path) -> impl Iterator<Item = (&'static Path, &'static [u8])> {
    EMBEDDED.iter().filter_map(move |(path, content)| Some((Path::new(*path).strip_prefix(folder).ok()?, *content)))
}

/// Whether a file of an SDK's folder is part of the SDK, and not of its examples and tests.
fn is_sdk(path: &Path) -> bool {
    !(path.starts_with("examples") || path.starts_with("tests"))
}

/// What the packages of the Rust SDK depend on.
fn used() -> Result<Vec<String>, toml::de::Error> {
    let mut names = Vec::new();
    for (path, content) in EMBEDDED {
        if RUST.folders.iter().any(|(_, folder)| Path::new(path) == Path::new(folder).join("Cargo.toml")) {
            names.extend(dependencies(&toml::from_str(&String::from_utf8_lossy(content))?));
        }
    }
    Ok(names)
}

/// The workspace of the Rust SDK alone: what its packages inherit from the checkout's.
fn workspace() -> Result<String, Failure> {
    let bug = |message: String| Failure::new(Exit::Internal, format!("the embedded Cargo.toml: {message}"));
    let root = EMBEDDED.iter().find(|(path, _)| *path == "Cargo.toml").map(|(_, content)| *content);
    let root = String::from_utf8_lossy(root.unwrap_or_default()).into_owned();
    let root: Table = root.parse().map_err(|error: toml::de::Error| bug(error.to_string()))?;
    let mut workspace = Table::new();
    workspace.insert("resolver".to_owned(), "3".into());
    workspace.insert("members".to_owned(), Value::Array(vec!["rust".into(), "toolkit".into()]));
    for key in INHERITED {
        let inherited = root.get("workspace").and_then(|workspace| workspace.get(key));
        workspace.insert(key.to_owned(), inherited.ok_or_else(|| bug(format!("no workspace.{key}")))?.clone());
    }
    if let Some(Value::Table(dependencies)) = workspace.get_mut("dependencies") {
        let used = used().map_err(|error| bug(error.to_string()))?;
        dependencies.retain(|name, _| used.iter().any(|used| used.as_str() == name));
        let version = root["workspace"]["package"]["version"].clone();
        let mut toolkit = Table::new();
        toolkit.insert("path".to_owned(), "toolkit".into());
        toolkit.insert("version".to_owned(), version);
        dependencies.insert("perfagent-toolkit".to_owned(), toolkit.into());
    }
    let mut manifest = Table::new();
    manifest.insert("workspace".to_owned(), workspace.into());
    toml::to_string(&manifest).map_err(|error| bug(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(files: &[(PathBuf, Vec<u8>)], path: &str) -> String {
        let (_, content) = files.iter().find(|(file, _)| file == Path::new(path)).unwrap();
        String::from_utf8(content.clone()).unwrap()
    }

    #[test]
    fn projects_have_their_name_the_interface_and_the_sdk() {
        for (language, manifest, sdk) in [
            (SdkLanguage::Rust, "Cargo.toml", "sdk/rust/wit/world.wit"),
            (SdkLanguage::Python, "pyproject.toml", "sdk/src/perfagent_task/wit/world.wit"),
            (SdkLanguage::Javascript, "package.json", "sdk/wit/world.wit"),
        ] {
            let files = project("my-task", language).unwrap();
            assert!(text(&files, manifest).contains("\"my-task\""));
            assert!(text(&files, sdk).contains("package perfagent:task@"));
            for file in ["examples/lines.json", "examples/lines.replay.jsonl", "tests/shorter.json", ".gitignore"] {
                text(&files, file);
            }
            for (path, content) in &files {
                let content = String::from_utf8(content.clone()).unwrap();
                assert!(path.starts_with("sdk") || !content.contains(EXAMPLE), "{}", path.display());
                assert!(path.starts_with("sdk") || !content.contains("../.."), "{}", path.display());
            }
        }
    }

    #[test]
    fn a_project_needs_other_packages() {
        let needs = |language, name: &str| needed(language).unwrap().iter().any(|it| it == name);
        for name in ["perfagent-task", "perfagent-toolkit", "serde", "wit-bindgen", "proptest"] {
            assert!(needs(SdkLanguage::Rust, name), "{name}");
        }
        for name in ["perfagent-task", "esbuild", "@bytecodealliance/componentize-js"] {
            assert!(needs(SdkLanguage::Javascript, name), "{name}");
        }
        assert!(needs(SdkLanguage::Python, "perfagent-task"));
        assert!(!needs(SdkLanguage::Javascript, "serde"));
    }

    #[test]
    fn the_rust_sdk_is_a_workspace_of_its_own() {
        let workspace: Table = workspace().unwrap().parse().unwrap();
        let dependencies = workspace["workspace"]["dependencies"].as_table().unwrap();
        assert_eq!(dependencies["perfagent-toolkit"]["path"].as_str(), Some("toolkit"));
        let mut names: Vec<_> = dependencies.keys().map(String::as_str).collect();
        names.sort_unstable();
        let toolkit = ["perfagent-toolkit", "proptest", "serde", "serde_json", "serde_path_to_error", "strsim"];
        assert_eq!(names, [&toolkit[..], &["thiserror", "wit-bindgen"]].concat());
    }
}
