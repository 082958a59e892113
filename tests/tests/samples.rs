//! Several runs of one instance, and several models in one run.

use perfagent_tests::scene::{Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::{Value, json};

fn server() -> ModelServer {
    ModelServer::start(vec![Answer::Plain("No idea.".to_owned())])
}

/// What all requests so far had under `key`.
fn sent(server: &ModelServer, key: &str) -> Vec<Value> {
    server.requests().iter().map(|request| request[key].clone()).collect()
}

#[test]
fn samples_have_seeds_and_directories_of_their_own() {
    let scene = Scene::new();
    let server = server();
    let config = scene.file("c.yaml", "max_iterations: 1\ntask_config: {num_runs: 2}\n");
    let run = |more: &[&str]| {
        let mut command = scene.run(&Scene::shipped_instance(), &server.api_base());
        finish(command.arg("--config").arg(&config).args(more))
    };
    assert_eq!(run(&[]).code, Some(0));
    let printed = run(&["--samples", "3", "--json"]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(sent(&server, "seed"), [Value::Null, json!(2), json!(3)], "the first sample is the run before");
    let results: Vec<Value> = serde_json::from_str(&printed.out).unwrap();
    assert_eq!(results.len(), 3);
    for (index, name) in ["pair-sums", "pair-sums.sample-2", "pair-sums.sample-3"].into_iter().enumerate() {
        assert_eq!(scene.json(name, "result.json"), results[index]);
        assert_eq!(scene.json(name, &format!("{name}.traj"))["steps"].as_array().unwrap().len(), 2);
        let usage = std::fs::read_to_string(scene.path().join("out").join(name).join("llm_usage.jsonl")).unwrap();
        assert_eq!(usage.lines().count(), 1, "each has its own logs");
    }

    let fresh = run(&["--samples", "2", "--fresh", "--llm-seed", "7"]);
    assert_eq!(fresh.code, Some(0), "{}", fresh.err);
    assert_eq!(sent(&server, "seed")[3..], [json!(7), json!(8)]);
    assert!(scene.path().join("out/pair-sums.sample-2.old-1").is_dir());
}

#[test]
fn several_models_are_asked_by_weight_and_replays_ask_alike() {
    let scene = Scene::new();
    let server = server();
    let models = "model: {seed: 3, models: [{name: large, weight: 1}, {name: small, weight: 2}]}\n";
    let config = scene.file("c.yaml", format!("max_iterations: 8\n{models}task_config: {{num_runs: 2}}\n"));
    let run = |directory: &str, more: &[&str]| {
        let mut command = perfagent_tests::program::perfagent(scene.path());
        command.args(["--plugin", "effibench", "--base-dir", directory, "--instance"]).arg(Scene::shipped_instance());
        finish(command.arg("--config").arg(&config).args(more))
    };
    let cassette = scene.path().join("k.jsonl");
    let cassette = cassette.to_str().unwrap();
    let recorded = run("out", &["--record", cassette, "--llm-api-base", &server.api_base()]);
    assert_eq!(recorded.code, Some(0), "{}", recorded.err);
    let asked = sent(&server, "model");
    assert!(asked.contains(&json!("large")) && asked.contains(&json!("small")), "{asked:?}");
    let replayed = run("again", &["--replay", cassette]);
    assert_eq!(replayed.code, Some(0), "{}", replayed.err);
    assert_eq!(server.requests().len(), 8);
    let other = run("other", &["--replay", cassette, "--llm-seed", "4"]);
    assert_eq!(other.code, Some(4), "{}", other.err);
    assert!(other.err.contains("seed 3") || other.err.contains("model "), "what differs is told: {}", other.err);
}
