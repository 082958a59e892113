//! The execution service as tasks call it: compile a program once, run it on many inputs, measure
//! it against another.
//!
//! An [`Execution`] is handed to [`Task::evaluate`](crate::Task::evaluate). In a component it leads
//! to the host's sandbox; in native tests to a [`Script`](crate::testing::Script).

pub use crate::bindings::perfagent::task::execution::{
    CompileError, CompileRequest, Detail, Failure, FailureKind, File, Limits, Measurement, Outcome, Policy, Rejection,
    Round, RunOptions, RunReport, RunRequest,
};

use crate::bindings::perfagent::task::execution as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::{Script, ScriptedProgram};
use std::fmt;

/// Compiles programs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Execution(Service);

#[derive(Clone, Debug)]
enum Service {
    Host,
    #[cfg(not(target_family = "wasm"))]
    Script(Script),
}

impl Execution {
    /// The service that the component imports. Works in a component only.
    pub(crate) fn host() -> Self {
        Self(Service::Host)
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn script(script: Script) -> Self {
        Self(Service::Script(script))
    }

    /// Compiles a program; for interpreted languages this checks nothing and stores the source.
    ///
    /// # Errors
    /// [`CompileError::Rejected`] when the compiler refuses the program, [`CompileError::Failed`]
    /// when the host could not do its part.
    pub fn compile(&self, request: &CompileRequest) -> Result<Program, CompileError> {
        match &self.0 {
            Service::Host => host::Program::compile(request).map(|program| Program(Compiled::Host(program))),
            #[cfg(not(target_family = "wasm"))]
            Service::Script(script) => {
                script.compile(request).map(|program| Program(Compiled::Script(Box::new(program))))
            }
        }
    }
}

/// A compiled program. Dropping it frees what the host keeps for it.
#[derive(Debug)]
pub struct Program(Compiled);

#[derive(Debug)]
enum Compiled {
    Host(host::Program),
    #[cfg(not(target_family = "wasm"))]
    Script(Box<ScriptedProgram>),
}

impl Program {
    /// Runs the program once for each request; the reports come in the order of the requests.
    ///
    /// # Errors
    /// When the host could not run it. How a program ended stands in its report, not here.
    pub fn run(&self, requests: &[RunRequest], options: &RunOptions) -> Result<Vec<RunReport>, Failure> {
        match &self.0 {
            Compiled::Host(program) => program.run(requests, options),
            #[cfg(not(target_family = "wasm"))]
            Compiled::Script(program) => program.run(requests, options),
        }
    }

    /// Runs this program (the candidate) and `incumbent` on the same requests, `rounds` times,
    /// interleaved so that both meet the same conditions. Always measures.
    ///
    /// # Errors
    /// When the host could not run them, or when the two come from different services.
    pub fn compare(
        &self,
        incumbent: &Self,
        requests: &[RunRequest],
        rounds: u32,
        options: &RunOptions,
    ) -> Result<Vec<Round>, Failure> {
        match (&self.0, &incumbent.0) {
            (Compiled::Host(candidate), Compiled::Host(incumbent)) => {
                candidate.compare(incumbent, requests, rounds, options)
            }
            #[cfg(not(target_family = "wasm"))]
            (Compiled::Script(candidate), Compiled::Script(incumbent)) => {
                candidate.compare(incumbent, requests, rounds, options)
            }
            #[cfg(not(target_family = "wasm"))]
            _ => Err(Failure::new(FailureKind::Refused, "the two programs come from different execution services")),
        }
    }
}

impl fmt::Display for Outcome {
    /// In words for people, for example `exit code 1` or `time limit`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit code {code}"),
            Self::Signaled(signal) => write!(f, "signal {signal}"),
            Self::WallLimit => f.write_str("time limit"),
            Self::CpuLimit => f.write_str("processor time limit"),
            Self::MemoryLimit => f.write_str("memory limit"),
            Self::OutputLimit => f.write_str("output limit"),
            Self::FileLimit => f.write_str("file size limit"),
            Self::Forbidden(what) => write!(f, "forbidden: {what}"),
            Self::Other(ending) => f.write_str(ending),
        }
    }
}

impl CompileRequest {
    /// A program in one file, under the host's default limits.
    pub fn new(language: impl Into<String>, source: impl Into<String>) -> Self {
        Self {
            language: language.into(),
            source: source.into(),
            files: Vec::new(),
            limits: Limits::default(),
            details: Vec::new(),
        }
    }
}

impl RunRequest {
    /// A run on this standard input, without arguments.
    pub fn new(input: impl Into<Vec<u8>>, limits: Limits) -> Self {
        Self { input: input.into(), arguments: Vec::new(), limits }
    }
}

impl RunOptions {
    /// As the host decides, for this purpose.
    pub fn new(policy: Policy) -> Self {
        Self { policy, max_parallel: None, details: Vec::new() }
    }
}

impl Default for Limits {
    /// The host's defaults for everything.
    fn default() -> Self {
        Self { wall_ms: None, cpu_ms: None, memory_bytes: None, processes: None, output_bytes: None, file_bytes: None }
    }
}

impl Default for Measurement {
    /// Nothing used.
    fn default() -> Self {
        Self {
            wall_ns: 0,
            user_ns: 0,
            system_ns: 0,
            peak_resident_bytes: 0,
            peak_charged_bytes: None,
            memory_byte_seconds: 0.0,
            instructions: None,
            details: Vec::new(),
        }
    }
}

impl Measurement {
    /// User and system time together, nanoseconds.
    pub fn cpu_ns(&self) -> u64 {
        self.user_ns.saturating_add(self.system_ns)
    }
}

impl Failure {
    /// A failure that trying again does not mend.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retryable: false }
    }
}
