//! The handle that everything else holds.

use crate::language::{LanguageTable, Toolchain};
use crate::{Program, SandboxError};
use perfagent_core::execution::{
    CompileError, CompileRequest, Failure, FailureKind, Round, RunOptions, RunReport, RunRequest,
};
use perfagent_core::isolation::{Isolation, Strictness};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// How a sandbox is to be.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// How much isolation is insisted on.
    pub strictness: Strictness,
    /// Directory for its files, made where it is missing; only its owner can look into it. Several
    /// sandboxes may share one: each uses a directory of its own below it.
    pub scratch: PathBuf,
    /// Where toolchains are looked up: directories as in the variable `PATH`.
    pub search_path: OsString,
    /// Runs at the same time; `None`: one per core that this process may use.
    pub slots: Option<usize>,
    /// The languages that programs may be written in.
    pub languages: LanguageTable,
}

/// Runs and measures programs that nobody trusts. Cheap to clone; dropping the last clone, and the
/// last [`Program`], ends the launchers and removes what they left.
#[derive(Clone, Debug)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: SandboxOptions,
    isolation: Isolation,
}

impl Sandbox {
    /// Starts a launcher, sees what isolation the machine allows and refuses too little of it.
    ///
    /// # Errors
    /// The isolation is weaker than `options.strictness`, or nothing works at all; the scratch
    /// directory cannot be made.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let isolation = Isolation { tier: 5, summary: "not yet implemented".into(), features: Vec::new() };
        Ok(Self { inner: Arc::new(Inner { options, isolation }) })
    }

    /// The isolation in force.
    pub fn isolation(&self) -> &Isolation {
        &self.inner.isolation
    }

    /// The languages that programs may be written in.
    pub fn languages(&self) -> &LanguageTable {
        &self.inner.options.languages
    }

    /// What this machine has for each language, in the order of the table. Asks each toolchain
    /// once; later calls answer from memory.
    pub async fn toolchains(&self) -> Vec<Toolchain> {
        Vec::new()
    }

    /// Compiles a program inside the sandbox; for interpreted languages this only stores it.
    /// Dropping the future ends the compiler.
    ///
    /// # Errors
    /// The compiler does not accept the program, the language or its toolchain is not there, a path
    /// or limit is refused, or the sandbox fails.
    pub async fn compile(&self, request: CompileRequest) -> Result<Program, CompileError> {
        Err(not_yet(&request.language).into())
    }

    /// Runs `program` once for each request; the reports come in the order of the requests. Under
    /// [`Policy::Measure`](perfagent_core::execution::Policy::Measure) one at a time and with
    /// nothing else of this sandbox beside it. Dropping the future kills the runs.
    ///
    /// # Errors
    /// A limit is refused or the sandbox fails; what the program does is never an error.
    pub async fn run(
        &self,
        program: &Program,
        requests: Vec<RunRequest>,
        options: RunOptions,
    ) -> Result<Vec<RunReport>, Failure> {
        let _ = (program, requests, options);
        Err(not_yet("run"))
    }

    /// Measures two programs on the same requests `rounds` times: in each round both meet every
    /// request, one right after the other, in random order. One run of each before that is
    /// discarded. Dropping the future kills the runs.
    ///
    /// # Errors
    /// As for [`Sandbox::run`].
    #[expect(clippy::too_many_arguments, reason = "the parameters of the task interface's function")]
    pub async fn compare(
        &self,
        candidate: &Program,
        incumbent: &Program,
        requests: Vec<RunRequest>,
        rounds: u32,
        options: RunOptions,
    ) -> Result<Vec<Round>, Failure> {
        let _ = (candidate, incumbent, requests, rounds, options);
        Err(not_yet("compare"))
    }
}

fn not_yet(what: &str) -> Failure {
    Failure::new(FailureKind::Unavailable, format!("the sandbox cannot do {what} yet"))
}
