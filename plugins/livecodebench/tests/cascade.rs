//! Judging with a scripted service that answers as the harness would.

use perfagent_livecodebench::Livecodebench;
use perfagent_task::testing::{Call, Harness, Script, ended, exited};
use perfagent_task::{
    CompileError, CompileRequest, Failure, FailureKind, Outcome, Rejection, RunReport, RunRequest, TaskError,
};
use serde_json::{Value, json};

fn instance(function: Option<&str>, tests: usize) -> Vec<u8> {
    let list = |range: std::ops::Range<usize>| -> Value {
        range.map(|n| json!({"input": format!("{n}"), "output": format!("{n}")})).collect()
    };
    json!({
        "question_content": "Echo.", "question_id": "echo", "difficulty": "easy", "platform": "atcoder",
        "contest_date": "2024-01-05T00:00:00", "metadata": {"func_name": function},
        "public_test_cases": list(0..2.min(tests)), "private_test_cases": list(2.min(tests)..tests),
    })
    .to_string()
    .into_bytes()
}

fn load(data: &[u8], config: &Value, script: &Script) -> Harness<Livecodebench> {
    Harness::load("stem", data, &config.to_string(), script).expect("the instance is right")
}

fn frame(kind: char, body: &str) -> Vec<u8> {
    let length = (body.len() as u32).to_be_bytes();
    [kind.to_string().as_bytes(), &length, body.as_bytes()].concat()
}

/// The job and the inputs that a request holds.
fn read(request: &RunRequest) -> (Value, Vec<String>) {
    let mut rest = request.input.as_slice();
    let mut frames = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let (body, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        frames.push(String::from_utf8_lossy(body).into_owned());
        rest = after;
    }
    (serde_json::from_str(&frames.remove(0)).expect("the job is JSON"), frames)
}

/// Answers every test with its input, but the test `odd` as `answer` says, which ends the run where
/// it gives an outcome or a frame that ends it.
fn script(odd: &'static str, answer: impl Fn() -> (Vec<u8>, Option<Outcome>) + 'static) -> Script {
    Script::new(move |_, request| {
        let (job, inputs) = read(request);
        let kind = if job["function"].is_null() { 'o' } else { 'v' };
        let mut output = Vec::new();
        for input in inputs {
            if input != odd {
                output.extend(frame(kind, &input));
                continue;
            }
            let (frames, outcome) = answer();
            let is_last = frames.starts_with(b"p") || frames.starts_with(b"l");
            output.extend(frames);
            if let Some(outcome) = outcome {
                return Ok(RunReport { output, ..ended(outcome) });
            }
            if is_last {
                break;
            }
        }
        Ok(exited(0, output))
    })
}

fn artifacts(task: &mut Harness<Livecodebench>) -> Value {
    let evaluation = task.evaluate("source", None).expect("the service works");
    serde_json::from_str(&evaluation.artifacts).expect("artifacts are JSON")
}

fn runs(script: &Script) -> Vec<usize> {
    let calls = script.calls().into_iter();
    calls
        .filter_map(|call| if let Call::Run { requests, .. } = call { Some(read(&requests[0]).1.len()) } else { None })
        .collect()
}

#[test]
fn scripts_run_in_growing_batches_and_functions_at_once() {
    let script_of_all = script("none", || unreachable!());
    let mut task = load(&instance(None, 50), &json!({}), &script_of_all);
    let found = artifacts(&mut task);
    assert_eq!(
        (&found["passed"], &found["passed_count"], &found["total_count"]),
        (&json!(true), &json!(50), &json!(50))
    );
    assert_eq!(found["evaluation_metadata"], json!({}));
    assert_eq!(runs(&script_of_all), [8, 32, 10]);
    // The harness is compiled once.
    assert_eq!(script_of_all.calls().iter().filter(|call| matches!(call, Call::Compile(_))).count(), 1);
    let compiled =
        script_of_all.calls().into_iter().find_map(|call| if let Call::Compile(it) = call { Some(it) } else { None });
    let compiled: CompileRequest = compiled.unwrap();
    assert_eq!((compiled.language.as_str(), compiled.files.len()), ("python3", 7));

    let all = script("none", || unreachable!());
    let mut task = load(&instance(Some("f"), 50), &json!({}), &all);
    assert_eq!(artifacts(&mut task)["passed_count"], 50);
    assert_eq!(runs(&all), [50]);
}

