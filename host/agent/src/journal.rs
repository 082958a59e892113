//! The journal: one [`Record`] a line, each durable before the run goes on.

use crate::lines::{Damaged, LineFile, OpenError, whole_lines};
use perfagent_core::event::{Record, RunEvent};
use perfagent_core::spec::FORMAT;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be read or written.
    #[error("cannot {action} the journal {path}", path = .path.display())]
    Io {
        /// What was tried: a verb.
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
    #[error("{path}, line {line}, is damaged", path = .path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with the line.
        source: serde_json::Error,
    },
    /// The journal does not begin with a start.
    #[error("{path} does not begin with a run's start", path = .path.display())]
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
    lines: LineFile,
}

impl Journal {
    /// Opens or creates the journal at `path` and reads its records. A last line that was torn by a
    /// crash is cut off.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn open(path: &Path) -> Result<(Self, Vec<Record>), JournalError> {
        let io = |action| move |source| JournalError::Io { action, path: path.to_owned(), source };
        let (mut lines, bytes) = LineFile::open(path).map_err(|error| match error {
            OpenError::InUse => JournalError::InUse { path: path.to_owned() },
            OpenError::Io(action, source) => io(action)(source),
        })?;
        let (records, length) = parse(path, &bytes)?;
        lines.cut(length).map_err(io("cut the torn last line of"))?;
        Ok((Self { path: path.to_owned(), lines }, records))
    }

    /// Appends `record` and makes it durable.
    ///
    /// # Errors
    /// [`JournalError::Io`]; the journal then still ends with the record before.
    pub fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let failed = |source| JournalError::Io { action: "write", path: self.path.clone(), source };
        self.lines.append(record).map_err(failed)
    }
}

/// The records of the journal at `path`, which may be written meanwhile; none where there is no journal.
///
/// # Errors
/// See [`JournalError`].
pub fn read(path: &Path) -> Result<Vec<Record>, JournalError> {
    match std::fs::read(path) {
        Ok(bytes) => parse(path, &bytes).map(|(records, _)| records),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(JournalError::Io { action: "read", path: path.to_owned(), source }),
    }
}

/// The records in `bytes`, and how many bytes they take.
fn parse(path: &Path, bytes: &[u8]) -> Result<(Vec<Record>, u64), JournalError> {
    if let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
        check_format(path, &bytes[..end])?;
    }
    let damaged = |Damaged { line, source }| JournalError::Damaged { path: path.to_owned(), line, source };
    let (records, length) = whole_lines::<Record>(bytes).map_err(damaged)?;
    if records.first().is_some_and(|first| !matches!(first.event, RunEvent::Started(_))) {
        return Err(JournalError::NoStart { path: path.to_owned() });
    }
    Ok((records, length))
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
