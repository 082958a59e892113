//! A task's project: the directory that `perfagent plugin new` makes.

use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::{Instance, OpenPlugin};
use crate::plugins::Wanted;
use crate::surroundings::Surroundings;
use perfagent_agent::contract::Example;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A plugin, and the project that it belongs to where it was named by that.
pub(crate) struct Project {
    /// The component.
    pub(crate) plugin: OpenPlugin,
    directory: Option<PathBuf>,
}

impl Project {
    /// Loads what `wanted` means: the component of a project's directory, a component file, or a built-in
    /// plugin.
    pub(crate) async fn open(wanted: &str, settings: &Settings, surroundings: &Surroundings) -> Result<Self, Failure> {
        let directory = Path::new(wanted);
        let elsewhere = matches!(Wanted::read(wanted), Ok(Wanted::BuiltIn(_) | Wanted::Reference(_)));
        if elsewhere || !directory.is_dir() {
            let plugin = OpenPlugin::load_for(wanted, settings, surroundings).await?;
            return Ok(Self { plugin, directory: None });
        }
        let component = component(directory)?;
        let plugin = OpenPlugin::load_for(&component.to_string_lossy(), settings, surroundings).await?;
        Ok(Self { plugin, directory: Some(directory.to_owned()) })
    }

    /// The project's directory.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// The instances at `given`, or else the project's examples.
    pub(crate) fn examples(&self, given: &[PathBuf]) -> Result<Vec<Example>, Failure> {
        let found = match &self.directory {
            Some(directory) if given.is_empty() => files(&directory.join("examples"), "json")?,
            _ => given.to_vec(),
        };
        let example = |path: &PathBuf| {
            let Instance { name, data, .. } = Instance::read(path)?;
            Ok(Example { name, data: Arc::clone(&data) })
        };
        found.iter().map(example).collect()
    }
}

/// The component that was built of the project in `directory`.
fn component(directory: &Path) -> Result<PathBuf, Failure> {
    let dist = directory.join("dist");
    let mut found = files(&dist, "wasm")?;
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => {
            let message =
                format!("{} holds no component; run `perfagent plugin build` in the project first", dist.display());
            Err(Failure::new(Exit::Files, message))
        }
        (Some(_), more) => {
            let count = more + 1;
            let message =
                format!("{} holds {count} components; name one of them, or remove the others", dist.display());
            Err(Failure::new(Exit::Usage, message))
        }
    }
}

/// The files in `directory` with that extension, by name; none where there is no such directory.
pub(crate) fn files(directory: &Path, extension: &str) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::from_error(Exit::Files, &error).of(format!("cannot read the directory {}", directory.display()))
    };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|it| it == extension) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_component_of_a_project_is_found() {
        let project = tempfile::tempdir().unwrap();
        let error = component(project.path()).unwrap_err();
        assert_eq!(error.exit, Exit::Files);
        assert!(error.message.contains("perfagent plugin build"), "{}", error.message);

        let dist = project.path().join("dist");
        std::fs::create_dir(&dist).unwrap();
        std::fs::write(dist.join("b.wasm"), "").unwrap();
        std::fs::write(dist.join("b.txt"), "").unwrap();
        assert_eq!(component(project.path()).unwrap(), dist.join("b.wasm"));

        std::fs::write(dist.join("a.wasm"), "").unwrap();
        let error = component(project.path()).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.message.contains("holds 2 components"), "{}", error.message);
    }
}
