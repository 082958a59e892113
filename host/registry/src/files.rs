//! Files that are whole or not there, and changes that wait for each other.

use crate::error::RegistryError;
use crate::said::Said;
use perfagent_core::unique::Unique;
use rustix::fs::OFlags;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The error that `action` failed on `path`.
pub(crate) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RegistryError {
    move |source| RegistryError::File { action, path: path.to_owned(), source }
}

/// Writes `bytes` to `path` so that it holds either its old content or all of the new one.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), RegistryError> {
    let mut file = beside(path)?;
    file.write_all(bytes).map_err(failed("write", path))?;
    keep(file, path)
}

/// A new file in the folder of `path`, private to the user; it goes away again unless it is kept.
pub(crate) fn beside(path: &Path) -> Result<tempfile::NamedTempFile, RegistryError> {
    tempfile::Builder::new().prefix(".incoming-").tempfile_in(folder(path)).map_err(failed("write", path))
}

/// Makes a complete file that of `path`, durably.
pub(crate) fn keep(file: tempfile::NamedTempFile, path: &Path) -> Result<(), RegistryError> {
    file.as_file().sync_data().map_err(failed("write", path))?;
    file.persist(path).map_err(|error| failed("write", path)(error.error))?;
    Ok(())
}

/// The folder that a file is in.
pub(crate) fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The bytes of a file; `None` where there is none.
pub(crate) fn read(path: &Path, limit_bytes: u64) -> Result<Option<Vec<u8>>, RegistryError> {
    let wrong = |problem: &str| {
        let problem = Said::new(problem);
        RegistryError::Format { path: path.to_owned(), kind: "file of perfagent's", problem }
    };
    // What is a pipe would otherwise be waited for, for ever.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed("read", path))?,
    };
    if !file.metadata().map_err(failed("read", path))?.is_file() {
        return Err(wrong("it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(limit_bytes + 1).read_to_end(&mut bytes).map_err(failed("read", path))?;
    if bytes.len() as u64 > limit_bytes {
        return Err(wrong(&format!("it has more than {limit_bytes} bytes")));
    }
    Ok(Some(bytes))
}

/// Told which folder is waited for, because another process is changing what is in it.
pub type Waiting = fn(&Path);

/// The longest time that another process is waited for. A change takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long another process is waited for before that is told.
const SILENCE: Duration = Duration::from_millis(100);

/// Keeps other processes from changing files in `folder` until it is dropped. The folder itself is what is
/// locked: the files in it are replaced, not rewritten.
pub(crate) fn lock(folder: &Path, waiting: Waiting) -> Result<File, RegistryError> {
    lock_within(folder, waiting, PATIENCE)
}

fn lock_within(folder: &Path, waiting: Waiting, limit: Duration) -> Result<File, RegistryError> {
    let file = File::open(folder).map_err(failed("lock", folder))?;
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed("lock", folder)(error)),
            Err(TryLockError::WouldBlock) => {}
        }
        let waited = started.elapsed();
        if !told && waited >= SILENCE {
            waiting(folder);
            told = true;
        }
        if waited >= limit {
            return Err(RegistryError::Busy { path: folder.to_owned(), limit });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(SILENCE);
    }
}

/// Makes a folder and those above it.
pub(crate) fn create_folder(path: &Path) -> Result<(), RegistryError> {
    fs::create_dir_all(path).map_err(failed("create", path))
}

/// The format's number in the JSON document `bytes`, or why there is none.
pub(crate) fn format(bytes: &[u8]) -> Result<u64, String> {
    #[derive(Deserialize)]
    struct Format {
        version: u64,
    }
    serde_json::from_slice::<Format>(bytes).map(|format| format.version).map_err(|error| error.to_string())
}

/// The JSON document `bytes`, in which every key is there once, or why there is none. Two readers of the same file
/// could otherwise take different ones.
pub(crate) fn document<D: DeserializeOwned>(bytes: &[u8]) -> Result<D, String> {
    let read = serde_json::from_slice(bytes).and_then(|Unique(value)| D::deserialize(value));
    read.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_held_is_told_and_given_up() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static TOLD: AtomicUsize = AtomicUsize::new(0);
        let waiting = |_: &Path| {
            TOLD.fetch_add(1, Ordering::SeqCst);
        };
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path(), waiting).unwrap();
        let refused = lock_within(folder.path(), waiting, Duration::from_millis(300)).unwrap_err();
        assert!(matches!(&refused, RegistryError::Busy { path, .. } if path == folder.path()), "{refused}");
        assert_eq!(TOLD.load(Ordering::SeqCst), 1);
        drop(held);
        drop(lock(folder.path(), waiting).unwrap());
        assert_eq!(TOLD.load(Ordering::SeqCst), 1, "nothing is said where nobody is waited for");
    }

    #[test]
    fn only_regular_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
        for path in [pipe.as_path(), folder.path(), Path::new("/dev/zero")] {
            let error = read(path, 10).unwrap_err();
            assert!(error.to_string().contains("it is no regular file"), "{error}");
        }
        assert_eq!(read(&folder.path().join("absent"), 10).unwrap(), None);
    }
}
