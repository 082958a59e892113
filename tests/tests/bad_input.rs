//! What can be wrong with inputs and surroundings: one clear line, the right exit code, and what
//! was done before stays on disk.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::program::perfagent;
use perfagent_tests::scene::{Printed, Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

fn shipped() -> Value {
    serde_json::from_slice(&fs::read(Scene::shipped_instance()).unwrap()).unwrap()
}

fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut instance = shipped();
    change(&mut instance);
    serde_json::to_vec(&instance).unwrap()
}

/// Asserts one line of error that holds `parts`, and the exit code.
fn assert_error(printed: &Printed, code: i32, parts: &[&str]) {
    assert_eq!(printed.code, Some(code), "{}", printed.err);
    let errors: Vec<_> = printed.err.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "one line that says what is wrong: {}", printed.err);
    for part in parts {
        assert!(errors[0].contains(part), "{part:?} is missing in: {}", printed.err);
    }
}

fn run_with(scene: &Scene, instance: impl AsRef<[u8]>, config: &str, api_base: &str) -> Printed {
    let instance = scene.file("problem.json", instance);
    let config = scene.file("config.yaml", config);
    finish(scene.run(&instance, api_base).arg("--config").arg(config))
}

#[test]
fn instances() {
    let whole = fs::read(Scene::shipped_instance()).unwrap();
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("empty", Vec::new(), &["problem.json", "empty"]),
        ("truncated", whole[..whole.len() / 2].to_vec(), &["problem.json"]),
        ("not JSON", b"hello".to_vec(), &["problem.json"]),
        ("a list", b"[]".to_vec(), &["problem.json"]),
        ("no tests", changed(|it| it["generated_tests"] = json!([])), &["generated_tests"]),
        ("tests of a wrong type", changed(|it| it["generated_tests"] = json!(7)), &["generated_tests"]),
        ("no evaluator", changed(|it| it["evaluator"] = json!("")), &["evaluator"]),
        ("a broken evaluator", changed(|it| it["evaluator"] = json!("def evaluate(:")), &["evaluator"]),
        ("nothing defined", changed(|it| it["evaluator"] = json!("x = 1")), &["evaluate"]),
    ];
    for (what, instance, parts) in cases {
        println!("{what}");
        let printed = run_with(&Scene::new(), instance, "max_iterations: 1\n", "http://127.0.0.1:9/v1");
        assert_error(&printed, 3, parts);
    }
    let scene = Scene::new();
    let printed = finish(&mut scene.run(&scene.path().join("absent.json"), "http://127.0.0.1:9/v1"));
    assert_error(&printed, 7, &["absent.json"]);
}

/// Whatever file somebody names, reading it ends.
#[test]
fn files_without_an_end_are_refused() {
    let scene = Scene::new();
    let link = |name: &str| {
        let path = scene.path().join(name);
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        path
    };
    let (endless, instance) = (link("endless.json"), Scene::shipped_instance());
    let run = |instance: &Path, words: [&OsStr; 2]| finish(scene.run(instance, "http://127.0.0.1:9/v1").args(words));
    let (flag, path) = (OsStr::new, endless.as_os_str());
    let printed = run(&endless, [flag("--max-iterations"), flag("1")]);
    assert_error(&printed, 7, &["cannot read the instance", "more than 512 MB"]);
    assert_error(&run(&instance, [flag("--config"), path]), 2, &["the configuration", "more than 1 MB"]);
    for tape in ["--replay", "--record"] {
        assert_error(&run(&instance, [flag(tape), path]), 7, &["endless.json", "not a cassette"]);
    }
    let printed = finish(perfagent(scene.path()).args(["request", "endless.json"]));
    assert_error(&printed, 2, &["the request cannot be read: endless.json", "more than 64 MB"]);
    scene.file("key.yaml", "model: {name: any, api_key_file: endless.json}\n");
    assert_error(&run(&instance, [flag("--config"), flag("key.yaml")]), 2, &["endless.json", "more than 64 kB"]);
}

#[test]
fn evaluators_that_misbehave_fail_their_tests_and_nothing_else() {
    let raising = "def evaluate(expected_output, program_output):\n    raise ValueError('no such thing')\n";
    let printing = "def evaluate(expected_output, program_output):\n    print('True')\n    return expected_output.strip() == program_output.strip()\n";
    for (evaluator, code, part) in [(raising, 1, "no such thing"), (printing, 0, "13/13")] {
        let scene = Scene::new();
        let instance = changed(|it| it["evaluator"] = json!(evaluator));
        let printed =
            run_with(&scene, instance, "max_iterations: 0\ntask_config: {num_runs: 2}\n", "http://127.0.0.1:9/v1");
        assert_eq!(printed.code, Some(code), "{}", printed.err);
        assert!(printed.out.contains(part) || printed.err.contains(part), "{} {}", printed.out, printed.err);
        assert_eq!(scene.json("problem", "result.json")["success"], code == 0);
    }
}

