//! Recorded calls: JSON, one call a line, after a first line with the format.

mod matching;

pub use matching::{Mismatch, Nearest};

use perfagent_core::chat::{ChatReply, ChatRequest};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

const FORMAT: u64 = 1;

/// What is wrong with a cassette.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// The file cannot be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A line is not what it should be.
    #[error("line {line} is not a recorded call")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// The first line is not that of a cassette.
    #[error("the first line is not a cassette's ({{\"format\":1}})")]
    NotACassette(#[source] serde_json::Error),
    /// A later program wrote it.
    #[error("format {found} is newer than {known}, the newest this program knows")]
    Newer {
        /// The file's format.
        found: u64,
        /// The program's.
        known: u64,
    },
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u64,
}

/// One recorded call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) request: ChatRequest,
    pub(crate) reply: ChatReply,
}

/// Reads all calls of a cassette. A last line without its end was cut off by a crash and is left out.
///
/// Bytes, for such a cut may go through a character.
fn parse(bytes: &[u8]) -> Result<Vec<Call>, CassetteError> {
    let mut lines = bytes.split_inclusive(|&byte| byte == b'\n').enumerate();
    let first = lines.next().map(|(_, line)| line).unwrap_or_default();
    let header: Header = serde_json::from_slice(first).map_err(CassetteError::NotACassette)?;
    if header.format > FORMAT {
        return Err(CassetteError::Newer { found: header.format, known: FORMAT });
    }
    let mut calls = Vec::new();
    for (index, line) in lines.filter(|(_, line)| !line.trim_ascii().is_empty()) {
        match serde_json::from_slice(line) {
            Ok(call) => calls.push(call),
            Err(_) if !line.ends_with(b"\n") => break,
            Err(source) => return Err(CassetteError::Line { line: index + 1, source }),
        }
    }
    Ok(calls)
}

/// A cassette being recorded.
#[derive(Debug)]
pub(crate) struct Recorder {
    file: Mutex<File>,
}

impl Recorder {
    /// Opens a cassette to append to, making it where it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, CassetteError> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        if !bytes.is_empty() {
            parse(&bytes)?;
            // What a crash left of a line must not become part of the next.
            bytes.truncate(bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1));
            file.set_len(bytes.len() as u64)?;
        }
        if bytes.is_empty() {
            append(&mut file, &Header { format: FORMAT })?;
        }
        Ok(Self { file: Mutex::new(file) })
    }

    /// Makes a call durable.
    pub(crate) fn record(&self, call: &Call) -> Result<(), CassetteError> {
        append(&mut self.file.lock().unwrap_or_else(PoisonError::into_inner), call)
    }
}

fn append(file: &mut File, line: &impl Serialize) -> Result<(), CassetteError> {
    let mut text = serde_json::to_string(line).expect("calls have string keys");
    text.push('\n');
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    Ok(())
}

/// A cassette being replayed. Which calls were used is known to this process only: a run that goes
/// on from its journal asks for later calls, whose messages differ from those before.
#[derive(Debug)]
pub(crate) struct Player {
    path: std::path::PathBuf,
    calls: Vec<Call>,
    used: Mutex<Vec<bool>>,
}

impl Player {
    /// Reads a cassette.
    pub(crate) fn open(path: &Path) -> Result<Self, CassetteError> {
        let calls = parse(&std::fs::read(path)?)?;
        let used = Mutex::new(vec![false; calls.len()]);
        Ok(Self { path: path.to_owned(), calls, used })
    }

    /// The reply that was recorded for `request`: for the same one, else for one that differs in
    /// numbers only, for measured times differ from run to run. Calls that were not used yet go first.
    pub(crate) fn reply(&self, request: &ChatRequest) -> Result<ChatReply, Box<Mismatch>> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let found = matching::find(&self.calls, &used, request);
        match found {
            Some(index) => {
                used[index] = true;
                Ok(self.calls[index].reply.clone())
            }
            None => Err(Box::new(matching::mismatch(&self.path, &self.calls, request))),
        }
    }
}
