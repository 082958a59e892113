//! What a run gives its plugin: the execution service, permissions and a place for its log.

use crate::grants::Grants;
use async_trait::async_trait;
use perfagent_core::execution::{CompileError, CompileRequest, Failure, Round, RunOptions, RunReport, RunRequest};
use std::sync::Arc;

/// Names a compiled program; whoever implements [`Execution`] hands it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgramId(pub u64);

/// Compiles and runs programs for a plugin.
///
/// Languages, the number of programs and the number of requests are checked before it is asked.
/// A call whose time is over is dropped while it waits: work that it began must end then.
#[async_trait]
pub trait Execution: Send + Sync {
    /// Compiles a program, which stays until [`Execution::release`].
    async fn compile(&self, request: CompileRequest) -> Result<ProgramId, CompileError>;

    /// Runs a program once for each request; reports in the order of the requests.
    async fn run(
        &self,
        program: ProgramId,
        requests: Vec<RunRequest>,
        options: RunOptions,
    ) -> Result<Vec<RunReport>, Failure>;

    /// Runs two programs on the same requests, interleaved, so many rounds.
    #[expect(clippy::too_many_arguments, reason = "the parameters of the task interface's function")]
    async fn compare(
        &self,
        candidate: ProgramId,
        incumbent: ProgramId,
        requests: Vec<RunRequest>,
        rounds: u32,
        options: RunOptions,
    ) -> Result<Vec<Round>, Failure>;

    /// Forgets a program. Called once for every program that was compiled; must not block.
    fn release(&self, program: ProgramId);
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// For the plugin's author.
    Debug,
    /// For those who want to follow.
    Info,
    /// Something is off.
    Warning,
    /// Something failed.
    Error,
}

/// One line of a plugin's log; bounded and free of control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// How much it matters.
    pub level: LogLevel,
    /// What it says.
    pub message: String,
}

/// Takes a plugin's log lines. Called while the plugin waits, so it must not block.
pub type LogSink = Arc<dyn Fn(LogRecord) + Send + Sync>;

/// What one run gives its plugin.
#[derive(Clone)]
pub struct Services {
    /// Compiles and runs programs.
    pub execution: Arc<dyn Execution>,
    /// Permissions beyond the default.
    pub grants: Grants,
    /// Takes log lines.
    pub log: LogSink,
}
