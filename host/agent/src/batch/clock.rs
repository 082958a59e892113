//! How long a batch took in all its calls, kept in a file: runs go on side by side, so their journals do not tell.

use crate::files::{self, FileError};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// In the batch's directory.
const FILE: &str = "elapsed.json";

#[derive(Serialize, Deserialize)]
struct Elapsed {
    wall_ms: u64,
}

/// How long earlier calls took whose outputs are in `directory`.
///
/// # Errors
/// There is a file that tells it, but it cannot be read; without the file it is counted anew.
pub fn elapsed_before(directory: &Path) -> Result<Duration, FileError> {
    let path = directory.join(FILE);
    let read = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Duration::ZERO),
        read => read.and_then(|bytes| Ok(serde_json::from_slice(&bytes)?)),
    };
    let Elapsed { wall_ms } = read.map_err(|source| FileError { action: "read", path, source })?;
    Ok(Duration::from_millis(wall_ms))
}

/// Keeps that all calls together have taken `elapsed`.
///
/// # Errors
/// The file cannot be written.
pub fn keep_elapsed(directory: &Path, elapsed: Duration) -> Result<(), FileError> {
    let elapsed = Elapsed { wall_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX) };
    let text = serde_json::to_vec(&elapsed).expect("a structure has string keys");
    files::write(&directory.join(FILE), &text)
}
