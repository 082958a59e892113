//! An execution service that runs nothing, so that what is tested does not depend on the machine.

use async_trait::async_trait;
use perfagent_core::execution::{
    CompileError, CompileRequest, Failure, FailureKind, Outcome, Rejection, Round, RunOptions, RunReport, RunRequest,
};
use perfagent_plugin::{Execution, ProgramId};

/// What becomes of programs, none of which is ever run.
#[derive(Clone, Copy, Debug)]
pub enum NoRuns {
    /// The compiler takes all of them.
    Compiled,
    /// It takes none.
    Rejected,
}

fn nothing() -> Failure {
    Failure::new(FailureKind::Unavailable, "nothing is run here")
}

#[async_trait]
impl Execution for NoRuns {
    async fn compile(&self, request: CompileRequest) -> Result<ProgramId, CompileError> {
        match self {
            Self::Compiled => Ok(ProgramId(0)),
            Self::Rejected => {
                let message = format!("no {} here", request.language);
                Err(CompileError::Rejected(Rejection { outcome: Outcome::Exited(1), message }))
            }
        }
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
