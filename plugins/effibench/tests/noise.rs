//! What comparisons find under noise, in many simulated ones: how often equal programs seem to
//! differ, and how often a true difference is found. No clock: times are drawn from a seeded
//! generator, and go the whole way through the task.

use fastrand::Rng;
use perfagent_effibench::Effibench;
use perfagent_task::testing::{Harness, Script, exited};
use perfagent_task::{Measurement, RunReport};
use serde_json::{Value, json};
use std::cell::RefCell;

/// Comparisons of each kind.
const COMPARISONS: usize = 300;
/// Share of the runs that something disturbs, and by how much at most: what is left after the host
/// has repeated those pairs whose disturbance it sees.
const OUTLIERS: f64 = 0.02;
const OUTLIER_FACTOR: f64 = 1.3;
/// The default of the configuration.
const DEFAULT_RUNS: u32 = 10;

/// A draw of the standard normal distribution (Box and Muller).
fn normal(random: &mut Rng) -> f64 {
    (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
}

/// Answers the evaluator's harness, and lets programs take the time that their source names, in
/// milliseconds, with noise of the deviation `noise` of its logarithm.
fn machine(random: Rng, noise: f64) -> Script {
    let random = RefCell::new(random);
    Script::new(move |program, request| {
        if program.source.contains("faulthandler") {
            let job: Value = serde_json::from_slice(&request.input).expect("the harness is given JSON");
            let count = job["pairs"].as_array().map_or(0, Vec::len);
            return Ok(exited(0, format!("\"ready\"\n{}", "{\"verdict\": true}\n".repeat(count))));
        }
        let random = &mut *random.borrow_mut();
        let mut factor = (noise * normal(random)).exp();
        if random.f64() < OUTLIERS {
            factor *= 1.0 + (OUTLIER_FACTOR - 1.0) * random.f64();
        }
        let milliseconds: f64 = program.source.trim().parse().expect("programs are numbers");
        let user_ns = (milliseconds * 1e6 * factor) as u64;
        let measurement = Measurement { user_ns, peak_resident_bytes: 1 << 20, ..Measurement::default() };
        Ok(RunReport { measurement, ..exited(0, "") })
    })
}

/// How many comparisons of a candidate, whose time is `factor` times the incumbent's, show that it
/// takes less, and how many that it takes more.
fn findings(factor: f64, noise: f64, runs: u32) -> (usize, usize) {
    let instance = json!({
        "description": "Wait.", "type": "io", "evaluator": "def evaluate(a, b): return True",
        "generated_tests": [{"input": "", "output": ""}],
    });
    let config = json!({ "num_runs": runs }).to_string();
    let (mut less, mut more) = (0, 0);
    // Other draws for other noise.
    let mut random = Rng::with_seed((noise * 1e6 * factor) as u64 + u64::from(runs));
    for _ in 0..COMPARISONS {
        let script = machine(random.fork(), noise);
        let mut task = Harness::<Effibench>::load("wait", instance.to_string().as_bytes(), &config, &script)
            .expect("the instance is right");
        // Not the same text: equal programs are not compared at all.
        let (candidate, incumbent) = (format!("{:.4}", 100.0 * factor), "100");
        let evaluation = task.evaluate(&candidate, Some(incumbent)).expect("nothing fails");
        let ratio = evaluation.ratio.expect("all tests pass");
        assert_eq!(evaluation.samples.len(), runs as usize);
        less += usize::from(ratio.high < 1.0);
        more += usize::from(ratio.low > 1.0);
    }
    (less, more)
}

#[test]
fn equal_programs_seldom_seem_to_differ() {
    for (noise, runs) in [(0.01, DEFAULT_RUNS), (0.02, DEFAULT_RUNS), (0.1, DEFAULT_RUNS), (0.01, 40), (0.02, 40)] {
        let (less, more) = findings(1.0, noise, runs);
        println!("equal programs, noise {noise}, {runs} runs: {less} less, {more} more of {COMPARISONS}");
        assert!((less + more) * 50 <= COMPARISONS, "noise {noise}, {runs} runs: {less} less, {more} more");
    }
}

#[test]
fn true_differences_are_found_in_both_directions() {
    for (difference, runs) in [(0.05, DEFAULT_RUNS), (0.02, 40)] {
        for noise in [0.01, 0.02] {
            for factor in [1.0 - difference, 1.0 / (1.0 - difference)] {
                let (less, more) = findings(factor, noise, runs);
                println!("factor {factor:.4}, noise {noise}, {runs} runs: {less} less, {more} more of {COMPARISONS}");
                let (found, wrong) = if factor < 1.0 { (less, more) } else { (more, less) };
                assert!(found * 10 >= COMPARISONS * 9, "factor {factor}, noise {noise}: {found} found");
                assert_eq!(wrong, 0, "factor {factor}, noise {noise}");
            }
        }
    }
}
