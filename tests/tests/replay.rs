//! The demonstration: a recorded model, replayed without a network, key or server.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::program::workspace;
use perfagent_tests::scene::{Printed, Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use std::fs;
use std::path::PathBuf;

fn example(name: &str) -> PathBuf {
    workspace().join("plugins/effibench/examples").join(name)
}

fn demo(scene: &Scene, more: &[&str]) -> Printed {
    let mut command = scene.perfagent();
    command.args(["--plugin", "effibench", "--sandbox", "best-effort", "--instance"]).arg(Scene::shipped_instance());
    finish(command.arg("--config").arg(example("pair-sums.yaml")).args(more))
}

/// Everything that a replay must repeat: what was replied, found and decided. Which of two near results
/// is the better one is for the measurements to say, and they differ from run to run.
fn essence(scene: &Scene) -> Vec<(String, String, String)> {
    let trajectory = scene.json("pair-sums", "pair-sums.traj");
    let steps = trajectory["steps"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    steps
        .iter()
        .map(|step| {
            let verdict = text(&step["output_data"]["verdict"])
                .replace("within_noise", "not_better")
                .replace("unconfirmed", "not_better");
            (text(&step["response"]), text(&step["code_snapshot"]), verdict)
        })
        .collect()
}

#[test]
fn the_shipped_replies_show_every_kind_of_step() {
    let scene = Scene::new();
    let printed = demo(&scene, &["--replay", example("pair-sums.cassette.jsonl").to_str().unwrap()]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    let verdicts: Vec<_> = essence(&scene).into_iter().map(|(_, _, verdict)| verdict).collect();
    assert_eq!(verdicts, ["first_valid", "failed", "unchanged", "improved", "not_better"]);
    assert!(!printed.err.contains("not replayed"), "{}", printed.err);
    for part in ["first valid", "failed", "unchanged", "improved", "pair-sums.traj", "sandbox"] {
        assert!(printed.out.contains(part) || printed.err.contains(part), "{part:?}: {}{}", printed.out, printed.err);
    }
}

/// Records the shipped replies from a server, replays them, and holds the two runs against each
/// other. With `PERFAGENT_UPDATE_CASSETTE=1` the recording becomes the shipped cassette.
#[test]
fn a_recorded_run_replays_to_the_same_trajectory() {
    let replies = (1..=4)
        .map(|number| Answer::Stream(fs::read_to_string(example(&format!("pair-sums.replies/{number}.md"))).unwrap()));
    let server = ModelServer::start(replies.collect());
    let (recorded, replayed) = (Scene::new(), Scene::new());
    let cassette = recorded.path().join("cassette.jsonl");
    let cassette = cassette.to_str().unwrap();
    let printed = demo(&recorded, &["--record", cassette, "--llm-api-base", &server.api_base()]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    if std::env::var_os("PERFAGENT_UPDATE_CASSETTE").is_some() {
        fs::copy(cassette, example("pair-sums.cassette.jsonl")).unwrap();
    }
    let printed = demo(&replayed, &["--replay", cassette]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(essence(&recorded), essence(&replayed));
    assert_eq!(server.requests().len(), 4, "the replay asks no server");
}

#[test]
fn recorded_calls_without_a_use_are_told() {
    let scene = Scene::new();
    let cassette = example("pair-sums.cassette.jsonl");
    let printed = demo(&scene, &["--replay", cassette.to_str().unwrap(), "--max-iterations", "2"]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(printed.err.contains("2 of the 4 calls in the cassette"), "{}", printed.err);
    assert!(printed.err.contains("were not replayed: 3, 4"), "{}", printed.err);
    // What the journal has was replayed, only earlier.
    let again = demo(&scene, &["--replay", cassette.to_str().unwrap(), "--max-iterations", "2"]);
    assert!(again.err.contains("were not replayed: 3, 4"), "{}", again.err);
}

#[test]
fn a_request_that_the_cassette_lacks_shows_the_nearest() {
    let scene = Scene::new();
    let cassette = example("pair-sums.cassette.jsonl");
    let config = scene.file("c.yaml", "prompts:\n  additional_requirements: Use no dictionary.\ntask_config: {num_runs: 2}\nmodel: {name: recorded}\n");
    let mut command = scene.perfagent();
    command.args(["--plugin", "effibench", "--instance"]).arg(Scene::shipped_instance());
    command.arg("--config").arg(config).arg("--replay").arg(cassette);
    let printed = finish(&mut command);
    assert_eq!(printed.code, Some(4), "{}", printed.err);
    for part in ["pair-sums.cassette.jsonl", "nearest is call", "# Further requirements"] {
        assert!(printed.err.contains(part), "{part:?}: {}", printed.err);
    }
}
