//! Files that are whole or not there, and changes that wait for each other.

use crate::error::RegistryError;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

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
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed("read", path))?,
    };
    let mut bytes = Vec::new();
    file.take(limit_bytes + 1).read_to_end(&mut bytes).map_err(failed("read", path))?;
    if bytes.len() as u64 > limit_bytes {
        let problem = format!("it has more than {limit_bytes} bytes");
        return Err(RegistryError::Format { path: path.to_owned(), kind: "file of perfagent's", problem });
    }
    Ok(Some(bytes))
}

/// Keeps other processes from changing files in `folder` until it is dropped. The folder itself is what is
/// locked: the files in it are replaced, not rewritten.
pub(crate) fn lock(folder: &Path) -> Result<File, RegistryError> {
    let held = File::open(folder).and_then(|file| file.lock().map(|()| file));
    held.map_err(failed("lock", folder))
}

/// Makes a folder and those above it.
pub(crate) fn create_folder(path: &Path) -> Result<(), RegistryError> {
    fs::create_dir_all(path).map_err(failed("create", path))
}

/// The format's number in the JSON document `bytes`, or why there is none.
pub(crate) fn format(bytes: &[u8]) -> Result<u64, String> {
    #[derive(serde::Deserialize)]
    struct Format {
        version: u64,
    }
    serde_json::from_slice::<Format>(bytes).map(|format| format.version).map_err(|error| error.to_string())
}
