//! What a batch came to, and the file of all its predictions.

use super::{Ended, Unfinished};
use crate::files::{self, FileError, RunFiles};
use perfagent_core::chat::Usage;
use perfagent_core::metric::Metric;
use perfagent_core::result::AgentResult;
use serde::{Deserialize, Serialize, Serializer as _, ser::SerializeMap as _};
use std::collections::BTreeMap;
use std::path::Path;

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It has a valid solution.
    Valid,
    /// It came to its end without one.
    NoSolution,
    /// It did not come to its end.
    Failed,
}

/// All that is kept of a run that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outline {
    /// Names its directory.
    pub name: String,
    /// Which sample of the instance it is, from 1.
    pub sample: u32,
    /// What became of it.
    pub ending: Ending,
    /// The instance's id, where it was loaded.
    pub instance_id: Option<String>,
    /// The best metric.
    pub metric: Option<Metric>,
    /// Metric of the first valid solution.
    pub first_metric: Option<Metric>,
    /// The best metric / the first valid one, by what was measured in turn where the task does so.
    #[serde(default)]
    pub best_over_first: Option<f64>,
    /// Iterations done.
    pub iterations: u32,
    /// Tokens of all replies.
    pub usage: Usage,
    /// What they cost, US dollars, where that is known.
    pub cost: Option<f64>,
    /// Whether an earlier call had carried it out.
    pub is_earlier: bool,
    /// Why there is no valid solution; begins with where the instance comes from if the run failed.
    pub error: Option<String>,
}

impl Outline {
    /// Of a run.
    pub fn new(ended: &Ended) -> Self {
        let member = &ended.member;
        let outline = Self {
            name: member.name.clone(),
            sample: member.sample,
            ending: Ending::Failed,
            instance_id: None,
            metric: None,
            first_metric: None,
            best_over_first: None,
            iterations: 0,
            usage: Usage::default(),
            cost: None,
            is_earlier: ended.is_earlier,
            error: None,
        };
        match &ended.result {
            Ok(result) => Self {
                ending: if result.success { Ending::Valid } else { Ending::NoSolution },
                error: result.error.clone(),
                ..outline.of(result)
            },
            Err(Unfinished { error, result, has_begun }) => {
                let outline = match result {
                    Some(result) => outline.of(result),
                    // What has not begun costs nothing.
                    None => Self { cost: (!has_begun).then_some(0.0), ..outline },
                };
                Self { error: Some(format!("{}: {}", member.origin, crate::chain(error))), ..outline }
            }
        }
    }

    /// With what `result` tells, but for how the run ended.
    fn of(self, result: &AgentResult) -> Self {
        Self {
            instance_id: Some(result.instance_id.clone()),
            metric: Some(result.metric),
            first_metric: result.first_metric,
            best_over_first: result.best_over_first.filter(|_| result.success),
            iterations: result.total_iterations,
            usage: result.usage,
            cost: result.cost_usd,
            ..self
        }
    }
}

/// What a batch came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Runs that ended.
    pub ended: usize,
    /// Of them, those with a valid solution.
    pub valid: usize,
    /// Those that came to their end without one.
    pub no_solution: usize,
    /// Those that did not come to their end.
    pub failed: usize,
    /// Those that an earlier call had carried out.
    pub earlier: usize,
    /// Runs that did not begin or were cut off, since the batch was interrupted.
    pub left: usize,
    /// Tokens of all runs.
    pub usage: Usage,
    /// What they cost, US dollars; `None` unless that is known of each run.
    pub cost: Option<f64>,
    /// Elapsed time of this call, seconds.
    pub seconds: f64,
    /// The runs, in the order in which they ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Outline>,
}

impl Summary {
    /// Adds a run.
    pub fn add(&mut self, run: Outline) {
        self.ended += 1;
        match run.ending {
            Ending::Valid => self.valid += 1,
            Ending::NoSolution => self.no_solution += 1,
            Ending::Failed => self.failed += 1,
        }
        self.earlier += usize::from(run.is_earlier);
        self.usage += run.usage;
        self.cost = if self.runs.is_empty() { run.cost } else { self.cost.zip(run.cost).map(|(all, one)| all + one) };
        self.runs.push(run);
    }
}

/// A run's best solution.
#[derive(Serialize)]
struct Prediction {
    instance_id: String,
    model_name_or_path: String,
    solution: String,
    metric: Metric,
    success: bool,
    /// The solutions of all samples, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    samples: Vec<String>,
}

/// Writes the solutions of those of `runs` that came to their end, read from their `files`, to `path`: an object by
/// instance, with the first sample's own fields. One instance at a time is held.
///
/// # Errors
/// The file cannot be written.
pub fn write_predictions(
    path: &Path,
    runs: &[Outline],
    files: impl Fn(&str) -> RunFiles,
    model: &str,
) -> Result<(), FileError> {
    let mut by_id: BTreeMap<&str, Vec<&Outline>> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.ending != Ending::Failed) {
        by_id.entry(run.instance_id.as_deref().unwrap_or_default()).or_default().push(run);
    }
    by_id.remove("");
    files::write_with(path, |out| {
        let mut serializer = serde_json::Serializer::pretty(out);
        let mut map = serializer.serialize_map(None)?;
        for (id, mut runs) in by_id {
            runs.sort_by_key(|run| run.sample);
            // What was taken away meanwhile has no prediction.
            let results: Vec<AgentResult> = runs.iter().filter_map(|run| files(&run.name).read_result()).collect();
            if let Some(prediction) = prediction(results, model) {
                map.serialize_entry(id, &prediction)?;
            }
        }
        map.end().map_err(Into::into)
    })
}

fn prediction(results: Vec<AgentResult>, model: &str) -> Option<Prediction> {
    let first = results.first()?;
    Some(Prediction {
        instance_id: first.instance_id.clone(),
        model_name_or_path: model.to_owned(),
        solution: first.solution.clone(),
        metric: first.metric,
        success: first.success,
        samples: match results.len() {
            1 => Vec::new(),
            _ => results.into_iter().map(|result| result.solution).collect(),
        },
    })
}
