//! Where a run puts what it came to: its result where the user wants it, also of a run that failed; trajectories
//! and logs elsewhere.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::scene::{Printed, Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::Value;
use std::fs;

const MODEL_FAILED: i32 = 4;

/// Answers right once, and then no more.
fn server() -> ModelServer {
    let refusal = Answer::Status(401, r#"{"error": {"message": "no more"}}"#.to_owned());
    ModelServer::start(vec![Answer::Plain("Answer: 2".to_owned()), refusal])
}

/// A run of so many iterations with these further words.
fn run(scene: &Scene, server: &ModelServer, iterations: &str, words: &[&str]) -> Printed {
    let instance = scene.file("i.json", r#"{"id": "i", "question": "What is 1 + 1?", "answer": "2"}"#);
    let mut command = scene.run_plugin("aime".as_ref(), &instance, &server.api_base());
    finish(command.args(["--sandbox", "best-effort", "--max-iterations", iterations]).args(words))
}

fn read(scene: &Scene, file: &str) -> Value {
    serde_json::from_slice(&fs::read(scene.path().join(file)).unwrap()).unwrap()
}

#[test]
fn a_run_that_fails_gives_what_it_had_come_to() {
    let scene = Scene::new();
    let printed = run(&scene, &server(), "2", &["--json", "--output", "r.json"]);
    assert_eq!(printed.code, Some(MODEL_FAILED), "{}", printed.err);
    let result: Value = serde_json::from_str(&printed.out).unwrap();
    assert_eq!((&result["success"], &result["solution"]), (&false.into(), &"Answer: 2".into()));
    assert!(result["error"].as_str().unwrap().contains("no more"), "{result}");
    assert_eq!(read(&scene, "r.json"), result);
    assert_eq!(scene.json("i", "result.json"), result);
}

#[test]
fn a_sample_that_fails_leaves_the_results_of_those_before() {
    let scene = Scene::new();
    let server = server();
    let printed = run(&scene, &server, "1", &["--samples", "3", "--output", "r.json"]);
    assert_eq!(printed.code, Some(MODEL_FAILED), "{}", printed.err);
    let results = read(&scene, "r.json");
    let success: Vec<_> = results.as_array().unwrap().iter().map(|result| result["success"].clone()).collect();
    assert_eq!(success, [true, false], "{results}");
    assert_eq!(server.requests().len(), 2, "no further sample begins");
}

#[test]
fn what_never_began_has_no_result() {
    let scene = Scene::new();
    let printed = run(&scene, &server(), "1", &["--json", "--output", "r.json", "--language", "cpp"]);
    assert_eq!(printed.code, Some(2), "{}", printed.err);
    assert!(printed.out.is_empty() && !scene.path().join("r.json").exists(), "{}", printed.out);
}

#[test]
fn the_first_event_tells_what_was_granted() {
    for (words, grants) in [(&["--allow", "random", "--allow", "clock"][..], vec!["clock", "random"]), (&[], vec![])] {
        let scene = Scene::new();
        let printed = run(&scene, &server(), "1", words);
        assert_eq!(printed.code, Some(0), "{}", printed.err);
        let journal = fs::read_to_string(scene.path().join("out/i/i.journal.jsonl")).unwrap();
        let first: Value = serde_json::from_str(journal.lines().next().unwrap()).unwrap();
        assert_eq!((&first["event"], &first["spec"]["grants"]), (&"started".into(), &grants.into()), "{first}");
    }
}

#[test]
fn trajectories_and_logs_lie_where_the_user_wants_them() {
    let scene = Scene::new();
    let exists = |path: &str| scene.path().join(path).exists();
    let words = ["--trajectory-dir", "t", "--log-dir", "l", "--output", "r.json"];
    let printed = run(&scene, &server(), "1", &words);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(read(&scene, "t/i.traj")["metadata"]["success"], true);
    assert_eq!(read(&scene, "r.json")["trajectory_file"], "t/i.traj");
    assert!(exists("l/perfagent.log") && exists("l/llm_usage.jsonl"));
    assert!(!exists("out/i/i.traj") && !exists("out/i/perfagent.log") && !exists("out/i/llm_usage.jsonl"));

    let printed = run(&scene, &server(), "1", &[&words[..], &["--fresh"]].concat());
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(exists("t/i.traj") && exists("t/i.traj.old-1") && exists("out/i.old-1/result.json"));

    scene.file("c.yaml", "logging: {save_trajectory: false}\n");
    let printed = run(&scene, &server(), "1", &["--config", "c.yaml", "--fresh", "--output", "r.json"]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(read(&scene, "r.json")["trajectory_file"].is_null() && !exists("out/i/i.traj"));
    assert!(exists("out/i/result.json"));
}
