//! The plugin's execution service over backends.

use super::batch::Job;
use super::dispatch::{Backends, Placing};
use crate::effibench_x::protocol::{BYTES_PER_LIMIT_MB, Request};
use async_trait::async_trait;
use perfagent_agent::{Programs, SandboxExecution};
use perfagent_core::execution::{
    CompileError, CompileRequest, Failure, FailureKind, Limits, Policy, Round, RunOptions, RunReport, RunRequest,
};
use perfagent_plugin::{Execution, ProgramId};
use perfagent_sandbox::{DEFAULT_MEMORY_BYTES, DEFAULT_WALL_MS};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// The protocol's names of languages, by those that this project knows them by.
const LANGUAGES: [(&str, &str); 6] = [
    ("python", "python3"),
    ("cpp", "cpp"),
    ("java", "java"),
    ("javascript", "javascript"),
    ("go", "golang"),
    ("ruby", "ruby"),
];

/// Gives one plugin session programs that run on backends. What the protocol cannot carry (several
/// files, arguments, input that is not UTF-8, other languages) runs in the sandbox of this machine.
///
/// The protocol tells nothing of processor time and gives both output streams as one text: times are
/// elapsed ones, and a run's text is its output where it ended well, else its error output.
pub struct RemoteExecution {
    backends: Arc<Backends>,
    local: SandboxExecution,
    programs: Programs<Arc<Program>>,
    /// The backend that measured last: what it measures can be compared.
    measured_on: Mutex<Option<usize>>,
}

/// A program that was asked for.
struct Program {
    request: CompileRequest,
    /// The protocol's name of its language, where it can be sent.
    language: Option<&'static str>,
    /// In the sandbox of this machine, once it was needed there.
    local: OnceCell<ProgramId>,
}

impl RemoteExecution {
    /// A service over `backends`, and over `local` for the rest.
    pub fn new(backends: Arc<Backends>, local: SandboxExecution) -> Self {
        Self { backends, local, programs: Programs::default(), measured_on: Mutex::default() }
    }

    /// What the protocol calls `language`, where it knows it.
    fn protocol_name(&self, language: &str) -> Option<&'static str> {
        let known = &self.local.languages().find(language)?.name;
        LANGUAGES.iter().find(|(_, name)| name == known).map(|(theirs, _)| *theirs)
    }

    /// `program` in the sandbox of this machine.
    async fn local(&self, program: &Program) -> Result<ProgramId, CompileError> {
        let compile = || self.local.compile(program.request.clone());
        program.local.get_or_try_init(compile).await.copied()
    }

    async fn run_locally(
        &self,
        program: &Program,
        requests: Vec<RunRequest>,
        options: RunOptions,
    ) -> Result<Vec<RunReport>, Failure> {
        let id = self.local(program).await.map_err(failure)?;
        self.local.run(id, requests, options).await
    }

    async fn measure(&self, jobs: &[Job]) -> Result<Vec<RunReport>, Failure> {
        let before = *lock(&self.measured_on);
        let (reports, used) = self.backends.run(jobs, Placing::Together(before)).await?;
        *lock(&self.measured_on) = used.or(before);
        Ok(reports)
    }

    /// Both programs meet every request one right after the other, in random order, on one backend.
    async fn round(&self, pairs: &[[Job; 2]]) -> Result<Round, Failure> {
        let swapped: Vec<bool> = pairs.iter().map(|_| fastrand::bool()).collect();
        let ordered = pairs.iter().zip(&swapped).flat_map(|([candidate, incumbent], swapped)| {
            if *swapped { [incumbent.clone(), candidate.clone()] } else { [candidate.clone(), incumbent.clone()] }
        });
        let reports = self.measure(&ordered.collect::<Vec<_>>()).await?;
        let mut reports = reports.into_iter();
        let mut round = Round { candidate: Vec::new(), incumbent: Vec::new() };
        for swapped in swapped {
            let (Some(first), Some(second)) = (reports.next(), reports.next()) else { break };
            let (candidate, incumbent) = if swapped { (second, first) } else { (first, second) };
            round.candidate.push(candidate);
            round.incumbent.push(incumbent);
        }
        Ok(round)
    }
}

#[async_trait]
impl Execution for RemoteExecution {
    async fn compile(&self, request: CompileRequest) -> Result<ProgramId, CompileError> {
        let language = if request.files.is_empty() { self.protocol_name(&request.language) } else { None };
        let program = Program { request, language, local: OnceCell::new() };
        if language.is_none() {
            self.local(&program).await?;
        }
        Ok(self.programs.insert(Arc::new(program)))
    }

    async fn run(
        &self,
        program: ProgramId,
        requests: Vec<RunRequest>,
        options: RunOptions,
    ) -> Result<Vec<RunReport>, Failure> {
        let program = self.programs.get(program)?;
        let Some(jobs) = requests.iter().map(|request| program.job(request)).collect::<Option<Vec<_>>>() else {
            return self.run_locally(&program, requests, options).await;
        };
        match options.policy {
            Policy::Measure => self.measure(&jobs).await,
            Policy::Check => self.backends.run(&jobs, Placing::Spread).await.map(|(reports, _)| reports),
        }
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
        let pair = |request: &RunRequest| Some([candidate.job(request)?, incumbent.job(request)?]);
        let Some(pairs) = requests.iter().map(pair).collect::<Option<Vec<_>>>() else {
            let (one, other) = (self.local(&candidate).await, self.local(&incumbent).await);
            let (one, other) = (one.map_err(failure)?, other.map_err(failure)?);
            return self.local.compare(one, other, requests, rounds, options).await;
        };
        let mut done = Vec::new();
        for _ in 0..rounds {
            done.push(self.round(&pairs).await?);
        }
        Ok(done)
    }

    fn release(&self, program: ProgramId) {
        let released = self.programs.remove(program);
        if let Some(local) = released.and_then(|program| program.local.get().copied()) {
            self.local.release(local);
        }
    }
}

impl Program {
    /// `request` as the protocol has it, where it can carry it.
    fn job(&self, request: &RunRequest) -> Option<Job> {
        let language = self.language?;
        let stdin = String::from_utf8(request.input.clone()).ok().filter(|_| request.arguments.is_empty())?;
        let limits = Limits { wall_ms: request.limits.wall_ms.or(Some(DEFAULT_WALL_MS)), ..request.limits };
        let seconds = limits.wall_ms.map(|ms| f64::from(ms.div_ceil(1000)));
        let memory_bytes = limits.memory_bytes.unwrap_or(DEFAULT_MEMORY_BYTES);
        let request = Request {
            code: self.request.source.clone(),
            language: language.to_owned(),
            libraries: None,
            stdin: Some(stdin),
            time_limit: seconds,
            memory_limit: Some(memory_bytes as f64 / BYTES_PER_LIMIT_MB),
        };
        Some(Job { request, limits })
    }
}

/// A program that is refused only when it runs: it was taken without a look at it.
fn failure(error: CompileError) -> Failure {
    match error {
        CompileError::Failed(failure) => failure,
        CompileError::Rejected(_) => Failure::new(FailureKind::Refused, error.to_string()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
