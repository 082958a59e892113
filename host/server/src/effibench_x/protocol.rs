//! What goes over the wire, as EffiBench-X's own server and client write and read it.

use serde::{Deserialize, Serialize};

/// Bytes of a kilobyte in `memory`, as the kernel counts.
pub const BYTES_PER_KB: f64 = 1024.0;
/// Bytes of a megabyte in `integral`: 1000 of those kilobytes.
pub const BYTES_PER_INTEGRAL_MB: f64 = 1000.0 * BYTES_PER_KB;
/// Bytes of a megabyte in `memory_limit`.
pub const BYTES_PER_LIMIT_MB: f64 = 1024.0 * 1024.0;

/// `POST /submit`, and an item of `POST /submit_batch`: one run of one program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The whole program.
    pub code: String,
    /// `python`, `cpp`, `java`, `javascript`, `go` or `ruby`.
    pub language: String,
    /// Packages that the program uses.
    #[serde(default)]
    pub libraries: Option<Vec<String>>,
    /// Standard input.
    #[serde(default)]
    pub stdin: Option<String>,
    /// Elapsed seconds; EffiBench-X's own server takes whole ones only.
    #[serde(default)]
    pub time_limit: Option<f64>,
    /// Memory, MB of 2^20 bytes.
    #[serde(default)]
    pub memory_limit: Option<f64>,
}

/// `POST /submit_batch`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchRequest {
    /// The runs, carried out one after the other.
    pub requests: Vec<Request>,
}

/// What `POST /submit` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// Names the run from now on.
    pub submission_id: u64,
}

/// What `POST /submit_batch` answers, and what `POST /submissions` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmissionIds {
    /// In the order of the requests.
    pub submission_ids: Vec<u64>,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Its turn has not come.
    Waiting,
    /// It is running.
    Processing,
    /// It ended by itself with exit code 0.
    Done,
    /// It ended in another way, did not compile, or could not be run.
    Error,
    /// It went past its time limit.
    Timeout,
    /// It went past its memory limit.
    Oom,
    /// Somebody cancelled it.
    Cancelled,
}

/// What `GET /submission/{id}` answers, and an item of what `POST /submissions` does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The run.
    pub submission_id: u64,
    /// Where it is.
    pub status: Status,
    /// What it wrote, or the compiler.
    #[serde(default)]
    pub text: Option<String>,
    /// How it ended; after an error, `None` says that the backend failed and not the program.
    #[serde(default)]
    pub exit_code: Option<i64>,
    /// Elapsed nanoseconds.
    #[serde(default)]
    pub runtime: Option<f64>,
    /// Highest resident memory, kB of 1024 bytes.
    #[serde(default)]
    pub memory: Option<f64>,
    /// Area under the resident memory over time, MB·s of 1000 such kB.
    #[serde(default)]
    pub integral: Option<f64>,
}

impl Answer {
    /// A run that has nothing to tell but its status.
    pub fn bare(submission_id: u64, status: Status) -> Self {
        Self { submission_id, status, text: None, exit_code: None, runtime: None, memory: None, integral: None }
    }
}

/// What `POST /submissions` answers: nothing about ids that the backend does not know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// In any order.
    pub results: Vec<Answer>,
}

/// What `POST /cancel/{id}` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// The run.
    pub submission_id: u64,
    /// `cancelled`, or how the run had ended before.
    pub status: Status,
}

/// What `GET /health` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// Runs whose turn has not come.
    pub queue_size: u64,
}

/// What any refusal answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What is wrong.
    pub detail: String,
}
