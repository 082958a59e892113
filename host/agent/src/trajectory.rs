//! The `.traj` file: a fold over a run's events, in the format that trajectory viewers read.

use crate::state::State;
use perfagent_core::chat::Role;
use perfagent_core::event::{Record, RunEvent, Started, Verdict};
use perfagent_core::metric::Metric;
use perfagent_core::task::Evaluation;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A whole trajectory.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Trajectory {
    metadata: Summary,
    info: Info,
    steps: Vec<TrajectoryStep>,
    history: Vec<Turn>,
}

#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
struct Summary {
    instance_id: String,
    start_time: String,
    end_time: String,
    total_iterations: u32,
    success: bool,
    language: Option<String>,
    optimization_target: Option<String>,
    final_performance: Option<Metric>,
    error_message: Option<String>,
    final_best_code: String,
}

#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
struct Info {
    #[serde(flatten)]
    summary: Summary,
    submission: String,
}

#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
struct TrajectoryStep {
    step_id: u32,
    timestamp: String,
    action: &'static str,
    input_data: Value,
    output_data: Map<String, Value>,
    query: String,
    response: String,
    thought: String,
    code_snapshot: String,
    code_changed: bool,
    diff: String,
    performance_metrics: Map<String, Value>,
    error: Option<String>,
    /// Seconds.
    execution_time: f64,
    summary: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Turn {
    role: &'static str,
    content: String,
    message_type: &'static str,
}

/// The JSON Schema (2020-12) of `.traj` files.
pub fn trajectory_schema() -> schemars::Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Trajectory>()
}

/// Folds events into a [`Trajectory`].
#[derive(Clone, Debug)]
pub(crate) struct TrajectoryFold {
    trajectory: Trajectory,
    /// The step under way, from its first event to the decision.
    open: TrajectoryStep,
    /// The solution that the step under way starts from.
    base: String,
}

impl TrajectoryFold {
    /// The trajectory of a run that has just started.
    pub(crate) fn new(started: &Started, at: &str) -> Self {
        let summary = Summary {
            instance_id: started.metadata.id.clone(),
            start_time: at.to_owned(),
            end_time: at.to_owned(),
            language: started.instance.language.clone(),
            optimization_target: started.instance.target.clone(),
            ..Summary::default()
        };
        let system = Turn {
            role: role_name(Role::System),
            content: started.system_prompt.clone(),
            message_type: "system_prompt",
        };
        Self {
            trajectory: Trajectory {
                metadata: summary.clone(),
                info: Info { summary, submission: String::new() },
                steps: Vec::new(),
                history: vec![system],
            },
            open: TrajectoryStep { code_snapshot: started.initial.code.clone(), ..first_step(at) },
            base: started.initial.code.clone(),
        }
    }

    /// Takes in `record`, after which the run is in `state`. Says whether a step was completed.
    pub(crate) fn apply(&mut self, record: &Record, state: &State) -> bool {
        self.open.execution_time += seconds(record.took_ns);
        match &record.event {
            RunEvent::Started(_) => {}
            RunEvent::PromptBuilt { iteration, messages } => {
                let prompt = messages.last().map(|message| message.content.clone()).unwrap_or_default();
                self.open.action = "generate_optimization";
                self.open.timestamp.clone_from(&record.at);
                self.open.input_data = json!({
                    "iteration": iteration,
                    "messages": messages.len(),
                    "metric": state.current().evaluation.as_ref().map(|it| it.metric),
                    "best_metric": state.best().map(|best| best.evaluation.metric),
                });
                self.open.query.clone_from(&prompt);
                self.turn(Role::User, prompt, "query");
                self.base.clone_from(&state.current().solution);
                self.open.code_snapshot.clone_from(&self.base);
            }
            RunEvent::ModelReplied { reply, .. } => {
                self.open.response.clone_from(&reply.content);
                self.open.thought = thought(&reply.content);
                self.open.output_data.insert("finish_reason".into(), json!(reply.finish_reason));
                self.open.output_data.insert("usage".into(), json!(reply.usage));
                self.turn(Role::Assistant, reply.content.clone(), "action");
            }
            RunEvent::Extracted { extraction, .. } => {
                if !extraction.verdicts.is_empty() {
                    self.open.output_data.insert("edit_verdicts".into(), json!(extraction.verdicts));
                }
                if let crate::state::Step::Evaluate { solution, .. } = state.next() {
                    self.open.code_snapshot.clone_from(solution);
                }
            }
            RunEvent::Evaluated { result: Ok(evaluation), .. } => self.evaluated(evaluation),
            RunEvent::Confirmed { result: Ok(evaluation), .. } => {
                let metrics = &self.open.performance_metrics;
                let first: Map<String, Value> = ["metric", "samples", "ratio"]
                    .into_iter()
                    .filter_map(|name| Some((name.to_owned(), metrics.get(name)?.clone())))
                    .collect();
                self.evaluated(evaluation);
                self.open.performance_metrics.insert("first_measurement".into(), Value::Object(first));
            }
            RunEvent::Evaluated { result: Err(error), .. } | RunEvent::Confirmed { result: Err(error), .. } => {
                self.open.error = Some(error.clone());
            }
            RunEvent::Decided { iteration, verdict, .. } => {
                self.decided(record, *iteration, *verdict, state);
                return *verdict != Verdict::NotJudged;
            }
            RunEvent::Resumed { .. } | RunEvent::CallFailed { .. } | RunEvent::Finished { .. } => {}
        }
        false
    }

