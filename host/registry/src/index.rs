//! What is installed: names and versions of components in the store.

use crate::error::RegistryError;
use crate::files;
use crate::reference::Reference;
use crate::said::{Said, line};
use perfagent_core::digest::Digest;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The format that is written, and the newest that is read.
const FORMAT: u64 = 1;

/// Bytes that no index exceeds.
const MAX_BYTES: u64 = 16 << 20;

/// Longest name of a plugin.
const NAME_BYTES: usize = 64;

/// Longest version of a plugin.
const VERSION_BYTES: usize = 128;

/// Longest source of a plugin: a path, or a reference.
const SOURCE_CHARS: usize = 1000;

/// What is installed, and what came from registries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    installed: Vec<Installed>,
    pulled: BTreeMap<Digest, BTreeSet<String>>,
}

/// A plugin under its own name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// What it calls itself.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// The component.
    pub digest: Digest,
    /// Where it came from, in the words of whoever installed it.
    pub source: String,
}

/// The version that `name` and `version`, as a plugin tells them of itself, come to.
///
/// # Errors
/// [`RegistryError::Name`] where they are not fit to be typed and shown: names are lower-case letters, digits, `-`
/// and `_`, versions are semantic ones.
pub fn check_name(name: &str, version: &str) -> Result<Version, RegistryError> {
    let wrong = |problem| RegistryError::Name { name: shown(name), version: shown(version), problem };
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !starts || name.len() > NAME_BYTES || !name.bytes().all(fits) {
        return Err(wrong(
            "its name is not of up to 64 lower-case letters, digits, `-` and `_`, a letter or digit first",
        ));
    }
    if version.len() > VERSION_BYTES {
        return Err(wrong("its version is longer than 128 bytes"));
    }
    Version::parse(version).map_err(|_| wrong("its version is no semantic one, such as 1.0.2"))
}

/// A source as it is kept: it is shown as it is.
fn shown_source(source: &str) -> String {
    line(source).chars().take(SOURCE_CHARS).collect::<String>().trim_end().to_owned()
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    version: String,
    digest: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "version")]
    _version: u64,
    installed: Vec<Entry>,
    pulled: BTreeMap<String, BTreeSet<String>>,
}

impl Index {
    /// All that is installed, by name and then by version.
    pub fn installed(&self) -> &[Installed] {
        &self.installed
    }

    /// What came from registries: the references of each component.
    pub fn pulled(&self) -> &BTreeMap<Digest, BTreeSet<String>> {
        &self.pulled
    }

    /// The plugin `name`: of this version, or the highest. One that is not yet released counts only where there is
    /// no other.
    pub fn find(&self, name: &str, version: Option<&Version>) -> Option<&Installed> {
        let named = self.installed.iter().filter(|it| it.name == name);
        match version {
            Some(version) => named.into_iter().find(|it| it.version == *version),
            None => named.max_by_key(|it| (it.version.pre.is_empty(), &it.version)),
        }
    }

    /// Adds a plugin. Whether it was not there.
    ///
    /// # Errors
    /// [`RegistryError::Name`]; [`RegistryError::Taken`] where its name and version are those of another.
    pub fn install(&mut self, mut plugin: Installed) -> Result<bool, RegistryError> {
        plugin.source = shown_source(&plugin.source);
        check_name(&plugin.name, &plugin.version.to_string())?;
        if let Some(there) = self.find(&plugin.name, Some(&plugin.version)) {
            if there.digest == plugin.digest {
                return Ok(false);
            }
            let (name, version) = (plugin.name, plugin.version.to_string());
            return Err(RegistryError::Taken { name, version, digest: there.digest.clone() });
        }
        self.installed.push(plugin);
        self.installed.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        Ok(true)
    }

    /// Remembers which reference brought a component.
    pub fn pull(&mut self, reference: String, digest: Digest) {
        self.pulled.entry(digest).or_default().insert(reference);
    }

