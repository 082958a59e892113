//! Recorded calls: JSON, one call a line, after a first line with the format.

mod matching;

pub use matching::{Mismatch, Nearest};

use matching::Unused;
use perfagent_core::bounded;
use perfagent_core::chat::{ChatReply, ChatRequest};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

const FORMAT: u64 = 1;

/// No cassette is larger, and no cassette's first line longer.
const MAX_BYTES: u64 = 4 << 30;
const MAX_HEADER_BYTES: u64 = 1 << 12;

/// Calls left over that are listed by number.
const MAX_LISTED: usize = 20;

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

/// All that `file` holds. What is no cassette by its first line is not read to its end, which it may not have.
fn read(file: &File) -> Result<Vec<u8>, CassetteError> {
    let mut file = BufReader::new(file);
    let mut bytes = Vec::new();
    file.by_ref().take(MAX_HEADER_BYTES).read_until(b'\n', &mut bytes)?;
    if !bytes.is_empty() {
        check_header(&bytes)?;
    }
    bytes.append(&mut bounded::read(file, MAX_BYTES)?);
    Ok(bytes)
}

fn check_header(line: &[u8]) -> Result<(), CassetteError> {
    let header: Header = serde_json::from_slice(line).map_err(CassetteError::NotACassette)?;
    if header.format > FORMAT {
        return Err(CassetteError::Newer { found: header.format, known: FORMAT });
    }
    Ok(())
}

/// Reads all calls of a cassette. A last line without its end was cut off by a crash and is left out.
///
/// Bytes, for such a cut may go through a character.
fn parse(bytes: &[u8]) -> Result<Vec<Call>, CassetteError> {
    let mut lines = bytes.split_inclusive(|&byte| byte == b'\n').enumerate();
    let first = lines.next().map(|(_, line)| line).unwrap_or_default();
    check_header(first)?;
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

/// Calls of a cassette that a replay did not use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The cassette.
    pub cassette: PathBuf,
    /// How many calls it holds.
    pub recorded: usize,
    /// Their numbers in the cassette, from 1, in order.
    pub numbers: Vec<usize>,
}

impl std::fmt::Display for Leftover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cassette, recorded, numbers } = self;
        let (cassette, count) = (cassette.display(), numbers.len());
        let listed: Vec<String> = numbers.iter().take(MAX_LISTED).map(usize::to_string).collect();
        let more = if count > MAX_LISTED { ", …" } else { "" };
        let listed = listed.join(", ");
        write!(f, "{count} of the {recorded} calls in the cassette {cassette} were not replayed: {listed}{more}")
    }
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
        let mut bytes = read(&file)?;
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

/// A cassette being replayed. Each call is used once; those that an earlier process used must be
/// [skipped](Self::skip).
#[derive(Debug)]
pub(crate) struct Player {
    path: PathBuf,
    calls: Vec<Call>,
    unused: Mutex<Unused>,
}

impl Player {
    /// Reads a cassette.
    pub(crate) fn open(path: &Path) -> Result<Self, CassetteError> {
        let calls = parse(&read(&File::open(path)?)?)?;
        let unused = Mutex::new(Unused::all(&calls));
        Ok(Self { path: path.to_owned(), calls, unused })
    }

    /// The reply that was recorded for `request`: for the same one, else for one that differs in
    /// numbers only, for measured times differ from run to run.
    pub(crate) fn reply(&self, request: &ChatRequest) -> Result<ChatReply, Box<Mismatch>> {
        match self.skip(request) {
            Some(index) => Ok(self.calls[index].reply.clone()),
            None => Err(Box::new(matching::mismatch(&self.path, &self.calls, request))),
        }
    }

    /// Uses the call for `request` without its reply, and gives its place.
    pub(crate) fn skip(&self, request: &ChatRequest) -> Option<usize> {
        self.unused().take(request)
    }

    /// The calls that were not used.
    pub(crate) fn leftover(&self) -> Option<Leftover> {
        let numbers: Vec<usize> = self.unused().left().map(|index| index + 1).collect();
        let (cassette, recorded) = (self.path.clone(), self.calls.len());
        (!numbers.is_empty()).then_some(Leftover { cassette, recorded, numbers })
    }

    fn unused(&self) -> MutexGuard<'_, Unused> {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
