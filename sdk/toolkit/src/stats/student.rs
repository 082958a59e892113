//! Critical values of Student's t distribution.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// Degrees of freedom up to which the distribution is summed up term by term.
pub(super) const MAX_SUMMED: usize = 1_000;

/// Critical value of the standard normal distribution for a share of 0.95.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// The t that a variable with `freedom` (at least 1) degrees of freedom stays within, on either side
/// of 0, with the probability 0.95.
pub(super) fn critical_95(freedom: usize) -> f64 {
    if freedom <= MAX_SUMMED {
        return critical(0.95, freedom);
    }
    // Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5: the error falls as the fourth
    // power of the degrees of freedom and is below 1e-11 here.
    let (z, n) = (NORMAL_95, freedom as f64);
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / n + second / n.powi(2) + third / n.powi(3)
}

/// The same for any `share` between 0 and 1. Takes time in proportion to `freedom`.
pub(super) fn critical(share: f64, freedom: usize) -> f64 {
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    // Halves the interval until neighbouring numbers are left.
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        if share_within(middle, freedom) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    (freedom as f64).sqrt() * low.tan()
}

/// Probability that |t| stays within `sqrt(freedom) * tan(angle)`: the finite sums 26.7.3 and 26.7.4
/// of Abramowitz and Stegun.
fn share_within(angle: f64, freedom: usize) -> f64 {
    let (sine, cosine) = angle.sin_cos();
    let is_odd = freedom % 2 == 1;
    let mut term = if is_odd { cosine } else { 1.0 };
    let mut sum = 0.0;
    let mut index = if is_odd { 3 } else { 2 };
    while index <= freedom {
        sum += term;
        term *= (index - 1) as f64 / index as f64 * cosine * cosine;
        index += 2;
    }
    if is_odd { FRAC_2_PI * (angle + sine * sum) } else { sine * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_values_match_printed_tables() {
        let table = [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (30, 2.042), (1_000, 1.962)];
        for (freedom, expected) in table {
            assert!((critical_95(freedom) - expected).abs() < 6e-4, "{freedom}: {}", critical_95(freedom));
        }
        assert!((critical(0.99, 5) - 4.032).abs() < 6e-4);
    }

    #[test]
    fn sum_and_series_meet() {
        let (summed, series) = (critical_95(MAX_SUMMED), critical_95(MAX_SUMMED + 1));
        assert!(summed > series && summed - series < 4e-6);
        assert!((critical(0.95, MAX_SUMMED + 1) - series).abs() < 1e-11);
    }
}
