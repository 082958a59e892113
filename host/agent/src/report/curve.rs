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

/// What curves show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Height {
    /// The geometric mean of best / first valid metric.
    Ratio,
    /// The share of runs with a valid solution.
    Valid,
}

impl Height {
    /// What curves of all these runs can show on one axis: ratios where all metrics are positive quantities and
    /// some run improved one.
    pub fn of(all: &[&Runs]) -> Self {
        let runs = || all.iter().flat_map(|runs| &runs.runs);
        let is_improved = runs().any(|run| !run.improvements.is_empty());
        let mut best = runs().flat_map(|run| &run.points).filter_map(|point| point.best);
        if is_improved && best.all(|best| best.0 > 0.0) { Self::Ratio } else { Self::Valid }
    }
}

/// How `runs` got better: a line of steps. From each first coordinate on, the value is the second.
pub fn curve(runs: &Runs, along: Along, height: Height) -> Vec<(f64, f64)> {
    // What each run changes, where it does: its number, and its value from then on.
    let mut changes: Vec<(f64, usize, f64)> = Vec::new();
    for (number, run) in runs.runs.iter().enumerate() {
        changes.extend(values(run, along, height).map(|(at, value)| (at, number, value)));
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
        let value = match height {
            Height::Ratio => mean.exp(),
            Height::Valid => mean,
        };
        steps.pop_if(|last| last.0 == at);
        steps.push((at, value));
    }
    steps
}

/// The value of `run` after each of its points: the logarithm of best / first, or 1 once it is solved.
fn values(run: &RunFold, along: Along, height: Height) -> impl Iterator<Item = (f64, f64)> {
    run.points.iter().map(move |point| {
        let at = match along {
            Along::Iterations => f64::from(point.iteration),
            Along::Tokens => point.tokens as f64,
        };
        let value = match height {
            Height::Ratio => point.best_over_first.map_or(0.0, f64::ln),
            Height::Valid => f64::from(point.best.is_some()),
        };
        (at, if value.is_finite() { value } else { 0.0 })
    })
}
