//! Which of two evaluations is better, beyond the noise of their measurements.

use perfagent_core::event::Verdict;
use perfagent_core::metric::Direction;
use perfagent_core::spec::Acceptance;
use perfagent_core::task::{Evaluation, Ratio};

/// Compares `candidate` with the best evaluation so far. `candidate.ratio`, where it is given, is
/// candidate / best, since the best is what the candidate was measured against.
pub(crate) fn verdict(
    candidate: &Evaluation,
    best: Option<&Evaluation>,
    direction: Direction,
    acceptance: Acceptance,
) -> Verdict {
    if !candidate.success || candidate.metric.0.is_nan() {
        return Verdict::Failed;
    }
    let Some(best) = best else { return Verdict::FirstValid };
    let better = direction.is_better(candidate.metric, best.metric);
    match (acceptance, candidate.ratio) {
        (Acceptance::Interval, Some(ratio)) => by_interval(ratio, better, direction),
        _ if better => Verdict::Improved,
        _ => Verdict::NotBetter,
    }
}

/// The verdict on a candidate that was judged twice, given that on its second evaluation, when the first
/// said that it is better.
pub(crate) fn confirmed(second: Verdict) -> Verdict {
    match second {
        Verdict::WithinNoise | Verdict::NotBetter => Verdict::Unconfirmed,
        other => other,
    }
}

/// Whether luck can make `candidate` seem better, so that it has to be measured again before it is the best:
/// it was measured in turn with the best, and the interval decided.
pub(crate) fn wants_confirmation(candidate: &Evaluation, verdict: Verdict, acceptance: Acceptance) -> bool {
    verdict == Verdict::Improved
        && acceptance == Acceptance::Interval
        && candidate.ratio.is_some()
        && !candidate.samples.is_empty()
}

fn by_interval(ratio: Ratio, better: bool, direction: Direction) -> Verdict {
    let (progress, doubtful) = match direction {
        Direction::Minimize => (ratio.high < 1.0, ratio.low < 1.0),
        Direction::Maximize => (ratio.low > 1.0, ratio.high > 1.0),
    };
    if progress {
        Verdict::Improved
    } else if better && doubtful {
        Verdict::WithinNoise
    } else {
        Verdict::NotBetter
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_core::metric::Metric;
    use serde_json::Map;

    fn evaluation(metric: f64, success: bool, interval: Option<(f64, f64)>) -> Evaluation {
        Evaluation {
            metric: Metric(metric),
            success,
            summary: String::new(),
            artifacts: Map::new(),
            samples: Vec::new(),
            ratio: interval.map(|(low, high)| Ratio {
                estimate: f64::midpoint(low, high),
                low,
                high,
                confidence: 0.95,
            }),
            details: Vec::new(),
        }
    }

    #[test]
    fn the_interval_decides_where_there_is_one() {
        let best = evaluation(2.0, true, None);
        for (metric, interval, acceptance, expected) in [
            (1.0, Some((0.4, 0.6)), Acceptance::Interval, Verdict::Improved),
            (1.9, Some((0.9, 1.1)), Acceptance::Interval, Verdict::WithinNoise),
            (1.9, Some((0.9, 1.1)), Acceptance::Raw, Verdict::Improved),
            (2.1, Some((0.9, 1.1)), Acceptance::Interval, Verdict::NotBetter),
            (1.9, Some((1.1, 1.2)), Acceptance::Interval, Verdict::NotBetter),
            (1.9, None, Acceptance::Interval, Verdict::Improved),
            (2.0, None, Acceptance::Raw, Verdict::NotBetter),
        ] {
            let got = verdict(&evaluation(metric, true, interval), Some(&best), Direction::Minimize, acceptance);
            assert_eq!(got, expected, "{metric} {interval:?} {acceptance:?}");
        }
        let higher = evaluation(3.0, true, Some((1.2, 1.4)));
        assert_eq!(verdict(&higher, Some(&best), Direction::Maximize, Acceptance::Interval), Verdict::Improved);
    }

    #[test]
    fn failures_and_nan_are_never_progress() {
        let best = evaluation(2.0, true, None);
        for (candidate, reference) in [
            (evaluation(1.0, false, None), None),
            (evaluation(f64::NAN, true, None), None),
            (evaluation(f64::NAN, true, None), Some(&best)),
        ] {
            assert_eq!(verdict(&candidate, reference, Direction::Minimize, Acceptance::Raw), Verdict::Failed);
        }
        assert_eq!(
            verdict(&evaluation(1.0, true, None), None, Direction::Minimize, Acceptance::Interval),
            Verdict::FirstValid
        );
    }
}
