//! Budgets end a run cleanly, hold over kills and failures, and a larger one lets it go on.

use perfagent_tests::scene::{Printed, Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::json;
use std::process::Stdio;

const BUDGET: i32 = 6;

fn no_idea() -> Answer {
    Answer::Stream("No idea.".to_owned())
}

/// A run of four iterations with these further settings.
fn command(scene: &Scene, server: &ModelServer, settings: &str) -> std::process::Command {
    let base = "max_iterations: 4\nmodel: {max_output_tokens: 50}\ntask_config: {num_runs: 2}\n";
    let config = scene.file("c.yaml", format!("{base}{settings}\n"));
    let mut command = scene.run(&Scene::shipped_instance(), &server.api_base());
    command.arg("--config").arg(config);
    command
}

fn run(scene: &Scene, server: &ModelServer, settings: &str) -> Printed {
    finish(&mut command(scene, server, settings))
}

#[test]
fn a_used_up_budget_ends_the_run_and_a_larger_one_goes_on() {
    let scene = Scene::new();
    let server = ModelServer::start(vec![no_idea()]);
    for _ in 0..2 {
        let printed = run(&scene, &server, "budget: {calls: 2}");
        assert_eq!(printed.code, Some(BUDGET), "{}", printed.err);
        assert_eq!(server.requests().len(), 2);
        assert!(printed.out.contains("budget.calls is used up"), "{}", printed.out);
        let result = scene.json("pair-sums", "result.json");
        assert_eq!(result["stop_reason"], json!({"budget": {"scope": "run", "resource": "calls"}}));
        assert_eq!((&result["success"], &result["total_iterations"]), (&json!(true), &json!(2)));
        assert!(scene.path().join("out/pair-sums/pair-sums.pred").is_file(), "the best solution is kept");
    }
    let more = run(&scene, &server, "budget: {calls: 3, tokens: 100000, wall_time: 3600}");
    assert_eq!((more.code, server.requests().len()), (Some(BUDGET), 3), "{}", more.err);
    let enough = run(&scene, &server, "");
    assert_eq!((enough.code, server.requests().len()), (Some(0), 4), "{}", enough.err);
    assert_eq!(scene.json("pair-sums", "result.json")["stop_reason"], "max_iterations");
}

#[test]
fn each_bound_is_asked_before_a_call() {
    let server = ModelServer::start(vec![no_idea()]);
    let prices = "prices: {any: {input: 1, output: 2}}";
    for (budget, resource) in [
        ("budget: {tokens: 60}".to_owned(), "tokens"),
        ("budget: {wall_time: 0}".to_owned(), "wall_time"),
        (format!("budget: {{usd: 0.0001}}\n{prices}"), "usd"),
    ] {
        let scene = Scene::new();
        let printed = run(&scene, &server, &budget);
        assert_eq!(printed.code, Some(BUDGET), "{budget}: {}", printed.err);
        assert_eq!(scene.json("pair-sums", "result.json")["stop_reason"]["budget"]["resource"], resource);
    }
    assert!(server.requests().is_empty());
}

#[test]
fn money_needs_prices() {
    let scene = Scene::new();
    let server = ModelServer::start(vec![no_idea()]);
    let refused = run(&scene, &server, "budget: {usd: 1}\nprices: {other: {input: 1, output: 2}}");
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(refused.err.contains("the model any has no price"), "{}", refused.err);
    assert!(server.requests().is_empty());
    let warned = run(&scene, &server, "budget: {calls: 1}\nprices: {other: {input: 1, output: 2}}");
    assert_eq!(warned.code, Some(BUDGET), "{}", warned.err);
    assert!(warned.err.contains("warning: the model any has no price"), "{}", warned.err);
}

#[test]
fn a_call_that_a_kill_cut_off_counts_as_spent() {
    for signal in ["-KILL", "-INT"] {
        let scene = Scene::new();
        let server = ModelServer::start(vec![no_idea(), Answer::Hang, no_idea()]);
        let mut first = command(&scene, &server, "budget: {calls: 2}");
        let mut child = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        server.wait_for(2);
        let id = child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
        child.wait().unwrap();

        let printed = run(&scene, &server, "budget: {calls: 2}");
        assert_eq!((printed.code, server.requests().len()), (Some(BUDGET), 2), "{signal}: {}", printed.err);
        let printed = run(&scene, &server, "budget: {calls: 3}");
        assert_eq!((printed.code, server.requests().len()), (Some(BUDGET), 3), "{signal}: {}", printed.err);
    }
}

#[test]
fn a_refused_call_costs_nothing() {
    let scene = Scene::new();
    let refusal = Answer::Status(500, json!({"error": {"message": "down"}}).to_string());
    let server = ModelServer::start(vec![refusal.clone(), refusal, no_idea()]);
    for _ in 0..2 {
        assert_eq!(run(&scene, &server, "budget: {calls: 1}").code, Some(4));
    }
    assert_eq!(run(&scene, &server, "budget: {calls: 1}").code, Some(BUDGET));
    assert_eq!(server.requests().len(), 3);
}
