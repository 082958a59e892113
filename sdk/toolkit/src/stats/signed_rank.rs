//! The Hodges-Lehmann estimate of a sample's centre and the interval that belongs to it.
//!
//! Both are ranks among the Walsh averages: the means of every two values, each value with itself
//! too. They are selected by counting, without being written down, so that a large sample takes
//! neither quadratic time nor memory.

use super::student;

/// Sample size up to which the distribution of the signed-rank statistic is computed exactly.
const MAX_EXACT: usize = 100;

/// Median of the Walsh averages of `sorted`, which is not empty and finite.
pub(super) fn estimate(sorted: &[f64]) -> f64 {
    let total = averages(sorted.len());
    let low = ranked(sorted, total.div_ceil(2));
    if total % 2 == 1 { low } else { 0.5 * low + 0.5 * ranked(sorted, total / 2 + 1) }
}

/// The interval that holds the centre of a symmetric distribution with at least the probability
/// `confidence`; `None` where the sample is too small for one.
pub(super) fn interval(sorted: &[f64], confidence: f64) -> Option<(f64, f64)> {
    let rank = rank(sorted.len(), (1.0 - confidence) / 2.0)?;
    Some((ranked(sorted, rank), ranked(sorted, averages(sorted.len()) + 1 - rank)))
}

/// Number of Walsh averages of a sample.
fn averages(count: usize) -> u64 {
    let count = count as u64;
    count * (count + 1) / 2
}

/// The rank, counted from either end, of the averages that bound an interval with the probability
/// `tail` outside on each side.
fn rank(count: usize, tail: f64) -> Option<u64> {
    let rank = if count <= MAX_EXACT { exact_rank(count, tail) } else { approximate_rank(count, tail) };
    (rank > 0).then_some(rank)
}

/// The number of outcomes of the statistic, from 0 on, that together are no likelier than `tail`.
fn exact_rank(count: usize, tail: f64) -> u64 {
    // Each rank from 1 to `count` is in the sum or not, with even chances.
    let mut chances = vec![0.0; count * (count + 1) / 2 + 1];
    chances[0] = 1.0;
    for rank in 1..=count {
        for sum in (0..=rank * (rank + 1) / 2).rev() {
            let with = sum.checked_sub(rank).map_or(0.0, |rest| chances[rest]);
            chances[sum] = 0.5 * (chances[sum] + with);
        }
    }
    let mut total = 0.0;
    // Rounding must not cost a rank where the tail is met exactly.
    let outcomes = chances.iter().take_while(|chance| {
        total += **chance;
        total <= tail * (1.0 + 1e-12)
    });
    outcomes.count() as u64
}

/// The same for a large sample, where the statistic is nearly normal. Student's distribution is a
/// little wider than the normal one, to the safe side.
fn approximate_rank(count: usize, tail: f64) -> u64 {
    let n = count as f64;
    let centre = n * (n + 1.0) / 4.0;
    let deviation = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
    let critical = student::critical(1.0 - 2.0 * tail, (count - 1).min(student::MAX_SUMMED));
    // Cuts towards zero: fewer outcomes, a wider interval.
    (centre + 0.5 - critical * deviation) as u64
}

/// The Walsh average of `sorted` with `rank`, counted from 1.
fn ranked(sorted: &[f64], rank: u64) -> f64 {
    let (mut low, mut high) = (key(sorted[0]), key(sorted[sorted.len() - 1]));
    // The smallest number that at least `rank` averages do not exceed is one of them.
    while low < high {
        let middle = low.midpoint(high);
        if count_up_to(sorted, value(middle)) >= rank { high = middle } else { low = middle + 1 }
    }
    value(low)
}

/// Number of Walsh averages of `sorted` that are at most `bound`.
fn count_up_to(sorted: &[f64], bound: f64) -> u64 {
    let mut partners = sorted.len();
    let mut count = 0;
    for (index, one) in sorted.iter().enumerate() {
        // The larger the one, the smaller its partners.
        while partners > index && 0.5 * one + 0.5 * sorted[partners - 1] > bound {
            partners -= 1;
        }
        count += partners.saturating_sub(index) as u64;
    }
    count
}

/// Integers in the order of the numbers, one for each.
fn key(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn value(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_match_printed_tables() {
        // Two-sided 5 %: critical values 0, 2, 3, 5, 8, 52, 137 of the statistic, hence one outcome more.
        for (count, rank) in [(6, 1), (7, 3), (8, 4), (9, 6), (10, 9), (20, 53), (30, 138)] {
            assert_eq!(exact_rank(count, 0.025), rank, "{count}");
        }
        assert_eq!(rank(5, 0.025), None);
    }

    #[test]
    fn approximation_is_near_and_on_the_safe_side() {
        for tail in [0.025, 0.005, 0.05] {
            let (exact, near) = (exact_rank(MAX_EXACT, tail), approximate_rank(MAX_EXACT, tail));
            assert!(near <= exact && near + exact / 50 >= exact, "{tail}: {near} of {exact}");
        }
    }

    #[test]
    fn averages_are_selected_as_if_written_down() {
        let sorted = [-3.5, -0.0, 0.0, 1.25, 2.0, 2.0, 7.5];
        let mut all: Vec<f64> =
            (0..sorted.len()).flat_map(|i| (i..sorted.len()).map(move |j| 0.5 * sorted[i] + 0.5 * sorted[j])).collect();
        all.sort_by(f64::total_cmp);
        let selected: Vec<f64> = (1..=all.len() as u64).map(|rank| ranked(&sorted, rank)).collect();
        assert_eq!(selected, all);
    }
}
