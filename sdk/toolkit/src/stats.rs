//! Statistics of small samples of measurements.
//!
//! Two questions come up when programs are measured: how long does this one take ([`summarize`]), and
//! is that one faster ([`compare_pairs`]). Nothing here draws random numbers, so the same measurements
//! give the same answer everywhere.

mod compare;
mod signed_rank;
mod student;

pub use compare::{Ratio, compare_pairs};

/// Interquartile ranges that a value may lie outside the quartiles before it counts as an outlier.
const OUTLIER_RANGES: f64 = 1.0;

/// A sample after its outliers were dropped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Size of the sample as given.
    pub original_count: u32,
    /// Size after outliers were dropped.
    pub count: u32,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation (divides by n - 1); 0 for one value.
    pub deviation: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// 95 % t-interval of the mean.
    pub interval: (f64, f64),
    /// Mean after `int(n * trim_ratio)` values are cut from each end.
    pub trimmed_mean: f64,
}

/// Summarises `values` without those outside `[Q1 - IQR, Q3 + IQR]`, where the quartiles are
/// interpolated linearly between the sorted values (numpy's default).
///
/// `trim_ratio` is the share of values, of those that remain, cut from each end for the trimmed mean;
/// at least the middle one or two stay. One value is its own mean, with the deviation 0.
///
/// A NaN is no measurement: it counts in `original_count` alone. An infinite value is one beyond all
/// others: it is dropped where the quartiles are finite; where one remains, the mean is infinite, the
/// deviation too, and the interval is everything. The result never holds a NaN.
///
/// `None` where no value remains, or infinite ones of both signs, which have no mean.
///
/// ```
/// use perfagent_toolkit::stats::summarize;
///
/// let summary = summarize(&[1.0, 2.0, 3.0, 4.0, 90.0], 0.1).unwrap();
/// assert_eq!((summary.original_count, summary.count), (5, 4));
/// assert_eq!((summary.mean, summary.max), (2.5, 4.0));
/// ```
pub fn summarize(values: &[f64], trim_ratio: f64) -> Option<Summary> {
    let mut kept: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    kept.sort_by(f64::total_cmp);
    let (low, high) = sorted_fences(&kept, OUTLIER_RANGES)?;
    kept.retain(|value| (low..=high).contains(value));
    let (min, max) = (*kept.first()?, *kept.last()?);
    if min == f64::NEG_INFINITY && max == f64::INFINITY {
        return None;
    }
    let mean = mean(&kept)?;
    let deviation = deviation(&kept, mean);
    // The product rounds as Python's does; the conversion cuts, and takes NaN and negatives to 0.
    let cut = ((kept.len() as f64 * trim_ratio) as usize).min((kept.len() - 1) / 2);
    Some(Summary {
        original_count: count(values),
        count: count(&kept),
        mean,
        deviation,
        min,
        max,
        interval: interval(mean, deviation, kept.len()),
        trimmed_mean: self::mean(&kept[cut..kept.len() - cut])?,
    })
}

/// The bounds outside of which a value of `values` is far from the others: `ranges` interquartile
/// ranges beyond the quartiles. A NaN is no value; `None` where there is no other.
///
/// ```
/// use perfagent_toolkit::stats::fences;
///
/// assert_eq!(fences(&[1.0, 2.0, 3.0, 4.0, 90.0], 3.0), Some((-4.0, 10.0)));
/// ```
pub fn fences(values: &[f64], ranges: f64) -> Option<(f64, f64)> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted_fences(&sorted, ranges)
}

fn count(values: &[f64]) -> u32 {
    u32::try_from(values.len()).unwrap_or(u32::MAX)
}

fn sorted_fences(sorted: &[f64], ranges: f64) -> Option<(f64, f64)> {
    let (first, third) = (quantile(sorted, 0.25)?, quantile(sorted, 0.75)?);
    // Equal infinities have a range too.
    let range = if first == third { 0.0 } else { ranges * (third - first) };
    Some((first - range, third + range))
}

/// The quantile of `sorted` at `share` (0 to 1), interpolated linearly as numpy does; `None` of an
/// empty sample.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let at = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (*sorted.get(at.floor() as usize)?, *sorted.get(at.ceil() as usize)?);
    Some(between(below, above, at.fract()))
}

/// The value at `share` of the way from `below` to `above`, which are ordered.
fn between(below: f64, above: f64, share: f64) -> f64 {
    let range = above - below;
    match (below.is_infinite(), above.is_infinite()) {
        _ if below == above || share == 0.0 => below,
        (true, true) if share < 0.5 => below,
        (true, false) => below,
        (_, true) => above,
        _ if range.is_infinite() => below * (1.0 - share) + above * share,
        _ if share < 0.5 => below + range * share,
        _ => above - range * (1.0 - share),
    }
}

/// Mean of sorted values that hold infinities of at most one sign; `None` of none.
fn mean(sorted: &[f64]) -> Option<f64> {
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let count = sorted.len() as f64;
    let sum: f64 = sorted.iter().sum();
    // A sum beyond the largest number may still have a mean within.
    let mean = if sum.is_finite() { sum / count } else { sorted.iter().map(|value| value / count).sum() };
    // Rounding may lead out of the sample.
    Some(mean.clamp(min, max))
}

/// Sample standard deviation.
fn deviation(values: &[f64], mean: f64) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    if mean.is_infinite() {
        return f64::INFINITY;
    }
    let largest = values.iter().map(|value| (value - mean).abs()).fold(0.0, f64::max);
    if largest == 0.0 || largest.is_infinite() {
        return largest;
    }
    // Squares of large or tiny differences would leave the range of numbers.
    let squares: f64 = values.iter().map(|value| ((value - mean) / largest).powi(2)).sum();
    largest * (squares / (values.len() - 1) as f64).sqrt()
}

/// 95 % t-interval of a mean.
fn interval(mean: f64, deviation: f64, count: usize) -> (f64, f64) {
    if deviation == 0.0 {
        return (mean, mean);
    }
    if deviation.is_infinite() {
        return (f64::NEG_INFINITY, f64::INFINITY);
    }
    let half = student::critical_95(count - 1) * deviation / (count as f64).sqrt();
    (mean - half, mean + half)
}
