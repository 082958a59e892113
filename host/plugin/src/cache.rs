//! Compiled components on disk.
//!
//! Compiled code is native code, so an entry is only believed with a code that this user's secret
//! key made over it, and only out of a directory that nobody else can write.

#![expect(unsafe_code, reason = "mapping compiled code is only as safe as the file that it comes from")]

mod seal;

use perfagent_core::digest::Digest;
use seal::{KEY_BYTES, Seal};
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
}

impl Cache {
    /// Opens the cache in `directory`, making it where it is missing.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        private(directory)?;
        let key = read_key(directory).or_else(|_| make_key(directory))?;
        Ok(Self { directory: directory.to_owned(), seal: Seal::new(key) })
    }

    /// What is kept for a component and an engine.
    pub(crate) fn get(&self, engine: &Engine, digest: &Digest) -> Option<Component> {
        let path = self.entry(engine, digest);
        let mut file = File::open(&path).ok()?;
        if !self.believes(&path, &mut file) {
            return None;
        }
        // The same open file that was checked, whatever has become of its name since.
        let checked = format!("/proc/self/fd/{}", file.as_raw_fd());
        // SAFETY: the code over the content shows that this user's `put` wrote the file, and nobody
        // else can change it: neither directory nor file is writable by others.
        unsafe { Component::deserialize_file(engine, checked) }.ok()
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
            let Ok(mut file) = File::open(&path) else { continue };
            survey.size_bytes += file.metadata()?.len();
            survey.unauthentic += usize::from(!self.believes(&path, &mut file));
        }
        Ok(survey)
    }

    /// Keeps what a component was compiled into.
    pub(crate) fn put(&self, engine: &Engine, digest: &Digest, code: &[u8]) -> io::Result<()> {
        let path = self.entry(engine, digest);
        let tag = self.seal.tag(name(&path), code)?;
        write(&path, code)?;
        write(&path.with_extension("tag"), &tag)
    }

    /// Whether the entry at `path` has the content that its code was made over.
    fn believes(&self, path: &Path, content: &mut File) -> bool {
        let Ok(tag) = fs::read(path.with_extension("tag")) else { return false };
        self.seal.fits(name(path), content, &tag).unwrap_or(false)
    }

    fn entry(&self, engine: &Engine, digest: &Digest) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        self.directory.join(format!("{}-{:016x}.cwasm", digest.hex(), hasher.finish()))
    }
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
