//! Statistics of any numbers.

#![no_main]

use libfuzzer_sys::fuzz_target;
use perfagent_toolkit::stats::{compare_pairs, summarize};

fuzz_target!(|input: (Vec<f64>, Vec<f64>, f64)| {
    let (candidate, incumbent, share) = input;
    if let Some(summary) = summarize(&candidate, share) {
        assert!(!summary.mean.is_nan() && !summary.trimmed_mean.is_nan());
        assert!(summary.count <= summary.original_count);
    }
    if let Some(ratio) = compare_pairs(&candidate, &incumbent, 0.95) {
        assert!(ratio.low <= ratio.estimate && ratio.estimate <= ratio.high);
    }
});
