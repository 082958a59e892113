//! The sandbox as the plugin's execution service.

use async_trait::async_trait;
use perfagent_core::execution::{
    CompileError, CompileRequest, Failure, FailureKind, Round, RunOptions, RunReport, RunRequest,
};
use perfagent_plugin::{Execution, ProgramId};
use perfagent_sandbox::{LanguageTable, Program, Sandbox};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The programs of one plugin session, by number.
pub struct Programs<T>(Mutex<Numbered<T>>);

struct Numbered<T> {
    next: u64,
    alive: HashMap<ProgramId, T>,
}

impl<T> Default for Programs<T> {
    fn default() -> Self {
        Self(Mutex::new(Numbered { next: 0, alive: HashMap::new() }))
    }
}

impl<T: Clone> Programs<T> {
    /// Keeps `program`, under a number that no other has had.
    pub fn insert(&self, program: T) -> ProgramId {
        let mut programs = self.lock();
        let id = ProgramId(programs.next);
        programs.next += 1;
        programs.alive.insert(id, program);
        id
    }

    /// The program with the number `id`.
    ///
    /// # Errors
    /// It was released.
    pub fn get(&self, id: ProgramId) -> Result<T, Failure> {
        let released = || Failure::new(FailureKind::Internal, format!("program {} was released before its run", id.0));
        self.lock().alive.get(&id).cloned().ok_or_else(released)
    }

    /// Forgets the program with the number `id`, and gives it where it was there.
    pub fn remove(&self, id: ProgramId) -> Option<T> {
        self.lock().alive.remove(&id)
    }

    fn lock(&self) -> MutexGuard<'_, Numbered<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives one plugin session programs in a sandbox, by number.
pub struct SandboxExecution {
    sandbox: Sandbox,
    programs: Programs<Program>,
}

impl SandboxExecution {
    /// A service over `sandbox` that holds no program yet.
    pub fn new(sandbox: Sandbox) -> Self {
        Self { sandbox, programs: Programs::default() }
    }

    /// The languages that its programs may be written in.
    pub fn languages(&self) -> &LanguageTable {
        self.sandbox.languages()
    }
}

#[async_trait]
impl Execution for SandboxExecution {
    async fn compile(&self, request: CompileRequest) -> Result<ProgramId, CompileError> {
        self.sandbox.compile(request).await.map(|program| self.programs.insert(program))
    }

    async fn run(
        &self,
        program: ProgramId,
        requests: Vec<RunRequest>,
        options: RunOptions,
    ) -> Result<Vec<RunReport>, Failure> {
        self.sandbox.run(&self.programs.get(program)?, requests, options).await
    }

    async fn compare(
        &self,
        candidate: ProgramId,
        incumbent: ProgramId,
        requests: Vec<RunRequest>,
        rounds: u32,
        options: RunOptions,
    ) -> Result<Vec<Round>, Failure> {
        let (candidate, incumbent) = (self.programs.get(candidate)?, self.programs.get(incumbent)?);
        self.sandbox.compare(&candidate, &incumbent, requests, rounds, options).await
    }

    fn release(&self, program: ProgramId) {
        self.programs.remove(program);
    }
}

/// Compiles and runs nothing: for calls that need no program.
pub struct NoExecution;

fn nothing() -> Failure {
    Failure::new(FailureKind::Unavailable, "no programs are run here")
}

#[async_trait]
impl Execution for NoExecution {
    async fn compile(&self, _: CompileRequest) -> Result<ProgramId, CompileError> {
        Err(nothing().into())
    }

    async fn run(&self, _: ProgramId, _: Vec<RunRequest>, _: RunOptions) -> Result<Vec<RunReport>, Failure> {
        Err(nothing())
    }

    async fn compare(
        &self,
        _: ProgramId,
        _: ProgramId,
        _: Vec<RunRequest>,
        _: u32,
        _: RunOptions,
    ) -> Result<Vec<Round>, Failure> {
        Err(nothing())
    }

    fn release(&self, _: ProgramId) {}
}