    /// Takes a plugin out.
    pub fn remove(&mut self, name: &str, version: &Version) -> Option<Installed> {
        let at = self.installed.iter().position(|it| it.name == name && it.version == *version)?;
        Some(self.installed.remove(at))
    }

    /// Forgets what a reference brought, and tells it.
    pub fn forget(&mut self, reference: &str) -> Vec<Digest> {
        let forgotten =
            self.pulled.iter_mut().filter_map(|(digest, all)| all.remove(reference).then(|| digest.clone()));
        let forgotten = forgotten.collect();
        self.pulled.retain(|_, all| !all.is_empty());
        forgotten
    }

    /// Whether anything here is this component.
    pub fn needs(&self, digest: &Digest) -> bool {
        self.installed.iter().any(|it| it.digest == *digest) || self.pulled.contains_key(digest)
    }

    pub(crate) fn read(path: &Path) -> Result<Self, RegistryError> {
        let wrong = |problem: String| {
            let problem = Said::new(&problem);
            RegistryError::Format { path: path.to_owned(), kind: "list of plugins", problem }
        };
        let Some(bytes) = files::read(path, MAX_BYTES)? else { return Ok(Self::default()) };
        let version = files::format(&bytes).map_err(&wrong)?;
        if version > FORMAT {
            return Err(RegistryError::Newer { path: path.to_owned(), version, known: FORMAT });
        }
        let document: Document = files::document(&bytes).map_err(&wrong)?;
        let digest = |text: &str| Digest::parse(text).ok_or_else(|| wrong("a digest in it is none".to_owned()));
        let mut index = Self::default();
        for Entry { name, version, digest: text, source } in document.installed {
            let version = check_name(&name, &version)?;
            if index.find(&name, Some(&version)).is_some() {
                return Err(wrong(format!("{name}@{version} is in it twice")));
            }
            if source != shown_source(&source) {
                return Err(wrong(format!("the source of {name}@{version} is no line of text")));
            }
            index.installed.push(Installed { name, version, digest: digest(&text)?, source });
        }
        index.installed.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        for (text, all) in document.pulled {
            if let Some((reference, error)) =
                all.iter().find_map(|it| it.parse::<Reference>().err().map(|error| (it, error)))
            {
                return Err(wrong(format!("of {reference:?}, {error}")));
            }
            index.pulled.insert(digest(&text)?, all);
        }
        Ok(index)
    }

