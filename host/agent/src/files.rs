//! Where a run's files lie, and how they are written: beside and renamed, so that a reader never
//! sees half a file.

use crate::lines::wait_for_disk;
use crate::{RunError, chain};
use perfagent_core::bounded;
use perfagent_core::digest::Digest;
use perfagent_core::metric::from_lenient_json;
use perfagent_core::result::AgentResult;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// A file or directory that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}", path = .path.display())]
pub struct FileError {
    /// What was tried.
    pub action: &'static str,
    /// The file or directory.
    pub path: PathBuf,
    /// Why it failed.
    pub source: std::io::Error,
}

/// What a user names as an instance or a program is not larger: no plugin could take it.
pub const MAX_INPUT_BYTES: u64 = 512 << 20;

/// The bytes of a file that the user named.
///
/// # Errors
/// It cannot be read, or has more than [`MAX_INPUT_BYTES`], as a device may.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    bounded::read(File::open(path)?, MAX_INPUT_BYTES)
}

/// What the run of sample `sample` (from 1) of an instance is called, and so its directory and files: the first
/// as the instance's `task_name`, the others `<task_name>.sample-N`, beside it.
pub fn run_name(task_name: &str, sample: u32) -> String {
    if sample <= 1 { task_name.to_owned() } else { format!("{task_name}.sample-{sample}") }
}

/// The sample (from 1) that the run called `name` of the instance `task_name` is, as [`run_name`] named it.
pub(crate) fn sample_of(name: &str, task_name: &str) -> u32 {
    let number = name.strip_prefix(task_name).and_then(|rest| rest.strip_prefix(".sample-"));
    number.and_then(|number| number.parse().ok()).filter(|number| *number > 0).unwrap_or(1)
}

/// The program that the run of the instance `task_name` starts from: `<task_name>.<extension>` in `directory`,
/// where that is there.
///
/// # Errors
/// A directory that is none; a file that cannot be read, or is not text in UTF-8.
pub fn initial_code(directory: &Path, task_name: &str, extension: &str) -> Result<Option<String>, FileError> {
    let path = directory.join(format!("{task_name}.{extension}"));
    let text = |bytes| String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error));
    match read(&path).and_then(text) {
        Ok(code) => Ok(Some(code)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && directory.is_dir() => Ok(None),
        Err(source) => Err(FileError { action: "read the initial program", path, source }),
    }
}

/// The files of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFiles {
    /// `BASE/<name>`, which holds all but what the user put elsewhere.
    pub directory: PathBuf,
    /// `<name>.journal.jsonl`.
    pub journal: PathBuf,
    /// `<name>.traj`; `None`: not wanted.
    pub trajectory: Option<PathBuf>,
    /// `<name>.problem`.
    pub problem: PathBuf,
    /// `<name>.pred`.
    pub prediction: PathBuf,
    /// `result.json`.
    pub result: PathBuf,
}

impl RunFiles {
    /// The files of the run called `name` (a single path component, see [`run_name`]) below `base`.
    pub fn new(base: &Path, name: &str) -> Self {
        Self::at(base.join(name), name)
    }

    /// The files of the run called `name` (a single path component) in `directory`.
    pub fn at(directory: PathBuf, name: &str) -> Self {
        let file = |ending: &str| directory.join(format!("{name}.{ending}"));
        Self {
            journal: file("journal.jsonl"),
            trajectory: Some(file("traj")),
            problem: file("problem"),
            prediction: file("pred"),
            result: directory.join("result.json"),
            directory,
        }
    }

    /// Makes the directories.
    ///
    /// # Errors
    /// A directory that cannot be made.
    pub fn create(&self) -> Result<(), FileError> {
        let trajectory = self.trajectory.as_deref().and_then(Path::parent);
        for path in [Some(self.directory.as_path()), trajectory].into_iter().flatten() {
            fs::create_dir_all(path).map_err(|source| FileError {
                action: "create the output directory",
                path: path.to_owned(),
                source,
            })?;
        }
        Ok(())
    }

    /// The result of an earlier run, where that carried out to its end the request with this digest. Its
    /// journal need not be opened.
    pub fn finished_result(&self, request: &Digest) -> Option<AgentResult> {
        self.read_result().filter(|result| result.request.as_ref() == Some(request))
    }

    /// What the run that failed with `error` had come to, where it had begun: any other failure left another file.
    pub fn failed_result(&self, error: &RunError) -> Option<AgentResult> {
        let told = chain(error);
        self.read_result().filter(|result| result.error.as_ref() == Some(&told))
    }

    /// The result, where there is one that can be read.
    pub fn read_result(&self) -> Option<AgentResult> {
        from_lenient_json(&fs::read_to_string(&self.result).ok()?).ok()
    }

    /// Moves an earlier run aside, to `<directory>.old-N`, and says where it went. A trajectory that lies elsewhere
    /// becomes `<trajectory>.old-N` there.
    ///
    /// # Errors
    /// A directory or file that cannot be renamed.
    pub fn set_aside(&self) -> Result<Option<PathBuf>, FileError> {
        if !self.directory.exists() {
            return Ok(None);
        }
        let error =
            |source| FileError { action: "move the earlier run aside, from", path: self.directory.clone(), source };
        // Held until it has moved: whoever writes there has it.
        let journal = match File::open(&self.journal) {
            Ok(journal) => Some(journal),
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(error(source)),
        };
        if let Some(Err(taken)) = journal.as_ref().map(File::try_lock) {
            return Err(error(match taken {
                TryLockError::WouldBlock => io::Error::new(io::ErrorKind::WouldBlock, "another perfagent works in it"),
                TryLockError::Error(source) => source,
            }));
        }
        let elsewhere = self.trajectory.as_ref().filter(|path| !path.starts_with(&self.directory) && path.exists());
        let named = |path: &Path, number: u32| path.with_added_extension(format!("old-{number}"));
        let is_free = |path: &Path, number: u32| !named(path, number).exists();
        let number = (1..=u32::MAX)
            .find(|number| {
                is_free(&self.directory, *number) && elsewhere.is_none_or(|trajectory| is_free(trajectory, *number))
            })
            .expect("one of four billion names is free");
        if let Some(trajectory) = elsewhere {
            fs::rename(trajectory, named(trajectory, number)).map_err(error)?;
        }
        let aside = named(&self.directory, number);
        fs::rename(&self.directory, &aside).map_err(error)?;
        Ok(Some(aside))
    }
}

/// Writes `bytes` to `path` so that it holds either its old content or all of the new one.
///
/// # Errors
/// A file that cannot be written; the old content is then still there.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_with(path, |file| file.write_all(bytes))
}

/// Writes `path` piece by piece, as [`write()`] does in one.
///
/// # Errors
/// As [`write()`].
pub(crate) fn write_with(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), FileError> {
    let error = |source| FileError { action: "write", path: path.to_owned(), source };
    let beside = path.with_added_extension("tmp");
    let written = wait_for_disk(|| {
        let mut file = BufWriter::new(File::create(&beside)?);
        content(&mut file)?;
        file.into_inner()?.sync_data()?;
        fs::rename(&beside, path)
    });
    if written.is_err() {
        // Best effort: what could not be written completely is of no use to anybody.
        let _ = fs::remove_file(&beside);
    }
    written.map_err(error)
}
