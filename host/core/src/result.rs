//! The protocol with an outer optimiser: what it gets, as JSON.

use crate::chat::Usage;
use crate::digest::Digest;
use crate::event::StopReason;
use crate::metric::Metric;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a run came to. Written to `result.json`, and printed with `--json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgentResult {
    /// The instance.
    pub instance_id: String,
    /// Whether there is a valid solution.
    pub success: bool,
    /// The best solution, else the newest one.
    pub solution: String,
    /// Its metric.
    pub metric: Metric,
    /// Its artifacts.
    pub artifacts: Map<String, Value>,
    /// Iterations done.
    pub total_iterations: u32,
    /// Path of the trajectory, where one was written.
    pub trajectory_file: Option<String>,
    /// Why there is no valid solution.
    pub error: Option<String>,
    /// Why the loop ended, where it came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<StopReason>,
    /// Metric of the first valid solution.
    #[serde(default)]
    pub first_metric: Option<Metric>,
    /// Its metric / that of the first valid one, by what was measured in turn where the task does so.
    #[serde(default)]
    pub best_over_first: Option<f64>,
    /// Tokens of all replies.
    #[serde(default)]
    pub usage: Usage,
    /// What they cost, US dollars; `None` where a model has no price.
    #[serde(default)]
    pub cost_usd: Option<f64>,
    /// Digest of the specification that was carried out to its end; `None`: the run can go on.
    #[serde(default)]
    pub request: Option<Digest>,
}

impl AgentResult {
    /// Of a run that failed before it could come to anything.
    pub fn failed(instance_id: impl Into<String>, error: impl Into<String>) -> Self {
        Self {
            instance_id: instance_id.into(),
            success: false,
            solution: String::new(),
            metric: Metric(f64::NAN),
            artifacts: Map::new(),
            total_iterations: 0,
            trajectory_file: None,
            error: Some(error.into()),
            stop_reason: None,
            first_metric: None,
            best_over_first: None,
            usage: Usage::default(),
            cost_usd: None,
            request: None,
        }
    }
}

/// What names an instance and says what it asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskMetadata {
    /// The instance.
    pub instance_id: String,
    /// The problem.
    pub problem_description: String,
}
