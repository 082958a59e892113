//! What a task says of itself, of an instance and of a solution: the records of the WIT interface
//! `runner`, with what makes them pleasant to build in Rust.

pub use crate::bindings::exports::perfagent::task::runner::{
    Attempt, Description, Direction, Evaluation, Extraction, Finding, InitialSolution, InstanceSummary, PromptContext,
    TaskError, TaskMetadata,
};
pub use crate::bindings::perfagent::task::toolkit::{EditStatus, EditVerdict, Ratio};

use crate::execution::Failure;
use perfagent_toolkit::template::TemplateError;
use perfagent_toolkit::{edit, stats};

impl Direction {
    /// The value that every valid solution beats.
    pub fn worst(self) -> f64 {
        match self {
            Self::Minimize => f64::INFINITY,
            Self::Maximize => f64::NEG_INFINITY,
        }
    }
}

impl Description {
    /// A task without languages, with a configuration that takes no key and templates that say
    /// nothing; set what the task has.
    pub fn new(name: impl Into<String>, metric: impl Into<String>, direction: Direction) -> Self {
        Self {
            name: name.into(),
            version: "0.1.0".to_owned(),
            summary: String::new(),
            metric: metric.into(),
            direction,
            languages: Vec::new(),
            config_schema: r#"{"type":"object","additionalProperties":false}"#.to_owned(),
            system_template: String::new(),
            system_variables: Vec::new(),
            optimization_template: String::new(),
            optimization_variables: Vec::new(),
            details: Vec::new(),
        }
    }
}

impl InstanceSummary {
    /// An instance whose solutions are files with this extension, without the dot.
    pub fn new(extension: impl Into<String>) -> Self {
        Self { language: None, extension: extension.into(), target: None, unit: None, details: Vec::new() }
    }
}

impl Default for PromptContext {
    /// The task's own templates and nothing added by the user.
    fn default() -> Self {
        Self {
            system_template: None,
            optimization_template: None,
            additional_requirements: String::new(),
            local_memory: String::new(),
            global_memory: String::new(),
            details: Vec::new(),
        }
    }
}

impl Attempt {
    /// A solution that was not judged.
    pub fn new(solution: impl Into<String>) -> Self {
        Self { solution: solution.into(), evaluation: None, notes: Vec::new() }
    }
}

impl Evaluation {
    /// A valid solution with this metric, without samples and artifacts.
    pub fn valid(metric: f64, summary: impl Into<String>) -> Self {
        Self::with(metric, true, summary.into())
    }

    /// A solution that is not valid: the metric is the worst of `direction`.
    pub fn invalid(direction: Direction, summary: impl Into<String>) -> Self {
        Self::with(direction.worst(), false, summary.into())
    }

    fn with(metric: f64, success: bool, summary: String) -> Self {
        Self {
            metric,
            success,
            summary,
            artifacts: "{}".to_owned(),
            samples: Vec::new(),
            ratio: None,
            details: Vec::new(),
        }
    }
}

impl Extraction {
    /// A finding without edit blocks.
    pub fn new(finding: Finding) -> Self {
        Self { finding, verdicts: Vec::new() }
    }
}

impl From<Failure> for TaskError {
    /// The message, with a hint where trying again may help.
    fn from(failure: Failure) -> Self {
        let hint = if failure.retryable { " (trying again may help)" } else { "" };
        Self::Execution(format!("{}{hint}", failure.message))
    }
}

impl From<TemplateError> for TaskError {
    fn from(error: TemplateError) -> Self {
        Self::BadTemplate(error.to_string())
    }
}

impl From<stats::Ratio> for Ratio {
    fn from(ratio: stats::Ratio) -> Self {
        Self { estimate: ratio.estimate, low: ratio.low, high: ratio.high, confidence: ratio.confidence }
    }
}

impl From<edit::Verdict> for EditVerdict {
    fn from(verdict: edit::Verdict) -> Self {
        let status = match verdict.status {
            edit::Status::Applied => EditStatus::Applied,
            edit::Status::AppliedReindented => EditStatus::AppliedReindented,
            edit::Status::NotFound => EditStatus::NotFound,
            edit::Status::Ambiguous => EditStatus::Ambiguous,
            edit::Status::Malformed => EditStatus::Malformed,
        };
        Self { status, message: verdict.message, lines: verdict.lines }
    }
}
