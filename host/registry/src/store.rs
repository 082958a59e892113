//! Plugins kept on this machine, by what they are: `blobs/<digest>.wasm`, their signatures beside them, and below
//! `manifests/<digest>` the manifests that promise them.

use crate::error::RegistryError;
use crate::files::{self, Waiting};
use crate::index::Index;
use crate::lock::Pin;
use crate::manifest::{Component, component_of};
use crate::reference::Reference;
use crate::signature::{MAX_BYTES, Signature};
use crate::transfer::MAX_MANIFEST_BYTES;
use perfagent_core::digest::{Digest, Hasher};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Plugins kept on this machine. What is in it under a digest has that digest, or was damaged since: whoever
/// uses it compares.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    waiting: Waiting,
}

/// A component on its way into the store. It is in there only once [`Incoming::finish`] has found it right.
pub(crate) struct Incoming<'a> {
    store: &'a Store,
    file: NamedTempFile,
    hasher: Hasher,
    size_bytes: u64,
    promised: u64,
}

impl Store {
    /// The store in the directory `root`, which is made when something is put there. `waiting` is told when it
    /// waits for another process.
    pub fn new(root: PathBuf, waiting: Waiting) -> Self {
        Self { root, waiting }
    }

    /// Where a component is, or would be.
    pub fn path(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs").join(digest.hex()).with_added_extension("wasm")
    }

    /// Whether a component is there.
    pub fn holds(&self, digest: &Digest) -> bool {
        self.path(digest).is_file()
    }

    /// Whether what is here proves a pin: the component, and the manifest that promises it. One of them alone does
    /// not, for a lock file that a stranger wrote may name a right manifest with any component.
    ///
    /// # Errors
    /// [`RegistryError::File`]; [`RegistryError::Pinned`] where the manifest promises another component.
    pub fn proves(&self, pin: &Pin, reference: &Reference) -> Result<bool, RegistryError> {
        let promise = files::read(&self.promise_path(&pin.component, &pin.manifest), MAX_MANIFEST_BYTES as u64)?;
        // One that was changed proves nothing, and is had again.
        let promise = promise.filter(|bytes| Digest::of(bytes) == pin.manifest);
        let Some(component) = promise.and_then(|bytes| component_of(&bytes, u64::MAX).ok()) else { return Ok(false) };
        component.keeps(pin, reference)?;
        Ok(self.holds(&pin.component))
    }

    /// Keeps the manifest that promises a component.
    pub(crate) fn put_promise(&self, component: &Component) -> Result<(), RegistryError> {
        let path = self.promise_path(&component.digest, &component.manifest);
        files::create_folder(&files::folder(&path))?;
        files::write(&path, &component.document)
    }

    /// Manifests of a component, which go with it.
    fn promises(&self, component: &Digest) -> PathBuf {
        self.root.join("manifests").join(component.hex())
    }

    fn promise_path(&self, component: &Digest, manifest: &Digest) -> PathBuf {
        self.promises(component).join(manifest.hex()).with_added_extension("json")
    }

    /// Puts a component there.
    ///
    /// # Errors
    /// [`RegistryError::File`].
    pub fn put(&self, component: &[u8]) -> Result<Digest, RegistryError> {
        let digest = Digest::of(component);
        let mut incoming = self.receive(component.len() as u64)?;
        incoming.write(component, &digest)?;
        incoming.finish(&digest)?;
        Ok(digest)
    }

