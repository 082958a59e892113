//! What the runs below an output directory came to, read from their journals: for scores, curves and
//! comparisons. What cannot be read is named and left out.

mod compare;
mod curve;
mod fold;

pub use compare::{Comparison, compare};
pub use curve::{Along, Height, curve};
pub use fold::{Improvement, Point, RunFold};

use crate::chain;
use crate::files::{FileError, RunFiles};
use crate::grading::{Grade, Score, score};
use crate::journal;
use perfagent_core::chat::Usage;
use serde::Serialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Ending of the journals' names.
const JOURNAL: &str = ".journal.jsonl";

/// All runs below one directory.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Runs {
    /// The directory.
    pub directory: PathBuf,
    /// What could be read, in the order of the names.
    pub runs: Vec<RunFold>,
    /// What could not, and why.
    pub skipped: Vec<String>,
}

impl Runs {
    /// Reads the runs in `directory`: those in its own directories, or the one that it is itself.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn read(directory: &Path) -> Result<Self, FileError> {
        let mut names = vec![directory.to_owned()];
        names.extend(directories(directory).map_err(|source| FileError {
            action: "read",
            path: directory.to_owned(),
            source,
        })?);
        let mut all = Self { directory: directory.to_owned(), ..Self::default() };
        for name in names {
            match journals(&name) {
                Ok(journals) => journals.iter().for_each(|journal| all.take_in(journal)),
                Err(error) => all.skipped.push(format!("{}: {error}", name.display())),
            }
        }
        Ok(all)
    }

    fn take_in(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_suffix(JOURNAL).unwrap_or(&name);
        match read(path, name) {
            Ok(Some(run)) => self.runs.push(run),
            Ok(None) => self.skipped.push(format!("{}: nothing has happened yet", path.display())),
            Err(error) => self.skipped.push(error),
        }
    }

    /// The score of all runs that came to their end.
    pub fn score(&self) -> Score {
        let ended = self.runs.iter().filter(|run| run.ended);
        let grades: Vec<Grade> = ended.flat_map(|run| std::iter::once(&run.grade).chain(&run.first)).cloned().collect();
        score(&grades)
    }

    /// Tokens of all runs.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        self.runs.iter().for_each(|run| usage += run.usage);
        usage
    }

    /// What they cost, US dollars, where that is known of each run.
    pub fn cost(&self) -> Option<f64> {
        self.runs.iter().map(|run| run.cost).sum()
    }
}

pub(crate) fn directories(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        // Earlier runs that were moved aside are no part of it.
        let is_aside = path.extension().is_some_and(|it| it.to_string_lossy().starts_with("old-"));
        if path.is_dir() && !is_aside {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

pub(crate) fn journals(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_file() && path.to_string_lossy().ends_with(JOURNAL) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The run whose journal lies at `path`; `None` where it is empty.
fn read(path: &Path, name: &str) -> Result<Option<RunFold>, String> {
    let records = journal::read(path).map_err(|error| chain(&error))?;
    let mut run = RunFold::of(name, &records).map_err(|error| format!("{}: {}", path.display(), chain(&error)))?;
    if let (Some(run), Some(directory)) = (&mut run, path.parent()) {
        let result = RunFiles { result: directory.join("result.json"), ..RunFiles::new(directory, name) };
        run.cost = result.read_result().and_then(|result| result.cost_usd);
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_journal_does_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let directory = tempfile::tempdir().unwrap();
            fs::create_dir(directory.path().join("a")).unwrap();
            fs::write(directory.path().join("a/a.journal.jsonl"), &bytes).unwrap();
            let runs = Runs::read(directory.path()).unwrap();
            prop_assert_eq!((runs.runs.len(), runs.skipped.len()), (0, 1));
        }
    }
}
