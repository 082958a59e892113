//! Whether one of two programs is faster, from measurements taken in pairs.

use super::{deviation, mean, signed_rank, student};

/// A quotient of two measured quantities with its confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The estimate.
    pub estimate: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Share of such intervals that hold the true value, for example 0.95.
    pub confidence: f64,
}

/// Ratio candidate / incumbent of values measured in pairs: the Hodges-Lehmann estimate on the
/// logarithms of the pairs' ratios, with the interval that Wilcoxon's signed-rank test gives.
///
/// That interval needs no assumption on the noise but that it is symmetric between the two, and two
/// equal programs are, however skewed their times: it excludes 1 for at most `1 - confidence` of equal
/// programs, at any number of pairs. A percentile bootstrap does so for about 10 % instead of 5 % of
/// them at ten pairs. Pairs too few to reach `confidence` so (five or fewer for 0.95) get the
/// t-interval of the mean logarithm instead, which assumes normal noise.
///
/// Pairs with a value that is not finite and positive, and values without a partner, are left out.
/// `None` with fewer than two pairs, or a confidence not between 0 and 1.
///
/// ```
/// use perfagent_toolkit::stats::compare_pairs;
///
/// let incumbent = [10.0, 10.2, 9.9, 10.1, 10.0, 10.3, 9.8];
/// let candidate = incumbent.map(|value| 0.8 * value);
/// let ratio = compare_pairs(&candidate, &incumbent, 0.95).unwrap();
/// assert!((ratio.estimate - 0.8).abs() < 1e-12 && ratio.high < 1.0);
/// ```
pub fn compare_pairs(candidate: &[f64], incumbent: &[f64], confidence: f64) -> Option<Ratio> {
    if !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let is_measured = |value: f64| value.is_finite() && value > 0.0;
    let pairs = candidate.iter().zip(incumbent).filter(|(one, other)| is_measured(**one) && is_measured(**other));
    // The quotient itself could leave the range of numbers.
    let mut logarithms: Vec<f64> = pairs.map(|(candidate, incumbent)| candidate.ln() - incumbent.ln()).collect();
    if logarithms.len() < 2 {
        return None;
    }
    logarithms.sort_by(f64::total_cmp);
    let estimate = signed_rank::estimate(&logarithms);
    let (low, high) = match signed_rank::interval(&logarithms, confidence) {
        Some(interval) => interval,
        None => t_interval(&logarithms, confidence)?,
    };
    Some(Ratio { estimate: estimate.exp(), low: low.min(estimate).exp(), high: high.max(estimate).exp(), confidence })
}

fn t_interval(sorted: &[f64], confidence: f64) -> Option<(f64, f64)> {
    let mean = mean(sorted)?;
    let freedom = (sorted.len() - 1).min(student::MAX_SUMMED);
    let half = student::critical(confidence, freedom) * deviation(sorted, mean) / (sorted.len() as f64).sqrt();
    Some((mean - half, mean + half))
}
