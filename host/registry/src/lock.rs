//! `perfagent.lock`: which bytes each reference means here, from its first use until it is upgraded.
//!
//! It is JSON, like everything else that the program writes; nobody has to edit it by hand, and no other
//! parser is needed for it.

use crate::error::RegistryError;
use crate::files::{self, Waiting};
use crate::reference::{Reference, Version};
use crate::said::Said;
use perfagent_core::digest::Digest;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The format that is written, and the newest that is read.
const FORMAT: u64 = 1;

/// Bytes that no lock file exceeds.
const MAX_BYTES: u64 = 4 << 20;

/// The bytes that a reference means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Digest of the manifest, by which a registry finds it.
    pub manifest: Digest,
    /// Digest of the component.
    pub component: Digest,
}

/// All references that are pinned.
pub type Pins = BTreeMap<Reference, Pin>;

/// A lock file, which need not be there yet.
#[derive(Clone, Debug)]
pub struct LockFile {
    path: PathBuf,
    waiting: Waiting,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "version")]
    _version: u64,
    plugins: BTreeMap<String, Entry>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    manifest: String,
    component: String,
}

impl LockFile {
    /// The lock file at `path`. `waiting` is told when it waits for another process.
    pub fn new(path: PathBuf, waiting: Waiting) -> Self {
        Self { path, waiting }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is pinned.
    ///
    /// # Errors
    /// [`RegistryError::File`], [`RegistryError::Format`], [`RegistryError::Newer`].
    pub fn read(&self) -> Result<Pins, RegistryError> {
        files::read(&self.path, MAX_BYTES)?.map_or_else(|| Ok(Pins::new()), |bytes| self.parse(&bytes))
    }

    /// What `bytes` pin, as the content of this file.
    ///
    /// # Errors
    /// [`RegistryError::Format`], [`RegistryError::Newer`].
    pub fn parse(&self, bytes: &[u8]) -> Result<Pins, RegistryError> {
        let wrong = |problem: String| {
            let problem = Said::new(&problem);
            RegistryError::Format { path: self.path.clone(), kind: "lock file", problem }
        };
        let version = files::format(bytes).map_err(&wrong)?;
        if version > FORMAT {
            return Err(RegistryError::Newer { path: self.path.clone(), version, known: FORMAT });
        }
        let document: Document = files::document(bytes).map_err(&wrong)?;
        let pins = document.plugins.into_iter().map(|(text, entry)| {
            let reference = text.parse::<Reference>().map_err(|error| wrong(format!("of {text:?}, {error}")))?;
            let digest =
                |digest: &str| Digest::parse(digest).ok_or_else(|| wrong(format!("of {text:?}, a digest is none")));
            let pin = Pin { manifest: digest(&entry.manifest)?, component: digest(&entry.component)? };
            match reference.version() {
                Version::Digest(named) if *named != pin.manifest => {
                    Err(wrong(format!("{text:?} names another digest than it is pinned to")))
                }
                _ => Ok((reference, pin)),
            }
        });
        pins.collect()
    }

    /// Pins a reference that is not pinned yet, and tells what it is pinned to then: another process may have been
    /// faster.
    ///
    /// # Errors
    /// As [`LockFile::read`].
    pub fn pin(&self, reference: &Reference, pin: &Pin) -> Result<Pin, RegistryError> {
        self.change(|pins| pins.entry(reference.clone()).or_insert_with(|| pin.clone()).clone())
    }

    /// Pins a reference, whatever it was pinned to.
    ///
    /// # Errors
    /// As [`LockFile::read`].
    pub fn move_pin(&self, reference: &Reference, pin: &Pin) -> Result<(), RegistryError> {
        self.change(|pins| {
            pins.insert(reference.clone(), pin.clone());
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Pins) -> T) -> Result<T, RegistryError> {
        let _held = files::lock(&files::folder(&self.path), self.waiting)?;
        let mut pins = self.read()?;
        let before = pins.clone();
        let done = change(&mut pins);
        if pins != before {
            files::write(&self.path, to_json(&pins).as_bytes())?;
        }
        Ok(done)
    }
}

fn to_json(pins: &Pins) -> String {
    let entry = |pin: &Pin| Entry { manifest: pin.manifest.to_string(), component: pin.component.to_string() };
    let plugins: BTreeMap<_, _> = pins.iter().map(|(reference, pin)| (reference.to_string(), entry(pin))).collect();
    format!("{:#}\n", json!({"version": FORMAT, "plugins": plugins}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    fn pin(text: &str) -> Pin {
        Pin { manifest: Digest::of(text.as_bytes()), component: Digest::of(&[text.as_bytes(), b"!"].concat()) }
    }

    fn reference(text: &str) -> Reference {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_pin_stays_until_it_is_moved() {
        let folder = tempfile::tempdir().unwrap();
        let file = LockFile::new(folder.path().join("perfagent.lock"), |_| {});
        assert!(file.read().unwrap().is_empty());
        let (b, a) = (reference("ghcr.io/b/c:1"), reference("ghcr.io/a:1"));
        assert_eq!(file.pin(&b, &pin("one")).unwrap(), pin("one"));
        assert_eq!(file.pin(&b, &pin("two")).unwrap(), pin("one"));
        file.pin(&a, &pin("three")).unwrap();
        let first = fs::read_to_string(file.path()).unwrap();
        assert!(first.find("ghcr.io/a:1") < first.find("ghcr.io/b/c:1"), "{first}");
        file.move_pin(&b, &pin("two")).unwrap();
        assert_eq!(file.read().unwrap(), Pins::from([(a, pin("three")), (b, pin("two"))]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn rubbish_and_newer_formats_are_refused_and_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = LockFile::new(folder.path().join("perfagent.lock"), |_| {});
        let right = to_json(&Pins::from([(reference("ghcr.io/a:1"), pin("one"))]));
        assert!(file.parse(right.as_bytes()).is_ok());
        for (from, to) in [
            ("\"version\": 1", "\"version\": 2"),
            ("\"version\": 1", "\"version\": \"1\""),
            ("ghcr.io/a:1", "ghcr.io/../a:1"),
            ("ghcr.io/a:1", "a"),
            // Whoever names a digest gets that one.
            ("a:1", &format!("a@{}", Digest::of(b"another"))),
            ("sha256:", "md5:"),
            ("\"manifest\"", "\"digest\""),
            ("}", ""),
        ] {
            fs::write(file.path(), right.replace(from, to)).unwrap();
            assert!(file.pin(&reference("ghcr.io/b:1"), &pin("two")).is_err(), "{from} {to}");
            assert_eq!(fs::read_to_string(file.path()).unwrap(), right.replace(from, to));
        }
        let entry = &right[right.find("\"ghcr").unwrap()..right.rfind("\n  }").unwrap()];
        let twice = right.replace(entry, &format!("{entry}, {entry}"));
        let error = file.parse(twice.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("`ghcr.io/a:1` is given twice"), "{error}");
        let newer = file.parse(right.replace("\"version\": 1", "\"version\": 2").as_bytes());
        assert!(matches!(newer, Err(RegistryError::Newer { version: 2, known: 1, .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let read = LockFile::new("perfagent.lock".into(), |_| {}).parse(&bytes);
            prop_assert!(read.is_err());
        }

        #[test]
        fn what_is_written_is_read(names in proptest::collection::btree_set("[a-z]{1,5}(/[a-z]{1,5})?:[a-z0-9]{1,5}", 0..5)) {
            let pins: Pins = names.iter().map(|name| (reference(&format!("ghcr.io/{name}")), pin(name))).collect();
            let read = LockFile::new("perfagent.lock".into(), |_| {}).parse(to_json(&pins).as_bytes());
            prop_assert_eq!(read.unwrap(), pins);
        }
    }
}
