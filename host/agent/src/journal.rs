//! The journal: one [`Record`] a line, each durable before the run goes on.

use perfagent_core::event::{Record, RunEvent};
use perfagent_core::spec::FORMAT;
use serde::Deserialize;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be read or written.
    #[error("cannot {action} {path}", path = .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The journal.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Another process writes it.
    #[error("{path} is in use by another perfagent: wait for it, or choose another output directory", path = .path.display())]
    InUse {
        /// The journal.
        path: PathBuf,
    },
    /// A line before the last is not a record.
    #[error("{path}, line {line}, is damaged; start over with --fresh, which keeps the old files aside", path = .path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with the line.
        source: serde_json::Error,
    },
    /// The journal does not begin with a start.
    #[error("{path} does not begin with a run's start: start over with --fresh", path = .path.display())]
    NoStart {
        /// The journal.
        path: PathBuf,
    },
    /// A newer program wrote it.
    #[error("{path} was written in format {found}, this program reads up to {FORMAT}: use the newer perfagent", path = .path.display())]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
}

/// An open journal, locked against other processes.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Journal {
    /// Opens or creates the journal at `path` and reads its records. A last line that was torn by a
    /// crash is cut off.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn open(path: &Path) -> Result<(Self, Vec<Record>), JournalError> {
        let io = |action| move |source| JournalError::Io { action, path: path.to_owned(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(io("open the journal"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(JournalError::InUse { path: path.to_owned() }),
            Err(std::fs::TryLockError::Error(source)) => return Err(io("lock the journal")(source)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io("read the journal"))?;
        let (records, length) = parse(path, &bytes)?;
        file.set_len(length).map_err(io("cut the torn last line of the journal"))?;
        file.seek(SeekFrom::Start(length)).map_err(io("read the journal"))?;
        Ok((Self { path: path.to_owned(), file, length }, records))
    }

    /// Appends `record` and makes it durable.
    ///
    /// # Errors
    /// [`JournalError::Io`]; the journal then still ends with the record before.
    pub fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let mut line = serde_json::to_vec(record).expect("records have string keys and serialisable values");
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // Best effort: a torn line is cut at the next start as well.
            let _ = self.file.set_len(self.length);
            let _ = self.file.seek(SeekFrom::Start(self.length));
            return Err(JournalError::Io { action: "write the journal", path: self.path.clone(), source });
        }
        self.length += u64::try_from(line.len()).expect("a line's length fits");
        Ok(())
    }
}

/// The records in `bytes`, and how many bytes they take.
fn parse(path: &Path, bytes: &[u8]) -> Result<(Vec<Record>, u64), JournalError> {
    let mut records = Vec::new();
    let mut length = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let last = length + line.len() == bytes.len();
        if last && !line.ends_with(b"\n") {
            break;
        }
        if index == 0 {
            check_format(path, line)?;
        }
        match serde_json::from_slice::<Record>(line) {
            Ok(record) => records.push(record),
            // A crash of the machine can leave the last block unwritten, line end included.
            Err(_) if last => break,
            Err(source) => return Err(JournalError::Damaged { path: path.to_owned(), line: index + 1, source }),
        }
        length += line.len();
    }
    if records.first().is_some_and(|first| !matches!(first.event, RunEvent::Started(_))) {
        return Err(JournalError::NoStart { path: path.to_owned() });
    }
    Ok((records, u64::try_from(length).expect("a file's length fits")))
}

/// Refuses a newer journal before its records are read: they may have any shape.
fn check_format(path: &Path, line: &[u8]) -> Result<(), JournalError> {
    #[derive(Deserialize)]
    struct Head {
        spec: Format,
    }
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    match serde_json::from_slice::<Head>(line) {
        Ok(Head { spec: Format { format } }) if format > FORMAT => {
            Err(JournalError::Newer { path: path.to_owned(), found: format })
        }
        _ => Ok(()),
    }
}
