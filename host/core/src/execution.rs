//! Requests to the sandbox and its reports, as the WIT interface `execution` and the sandbox share
//! them. Times are nanoseconds or milliseconds, sizes bytes, as the names say.

use serde::{Deserialize, Serialize};

/// A file that lies beside a program, readable but not writable by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Relative path with `/` between its parts. Whoever writes it checks it.
    pub path: String,
    /// The file's bytes.
    pub content: Vec<u8>,
}

/// Upper bounds of one compilation or run. `None` is the sandbox's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Elapsed time, milliseconds.
    pub wall_ms: Option<u32>,
    /// User and system time of all processes of the run, milliseconds.
    pub cpu_ms: Option<u32>,
    /// Memory of all processes of the run, bytes.
    pub memory_bytes: Option<u64>,
    /// Processes and threads that live at the same time.
    pub processes: Option<u32>,
    /// Bytes kept of standard output, and likewise of standard error.
    pub output_bytes: Option<u64>,
    /// Bytes of all files that the run writes.
    pub file_bytes: Option<u64>,
}

/// A named value where later versions need more than the types hold today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// The name, in kebab case.
    pub name: String,
    /// The value as text.
    pub value: String,
}

/// What to compile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompileRequest {
    /// A language of the sandbox's table, or one of its aliases.
    pub language: String,
    /// Source text of the main file.
    pub source: String,
    /// Further files, beside the program while it is compiled and while it runs.
    pub files: Vec<SourceFile>,
    /// Bounds of the compilation.
    pub limits: Limits,
}

/// One run of a compiled program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRequest {
    /// Bytes on standard input.
    pub input: Vec<u8>,
    /// Arguments after the program's own name.
    pub arguments: Vec<String>,
    /// Bounds of the run.
    pub limits: Limits,
}

/// What runs are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Only results count: runs may fill the machine.
    #[default]
    Check,
    /// Measurements count: one run to a reserved core, in a steady environment.
    Measure,
}

/// How a batch of runs is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOptions {
    /// What the runs are for.
    pub policy: Policy,
    /// At most so many runs at the same time; `None`: the sandbox decides.
    pub max_parallel: Option<u32>,
}

/// How a run ended, from what the kernel says: a limit is never mistaken for a crash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The program ended by itself with this exit code (0..=255).
    Exited(i32),
    /// A signal ended the program and no limit explains it.
    Signaled(u32),
    /// The elapsed time went past its limit.
    WallLimit,
    /// The processor time went past its limit.
    CpuLimit,
    /// The memory went past its limit.
    MemoryLimit,
    /// The output went past its limit.
    OutputLimit,
    /// Written files went past their limit.
    FileLimit,
    /// A system call was refused; the text names it where that is known.
    Forbidden(String),
    /// An ending without a case of its own.
    Other(String),
}

/// What the whole group of processes of a run used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// From the start of the program to the end of its last process, nanoseconds.
    pub wall_ns: u64,
    /// Time in user mode, nanoseconds.
    pub user_ns: u64,
    /// Time in the kernel, nanoseconds.
    pub system_ns: u64,
    /// Highest sum of the resident sets of all processes, bytes.
    pub peak_resident_bytes: u64,
    /// Highest memory charged to the group by the kernel, bytes, where it can be told.
    pub peak_charged_bytes: Option<u64>,
    /// Area under the resident memory over the wall time, byte seconds.
    pub memory_byte_seconds: f64,
    /// Instructions retired in user mode, where counters exist.
    pub instructions: Option<u64>,
    /// Further measures by name.
    pub details: Vec<Detail>,
}

/// The report of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// How it ended.
    pub outcome: Outcome,
    /// Standard output, cut at the limit.
    pub output: Vec<u8>,
    /// Bytes of standard output beyond the limit, dropped.
    pub output_dropped_bytes: u64,
    /// Standard error, cut at the limit.
    pub error_output: Vec<u8>,
    /// Bytes of standard error beyond the limit, dropped.
    pub error_dropped_bytes: u64,
    /// What it used.
    pub measurement: Measurement,
}

/// One round of a comparison: a report for each request, in the order of the requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Reports of the program under judgement.
    pub candidate: Vec<RunReport>,
    /// Reports of the program it is compared with.
    pub incumbent: Vec<RunReport>,
}

/// What kind of failure kept the host from doing what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The sandbox or a language's toolchain is not there.
    Unavailable,
    /// The request asks for what may not be had, or makes no sense.
    Refused,
    /// A bound on programs, bytes or requests is reached.
    Exhausted,
    /// A failure of the host itself.
    Internal,
}

/// Why the host could not do what was asked; says nothing about the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind of failure it was.
    pub kind: FailureKind,
    /// What happened, to which thing, and what to do.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}

impl Failure {
    /// A failure that trying again does not mend.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retryable: false }
    }
}

/// A program that its compiler did not accept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// How the compiler ended.
    pub outcome: Outcome,
    /// What it wrote, bounded.
    pub message: String,
}

/// Why there is no compiled program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum CompileError {
    /// The compiler did not accept the program.
    #[error("the compiler did not accept the program: {}", .0.message)]
    Rejected(Rejection),
    /// The host could not compile.
    #[error(transparent)]
    Failed(#[from] Failure),
}
