//! The main job, end to end: an instance is improved against a model server, in both languages and
//! both reply formats.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::program::{plugin, real_instance};
use perfagent_tests::scene::{Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const BETTER_PYTHON: &str = include_str!("programs/yokohama.py");
const BETTER_CPP: &str = include_str!("programs/yokohama.cc");

/// A whole program, in the reply format of direct mode.
fn direct(fence: &str, program: &str) -> String {
    format!("This counts the ways letter by letter.\n\n```{fence}\n{program}```\n")
}

/// The same as one edit that replaces all of the program of the instance in `language`.
fn diff(instance: &Path, language: &str, program: &str) -> String {
    let instance: Value = serde_json::from_slice(&fs::read(instance).unwrap()).unwrap();
    let current = instance["solutions"][language]["code"].as_str().unwrap().trim_end();
    format!("This counts letter by letter.\n\n<<<<<<< SEARCH\n{current}\n=======\n{program}>>>>>>> REPLACE\n")
}

fn config(scene: &Scene, mode: &str) -> std::path::PathBuf {
    let text = format!("max_iterations: 2\ntask_config:\n  code_generation_mode: {mode}\n  num_runs: 5\n");
    scene.file("config.yaml", text)
}

/// The real instance with some of its tests: one and the same core measures for all runs, one after the other.
fn shorter(scene: &Scene, instance: &Path) -> PathBuf {
    const TESTS: usize = 25;
    let mut data: Value = serde_json::from_slice(&fs::read(instance).unwrap()).unwrap();
    let tests = &mut data["generated_tests"];
    if let Some(text) = tests.as_str() {
        *tests = serde_json::from_str(text).unwrap();
    }
    tests.as_array_mut().unwrap().truncate(TESTS);
    scene.file("aizu_1444_yokohama-phenomena.json", data.to_string())
}

/// Improves the real instance and checks every file that a run leaves.
fn improves(language: &str, mode: &str) {
    let Some(instance) = real_instance() else {
        return perfagent_tests::skip("the shared test data is not there");
    };
    let (fence, better) = if language == "cpp" { ("cpp", BETTER_CPP) } else { ("python", BETTER_PYTHON) };
    let reply = if mode == "diff" { diff(&instance, language, better) } else { direct(fence, better) };
    let scene = Scene::new();
    let instance = shorter(&scene, &instance);
    let server = ModelServer::start(vec![Answer::Stream(reply), Answer::Plain("I have no further idea.".to_owned())]);
    let config = config(&scene, mode);

    let mut command = scene.run_plugin(&plugin("effibench"), &instance, &server.api_base());
    command.arg("--config").arg(config).args(["--language", language, "--json"]);
    let printed = finish(&mut command);
    assert_eq!(printed.code, Some(0), "{}", printed.err);

    let name = "aizu_1444_yokohama-phenomena";
    let result: Value = serde_json::from_str(&printed.out).unwrap();
    assert_eq!(result, scene.json(name, "result.json"));
    assert_eq!(result["instance_id"], name);
    assert_eq!(result["success"], true);
    assert_eq!(result["total_iterations"], 2);
    assert_eq!(result["artifacts"]["language"], language);
    assert_eq!(result["artifacts"]["pass_rate"], 1.0);

    let trajectory = scene.json(name, &format!("{name}.traj"));
    let steps = trajectory["steps"].as_array().unwrap();
    let actions: Vec<_> = steps.iter().map(|step| step["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["initial_evaluation", "generate_optimization", "generate_optimization"]);
    let verdicts: Vec<_> = steps.iter().map(|step| step["output_data"]["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["first_valid", "improved", "unchanged"], "{}", printed.err);
    assert!(steps[1]["performance_metrics"]["ratio"]["high"].as_f64().unwrap() < 1.0);
    assert_eq!(trajectory["metadata"]["language"], language);
    assert_eq!(trajectory["info"]["submission"], result["solution"]);

    let directory = scene.path().join("out").join(name);
    let prediction = fs::read_to_string(directory.join(format!("{name}.pred"))).unwrap();
    assert_eq!(prediction.trim_end(), better.trim_end());
    let problem = fs::read_to_string(directory.join(format!("{name}.problem"))).unwrap();
    assert!(problem.contains("Yokohama Phenomena"));
    for file in ["perfagent.log", "llm_usage.jsonl"] {
        assert!(directory.join(file).is_file(), "{file} is missing");
    }
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn python3_by_diff() {
    improves("python3", "diff");
}

#[test]
fn python3_directly() {
    improves("python3", "direct");
}

#[test]
fn cpp_by_diff() {
    improves("cpp", "diff");
}

#[test]
fn cpp_directly() {
    improves("cpp", "direct");
}
