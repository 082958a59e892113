//! The cascade with a scripted service: programs are words that say how they behave, and the
//! evaluator's harness is answered by comparing outputs.

use perfagent_effibench::Effibench;
use perfagent_task::testing::{Call, Harness, Script, ended, exited};
use perfagent_task::{
    CompileError, CompileRequest, Failure, FailureKind, Measurement, Outcome, Policy, Rejection, RunReport, TaskError,
};
use serde_json::{Value, json};
use std::cell::Cell;

fn instance() -> Vec<u8> {
    let tests: Vec<Value> = (1..=4).map(|n| json!({"input": n.to_string(), "output": n.to_string()})).collect();
    let instance = json!({
        "description": "Echo.", "type": "io", "evaluator": "def evaluate(expected, output): ...",
        "solutions": {"python3": {"code": "slow"}}, "generated_tests": tests,
    });
    instance.to_string().into_bytes()
}

/// Answers the harness: an output is right if it equals what is expected.
fn verdicts(input: &[u8]) -> RunReport {
    let job: Value = serde_json::from_slice(input).expect("the harness is given JSON");
    let mut lines = "\"ready\"\n".to_owned();
    for pair in job["pairs"].as_array().into_iter().flatten() {
        lines += &json!({"verdict": pair[0] == pair[1]}).to_string();
        lines.push('\n');
    }
    exited(0, lines)
}

fn measured(mut report: RunReport, cpu_ms: u64) -> RunReport {
    report.measurement = Measurement {
        wall_ns: 1,
        user_ns: cpu_ms * 1_000_000,
        peak_resident_bytes: 10_000 * 1024,
        memory_byte_seconds: 1_024_000.0,
        ..Measurement::default()
    };
    report
}

fn run(program: &CompileRequest, input: &[u8], call: u64) -> RunReport {
    let is_third = input == b"3";
    match program.source.as_str() {
        "fast" => measured(exited(0, input), 100 + call % 3),
        "wrong" if is_third => measured(exited(0, "x".repeat(10 << 20)), 1),
        "crash" if is_third => RunReport { error_output: b"Traceback".to_vec(), ..exited(1, "") },
        "loop" if is_third => ended(Outcome::WallLimit),
        "starved" if is_third => RunReport { error_output: b"MemoryError\n".to_vec(), ..exited(1, "") },
        "killed" if is_third => ended(Outcome::Signaled(11)),
        "spinning" if is_third => ended(Outcome::CpuLimit),
        "chatty" if is_third => RunReport { output_dropped_bytes: 9, ..exited(0, "3") },
        "barred" if is_third => ended(Outcome::Forbidden("ptrace".to_owned())),
        "greedy" if is_third => ended(Outcome::MemoryLimit),
        // Fails its third test in one of the measured runs only.
        "flaky" if is_third && call > 30 => exited(0, "?"),
        _ => measured(exited(0, [input, b"\r\n"].concat()), 200 + call % 3),
    }
}

fn script() -> Script {
    let calls = Cell::new(0);
    let script = Script::new(move |program, request| {
        if program.source.contains("faulthandler") {
            return Ok(verdicts(&request.input));
        }
        calls.set(calls.get() + 1);
        Ok(run(program, &request.input, calls.get()))
    });
    script.compiling(|request| match request.source.as_str() {
        "broken" => Err(CompileError::Rejected(Rejection {
            outcome: Outcome::Exited(1),
            message: "main.cpp: In function f:\n\u{1b}[1mmain.cpp:1: error: no\u{1b}[0m\nmore".to_owned(),
        })),
        "absent" => Err(CompileError::Failed(Failure::new(FailureKind::Unavailable, "no python3"))),
        _ => Ok(()),
    })
}