    pub(crate) fn to_json(&self) -> String {
        let entry = |it: &Installed| json!({"name": it.name, "version": it.version.to_string(), "digest": it.digest, "source": it.source});
        let installed: Vec<_> = self.installed.iter().map(entry).collect();
        format!("{:#}\n", json!({"version": FORMAT, "installed": installed, "pulled": self.pulled}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn installed(name: &str, version: &str) -> Installed {
        let digest = Digest::of(version.as_bytes());
        Installed { name: name.to_owned(), version: version.parse().unwrap(), digest, source: "x.wasm".to_owned() }
    }

    fn index(versions: &[&str]) -> Index {
        let mut index = Index::default();
        for version in versions {
            assert!(index.install(installed("task", version)).unwrap());
        }
        index
    }

    #[test]
    fn the_highest_release_is_meant() {
        let found = |versions: &[&str]| index(versions).find("task", None).unwrap().version.to_string();
        assert_eq!(found(&["1.9.0", "1.10.0", "1.2.0"]), "1.10.0");
        assert_eq!(found(&["1.0.0", "2.0.0-alpha.1"]), "1.0.0");
        assert_eq!(found(&["2.0.0-alpha.1", "2.0.0-alpha.10", "2.0.0-alpha.9"]), "2.0.0-alpha.10");
        let index = index(&["1.0.0", "1.1.0"]);
        assert_eq!(index.find("task", Some(&Version::new(1, 0, 0))).unwrap().version, Version::new(1, 0, 0));
        assert_eq!(index.find("task", Some(&Version::new(3, 0, 0))), None);
        assert_eq!(index.find("other", None), None);
    }

    #[test]
    fn a_version_is_one_component() {
        let mut index = index(&["1.0.0"]);
        assert!(!index.install(installed("task", "1.0.0")).unwrap());
        let other = Installed { digest: Digest::of(b"other"), ..installed("task", "1.0.0") };
        assert!(matches!(index.install(other), Err(RegistryError::Taken { .. })));
        assert!(index.needs(&Digest::of(b"1.0.0")));
        assert!(index.remove("task", &Version::new(1, 0, 0)).is_some());
        assert!(index.remove("task", &Version::new(1, 0, 0)).is_none());
        assert!(!index.needs(&Digest::of(b"1.0.0")));
    }

    #[test]
    fn hostile_names_are_refused() {
        let long = "a".repeat(65);
        for name in ["", "..", "../x", "a/b", "A", "-a", "_a", "a b", "a\n", "a\u{1b}[31m", "ä", "a.b", "a@1", &long] {
            assert!(matches!(check_name(name, "1.0.0"), Err(RegistryError::Name { .. })), "{name:?}");
        }
        let long = format!("1.0.0-{}", "a".repeat(130));
        for version in ["", "1", "1.0", "01.0.0", "1.0.0-", "1.0.0/..", "../1.0.0", "1.0.0 ", "v1.0.0", &long] {
            assert!(matches!(check_name("a", version), Err(RegistryError::Name { .. })), "{version:?}");
        }
        assert!(check_name("0sort_golf-2", "1.0.0-rc.1+build.5").is_ok());
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.json");
        assert_eq!(Index::read(&path).unwrap(), Index::default());
        let mut index = index(&["1.0.0", "0.2.0"]);
        for (reference, component) in [("ghcr.io/a/b:1", "x"), ("ghcr.io/a/b:1", "y"), ("ghcr.io/a/b:3", "x")] {
            index.pull(reference.to_owned(), Digest::of(component.as_bytes()));
        }
        let mut less = index.clone();
        assert_eq!(less.forget("ghcr.io/a/b:1").len(), 2);
        assert!(less.forget("ghcr.io/a/b:2").is_empty());
        assert!(less.needs(&Digest::of(b"x")) && !less.needs(&Digest::of(b"y")), "the other reference still means it");
        fs::write(&path, index.to_json()).unwrap();
        assert_eq!(Index::read(&path).unwrap(), index);
        let written = index.to_json();
        let lines = |from: &str, to: &str| fs::write(&path, written.replace(from, to)).unwrap();
        lines("\"version\": 1,", "\"version\": 9,");
        assert!(matches!(Index::read(&path), Err(RegistryError::Newer { version: 9, known: 1, .. })));
        lines("\"task\"", "\"../task\"");
        assert!(matches!(Index::read(&path), Err(RegistryError::Name { .. })));
        lines("sha256:", "sha256:../");
        assert!(matches!(Index::read(&path), Err(RegistryError::Format { .. })));
        lines("x.wasm", "x\\u001b[31m.wasm");
        assert!(Index::read(&path).unwrap_err().to_string().contains("is no line of text"));
        lines("ghcr.io/a/b:3", "../a:3");
        assert!(Index::read(&path).unwrap_err().to_string().contains("it names no registry"));
        lines("0.2.0", "1.0.0");
        assert!(Index::read(&path).unwrap_err().to_string().contains("task@1.0.0 is in it twice"));
        let twice = r#"{"version": 1, "installed": [], "pulled": {"DIGEST": [], "DIGEST": []}}"#;
        fs::write(&path, twice.replace("DIGEST", &Digest::of(b"x").to_string())).unwrap();
        assert!(Index::read(&path).unwrap_err().to_string().contains("is given twice"));
        fs::write(&path, "not JSON").unwrap();
        assert!(matches!(Index::read(&path), Err(RegistryError::Format { .. })));
    }
}
