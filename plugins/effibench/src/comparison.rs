//! A candidate beside the incumbent, from runs of both in turn.

use crate::config::Target;
use crate::number::to_json;
use crate::run::Run;
use perfagent_task::{Ratio, stats};
use serde_json::{Map, Value, json};

/// Confidence of the intervals. Two equal programs differ in one of a hundred comparisons, in either
/// direction; a run compares every change that a model thinks of, and each false finding would stay.
pub(crate) const CONFIDENCE: f64 = 0.99;

/// Interquartile ranges beyond the quartiles from which on a ratio is far from the others. Of ten pairs
/// one that was disturbed can hide a difference that the nine show.
const FAR_RANGES: f64 = 3.0;

/// Pairs whose values are listed.
const MAX_LISTED: usize = 100;

/// Runs of the candidate and of the incumbent; those at the same place make a pair.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) candidate: Vec<Run>,
    pub(crate) incumbent: Vec<Run>,
}

impl Comparison {
    /// Candidate / incumbent; `None` where too few pairs passed every test on both sides.
    pub(crate) fn ratio(&self, target: Target) -> Option<Ratio> {
        let pairs = self.undisturbed(target);
        let (candidate, incumbent): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        stats::compare_pairs(&candidate, &incumbent, CONFIDENCE).map(Ratio::from)
    }

    /// The values of the pairs that passed every test and whose ratio is not far from the others'.
    /// The rule does not know which side was disturbed.
    fn undisturbed(&self, target: Target) -> Vec<(f64, f64)> {
        let mut pairs: Vec<(f64, f64)> =
            values(&self.candidate, target).into_iter().zip(values(&self.incumbent, target)).collect();
        let logarithm = |(candidate, incumbent): &(f64, f64)| candidate.ln() - incumbent.ln();
        let logarithms: Vec<f64> = pairs.iter().map(logarithm).collect();
        if let Some((low, high)) = stats::fences(&logarithms, FAR_RANGES) {
            pairs.retain(|pair| (low..=high).contains(&logarithm(pair)));
        }
        pairs
    }

    /// What the artifacts tell: the ratio in each measure, whether it shows a difference, and the
    /// values of the target that it was made from.
    pub(crate) fn describe(&self, target: Target) -> Value {
        let ratios = Target::ALL.iter().map(|other| {
            let used = self.undisturbed(*other).len();
            (other.name().to_owned(), described(self.ratio(*other), used))
        });
        let listed = |runs: &[Run]| values(runs, target).into_iter().take(MAX_LISTED).map(to_json).collect::<Vec<_>>();
        json!({
            "pairs": self.candidate.len(),
            "ratios": ratios.collect::<Map<String, Value>>(),
            "candidate_samples": listed(&self.candidate),
            "incumbent_samples": listed(&self.incumbent),
        })
    }
}

/// A ratio of so many pairs, with what it shows.
fn described(ratio: Option<Ratio>, pairs: usize) -> Value {
    let Some(ratio) = ratio else { return Value::Null };
    let finding = if ratio.high < 1.0 {
        "less"
    } else if ratio.low > 1.0 {
        "more"
    } else {
        "no difference shown"
    };
    let mut value = to_value(&ratio);
    value["pairs"] = json!(pairs);
    value["finding"] = json!(finding);
    value
}

/// A ratio as the artifacts have it.
pub(crate) fn to_value(ratio: &Ratio) -> Value {
    json!({
        "estimate": to_json(ratio.estimate),
        "low": to_json(ratio.low),
        "high": to_json(ratio.high),
        "confidence": ratio.confidence,
    })
}

/// A value per run; NaN, which no comparison uses, where a test failed.
fn values(runs: &[Run], target: Target) -> Vec<f64> {
    runs.iter().map(|run| if run.has_passed() { run.value(target) } else { f64::NAN }).collect()
}