#[test]
fn judging_stops_at_the_first_failure_or_not() {
    let wrong = || script("3", || (frame('o', "x"), None));
    let mut task = load(&instance(None, 50), &json!({}), &wrong());
    let found = artifacts(&mut task);
    assert_eq!(found["test_results"], json!([true, true, true, -2]));
    assert_eq!(found["passed_count"], 3);

    let service = wrong();
    let mut task = load(&instance(None, 50), &json!({"stop_at_first_failure": false}), &service);
    let found = artifacts(&mut task);
    assert_eq!(found["test_results"].as_array().unwrap().len(), 50);
    assert_eq!((&found["passed_count"], &found["passed"]), (&json!(49), &json!(false)));
    assert_eq!(runs(&service), [50]);
}

#[test]
fn only_public_tests_count_where_the_configuration_says_so() {
    let service = script("none", || unreachable!());
    let mut task = load(&instance(Some("f"), 9), &json!({"use_only_public_tests": true}), &service);
    assert_eq!(artifacts(&mut task)["total_count"], 2);
    assert_eq!(runs(&service), [2]);
}

#[test]
fn the_limits_are_those_of_the_configuration() {
    let service = script("none", || unreachable!());
    let config = json!({"timeout": 2.5, "memory_limit": 512});
    load(&instance(Some("f"), 4), &config, &service).evaluate("source", None).unwrap();
    let calls = service.calls();
    let Some(Call::Run { requests, .. }) = calls.iter().find(|call| matches!(call, Call::Run { .. })) else { panic!() };
    let (job, _) = read(&requests[0]);
    assert_eq!((&job["timeout_seconds"], &job["memory_bytes"]), (&json!(2.5), &json!(512 << 20)));
    assert_eq!((&job["source"], &job["stop_at_first_failure"]), (&json!("source"), &json!(true)));
    // As the original: a second more for each test, and five for all.
    assert_eq!(requests[0].limits.wall_ms, Some(19_000));
    assert!(requests[0].limits.memory_bytes.unwrap() > 512 << 20);
}

#[test]
fn a_run_that_ends_too_early_is_followed_by_another() {
    type Answer = fn() -> (Vec<u8>, Option<Outcome>);
    let cases: [(&str, Answer, Value); 4] = [
        ("memory", || (Vec::new(), Some(Outcome::MemoryLimit)), json!(-4)),
        ("killed", || (Vec::new(), Some(Outcome::Signaled(9))), json!(-4)),
        ("cut", || (b"o\0\0\0\x09ab".to_vec(), Some(Outcome::Exited(1))), json!(-4)),
        ("broken", || (frame('h', "no prctl"), Some(Outcome::Exited(0))), json!(-5)),
    ];
    for (name, answer, expected) in cases {
        let service = script("1", answer);
        let mut task = load(&instance(None, 5), &json!({"stop_at_first_failure": false}), &service);
        assert_eq!(artifacts(&mut task)["test_results"], json!([true, expected, true, true, true]), "{name}");
        assert_eq!(runs(&service), [5, 3], "{name}");
        let mut task = load(&instance(None, 5), &json!({}), &service);
        assert_eq!(artifacts(&mut task)["test_results"], json!([true, expected]), "{name}");
    }
}

#[test]
fn a_pause_costs_nothing() {
    let service = script("3", || (frame('p', ""), None));
    let mut first = true;
    // The harness pauses before a test, not twice before the same one.
    let service = Script::new(move |program, request| {
        let report = service.execution().compile(program).unwrap();
        let (_, inputs) = read(request);
        if std::mem::replace(&mut first, false) {
            let options = perfagent_task::RunOptions::new(perfagent_task::Policy::Check);
            return Ok(report.run(std::slice::from_ref(request), &options)?.swap_remove(0));
        }
        Ok(exited(0, inputs.iter().flat_map(|input| frame('o', input)).collect::<Vec<_>>()))
    });
    let mut task = load(&instance(None, 6), &json!({}), &service);
    assert_eq!(artifacts(&mut task)["test_results"], json!([true, true, true, true, true, true]));
    assert_eq!(runs(&service), [6, 3]);
}