#[test]
fn configurations() {
    let cases: [(&str, i32, &[&str]); 8] = [
        ("max_iteration: 3\n", 2, &["max_iteration", "config.yaml:1:", "max_iterations"]),
        ("model:\n  temprature: 1\n", 2, &["temprature", "config.yaml:2:", "model.temperature"]),
        ("model:\n  temperature: 3\n", 2, &["temperature", "2"]),
        ("max_iterations: many\n", 2, &["max_iterations", "config.yaml:1:"]),
        ("task_config:\n  num_runz: 3\n", 2, &["num_runz", "config.yaml:2: ", "did you mean `num_runs`?"]),
        ("task_config:\n  num_runs: 0\n", 2, &["num_runs", "config.yaml:2: "]),
        ("metric_higher_is_better: true\n", 2, &["metric_higher_is_better"]),
        ("prompts:\n  optimization_template: 'Improve {programme}'\n", 2, &["programme", "current_program"]),
    ];
    for (config, code, parts) in cases {
        println!("{config}");
        let instance = fs::read(Scene::shipped_instance()).unwrap();
        assert_error(&run_with(&Scene::new(), instance, config, "http://127.0.0.1:9/v1"), code, parts);
    }
}

#[test]
fn model_servers() {
    let cases: [(Answer, &[&str]); 5] = [
        (Answer::Status(401, "{\"error\": {\"message\": \"no such key\"}}".into()), &["401", "no such key"]),
        (Answer::Status(200, "<html>hello</html>".into()), &["did not answer as a chat server does", "hello"]),
        (Answer::Status(500, "down".into()), &["500"]),
        (Answer::Drop, &[]),
        (Answer::Hang, &[]),
    ];
    for (answer, parts) in cases {
        println!("{answer:?}");
        let scene = Scene::new();
        let server = ModelServer::start(vec![answer]);
        let config = "max_iterations: 1\nmodel:\n  request_timeout: 1\ntask_config: {num_runs: 2}\n";
        let printed = run_with(&scene, fs::read(Scene::shipped_instance()).unwrap(), config, &server.api_base());
        assert_error(&printed, 4, parts);
        let trajectory = scene.json("problem", "problem.traj");
        assert_eq!(trajectory["steps"].as_array().unwrap().len(), 1, "the initial evaluation is kept");
        assert!(trajectory["metadata"]["error_message"].is_string());
        assert_eq!(scene.json("problem", "result.json")["success"], false);
    }
    let scene = Scene::new();
    let config = "max_iterations: 1\ntask_config: {num_runs: 2}\n";
    let refused = run_with(&scene, fs::read(Scene::shipped_instance()).unwrap(), config, "http://127.0.0.1:9/v1");
    assert_error(&refused, 4, &["127.0.0.1:9"]);
}

#[test]
fn replies_without_code_count_as_no_improvement() {
    let scene = Scene::new();
    let server = ModelServer::start(vec![Answer::Plain("Well.".to_owned())]);
    let config = "max_iterations: 5\nearly_stop_no_improve: 2\ntask_config: {num_runs: 2}\n";
    let printed = run_with(&scene, fs::read(Scene::shipped_instance()).unwrap(), config, &server.api_base());
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(scene.json("problem", "result.json")["total_iterations"], 2);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn output_directories_that_cannot_be_written() {
    let scene = Scene::new();
    scene.file("out", "a file in the way");
    let printed = finish(&mut scene.run(&Scene::shipped_instance(), "http://127.0.0.1:9/v1"));
    assert_error(&printed, 7, &["out"]);
}

#[test]
fn plugins_that_are_none() {
    let scene = Scene::new();
    let text = scene.file("plugin.wasm", "no wasm at all");
    let empty = scene.file("empty.wasm", "");
    let module = scene.file("module.wasm", b"\0asm\x01\0\0\0");
    for (path, part) in [(text, "not WebAssembly"), (empty, "empty"), (module, "core module")] {
        let mut command = scene.perfagent();
        command.arg("--plugin").arg(&path).arg("--instance").arg(Scene::shipped_instance());
        command.args(["--llm-api-base", "http://127.0.0.1:9/v1", "--model", "any"]);
        assert_error(&finish(&mut command), 3, &[part, path.file_name().unwrap().to_str().unwrap()]);
    }
    let mut command = scene.perfagent();
    command.args(["--plugin", "effybench", "--instance", "x.json", "--model", "any"]);
    assert_error(&finish(&mut command), 2, &["effybench", "effibench"]);
}
