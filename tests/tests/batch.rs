//! `perfagent batch`: many instances, of which none stops the others.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::program::{perfagent, plugin};
use perfagent_tests::scene::{Printed, Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

const INSTANCES: &str = r#"{"ID": "sum", "Problem": "What is 1 + 1?", "Answer": 2}
{"ID": "bad", "Problem": "There is no answer."}

{"ID": "product", "Problem": "What is 3 * 25?", "Answer": "075"}
{"ID": "difference", "Problem": "What is 3 - 1?", "Answer": "2"}
"#;

fn scene() -> Scene {
    let scene = Scene::new();
    scene.file("set.jsonl", INSTANCES);
    scene
}

fn batch(scene: &Scene, server: &ModelServer, words: &[&str]) -> Command {
    let mut command = perfagent(scene.path());
    command.args(["batch", "--sandbox", "best-effort", "--plugin"]).arg(plugin("aime"));
    command.args(["--instances", "set.jsonl", "--model", "any"]);
    command.args(["--llm-api-base", &server.api_base(), "--llm-max-retries", "0"]).args(words);
    for (flag, value) in [("--base-dir", "out"), ("--max-iterations", "1")] {
        if !words.contains(&flag) {
            command.args([flag, value]);
        }
    }
    command
}

fn read(scene: &Scene, path: &str) -> Value {
    serde_json::from_slice(&fs::read(scene.path().join("out").join(path)).unwrap()).unwrap()
}

fn records(printed: &Printed) -> Vec<Value> {
    printed.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn directories(scene: &Scene) -> Vec<String> {
    let entries = fs::read_dir(scene.path().join("out")).unwrap().map(|entry| entry.unwrap());
    let directories = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    let mut names: Vec<String> = directories.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_bad_instance_stops_no_other_and_what_is_done_is_not_done_again() {
    let scene = scene();
    let server = ModelServer::start(vec![Answer::Plain("Answer: 2".to_owned())]);
    let printed = finish(&mut batch(&scene, &server, &["--json"]));
    assert_eq!(printed.code, Some(3), "the bad instance is told: {}", printed.err);
    let records = records(&printed);
    let (summary, runs) = records.split_last().unwrap();
    let of = |name: &str| runs.iter().find(|run| run["name"] == name).unwrap();
    assert_eq!((&of("set-1")["ending"], &of("set-1")["metric"]), (&"valid".into(), &1.0.into()));
    assert_eq!(of("set-4")["ending"], "no_solution");
    assert_eq!(of("set-2")["ending"], "failed");
    let error = of("set-2")["error"].as_str().unwrap();
    assert!(error.starts_with("set.jsonl, line 2: ") && error.contains("answer"), "{error}");
    for (key, count) in [("ended", 4), ("valid", 2), ("no_solution", 1), ("failed", 1), ("earlier", 0), ("left", 0)] {
        assert_eq!(summary[key], count, "{key}: {summary}");
    }
    assert_eq!(summary["usage"]["total_tokens"], 3 * 102);
    assert_eq!(read(&scene, "summary.json")["runs"].as_array().unwrap().len(), 4);
    let predictions = read(&scene, "preds.json");
    assert_eq!(predictions.as_object().unwrap().len(), 3);
    assert_eq!(predictions["product"]["instance_id"], "product");
    assert_eq!((&predictions["sum"]["solution"], &predictions["sum"]["success"]), (&"Answer: 2".into(), &true.into()));

    // Nothing of a finished run is opened but its result.
    fs::remove_file(scene.path().join("out/set-1/set-1.journal.jsonl")).unwrap();
    let again = finish(&mut batch(&scene, &server, &["--json"]));
    let last = self::records(&again).pop().unwrap();
    assert_eq!((&last["earlier"], &last["valid"], &last["failed"]), (&3.into(), &2.into(), &1.into()));
    assert_eq!(server.requests().len(), 3, "nothing is asked twice");
    assert_eq!(read(&scene, "preds.json"), predictions);

    let other = finish(&mut batch(&scene, &server, &["--llm-temp", "1"]));
    assert!(other.err.contains("model.temperature was 0.1, is now 1"), "{}", other.err);
    assert!(other.err.contains("start over with --fresh"), "{}", other.err);
    let fresh = finish(&mut batch(&scene, &server, &["--llm-temp", "1", "--fresh"]));
    assert!(fresh.out.contains("4 runs: 2 valid, 1 without a solution, 1 failed"), "{}", fresh.out);
    assert!(scene.path().join("out/set-1.old-1/result.json").is_file());
}

#[test]
fn runs_start_from_programs_that_the_user_has() {
    let scene = scene();
    fs::create_dir(scene.path().join("initial")).unwrap();
    scene.file("initial/set-1.txt", "Answer: 41");
    let server = ModelServer::start(vec![Answer::Plain("No idea.".to_owned())]);
    let words = ["--limit", "1", "--initial-code-dir", "initial"];
    let printed = finish(&mut batch(&scene, &server, &words));
    assert_eq!(printed.code, Some(1), "{}", printed.err);
    let steps = read(&scene, "set-1/set-1.traj")["steps"].as_array().unwrap().clone();
    assert_eq!(steps[0]["action"], "initial_evaluation");
    assert_eq!(steps[0]["code_snapshot"], "Answer: 41");
    finish(&mut batch(&scene, &server, &words));
    assert_eq!(server.requests().len(), 1, "a finished run is known");

    scene.file("initial/set-1.txt", [0xff, 0xfe]);
    let printed = finish(&mut batch(&scene, &server, &words));
    assert!(printed.err.contains("cannot read the initial program initial/set-1.txt"), "{}", printed.err);
}

#[test]
fn the_first_interrupt_finishes_what_is_under_way_and_the_same_command_goes_on() {
    let scene = scene();
    let server = ModelServer::start(vec![Answer::Gated("Answer: 2".to_owned())]);
    let mut command = batch(&scene, &server, &["--max-parallel", "2", "--json"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    server.wait_for(2);
    interrupt(child.id());
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("finishing the 2 runs under way")));
    server.open_gate();
    let rest: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("interrupted with 1 runs left")), "{rest:?}");
    assert_eq!(read(&scene, "summary.json")["left"], 1);
    assert_eq!(read(&scene, "preds.json").as_object().unwrap().len(), 2);

    let printed = finish(&mut batch(&scene, &server, &["--json"]));
    let last = records(&printed).pop().unwrap();
    assert_eq!((&last["earlier"], &last["valid"], &last["left"]), (&2.into(), &2.into(), &0.into()));
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn the_second_interrupt_stops_at_once() {
    let scene = scene();
    let server = ModelServer::start(vec![Answer::Hang]);
    let mut child =
        batch(&scene, &server, &["--max-parallel", "2"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    server.wait_for(2);
    interrupt(child.id());
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("finishing the 2 runs under way")));
    interrupt(child.id());
    lines.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let summary = read(&scene, "summary.json");
    // The bad instance may have ended before.
    assert_eq!(summary["left"].as_u64().unwrap() + summary["failed"].as_u64().unwrap(), 4, "{summary}");
}

fn interrupt(id: u32) {
    assert!(Command::new("kill").arg("-INT").arg(id.to_string()).status().unwrap().success());
}

#[test]
fn samples_limit_and_shuffle_choose_what_is_run_and_predictions_can_be_judged() {
    let scene = scene();
    let server = ModelServer::start(vec![Answer::Plain("Answer: 2".to_owned())]);
    let printed = finish(&mut batch(&scene, &server, &["--samples", "2", "--limit", "1"]));
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(directories(&scene), ["set-1", "set-1.sample-2"]);
    assert_eq!(read(&scene, "preds.json")["sum"]["samples"], serde_json::json!(["Answer: 2", "Answer: 2"]));

    let chosen = |seed: &str| {
        let out = format!("seed-{seed}");
        let words = ["--limit", "2", "--shuffle", seed, "--base-dir", &out, "--json"];
        let mut names: Vec<String> = records(&finish(&mut batch(&scene, &server, &words)))
            .into_iter()
            .filter_map(|record| Some(record["name"].as_str()?.to_owned()))
            .collect();
        names.sort();
        names
    };
    assert_eq!(chosen("7"), chosen("7"));
    assert!((0..20).any(|seed| chosen(&seed.to_string()) != ["set-1", "set-2"]), "some order differs from the file's");

    let mut command = perfagent(scene.path());
    command.args(["evaluate", "--sandbox", "best-effort", "--plugin"]).arg(plugin("aime"));
    let printed = finish(command.args(["--instances", "set.jsonl", "--solutions", "out/preds.json"]));
    assert!(printed.out.contains("1 instances, 2 solutions"), "{}{}", printed.out, printed.err);
}

#[test]
fn a_budget_of_all_runs_holds_over_calls_and_ends_the_batch() {
    let scene = scene();
    let good: Vec<&str> = INSTANCES.lines().filter(|line| line.contains("Answer\":")).collect();
    scene.file("set.jsonl", good.join("\n"));
    let server = ModelServer::start(vec![Answer::Plain("Answer: 2".to_owned())]);
    let run = |calls: u32| {
        let prices = "prices: {any: {input: 1, output: 2}}";
        scene.file("c.yaml", format!("{prices}\nbatch: {{budget: {{calls: {calls}}}}}\n"));
        let words = ["--json", "--max-parallel", "1", "--config", "c.yaml"];
        finish(&mut batch(&scene, &server, &words))
    };
    for _ in 0..2 {
        let printed = run(1);
        assert_eq!(printed.code, Some(6), "{}", printed.err);
        assert_eq!(server.requests().len(), 1, "what an earlier call spent is not there any more");
    }
    let printed = run(9);
    assert_eq!(server.requests().len(), 3, "with more it goes on: {}", printed.err);
    let records = records(&printed);
    let summary = records.last().unwrap();
    assert_eq!((&summary["ended"], &summary["left"], &summary["earlier"]), (&3.into(), &0.into(), &1.into()));
    assert!(summary["cost"].as_f64().unwrap() > 0.0, "{summary}");
}

#[test]
fn what_a_run_that_fails_has_spent_is_counted() {
    let scene = scene();
    let refusal = Answer::Status(401, "{}".to_owned());
    let server = ModelServer::start(vec![Answer::Plain("Answer: 3".to_owned()), refusal]);
    scene.file("c.yaml", "prices: {any: {input: 1, output: 2}}\n");
    let words = ["--limit", "2", "--max-parallel", "1", "--max-iterations", "2", "--config", "c.yaml", "--json"];
    let printed = finish(&mut batch(&scene, &server, &words));
    assert_eq!(printed.code, Some(4), "{}", printed.err);
    let records = records(&printed);
    let (summary, runs) = records.split_last().unwrap();
    let of = |name: &str| runs.iter().find(|run| run["name"] == name).unwrap();
    assert_eq!((&of("set-1")["ending"], &of("set-1")["iterations"]), (&"failed".into(), &1.into()));
    assert_eq!(of("set-1")["usage"]["total_tokens"], 102);
    assert_eq!(of("set-2")["cost"], 0.0, "it never began");
    assert_eq!((&summary["failed"], &summary["usage"]["total_tokens"]), (&2.into(), &102.into()));
    let cost = summary["cost"].as_f64().unwrap();
    assert!((cost - 104e-6).abs() < 1e-9 && of("set-1")["cost"] == summary["cost"], "{summary}");
    assert_eq!(read(&scene, "preds.json"), serde_json::json!({}), "it has not come to its end");
}

#[test]
fn the_time_of_all_calls_together_is_bounded() {
    let scene = scene();
    let server = ModelServer::start(vec![Answer::Plain("Answer: 2".to_owned())]);
    scene.file("c.yaml", "batch: {budget: {wall_time: 60}}\n");
    fs::create_dir(scene.path().join("out")).unwrap();
    scene.file("out/elapsed.json", r#"{"wall_ms": 60000}"#);
    let words = ["--limit", "1", "--config", "c.yaml"];
    let printed = finish(&mut batch(&scene, &server, &words));
    assert_eq!(printed.code, Some(6), "{}", printed.err);
    assert!(printed.err.contains("batch.budget.wall_time is used up: no further run begins"), "{}", printed.err);
    assert!(server.requests().is_empty());
    let kept = read(&scene, "elapsed.json")["wall_ms"].as_u64().unwrap();
    assert!(kept > 60_000, "this call took time as well: {kept}");

    scene.file("c.yaml", "batch: {budget: {wall_time: 3600}}\n");
    let printed = finish(&mut batch(&scene, &server, &words));
    assert_eq!(printed.code, Some(0), "with more it goes on: {}", printed.err);
    assert!(read(&scene, "elapsed.json")["wall_ms"].as_u64().unwrap() > kept);
}