#[test]
fn time_that_runs_out_as_a_whole_is_held_against_all() {
    for outcome in [Outcome::WallLimit, Outcome::CpuLimit] {
        let service = script("1", move || (Vec::new(), Some(outcome.clone())));
        let found = artifacts(&mut load(&instance(None, 3), &json!({}), &service));
        assert_eq!(found["test_results"], json!([-1, -1, -1]));
        let metadata = json!({"error_code": -1, "error_message": "Global Time Limit Exceeded"});
        assert_eq!(found["evaluation_metadata"], metadata);
    }
}

#[test]
fn a_program_that_cannot_be_loaded_fails_every_test() {
    let service = || script("0", || (frame('l', "SyntaxError('x')"), None));
    let found = artifacts(&mut load(&instance(Some("f"), 3), &json!({}), &service()));
    assert_eq!(found["test_results"], json!([-4]));
    let message = "Error during testing: SyntaxError('x')";
    assert_eq!(
        found["evaluation_metadata"],
        json!({"error": "SyntaxError('x')", "error_code": -4, "error_message": message})
    );
    let found = artifacts(&mut load(&instance(Some("f"), 3), &json!({"stop_at_first_failure": false}), &service()));
    assert_eq!(found["test_results"], json!([-4, -4, -4]));
}

#[test]
fn metadata_is_cut_in_the_middle() {
    let long = |text: &str| format!("\"{}\"", text.repeat(1000));
    let service = Script::new(move |_, _| Ok(exited(0, frame('v', &long("y")))));
    let data = json!({
        "question_content": "C", "metadata": {"func_name": "f"}, "private_test_cases": [],
        "public_test_cases": [{"input": format!("\"{}\"", "x".repeat(1000)), "output": format!("\"{}\"", "z".repeat(1000))}],
    });
    let found = artifacts(&mut load(data.to_string().as_bytes(), &json!({}), &service));
    assert_eq!(found["test_results"], json!([false]));
    let metadata = found["evaluation_metadata"].as_object().unwrap();
    assert_eq!(metadata.keys().collect::<Vec<_>>(), ["error_code", "error_message", "inputs", "output", "expected"]);
    for (name, letter) in [("inputs", "x"), ("output", "y"), ("expected", "z")] {
        let text = metadata[name].as_str().unwrap();
        assert!(text.chars().count() <= 300 && text.contains("characters cut") && text.contains(letter), "{text}");
    }
}

#[test]
fn a_service_that_fails_is_an_error_and_no_verdict() {
    let service = Script::new(|_, _| Err(Failure::new(FailureKind::Internal, "no sandbox")));
    let error = load(&instance(None, 2), &json!({}), &service).evaluate("x", None).unwrap_err();
    assert_eq!(format!("{error:?}"), format!("{:?}", TaskError::Execution("no sandbox".to_owned())));
    let service = Script::new(|_, _| unreachable!()).compiling(|_| {
        let rejection = Rejection { outcome: Outcome::Exited(1), message: "bad".to_owned() };
        Err(CompileError::Rejected(rejection))
    });
    let error = load(&instance(None, 2), &json!({}), &service).evaluate("x", None).unwrap_err();
    assert!(matches!(error, TaskError::Execution(message) if message.contains("bad")));
}

#[test]
fn an_instance_without_a_test_is_refused() {
    let service = Script::new(|_, _| unreachable!());
    for (data, config) in [(instance(None, 0), json!({})), (instance(None, 0), json!({"use_only_public_tests": true}))]
    {
        let error = Harness::<Livecodebench>::load("stem", &data, &config.to_string(), &service).unwrap_err();
        let TaskError::BadInstance(message) = error else { panic!("{error:?}") };
        assert!(message.starts_with("instance echo: public_test_cases: the instance has no"), "{message}");
    }
}

#[test]
fn the_summary_says_what_scores_are_told_apart_by() {
    let service = Script::new(|_, _| unreachable!());
    let summary = load(&instance(None, 2), &json!({}), &service).summary();
    let details: Vec<(&str, &str)> = summary.details.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
    let expected = [("difficulty", "easy"), ("platform", "atcoder"), ("contest_date", "2024-01-05T00:00:00")];
    assert_eq!(
        (details.as_slice(), summary.language.as_deref(), summary.extension.as_str()),
        (&expected[..], Some("python3"), "py")
    );
}
