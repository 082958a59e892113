//! Compiled components on disk.
//!
//! Compiled code is native code, so an entry is only believed with a code that this user's secret
//! key made over it, and only out of a directory that nobody else can write.

#![expect(unsafe_code, reason = "mapping compiled code is only as safe as the file that it comes from")]

mod room;
mod seal;

use memmap2::Mmap;
use perfagent_core::digest::Digest;
use seal::{KEY_BYTES, Seal, TAG_BYTES};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// What is kept of compiled components. The directory is private: another one is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheSurvey {
    /// Where.
    pub directory: PathBuf,
    /// Compiled components.
    pub entries: usize,
    /// Those of them that are not believed and will be compiled again.
    pub unauthentic: usize,
    /// Bytes of all.
    pub size_bytes: u64,
}

/// A directory with compiled components.
pub(crate) struct Cache {
    directory: PathBuf,
    seal: Seal,
    /// Makes the names of entries, with a key that all know: with another secret key they are replaced.
    names: Seal,
}

impl Cache {
    /// Opens the cache in `directory`, making it where it is missing.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        private(directory)?;
        let key = read_key(directory).or_else(|_| make_key(directory))?;
        Ok(Self { directory: directory.to_owned(), seal: Seal::new(key), names: Seal::new([0; KEY_BYTES]) })
    }

    /// Where what a component compiles to is kept, for this engine.
    pub(crate) fn place(&self, engine: &Engine, component: &[u8]) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        // Not by the digest, for which an interpreter's component takes three times as long.
        let component = blake3::Hash::from_bytes(self.names.tag(b"component", component));
        self.directory.join(format!("{}-{:016x}.cwasm", component.to_hex(), hasher.finish()))
    }

    /// What is kept at `place`, and the digest of the component that it was made of.
    pub(crate) fn get(&self, engine: &Engine, place: &Path) -> Option<(Component, Digest)> {
        let file = File::open(place).ok()?;
        // SAFETY: nobody else can write the file, and this program replaces entries but never changes them.
        let code = unsafe { Mmap::map(&file) }.ok()?;
        let digest = self.read_label(place, &code)?;
        // The same open file that was checked, whatever has become of its name since.
        let checked = format!("/proc/self/fd/{}", file.as_raw_fd());
        // SAFETY: the code over the content shows that this user's `put` wrote the file, and nobody
        // else can change it: neither directory nor file is writable by others.
        let component = unsafe { Component::deserialize_file(engine, checked) }.ok()?;
        room::touch(&file);
        Some((component, digest))
    }

    /// The digest that the label of the entry at `place` states, where it was made for this content.
    fn read_label(&self, place: &Path, content: &[u8]) -> Option<Digest> {
        let label = fs::read(label(place)).ok()?;
        let (tag, digest) = label.split_at_checked(TAG_BYTES)?;
        let name = [name(place), digest].concat();
        if !self.seal.fits(&name, content, tag) {
            return None;
        }
        Digest::parse(str::from_utf8(digest).ok()?)
    }

    /// What is in the directory.
    pub(crate) fn survey(&self) -> io::Result<CacheSurvey> {
        let mut survey = CacheSurvey { directory: self.directory.clone(), entries: 0, unauthentic: 0, size_bytes: 0 };
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "cwasm") {
                continue;
            }
            survey.entries += 1;
            // Another process may put or take entries away meanwhile.
            let Ok(code) = fs::read(&path) else { continue };
            survey.size_bytes += code.len() as u64;
            survey.unauthentic += usize::from(self.read_label(&path, &code).is_none());
        }
        Ok(survey)
    }

    /// Keeps at `place` what the component with this digest was compiled into, and removes what has not been used
    /// for long where too much is kept.
    pub(crate) fn put(&self, place: &Path, digest: &Digest, code: &[u8]) -> io::Result<()> {
        let digest = digest.to_string().into_bytes();
        let tag = self.seal.tag(&[name(place), &digest].concat(), code);
        write(place, code)?;
        write(&label(place), &[tag.as_slice(), &digest].concat())?;
        room::make_room(&self.directory, room::KEPT_BYTES)
    }
}

/// The file that says what the entry at `place` was made of, and that this program made it.
fn label(place: &Path) -> PathBuf {
    place.with_extension("label")
}

/// What an entry is called: the seal is over it too, so that one entry cannot stand for another.
fn name(path: &Path) -> &[u8] {
    path.file_name().unwrap_or_default().as_encoded_bytes()
}

/// Makes what this process's own compiler handed over ready to start.
pub(crate) fn fresh(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes are those that the compiler, a child of this process, finished and sealed.
    unsafe { Component::deserialize(engine, code) }
}

/// Refuses what others can write.
fn private(path: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    let own = fs::metadata("/proc/self")?.uid();
    if metadata.uid() != own || metadata.permissions().mode() & 0o077 != 0 {
        let message = format!("{} is open to other users: its mode must be 700, its owner you", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    Ok(())
}

fn key_path(directory: &Path) -> PathBuf {
    directory.join("key")
}

fn read_key(directory: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let path = key_path(directory);
    private(&path)?;
    let mut key = [0; KEY_BYTES];
    File::open(path)?.read_exact(&mut key)?;
    Ok(key)
}

fn make_key(directory: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    File::open("/dev/urandom")?.read_exact(&mut key)?;
    write(&key_path(directory), &key)?;
    // Two processes may make one at the same time; the file's content is what counts.
    read_key(directory)
}

/// Writes beside and renames. Several threads may write the same entry at the same time.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let writer = format!("{}-{:?}", std::process::id(), std::thread::current().id());
    let beside = path.with_added_extension(format!("{writer}.tmp"));
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Best effort: half a file is of no use.
        let _ = fs::remove_file(&beside);
    }
    written
}
