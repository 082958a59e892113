//! A file of JSON lines that outlives crashes: locked, each line durable once it is appended, and a last
//! line that was torn cut off.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use tokio::runtime::{Handle, RuntimeFlavor};

/// An open file of lines.
#[derive(Debug)]
pub(crate) struct LineFile {
    file: File,
    length: u64,
}

/// Why such a file cannot be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// Something failed; the action is a verb whose object is the file.
    Io(&'static str, io::Error),
    /// Another process writes it.
    InUse,
}

/// A line before the last is not what it should be.
#[derive(Debug)]
pub(crate) struct Damaged {
    /// From 1.
    pub(crate) line: usize,
    /// What is wrong with it.
    pub(crate) source: serde_json::Error,
}

impl LineFile {
    /// Opens or creates the file at `path`, and reads what it holds. Before anything is appended, what
    /// is torn must be [cut off](Self::cut).
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<u8>), OpenError> {
        let io = |action| move |error| OpenError::Io(action, error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(io("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse),
            Err(TryLockError::Error(error)) => return Err(io("lock")(error)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io("read"))?;
        Ok((Self { file, length: 0 }, bytes))
    }

    /// Keeps the first `length` bytes.
    pub(crate) fn cut(&mut self, length: u64) -> io::Result<()> {
        self.length = length;
        self.file.set_len(length)?;
        self.file.seek(SeekFrom::Start(length)).map(drop)
    }

    /// Appends a line and makes it durable. After an error the file still ends with the line before.
    pub(crate) fn append(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(value).expect("lines have string keys and serialisable values");
        line.push(b'\n');
        let written = wait_for_disk(|| self.file.write_all(&line).and_then(|()| self.file.sync_data()));
        if written.is_err() {
            // Best effort: a torn line is cut at the next start as well.
            let _ = self.cut(self.length);
            return written;
        }
        self.length += u64::try_from(line.len()).expect("a line's length fits");
        Ok(())
    }
}

/// Does `work`, which waits for the disk. Other runs of the same process go on meanwhile, so that what
/// they write reaches the disk together with this.
pub(crate) fn wait_for_disk<T>(work: impl FnOnce() -> T) -> T {
    let is_shared = Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if is_shared { tokio::task::block_in_place(work) } else { work() }
}

/// The lines in `bytes`, and how many bytes they take.
pub(crate) fn whole_lines<T: DeserializeOwned>(bytes: &[u8]) -> Result<(Vec<T>, u64), Damaged> {
    let mut lines = Vec::new();
    let mut length = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let last = length + line.len() == bytes.len();
        if last && !line.ends_with(b"\n") {
            break;
        }
        match serde_json::from_slice(line) {
            Ok(parsed) => lines.push(parsed),
            // A crash of the machine can leave the last block unwritten, line end included. A whole record that
            // means nothing here is another thing: a newer program's, which must not be lost.
            Err(error) if last && !error.is_data() => break,
            Err(source) => return Err(Damaged { line: index + 1, source }),
        }
        length += line.len();
    }
    Ok((lines, u64::try_from(length).expect("a file's length fits")))
}
