//! Statistics beside those of numpy and scipy, which `data/statistics.py` wrote down.

use perfagent_toolkit::stats::{compare_pairs, fences, summarize};
use serde_json::Value;

fn known() -> Value {
    serde_json::from_str(include_str!("data/statistics.json")).expect("the script writes JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// Whether two numbers agree to 1e-9 of the larger one.
fn agree(found: f64, expected: &Value, scale: f64) -> bool {
    expected.as_f64().is_some_and(|expected| (found - expected).abs() <= 1e-9 * scale.max(expected.abs()))
}

#[test]
fn summaries_are_those_of_numpy_and_scipy() {
    let known = known();
    let samples = known["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 48);
    for sample in samples {
        let found = summarize(&numbers(&sample["values"]), sample["trim_ratio"].as_f64().unwrap()).unwrap();
        assert_eq!(sample["original_n"], found.original_count, "{sample}");
        assert_eq!(sample["n"], found.count, "{sample}");
        let values = [
            (found.mean, &sample["mean"]),
            (found.deviation, &sample["std"]),
            (found.min, &sample["min"]),
            (found.max, &sample["max"]),
            (found.interval.0, &sample["interval"][0]),
            (found.interval.1, &sample["interval"][1]),
            (found.trimmed_mean, &sample["trimmed_mean"]),
        ];
        for (found, expected) in values {
            // Equal values have the deviation 0 here and a rounding error there.
            let scale = if sample["std"].as_f64().unwrap() < 1e-12 * sample["mean"].as_f64().unwrap() {
                sample["mean"].as_f64().unwrap()
            } else {
                0.0
            };
            assert!(agree(found, expected, scale), "{found} instead of {expected} in {sample}");
        }
    }
}

#[test]
fn comparisons_are_those_that_the_exact_signed_rank_test_allows() {
    let known = known();
    let pairs = known["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 8);
    for pair in pairs {
        let found = compare_pairs(&numbers(&pair["candidate"]), &numbers(&pair["incumbent"]), 0.95).unwrap();
        for (found, expected) in
            [(found.estimate, &pair["estimate"]), (found.low, &pair["low"]), (found.high, &pair["high"])]
        {
            assert!(agree(found, expected, 0.0), "{found} instead of {expected} in {pair}");
        }
    }
}

#[test]
fn fences_need_a_value_and_take_nan_for_none() {
    assert_eq!(fences(&[f64::NAN, 90.0, 2.0, 1.0, 4.0, 3.0], 1.0), Some((0.0, 6.0)));
    assert_eq!(fences(&[7.0, 7.0], 3.0), Some((7.0, 7.0)));
    assert_eq!((fences(&[], 1.0), fences(&[f64::NAN], 1.0)), (None, None));
}
