//! How runs got better, along their iterations or tokens.

use super::{RunFold, Runs};
use serde::Serialize;

/// What a curve runs along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Along {
    /// Iterations.
    Iterations,
    /// Tokens of all replies.
    Tokens,
}

/// A line of steps: from each first coordinate on, the value is the second.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curve {
    /// Whether the value is the geometric mean of best / first valid metric; otherwise it is the share of
    /// runs with a valid solution.
    pub is_ratio: bool,
    /// In order.
    pub steps: Vec<(f64, f64)>,
}

/// How `runs` got better: relative to the first valid solution where all metrics are positive quantities and
/// some run improved one; otherwise the share of runs that have a valid solution.
pub fn curve(runs: &Runs, along: Along) -> Curve {
    let is_ratio = runs.runs.iter().any(|run| !run.improvements.is_empty())
        && runs.runs.iter().all(|run| run.points.iter().all(|point| point.best.is_none_or(|best| best.0 > 0.0)));
    // What each run changes, where it does: its number, and its value from then on.
    let mut changes: Vec<(f64, usize, f64)> = Vec::new();
    for (number, run) in runs.runs.iter().enumerate() {
        changes.extend(values(run, along, is_ratio).map(|(at, value)| (at, number, value)));
    }
    changes.sort_by(|one, other| one.0.total_cmp(&other.0));
    // An unsolved run counts as none solved, and no change as a ratio of 1.
    let mut current = vec![0.0; runs.runs.len()];
    let mut sum = 0.0;
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (at, number, value) in changes {
        sum += value - current[number];
        current[number] = value;
        let mean = sum / current.len() as f64;
        let height = if is_ratio { mean.exp() } else { mean };
        steps.pop_if(|last| last.0 == at);
        steps.push((at, height));
    }
    Curve { is_ratio, steps }
}

/// The value of `run` after each of its points: the logarithm of best / first, or 1 once it is solved.
fn values(run: &RunFold, along: Along, is_ratio: bool) -> impl Iterator<Item = (f64, f64)> {
    let first = run.first_metric;
    run.points.iter().map(move |point| {
        let at = match along {
            Along::Iterations => f64::from(point.iteration),
            Along::Tokens => point.tokens as f64,
        };
        let value = match (point.best, first) {
            (Some(best), Some(first)) if is_ratio => (best.0 / first.0).ln(),
            (Some(_), _) if !is_ratio => 1.0,
            _ => 0.0,
        };
        (at, if value.is_finite() { value } else { 0.0 })
    })
}
