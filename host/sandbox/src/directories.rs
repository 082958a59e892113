//! The sandbox's files: a directory for each sandbox, below it one for each program and each
//! launcher.

use crate::SandboxError;
use perfagent_core::execution::{Failure, FailureKind, SourceFile};
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Begins the names of sandboxes' directories.
const PREFIX: &str = "sandbox-";

/// The directory of one sandbox, removed with it.
#[derive(Debug)]
pub(crate) struct Directories {
    scratch: PathBuf,
    root: PathBuf,
    next: AtomicU64,
    /// Tells other sandboxes that this one lives. The kernel gives the lock up with the process,
    /// whose number says nothing: in containers every start has the same one.
    _lock: File,
}

impl Directories {
    /// Makes a directory below `scratch`, after removing those of processes that are gone.
    pub(crate) fn make(scratch: &Path) -> Result<Self, SandboxError> {
        Self::try_make(scratch).map_err(|source| SandboxError::Scratch { path: scratch.to_owned(), source })
    }

    fn try_make(scratch: &Path) -> io::Result<Self> {
        private_directory(scratch)?;
        // A directory without its lock yet must not look like one that nobody needs.
        let turn = File::open(scratch)?;
        turn.lock()?;
        remove_stale(scratch);
        let root = scratch.join(format!("{PREFIX}{:016x}", fastrand::u64(..)));
        // Programs that run without namespaces, as another user, must get through.
        DirBuilder::new().mode(0o711).create(&root)?;
        let lock = File::open(&root)?;
        lock.lock()?;
        let directories = Self { scratch: scratch.to_owned(), root, next: AtomicU64::new(0), _lock: lock };
        for path in [directories.programs(), directories.places()] {
            DirBuilder::new().mode(0o711).create(&path)?;
        }
        Ok(directories)
    }

    /// Holds a directory for each compiled program.
    pub(crate) fn programs(&self) -> PathBuf {
        self.root.join("programs")
    }

    fn places(&self) -> PathBuf {
        self.root.join("places")
    }

    /// Takes `core` for measuring, or says that somebody else has it. Every sandbox over the same
    /// scratch directory asks here; the kernel gives the core back when the file closes.
    pub(crate) fn try_core(&self, core: u32) -> io::Result<Option<File>> {
        let path = self.scratch.join(format!("core-{core}"));
        let file = File::options().create(true).append(true).mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// An empty directory for a launcher.
    pub(crate) fn new_place(&self) -> io::Result<PathBuf> {
        let path = self.places().join(self.number().to_string());
        DirBuilder::new().mode(0o711).create(&path)?;
        Ok(path)
    }

    /// An empty directory for a program, and its name.
    pub(crate) fn new_program(&self) -> io::Result<(String, PathBuf)> {
        let name = self.number().to_string();
        let path = self.programs().join(&name);
        DirBuilder::new().mode(0o755).create(&path)?;
        Ok((name, path))
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

impl Drop for Directories {
    fn drop(&mut self) {
        // What cannot be removed now is removed as stale later.
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Makes `path` a directory that only its owner can look into, or checks that it is one.
fn private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o711).create(path)?;
    let metadata = fs::symlink_metadata(path)?;
    let own = rustix::process::geteuid().as_raw();
    if !metadata.is_dir() || std::os::unix::fs::MetadataExt::uid(&metadata) != own {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o711))
}

/// Removes what processes left that were killed.
fn remove_stale(scratch: &Path) {
    for entry in fs::read_dir(scratch).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let nobodys = File::open(entry.path()).is_ok_and(|directory| directory.try_lock().is_ok());
        if nobodys {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Writes a program's sources into its directory.
pub(crate) fn write_sources(
    directory: &Path,
    file_name: &str,
    source: &str,
    files: &[SourceFile],
) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        Failure::new(FailureKind::Internal, format!("the program's files cannot be written: {error}"))
    };
    for file in files {
        let path = Path::new(&file.path);
        let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        if file.path.is_empty() || !plain || file.path.ends_with('/') || file.path.contains('\0') {
            let message = format!("the file name {:?} is not a relative path of plain parts", file.path);
            return Err(Failure::new(FailureKind::Refused, message));
        }
        let target = directory.join(path);
        if let Some(parent) = target.parent() {
            DirBuilder::new().recursive(true).mode(0o755).create(parent).map_err(failed)?;
        }
        fs::write(&target, &file.content).map_err(failed)?;
    }
    fs::write(directory.join(file_name), source).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_dead_left_is_removed_and_what_the_living_use_is_not() {
        let scratch = tempfile::tempdir().unwrap();
        let left = scratch.path().join("sandbox-0123456789abcdef/programs/1");
        fs::create_dir_all(&left).unwrap();
        let others = scratch.path().join("notes");
        fs::create_dir(&others).unwrap();
        let first = Directories::make(scratch.path()).unwrap();
        let second = Directories::make(scratch.path()).unwrap();
        assert!(!left.exists() && others.exists());
        assert!(first.programs().exists() && second.programs().exists());
        let root = first.root.clone();
        drop(first);
        assert!(!root.exists() && second.programs().exists());
    }

    #[test]
    fn a_core_is_one_sandboxs_at_a_time() {
        let scratch = tempfile::tempdir().unwrap();
        let first = Directories::make(scratch.path()).unwrap();
        let second = Directories::make(scratch.path()).unwrap();
        let taken = first.try_core(1).unwrap();
        assert!(taken.is_some() && second.try_core(1).unwrap().is_none());
        assert!(second.try_core(2).unwrap().is_some());
        drop(taken);
        assert!(second.try_core(1).unwrap().is_some());
    }
}
