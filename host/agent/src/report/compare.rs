//! Two sets of runs of the same instances, in pairs.

use super::{RunFold, Runs};
use perfagent_core::task::Ratio;
use perfagent_toolkit::stats::compare_pairs;
use serde::Serialize;
use std::collections::BTreeMap;

/// Confidence of the intervals.
const CONFIDENCE: f64 = 0.95;
/// Half the width of a normal interval of that confidence, in deviations.
const DEVIATIONS: f64 = 1.959_964;

/// What pairs of runs say. A pair is the same sample of the same instance in the same language.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Pairs of runs that came to their end.
    pub pairs: usize,
    /// Pairs of which both have a valid solution.
    pub both_valid: usize,
    /// Best metric of the second / of the first over those, by Hodges and Lehmann; `None` of too few, or of
    /// metrics that are no positive quantities.
    pub ratio: Option<Ratio>,
    /// Share of valid runs of the second - of the first, with its 95 % interval.
    pub valid_difference: [f64; 3],
}

/// Compares `second` with `first`; `None` without a pair.
pub fn compare(first: &Runs, second: &Runs) -> Option<Comparison> {
    let by_key: BTreeMap<_, &RunFold> = first.runs.iter().filter(|run| run.ended).map(|run| (key(run), run)).collect();
    let ended = second.runs.iter().filter(|run| run.ended);
    let pairs: Vec<(&RunFold, &RunFold)> = ended.filter_map(|run| Some((*by_key.get(&key(run))?, run))).collect();
    let valid = pairs.iter().filter(|(first, second)| first.grade.success && second.grade.success);
    let (firsts, seconds): (Vec<f64>, Vec<f64>) =
        valid.map(|(first, second)| (first.grade.metric.0, second.grade.metric.0)).unzip();
    let only = |one: fn(&(&RunFold, &RunFold)) -> bool| pairs.iter().filter(|pair| one(pair)).count();
    let gained = only(|(first, second)| !first.grade.success && second.grade.success);
    let lost = only(|(first, second)| first.grade.success && !second.grade.success);
    (!pairs.is_empty()).then(|| Comparison {
        pairs: pairs.len(),
        both_valid: firsts.len(),
        ratio: compare_pairs(&seconds, &firsts, CONFIDENCE).map(|found| Ratio {
            estimate: found.estimate,
            low: found.low,
            high: found.high,
            confidence: found.confidence,
        }),
        valid_difference: difference(gained, lost, pairs.len()),
    })
}

fn key(run: &RunFold) -> (&str, &str, &str, Option<&str>, u32) {
    (&run.task, &run.metric, &run.grade.id, run.grade.language.as_deref(), run.sample)
}

/// The difference of two paired shares and the interval of Agresti and Min (2005), which adds half a pair to
/// each of the four kinds and so holds for few pairs too.
fn difference(gained: usize, lost: usize, pairs: usize) -> [f64; 3] {
    let estimate = (gained as f64 - lost as f64) / pairs as f64;
    let (gained, lost, pairs) = (gained as f64 + 0.5, lost as f64 + 0.5, pairs as f64 + 2.0);
    let middle = (gained - lost) / pairs;
    let half = DEVIATIONS * ((gained + lost) - (gained - lost).powi(2) / pairs).sqrt() / pairs;
    [estimate, (middle - half).max(-1.0), (middle + half).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_difference_of_shares_has_an_interval() {
        // By hand: (2.5 - 0.5) / 12 ± 1.96 · sqrt(3 - 4 / 12) / 12.
        let [estimate, low, high] = difference(2, 0, 10);
        assert!((estimate - 0.2).abs() < 1e-12);
        assert!((low - -0.1).abs() < 1e-3 && (high - 0.4334).abs() < 1e-3, "{low} {high}");
        let [none, low, high] = difference(0, 0, 1000);
        assert!(none == 0.0 && low < 0.0 && high > 0.0 && high < 0.01, "{low} {high}");
    }
}