    /// Makes room for a component of `promised` bytes.
    pub(crate) fn receive(&self, promised: u64) -> Result<Incoming<'_>, RegistryError> {
        let folder = self.root.join("blobs");
        files::create_folder(&folder)?;
        let file = files::beside(&folder.join("component"))?;
        Ok(Incoming { store: self, file, hasher: Hasher::default(), size_bytes: 0, promised })
    }

    /// The signature that is kept of a component.
    ///
    /// # Errors
    /// [`RegistryError::File`]; [`RegistryError::Signature`] where it cannot be read.
    pub fn signature(&self, digest: &Digest) -> Result<Option<Signature>, RegistryError> {
        read_signature(&signature_path(&self.path(digest)))
    }

    /// Keeps a signature, in place of another one of the same component.
    ///
    /// # Errors
    /// [`RegistryError::File`].
    pub fn put_signature(&self, signature: &Signature) -> Result<(), RegistryError> {
        files::create_folder(&self.root.join("blobs"))?;
        files::write(&signature_path(&self.path(signature.digest())), signature.to_json().as_bytes())
    }

    /// Forgets a component, its signature and its manifests.
    ///
    /// # Errors
    /// [`RegistryError::File`].
    pub fn discard(&self, digest: &Digest) -> Result<(), RegistryError> {
        let component = self.path(digest);
        let gone = |path: &Path, removed: io::Result<()>| match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(files::failed("remove", path)(error)),
            _ => Ok(()),
        };
        for path in [signature_path(&component), component] {
            gone(&path, fs::remove_file(&path))?;
        }
        let promises = self.promises(digest);
        gone(&promises, fs::remove_dir_all(&promises))
    }

    /// Forgets a component that nothing in the index needs.
    ///
    /// # Errors
    /// As [`Store::update`].
    pub fn discard_unneeded(&self, digest: &Digest) -> Result<(), RegistryError> {
        self.update(|index| if index.needs(digest) { Ok(()) } else { self.discard(digest) })
    }

    /// What is installed and what came from registries.
    ///
    /// # Errors
    /// [`RegistryError::File`], [`RegistryError::Format`], [`RegistryError::Newer`].
    pub fn index(&self) -> Result<Index, RegistryError> {
        Index::read(&self.index_path())
    }

    /// Changes what is installed, while no other process does.
    ///
    /// # Errors
    /// As [`Store::index`], and whatever `change` refuses; then nothing is changed.
    pub fn update<T>(&self, change: impl FnOnce(&mut Index) -> Result<T, RegistryError>) -> Result<T, RegistryError> {
        files::create_folder(&self.root)?;
        let _held = files::lock(&self.root, self.waiting)?;
        let mut index = self.index()?;
        let before = index.clone();
        let done = change(&mut index)?;
        if index != before {
            files::write(&self.index_path(), index.to_json().as_bytes())?;
        }
        Ok(done)
    }

    fn index_path(&self) -> PathBuf {
        self.root.join("index.json")
    }
}

impl Incoming<'_> {
    /// Takes the next bytes of the component `digest`.
    pub(crate) fn write(&mut self, bytes: &[u8], digest: &Digest) -> Result<(), RegistryError> {
        self.size_bytes += bytes.len() as u64;
        if self.size_bytes > self.promised {
            return Err(self.length(digest, "longer"));
        }
        self.hasher.update(bytes);
        self.file.write_all(bytes).map_err(files::failed("write", self.file.path()))
    }

    /// Lets the component into the store if it is `digest`.
    pub(crate) fn finish(self, digest: &Digest) -> Result<(), RegistryError> {
        if self.size_bytes < self.promised {
            return Err(self.length(digest, "shorter"));
        }
        let found = self.hasher.finish();
        if found != *digest {
            return Err(RegistryError::Tampered { what: "the component".to_owned(), expected: digest.clone(), found });
        }
        files::keep(self.file, &self.store.path(digest))
    }

    fn length(&self, digest: &Digest, problem: &'static str) -> RegistryError {
        RegistryError::Length { what: format!("the component {digest}"), problem, promised: self.promised }
    }
}

impl Signature {
    /// Where the signature of a component's file is.
    pub fn path_beside(component: &Path) -> PathBuf {
        signature_path(component)
    }

    /// The signature beside a component's file; `None` where there is none.
    ///
    /// # Errors
    /// [`RegistryError::File`]; [`RegistryError::Signature`] where it cannot be read.
    pub fn beside(component: &Path) -> Result<Option<Self>, RegistryError> {
        read_signature(&signature_path(component))
    }

    /// Writes the signature beside a component's file, and says where.
    ///
    /// # Errors
    /// [`RegistryError::File`].
    pub fn write_beside(&self, component: &Path) -> Result<PathBuf, RegistryError> {
        let path = signature_path(component);
        files::write(&path, self.to_json().as_bytes())?;
        Ok(path)
    }
}

fn signature_path(component: &Path) -> PathBuf {
    component.with_added_extension("sig")
}

