//! What happened in a run, in order. The journal is these records, one JSON object a line; the
//! trajectory, progress, reports and resuming are folds over them.

use crate::chat::{ChatReply, Message, Usage};
use crate::isolation::Isolation;
use crate::spec::RunSpec;
use crate::task::{Description, Evaluation, Extraction, InitialSolution, InstanceSummary, Metadata};
use serde::{Deserialize, Serialize};

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When it happened, RFC 3339 in UTC.
    pub at: String,
    /// How long it took, nanoseconds.
    pub took_ns: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: RunEvent,
}

/// One step of a run. Iteration 0 is the initial solution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// Always first.
    Started(Box<Started>),
    /// The messages for the model are made.
    PromptBuilt {
        /// From 1.
        iteration: u32,
        /// What will be sent.
        messages: Vec<Message>,
    },
    /// Another process goes on where the model is to be asked. What the one before had asked, but for a call
    /// that failed, counts as spent.
    Resumed {
        /// From 1.
        iteration: u32,
    },
    /// A call to the model gave no reply.
    CallFailed {
        /// From 1.
        iteration: u32,
        /// Estimated tokens that it cost all the same.
        lost: Usage,
    },
    /// The model has replied.
    ModelReplied {
        /// From 1.
        iteration: u32,
        /// Its reply.
        reply: ChatReply,
    },
    /// The task has looked for a solution in the reply.
    Extracted {
        /// From 1.
        iteration: u32,
        /// What it found.
        extraction: Extraction,
    },
    /// A solution was judged.
    Evaluated {
        /// 0 for the initial solution.
        iteration: u32,
        /// The judgement, or why the task could not judge.
        result: Result<Evaluation, String>,
    },
    /// A solution that seemed better than the best was judged once more. Journals of earlier programs have
    /// none of these: they adopted at once.
    Confirmed {
        /// From 1.
        iteration: u32,
        /// The second judgement, or why the task could not judge.
        result: Result<Evaluation, String>,
    },
    /// The run compared and decided where to go on from.
    Decided {
        /// 0 for the initial solution.
        iteration: u32,
        /// What the comparison said.
        verdict: Verdict,
        /// The iteration with the best solution so far.
        best: Option<u32>,
    },
    /// Always last, except that a run goes on after its budget is raised.
    Finished {
        /// Why the loop ended.
        reason: StopReason,
    },
}

/// What a run starts with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// What the run is to do; its `format` is the journal's too.
    pub spec: RunSpec,
    /// The task.
    pub task: Description,
    /// The instance.
    pub metadata: Metadata,
    /// The instance under its configuration.
    pub instance: InstanceSummary,
    /// Isolation in force.
    pub isolation: Isolation,
    /// The system prompt.
    pub system_prompt: String,
    /// The solution that the loop starts from.
    pub initial: InitialSolution,
}

/// What the comparison of a new solution with the best one said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The first valid solution.
    FirstValid,
    /// Better than the best.
    Improved,
    /// The metric is better, but not beyond doubt.
    WithinNoise,
    /// Better beyond doubt when it was measured first, but not when it was measured again.
    Unconfirmed,
    /// Not better.
    NotBetter,
    /// Not valid.
    Failed,
    /// The reply brought no new solution.
    Unchanged,
    /// The initial solution is a placeholder and was not judged.
    NotJudged,
}

impl Verdict {
    /// Whether the solution became the best.
    pub fn is_progress(self) -> bool {
        matches!(self, Self::FirstValid | Self::Improved)
    }
}

/// Why a loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// All iterations are done.
    MaxIterations,
    /// No improvement for as many iterations as allowed.
    NoImprovement,
    /// The next call to the model could have exceeded a budget.
    Budget {
        /// Whose budget.
        scope: BudgetScope,
        /// What of it is used up.
        resource: Resource,
    },
}

/// Whose budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetScope {
    /// One run's.
    Run,
    /// A whole batch's.
    Batch,
}

/// What a budget bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Tokens of prompts and replies.
    Tokens,
    /// Money.
    Usd,
    /// Time since the start, as far as a process was there to use it.
    WallTime,
    /// Calls to a model.
    Calls,
}

impl std::fmt::Display for StopReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MaxIterations => f.write_str("all iterations are done"),
            Self::NoImprovement => f.write_str("no improvement for as many iterations as allowed"),
            Self::Budget { scope, resource } => write!(f, "{scope}.{resource} is used up"),
        }
    }
}

impl std::fmt::Display for BudgetScope {
    /// Its section in the configuration.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Run => "budget",
            Self::Batch => "batch.budget",
        })
    }
}

impl std::fmt::Display for Resource {
    /// Its key in the configuration.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Tokens => "tokens",
            Self::Usd => "usd",
            Self::WallTime => "wall_time",
            Self::Calls => "calls",
        })
    }
}
