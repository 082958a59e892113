//! One judged solution, and the file that keeps them.

use crate::lines::{Damaged, LineFile, OpenError, whole_lines};
use perfagent_core::digest::Digest;
use perfagent_core::execution::Detail;
use perfagent_core::metric::Metric;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::io;
use std::path::{Path, PathBuf};

/// A judged solution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    /// The instance's id.
    pub id: String,
    /// Which of the instance's solutions it is, from 0; `None`: the data set's own.
    pub sample: Option<u32>,
    /// Of the solution.
    pub digest: Digest,
    /// Its language, where it is a program.
    pub language: Option<String>,
    /// What the instance belongs to, for example its difficulty.
    #[serde(default)]
    pub groups: Vec<Detail>,
    /// The metric's value.
    pub metric: Metric,
    /// Whether it is valid.
    pub success: bool,
    /// One line for people.
    pub summary: String,
    /// Runtime, memory and integral, of tasks that measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measures: Option<[f64; 3]>,
    /// The answer that it gives, of tasks whose answers can be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Why it could not be judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Runtime, memory and integral of a task's artifacts, where all three are numbers.
pub(crate) fn measures(artifacts: &Map<String, Value>) -> Option<[f64; 3]> {
    let metrics = artifacts.get("final_metrics")?;
    let value = |name: &str| metrics.get(name)?.as_f64();
    Some([value("runtime")?, value("memory")?, value("integral")?])
}

/// What a solution's answer counts as in a vote, of tasks whose answers can be counted.
pub(crate) fn answer(artifacts: &Map<String, Value>) -> Option<String> {
    artifacts.get("vote")?.as_str().map(str::to_owned)
}

/// Why a file of grades cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GradeFileError {
    /// It cannot be read or written.
    #[error("cannot use {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// One of its lines is no grade.
    #[error("{}, line {line}, is damaged; move the file away to start over", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// Grades, one a line, each durable when it is written.
#[derive(Debug)]
pub struct GradeFile {
    path: PathBuf,
    lines: LineFile,
}

impl GradeFile {
    /// Opens or makes the file, and reads what it holds. A last line that was torn is taken off.
    ///
    /// # Errors
    /// The file cannot be read, written or understood.
    pub fn open(path: &Path) -> Result<(Self, Vec<Grade>), GradeFileError> {
        let failed = |source| GradeFileError::Io { path: path.to_owned(), source };
        let (mut lines, bytes) = LineFile::open(path).map_err(|error| match error {
            OpenError::InUse => failed(io::Error::new(io::ErrorKind::WouldBlock, "another perfagent uses it")),
            OpenError::Io(_, source) => failed(source),
        })?;
        let damaged = |Damaged { line, source }| GradeFileError::Damaged { path: path.to_owned(), line, source };
        let (grades, length) = whole_lines(&bytes).map_err(damaged)?;
        lines.cut(length).map_err(failed)?;
        Ok((Self { path: path.to_owned(), lines }, grades))
    }

    /// Adds a grade; it is on the disk when this returns.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&mut self, grade: &Grade) -> Result<(), GradeFileError> {
        self.lines.append(grade).map_err(|source| GradeFileError::Io { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_a_torn_line_is_taken_off() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grades.jsonl");
        let grade = |sample| Grade {
            id: "a".to_owned(),
            sample: Some(sample),
            digest: Digest::of(b"x"),
            language: None,
            groups: Vec::new(),
            metric: Metric(f64::INFINITY),
            success: false,
            summary: "two\nlines".to_owned(),
            measures: None,
            answer: Some("7".to_owned()),
            error: None,
        };
        let (mut file, grades) = GradeFile::open(&path).unwrap();
        assert!(grades.is_empty());
        file.append(&grade(0)).unwrap();
        file.append(&grade(1)).unwrap();
        assert!(GradeFile::open(&path).is_err(), "it is in use");
        drop(file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}{{\"torn")).unwrap();
        let (mut file, grades) = GradeFile::open(&path).unwrap();
        assert_eq!(grades, [grade(0), grade(1)]);
        file.append(&grade(2)).unwrap();
        drop(file);
        assert_eq!(GradeFile::open(&path).unwrap().1.len(), 3);
        std::fs::write(&path, format!("nonsense\n{text}")).unwrap();
        assert!(matches!(GradeFile::open(&path), Err(GradeFileError::Damaged { line: 1, .. })));
    }
}
