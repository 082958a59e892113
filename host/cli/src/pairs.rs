//! Two programs measured in pairs, and what the pairs say.

use perfagent_core::execution::{Measurement, Round, RunReport};
use perfagent_toolkit::stats::{Ratio, compare_pairs};
use serde::Serialize;

/// Numbers of pairs after which it is looked whether a difference shows.
pub(crate) const LOOKS: [u32; 3] = [10, 30, 60];

/// Differences below this share of the value are none, whatever their interval says.
const LEAST_EFFECT: f64 = 0.01;

/// Something that is measured of each run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measure {
    /// User and system time, seconds, summed over inputs.
    CpuTime,
    /// Elapsed time, seconds, summed over inputs.
    WallTime,
    /// Highest resident memory, MB of 1000 kB, the highest of all inputs.
    PeakMemory,
    /// Area under the resident memory, MB·s, summed over inputs.
    MemoryTime,
}

/// What the pairs say about one measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Finding {
    pub(crate) measure: Measure,
    /// The measure's unit.
    pub(crate) unit: &'static str,
    /// Median of the first program.
    pub(crate) first: f64,
    /// Median of the second one.
    pub(crate) second: f64,
    /// Second by first.
    pub(crate) ratio: f64,
    /// The ratio's interval.
    pub(crate) interval: [f64; 2],
    pub(crate) verdict: Verdict,
}

/// What a ratio with its interval says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// The second program needs less.
    Less,
    /// The second program needs more.
    More,
    /// Nothing beyond noise, or less than one per cent.
    NoDifference,
}

impl Measure {
    /// All of them, the one that counts first.
    pub(crate) const ALL: [Self; 4] = [Self::CpuTime, Self::WallTime, Self::PeakMemory, Self::MemoryTime];

    /// Its name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CpuTime => "CPU time",
            Self::WallTime => "wall time",
            Self::PeakMemory => "peak memory",
            Self::MemoryTime => "memory·time",
        }
    }

    /// Its unit.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::CpuTime | Self::WallTime => "s",
            Self::PeakMemory => "MB",
            Self::MemoryTime => "MB·s",
        }
    }

    /// Its value for one side of a round.
    fn of(self, reports: &[RunReport]) -> f64 {
        let value = |measurement: &Measurement| match self {
            Self::CpuTime => (measurement.user_ns + measurement.system_ns) as f64 / 1e9,
            Self::WallTime => measurement.wall_ns as f64 / 1e9,
            Self::PeakMemory => measurement.peak_resident_bytes as f64 / 1.024e6,
            Self::MemoryTime => measurement.memory_byte_seconds / 1.024e6,
        };
        let values = reports.iter().map(|report| value(&report.measurement));
        if self == Self::PeakMemory { values.fold(0.0, f64::max) } else { values.sum() }
    }

    /// Its values over `rounds`: of the first program, and of the second.
    pub(crate) fn values(self, rounds: &[Round]) -> [Vec<f64>; 2] {
        let side = |reports: fn(&Round) -> &[RunReport]| rounds.iter().map(|round| self.of(reports(round))).collect();
        [side(|round| &round.incumbent), side(|round| &round.candidate)]
    }
}

/// What `rounds` say about `measure`; `None` where there is too little to say anything.
pub(crate) fn finding(measure: Measure, rounds: &[Round], confidence: f64) -> Option<Finding> {
    let [first, second] = measure.values(rounds);
    let ratio = compare_pairs(&second, &first, confidence)?;
    Some(Finding {
        measure,
        unit: measure.unit(),
        first: median(&first),
        second: median(&second),
        ratio: ratio.estimate,
        interval: [ratio.low, ratio.high],
        verdict: verdict(&ratio),
    })
}

fn verdict(ratio: &Ratio) -> Verdict {
    match ratio {
        _ if (ratio.estimate - 1.0).abs() < LEAST_EFFECT => Verdict::NoDifference,
        _ if ratio.high < 1.0 => Verdict::Less,
        _ if ratio.low > 1.0 => Verdict::More,
        _ => Verdict::NoDifference,
    }
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.as_slice() {
        [] => f64::NAN,
        sorted if sorted.len() % 2 == 1 => sorted[middle],
        sorted => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// `text` with a number of digits that people can read.
pub(crate) fn shown(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => "–".to_owned(),
        large if large >= 100.0 => format!("{value:.1}"),
        middle if middle >= 1.0 => format!("{value:.3}"),
        _ => format!("{value:.5}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_core::execution::Outcome;

    fn report(milliseconds: f64) -> RunReport {
        let user_ns = (milliseconds * 1e6) as u64;
        let measurement = Measurement {
            user_ns,
            wall_ns: user_ns,
            peak_resident_bytes: 1_024_000,
            memory_byte_seconds: 1.024e6,
            ..Measurement::default()
        };
        RunReport {
            outcome: Outcome::Exited(0),
            output: Vec::new(),
            output_dropped_bytes: 0,
            error_output: Vec::new(),
            error_dropped_bytes: 0,
            measurement,
        }
    }

    fn rounds(factor: f64) -> Vec<Round> {
        let noise = [1.0, 1.01, 0.99, 1.005, 0.995, 1.002, 0.998, 1.004, 0.996, 1.001];
        let round = |(index, first): (usize, &f64)| Round {
            incumbent: vec![report(100.0 * first), report(50.0)],
            candidate: vec![report(100.0 * factor * noise[(index + 3) % 10]), report(50.0 * factor)],
        };
        noise.iter().enumerate().map(round).collect()
    }

    #[test]
    fn a_difference_beyond_noise_is_found_and_a_small_one_is_none() {
        let of = |factor| finding(Measure::CpuTime, &rounds(factor), 0.95).unwrap();
        assert_eq!((of(0.8).verdict, of(1.25).verdict), (Verdict::Less, Verdict::More));
        assert_eq!((of(1.0).verdict, of(1.008).verdict), (Verdict::NoDifference, Verdict::NoDifference));
        assert!((of(0.8).ratio - 0.8).abs() < 0.01 && (of(0.8).first - 0.15).abs() < 0.001);
    }

    #[test]
    fn units_are_those_of_the_report() {
        let rounds = rounds(1.0);
        assert_eq!(Measure::PeakMemory.values(&rounds)[0][0], 1.0);
        assert_eq!(Measure::MemoryTime.values(&rounds)[0][0], 2.0);
        assert_eq!(median(&[3.0, 1.0, 2.0, 10.0]), 2.5);
    }
}