fn read_signature(path: &Path) -> Result<Option<Signature>, RegistryError> {
    let Some(bytes) = files::read(path, MAX_BYTES)? else { return Ok(None) };
    Signature::from_json(&bytes)
        .map(Some)
        .map_err(|error| RegistryError::signature(&path.display().to_string(), &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::PrivateKey;
    use crate::manifest::{Artifact, Interfaces};

    fn store() -> (tempfile::TempDir, Store) {
        let root = tempfile::tempdir().unwrap();
        let store = Store::new(root.path().join("plugins"), |_| {});
        (root, store)
    }

    fn files_in(store: &Store) -> usize {
        fs::read_dir(store.root.join("blobs")).unwrap().count()
    }

    #[test]
    fn components_are_kept_by_what_they_are() {
        let (_root, store) = store();
        let digest = store.put(b"component").unwrap();
        assert_eq!(fs::read(store.path(&digest)).unwrap(), b"component");
        assert_eq!(store.put(b"component").unwrap(), digest);
        assert_eq!(files_in(&store), 1);
        assert_eq!(store.signature(&digest).unwrap(), None);
        let key = PrivateKey::from_pem(&PrivateKey::generate().unwrap()).unwrap();
        let signature = Signature::new(&key, &digest);
        store.put_signature(&signature).unwrap();
        assert_eq!(store.signature(&digest).unwrap(), Some(signature));
        store.discard(&digest).unwrap();
        store.discard(&digest).unwrap();
        assert_eq!(files_in(&store), 0);
    }

    #[test]
    fn a_pin_is_proven_by_its_manifest() {
        let (_root, store) = store();
        let reference: Reference = "ghcr.io/a:1".parse().unwrap();
        let artifact = Artifact::of_component(b"component", &Interfaces::default());
        let promised = component_of(&artifact.manifest, 100).unwrap();
        let pin = Pin { manifest: promised.manifest.clone(), component: store.put(b"component").unwrap() };
        assert!(!store.proves(&pin, &reference).unwrap(), "nothing says that they belong together");
        store.put_promise(&promised).unwrap();
        assert!(store.proves(&pin, &reference).unwrap());
        // Another component, which is here, too, and whose manifest is said to be the same.
        let other = Pin { component: store.put(b"another").unwrap(), ..pin.clone() };
        assert!(!store.proves(&other, &reference).unwrap());
        let there = store.promise_path(&other.component, &other.manifest);
        files::create_folder(&files::folder(&there)).unwrap();
        fs::copy(store.promise_path(&pin.component, &pin.manifest), &there).unwrap();
        assert!(matches!(store.proves(&other, &reference), Err(RegistryError::Pinned { .. })));
        fs::write(&there, "{}").unwrap();
        assert!(!store.proves(&other, &reference).unwrap());
        store.discard_unneeded(&other.component).unwrap();
        assert!(!store.holds(&other.component) && !there.exists());
        fs::remove_file(store.path(&pin.component)).unwrap();
        assert!(!store.proves(&pin, &reference).unwrap(), "the component is gone");
    }

    #[test]
    fn nothing_wrong_or_unfinished_stays() {
        let (_root, store) = store();
        let digest = Digest::of(b"component");
        let mut long = store.receive(5).unwrap();
        assert!(matches!(long.write(b"component", &digest), Err(RegistryError::Length { problem: "longer", .. })));
        drop(long);
        let mut short = store.receive(9).unwrap();
        short.write(b"compo", &digest).unwrap();
        assert!(matches!(short.finish(&digest), Err(RegistryError::Length { problem: "shorter", .. })));
        let mut other = store.receive(9).unwrap();
        other.write(b"Component", &digest).unwrap();
        assert!(matches!(other.finish(&digest), Err(RegistryError::Tampered { .. })));
        assert!(!store.holds(&digest));
        assert_eq!(files_in(&store), 0);
    }

    #[test]
    fn a_damaged_signature_is_told() {
        let (_root, store) = store();
        let digest = store.put(b"component").unwrap();
        fs::write(signature_path(&store.path(&digest)), "{}").unwrap();
        assert!(matches!(store.signature(&digest), Err(RegistryError::Signature { .. })));
        fs::write(signature_path(&store.path(&digest)), "x".repeat(5000)).unwrap();
        assert!(matches!(store.signature(&digest), Err(RegistryError::Format { .. })));
    }
}
