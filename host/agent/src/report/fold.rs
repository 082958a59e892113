//! One run, folded from its journal into what reports need.

use crate::files::sample_of;
use crate::grading::{Grade, answer, measures};
use crate::state::{OutOfOrder, State};
use perfagent_core::chat::Usage;
use perfagent_core::digest::Digest;
use perfagent_core::event::{Record, RunEvent, Verdict};
use perfagent_core::metric::{Direction, Metric};
use perfagent_core::task::{Evaluation, Ratio};
use serde::Serialize;

/// A change that was accepted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Improvement {
    /// Where it came from.
    pub iteration: u32,
    /// The metric after it.
    pub metric: Metric,
    /// It / the best before, of tasks that measure both in turn.
    pub ratio: Option<Ratio>,
}

/// The best metric after an iteration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The iteration.
    pub iteration: u32,
    /// Tokens of all replies up to then.
    pub tokens: u64,
    /// The best metric, once there is one.
    pub best: Option<Metric>,
    /// It / the first valid one, by what was measured in turn where the task does so.
    pub best_over_first: Option<f64>,
}

/// What reports need of a run.
#[derive(Clone, Debug, Serialize)]
pub struct RunFold {
    /// Names its files.
    pub name: String,
    /// The instance's name, by which runs of several directories are paired.
    pub instance: String,
    /// Which sample of the instance it is, from 1.
    pub sample: u32,
    /// The task.
    pub task: String,
    /// The metric: what is optimised, and its unit.
    pub metric: String,
    /// Which way it improves.
    pub direction: Direction,
    /// The model.
    pub model: String,
    /// Whether it came to its end.
    pub ended: bool,
    /// The best solution, judged.
    pub grade: Grade,
    /// The initial solution, where that was judged.
    pub first: Option<Grade>,
    /// Metric of the first valid solution.
    pub first_metric: Option<Metric>,
    /// The best metric / the first valid one, by what was measured in turn where the task does so.
    pub best_over_first: Option<f64>,
    /// Iterations done.
    pub iterations: u32,
    /// Accepted changes of a valid solution, in order.
    pub improvements: Vec<Improvement>,
    /// After each iteration, the initial solution included.
    pub points: Vec<Point>,
    /// Tokens of all replies.
    pub usage: Usage,
    /// What they cost, US dollars, where that is known.
    pub cost: Option<f64>,
}

impl RunFold {
    /// Folds `records`, the journal of the run whose files are called `name`; `None` of none. Journals do not
    /// tell what models cost.
    ///
    /// # Errors
    /// Records that cannot follow each other.
    pub fn of(name: &str, records: &[Record]) -> Result<Option<Self>, OutOfOrder> {
        let Some((Record { event: RunEvent::Started(started), .. }, rest)) = records.split_first() else {
            return Ok(None);
        };
        let mut state = State::new((**started).clone());
        let (mut first, mut newest, mut ended) = (None, None, false);
        let (mut improvements, mut points) = (Vec::new(), Vec::new());
        let sample = sample_of(name, &started.spec.instance.name);
        for record in rest {
            state.apply(&record.event)?;
            match &record.event {
                RunEvent::Evaluated { iteration, result: Ok(evaluation) } => {
                    if *iteration == 0 {
                        first = Some(grade(&state, None, Some((&started.initial.code, evaluation))));
                    }
                    newest = Some(evaluation.clone());
                }
                RunEvent::Confirmed { result: Ok(evaluation), .. } => newest = Some(evaluation.clone()),
                RunEvent::Decided { iteration, verdict, .. } => {
                    points.push(Point {
                        iteration: *iteration,
                        tokens: state.usage().total_tokens,
                        best: state.best().map(|best| best.evaluation.metric),
                        best_over_first: state.best_over_first(),
                    });
                    if let (Verdict::Improved, Some(best)) = (verdict, state.best()) {
                        let (metric, ratio) = (best.evaluation.metric, best.evaluation.ratio);
                        improvements.push(Improvement { iteration: *iteration, metric, ratio });
                    }
                }
                RunEvent::Finished { .. } => ended = true,
                _ => {}
            }
        }
        let best = state.best().map(|best| (best.solution.as_str(), &best.evaluation));
        let judged = best.or(newest.as_ref().map(|newest| (state.current().solution.as_str(), newest)));
        let summary = &started.instance;
        let target = summary.target.as_ref().unwrap_or(&started.task.metric);
        Ok(Some(Self {
            name: name.to_owned(),
            instance: started.spec.instance.name.clone(),
            sample,
            task: started.task.name.clone(),
            metric: summary.unit.as_ref().map_or_else(|| target.clone(), |unit| format!("{target}, {unit}")),
            direction: started.task.direction,
            model: started.spec.model.models.label(),
            ended,
            grade: grade(&state, Some(sample - 1), judged),
            first,
            first_metric: state.first_metric(),
            best_over_first: state.best_over_first(),
            iterations: state.iterations_done(),
            improvements,
            points,
            usage: state.usage(),
            cost: None,
        }))
    }
}

fn grade(state: &State, sample: Option<u32>, judged: Option<(&str, &Evaluation)>) -> Grade {
    let started = state.started();
    let grade = Grade {
        id: started.metadata.id.clone(),
        sample,
        digest: Digest::of(judged.map_or("", |(code, _)| code).as_bytes()),
        language: started.instance.language.clone(),
        groups: started.instance.details.clone(),
        metric: started.task.direction.worst(),
        success: false,
        summary: state.last_error().unwrap_or("no reply held a solution").to_owned(),
        measures: None,
        answer: None,
        error: None,
    };
    let Some((_, evaluation)) = judged else { return grade };
    Grade {
        metric: evaluation.metric,
        success: evaluation.success,
        summary: evaluation.summary.clone(),
        measures: measures(&evaluation.artifacts),
        answer: answer(&evaluation.artifacts),
        ..grade
    }
}
