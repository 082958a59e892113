//! A run that is killed goes on from its journal and pays for no reply twice.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::scene::{Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use std::fs;
use std::process::Stdio;

fn reply(number: u32) -> String {
    let path =
        perfagent_tests::program::workspace().join(format!("plugins/effibench/examples/pair-sums.replies/{number}.md"));
    fs::read_to_string(path).unwrap()
}

fn config(scene: &Scene) -> std::path::PathBuf {
    scene.file("c.yaml", "max_iterations: 3\nadopt_only_if_improved: true\ntask_config:\n  num_runs: 3\n")
}

#[test]
fn a_killed_run_goes_on_without_asking_again() {
    let scene = Scene::new();
    let config = config(&scene);
    let first = ModelServer::start(vec![Answer::Stream(reply(1)), Answer::Stream(reply(3)), Answer::Hang]);
    let mut command = scene.run(&Scene::shipped_instance(), &first.api_base());
    command.arg("--config").arg(&config);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    first.wait_for(3);
    child.kill().unwrap();
    child.wait().unwrap();
    let before = scene.json("pair-sums", "pair-sums.traj");
    assert_eq!(before["steps"].as_array().unwrap().len(), 3, "valid and complete up to the kill");

    let second = ModelServer::start(vec![Answer::Stream("I am out of ideas.".to_owned())]);
    let mut command = scene.run(&Scene::shipped_instance(), &second.api_base());
    let printed = finish(command.arg("--config").arg(&config));
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(printed.err.contains("going on from "), "{}", printed.err);
    assert_eq!(second.requests().len(), 1, "only the reply that was in flight is asked for again");
    let after = scene.json("pair-sums", "pair-sums.traj");
    let steps = after["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 4);
    assert_eq!(steps[..3], before["steps"].as_array().unwrap()[..], "what was done is not done again");

    let again = finish(scene.run(&Scene::shipped_instance(), &second.api_base()).arg("--config").arg(&config));
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert_eq!(second.requests().len(), 1, "a finished run asks nothing");
}

#[test]
fn another_request_in_the_same_directory_is_refused_and_fresh_keeps_the_old_one() {
    let scene = Scene::new();
    let server = ModelServer::start(vec![Answer::Plain("No idea.".to_owned())]);
    let run = |temperature: &str, more: &[&str]| {
        let config = scene.file("c.yaml", "max_iterations: 1\ntask_config:\n  num_runs: 2\n");
        let mut command = scene.run(&Scene::shipped_instance(), &server.api_base());
        finish(command.arg("--config").arg(config).args(["--llm-temp", temperature]).args(more))
    };
    assert_eq!(run("0.5", &[]).code, Some(0));
    let refused = run("0.7", &[]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(refused.err.contains("model.temperature was 0.5, is now 0.7"), "{}", refused.err);
    assert!(refused.err.contains("start over with --fresh") && !refused.err.contains("going on"), "{}", refused.err);
    assert_eq!(server.requests().len(), 1);

    assert_eq!(run("0.7", &["--fresh"]).code, Some(0));
    assert_eq!(server.requests().len(), 2);
    assert!(scene.path().join("out/pair-sums.old-1/result.json").is_file());
}