fn load(script: &Script) -> Harness<Effibench> {
    Harness::load("echo", &instance(), r#"{"num_runs": 8, "max_workers": 2}"#, script).expect("the instance is right")
}

fn artifacts(text: &str) -> Value {
    serde_json::from_str(text).expect("artifacts are JSON")
}

#[test]
fn a_correct_program_is_measured() {
    let script = script();
    let mut task = load(&script);
    let start = task.initial_solution().unwrap();
    assert!(start.judged);
    let evaluation = task.evaluate(&start.code, None).unwrap();
    assert!(evaluation.success && evaluation.ratio.is_none());
    assert!((0.8..0.81).contains(&evaluation.metric), "{}", evaluation.metric);
    assert_eq!(evaluation.samples.len(), 8);
    assert!(evaluation.summary.starts_with("4/4 tests passed, runtime 0.80"), "{}", evaluation.summary);
    assert!(evaluation.summary.ends_with(", memory 10.00 MB, integral 4.000 MB·s"), "{}", evaluation.summary);

    let found = artifacts(&evaluation.artifacts);
    let analysis = &found["benchmark_results"]["performance_analysis"];
    assert_eq!(found["performance_unit"], "s");
    assert_eq!(found["final_metrics"]["memory"], 10.0);
    assert_eq!(analysis["original_n"], 8);
    assert_eq!(analysis["passed"], true);
    assert_eq!(analysis["analysis"]["integral"]["95%_CI"], json!([4.0, 4.0]));
    assert_eq!(analysis["runtime"], found["final_metrics"]["runtime"]);
    assert_eq!(found["benchmark_results"]["pass_rates"], json!([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]));
    assert_eq!(found["benchmark_results"]["pass_rate_consistent"], true);
    assert_eq!(found["benchmark_results"]["failed_test_details"], json!([]));

    let policies: Vec<(Policy, Option<u32>)> = script.calls().iter().filter_map(candidate_run).collect();
    assert_eq!(policies[0], (Policy::Check, Some(2)));
    assert_eq!(policies[1..], [(Policy::Measure, Some(2)); 8]);
}

fn candidate_run(call: &Call) -> Option<(Policy, Option<u32>)> {
    match call {
        Call::Run { program, options, .. } if program.source == "slow" => Some((options.policy, options.max_parallel)),
        _ => None,
    }
}

#[test]
fn candidate_and_incumbent_are_measured_in_turn() {
    let script = script();
    let mut task = load(&script);
    task.evaluate("slow", None).unwrap();
    script.clear_calls();
    let evaluation = task.evaluate("fast", Some("slow")).unwrap();
    let ratio = evaluation.ratio.unwrap();
    assert!((0.49..0.52).contains(&ratio.estimate) && ratio.high < 1.0, "{ratio:?}");
    assert!(evaluation.summary.contains("× the incumbent ["), "{}", evaluation.summary);
    let found = artifacts(&evaluation.artifacts);
    assert_eq!(found["ratio_to_incumbent"]["confidence"], 0.99);
    let comparison = &found["comparison"];
    assert_eq!((&comparison["pairs"], &comparison["ratios"]["runtime"]["finding"]), (&json!(8), &json!("less")));
    assert_eq!(comparison["ratios"]["memory"]["finding"], "no difference shown");
    assert_eq!(comparison["ratios"]["runtime"]["estimate"], found["ratio_to_incumbent"]["estimate"]);
    assert_eq!(comparison["candidate_samples"].as_array().unwrap().len(), 8);
    assert!(comparison["incumbent_samples"][0].as_f64().unwrap() > 0.8);
    let worse = task.evaluate("slow", Some("fast")).unwrap();
    assert!(worse.success && worse.ratio.unwrap().low > 1.0);
    assert_eq!(artifacts(&worse.artifacts)["comparison"]["ratios"]["runtime"]["finding"], "more");

    let calls = script.calls();
    let compiled: Vec<&str> = calls
        .iter()
        .filter_map(|call| match call {
            Call::Compile(request) => Some(request.source.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(compiled, ["fast"], "the incumbent and the harness are remembered");
    let rounds: Vec<u32> = calls
        .iter()
        .filter_map(|call| match call {
            Call::Compare { rounds, .. } => Some(*rounds),
            _ => None,
        })
        .collect();
    assert_eq!(rounds, [8, 8]);
}

#[test]
fn the_same_program_is_not_compared_with_itself() {
    let script = script();
    let evaluation = load(&script).evaluate("slow", Some("slow\n")).unwrap();
    assert!(evaluation.success && evaluation.ratio.is_none());
}

#[test]
fn an_incumbent_that_does_not_compile_costs_the_comparison_only() {
    let script = script();
    let evaluation = load(&script).evaluate("fast", Some("broken")).unwrap();
    assert!(evaluation.success && evaluation.ratio.is_none());
}

#[test]
fn a_failed_test_ends_the_cascade() {
    let cases = [
        ("wrong", "done", "3/4 tests passed, the first that failed is number 3: wrong answer"),
        ("crash", "error", "3/4 tests passed, the first that failed is number 3: exit code 1"),
        ("loop", "timeout", "3/4 tests passed, the first that failed is number 3: over the time limit"),
        ("starved", "oom", "3/4 tests passed, the first that failed is number 3: out of memory, exit code 1"),
        ("killed", "error", "3/4 tests passed, the first that failed is number 3: killed by signal 11"),
        ("spinning", "timeout", "3/4 tests passed, the first that failed is number 3: over the limit of CPU time"),
        ("chatty", "error", "3/4 tests passed, the first that failed is number 3: wrote too much output"),
        ("barred", "error", "3/4 tests passed, the first that failed is number 3: made a forbidden system call ptrace"),
        ("greedy", "oom", "3/4 tests passed, the first that failed is number 3: over the memory limit"),
    ];
    for (program, status, summary) in cases {
        let script = script();
        let evaluation = load(&script).evaluate(program, Some("slow")).unwrap();
        assert_eq!((evaluation.success, evaluation.metric), (false, f64::INFINITY));
        assert_eq!(evaluation.summary, summary);
        assert!(evaluation.samples.is_empty() && evaluation.artifacts.len() < 10_000);
        let found = artifacts(&evaluation.artifacts);
        assert_eq!(found["pass_rate"], 0.75);
        assert_eq!(
            found["final_metrics"],
            json!({"runtime": "Infinity", "memory": "Infinity", "integral": "Infinity"})
        );
        assert_eq!(found["benchmark_results"]["failed_test_details"][0]["status"], status);
        assert_eq!(found["benchmark_results"]["first_run_details"][2]["passed"], false);
        let measured = script.calls().into_iter().any(|call| {
            matches!(&call, Call::Compare { .. })
                || matches!(&call, Call::Run { options, .. } if options.policy == Policy::Measure)
        });
        assert!(!measured, "{program}");
    }
}

#[test]
fn a_program_that_fails_later_is_told_by_its_majority() {
    // Two of eight measured runs fail: the others count.
    let script = script();
    let evaluation = load(&script).evaluate("flaky", None).unwrap();
    let found = artifacts(&evaluation.artifacts);
    assert_eq!(found["benchmark_results"]["pass_rate_consistent"], false);
    assert_eq!((found["pass_rate"].as_f64(), evaluation.success), (Some(1.0), true));
    assert_eq!(evaluation.samples.len(), 6);
    assert_eq!(found["benchmark_results"]["failed_test_details"][0]["reason"], "wrong answer");
}

#[test]
fn a_program_that_does_not_compile_fails_every_test() {
    let script = script();
    let evaluation = load(&script).evaluate("broken", None).unwrap();
    assert_eq!(evaluation.summary, "does not compile: main.cpp:1: error: no");
    let found = artifacts(&evaluation.artifacts);
    assert_eq!(found["pass_rate"], 0.0);
    let details = found["benchmark_results"]["first_run_details"].as_array().unwrap();
    assert!(details.len() == 4 && details.iter().all(|test| test["status"] == "compile_error"));
    assert_eq!(found["benchmark_results"]["performance_analysis"]["analysis"]["memory"]["mean"], "Infinity");
}

#[test]
fn a_failing_service_is_an_error_and_no_verdict() {
    let script = script();
    let error = load(&script).evaluate("absent", None).unwrap_err();
    assert_eq!(error, TaskError::Execution("no python3".to_owned()));
}