    /// The trajectory up to now. `error` is why the run stopped before its end, where it did.
    pub(crate) fn trajectory(&mut self, at: &str, state: &State, error: Option<&str>) -> &Trajectory {
        let metadata = &mut self.trajectory.metadata;
        at.clone_into(&mut metadata.end_time);
        metadata.total_iterations = state.iterations_done();
        metadata.success = state.best().is_some();
        metadata.final_performance = state.best().map(|best| best.evaluation.metric);
        metadata.final_best_code = state.best().map(|best| best.solution.clone()).unwrap_or_default();
        metadata.error_message = match (error, state.best()) {
            (Some(error), _) => Some(error.to_owned()),
            (None, Some(_)) => None,
            (None, None) => state.last_error().map(str::to_owned),
        };
        self.trajectory.info = Info { summary: metadata.clone(), submission: metadata.final_best_code.clone() };
        &self.trajectory
    }

    fn evaluated(&mut self, evaluation: &Evaluation) {
        let metrics = &mut self.open.performance_metrics;
        metrics.insert("metric".into(), json!(evaluation.metric));
        metrics.insert("success".into(), json!(evaluation.success));
        metrics.insert("samples".into(), json!(evaluation.samples));
        metrics.insert("ratio".into(), json!(evaluation.ratio));
        metrics.insert("artifacts".into(), Value::Object(evaluation.artifacts.clone()));
        self.open.summary.clone_from(&evaluation.summary);
        if !evaluation.success {
            self.open.error = Some(evaluation.summary.clone());
        }
        self.turn(Role::User, evaluation.summary.clone(), "observation");
    }

    fn decided(&mut self, record: &Record, iteration: u32, verdict: Verdict, state: &State) {
        let next = TrajectoryStep { code_snapshot: state.current().solution.clone(), ..first_step(&record.at) };
        let mut step = std::mem::replace(&mut self.open, next);
        if verdict == Verdict::NotJudged {
            return;
        }
        if iteration > 0 {
            step.code_changed = step.code_snapshot != self.base;
            step.diff = diff(&self.base, &step.code_snapshot);
        }
        if verdict == Verdict::Unchanged {
            step.summary = state.current().notes.last().cloned().unwrap_or_default();
            self.turn(Role::User, step.summary.clone(), "observation");
        }
        step.output_data.insert("verdict".into(), json!(verdict));
        step.output_data.insert("best_iteration".into(), json!(state.best().map(|best| best.iteration)));
        step.step_id = u32::try_from(self.trajectory.steps.len() + 1).unwrap_or(u32::MAX);
        self.trajectory.steps.push(step);
    }

    fn turn(&mut self, role: Role, content: String, message_type: &'static str) {
        self.trajectory.history.push(Turn { role: role_name(role), content, message_type });
    }
}

fn first_step(at: &str) -> TrajectoryStep {
    TrajectoryStep {
        timestamp: at.to_owned(),
        action: "initial_evaluation",
        input_data: json!({}),
        ..TrajectoryStep::default()
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

#[expect(clippy::cast_precision_loss, reason = "a duration in seconds needs no more than 53 bits")]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

/// What the model says before its first code: its reasoning, as far as it shows it.
fn thought(reply: &str) -> String {
    let code = |line: &str| {
        let line = line.trim_start();
        line.starts_with("```") || line.starts_with("~~~") || line.starts_with("<<<<<")
    };
    reply.lines().take_while(|line| !code(line)).collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn diff(before: &str, after: &str) -> String {
    similar::TextDiff::from_lines(before, after).unified_diff().context_radius(3).header("before", "after").to_string()
}
