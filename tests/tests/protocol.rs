//! `perfagent request`: what an outer optimiser asks and gets, and the logs that it reads.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::program::perfagent;
use perfagent_tests::scene::{Printed, Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

fn scene() -> Scene {
    let scene = Scene::new();
    scene.file("sum.json", r#"{"id": "sum-1", "question": "What is 1 + 1?", "answer": "2"}"#);
    scene
}

fn right() -> ModelServer {
    ModelServer::start(vec![Answer::Plain("Answer: 2".to_owned())])
}

fn config(server: &ModelServer) -> Value {
    json!({
        "max_iterations": 1,
        "sandbox": "best-effort",
        "model": {"name": "any", "api_base": server.api_base(), "max_retries": 0},
        "task_config": {"task_type": "aime"},
    })
}

fn request(config: impl Into<Value>) -> Value {
    json!({"task_data_path": "sum.json", "config": config.into(), "output_dir": "mine"})
}

/// Sends `request` by standard input.
fn send(scene: &Scene, request: &str, prepare: impl FnOnce(&mut Command)) -> Printed {
    let mut command = perfagent(scene.path());
    command.args(["request", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    prepare(&mut command);
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

/// The result of `request`; nothing else is on standard output.
fn result(scene: &Scene, request: &Value) -> Value {
    let printed = send(scene, &request.to_string(), |_| {});
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    serde_json::from_str(&printed.out).unwrap()
}

fn read(scene: &Scene, path: impl AsRef<Path>) -> String {
    fs::read_to_string(scene.path().join(path)).unwrap()
}

fn lines(scene: &Scene, path: &str) -> Vec<Map<String, Value>> {
    read(scene, path).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn names(record: &Map<String, Value>) -> BTreeSet<&str> {
    record.keys().map(String::as_str).collect()
}

#[test]
fn a_request_becomes_a_run_and_what_it_adds_reaches_the_model() {
    let (scene, server) = (scene(), right());
    let mut asked = request(config(&server));
    asked["config"]["prompts"] = json!({"local_memory": "replaced", "global_memory": "kept of all"});
    asked["additional_requirements"] = "be brief and cheerful".into();
    asked["local_memory"] = "last time it was 3".into();
    let result = result(&scene, &asked);
    assert_eq!((&result["instance_id"], &result["success"]), (&"sum-1".into(), &true.into()));
    assert_eq!((&result["solution"], &result["metric"]), (&"Answer: 2".into(), &1.0.into()));
    assert_eq!((&result["total_iterations"], &result["error"]), (&1.into(), &Value::Null));
    assert_eq!(result["trajectory_file"], "mine/sum.traj");
    let written: Value = serde_json::from_str(&read(&scene, "mine/result.json")).unwrap();
    assert_eq!(written, result);
    for file in ["sum.traj", "sum.pred", "sum.problem", "sum.journal.jsonl", "perfagent.log", "llm_usage.jsonl"] {
        assert!(scene.path().join("mine").join(file).is_file(), "{file}");
    }
    let sent = server.requests()[0].to_string();
    for part in ["be brief and cheerful", "last time it was 3", "kept of all"] {
        assert!(sent.contains(part), "{part}: {sent}");
    }
    assert!(!sent.contains("replaced"), "the request wins over its configuration: {sent}");
}

#[test]
fn the_configuration_may_be_a_file_of_yaml_or_json() {
    let (scene, server) = (scene(), right());
    let written = config(&server);
    // As Python writes characters beyond the basic plane.
    let json = written.to_string().replacen('{', r#"{"prompts": {"local_memory": "\ud83d\ude00"}, "#, 1);
    scene.file("c.json", json);
    scene.file(
        "c.yaml",
        format!("model: {{name: any, api_base: \"{}\"}}\nmax_iterations: 1\nsandbox: best-effort\n", server.api_base()),
    );
    let mut asked = request("c.json");
    assert_eq!(result(&scene, &asked)["success"], true);
    assert!(server.requests()[0].to_string().contains('😀'));

    // It names no task, so the command line must.
    asked["config"] = "c.yaml".into();
    asked["output_dir"] = "other".into();
    let refused = result(&scene, &asked);
    assert!(refused["error"].as_str().unwrap().contains("no plugin is named"), "{refused}");
    scene.file("r.json", asked.to_string());
    let printed = finish(perfagent(scene.path()).args(["request", "r.json", "--plugin", "aime"]));
    let result: Value = serde_json::from_str(&printed.out).unwrap();
    assert_eq!((printed.code, &result["success"]), (Some(0), &true.into()), "{}", printed.err);
}

#[test]
fn a_request_can_be_recorded_and_replayed() {
    let (scene, server) = (scene(), right());
    let mut asked = request(config(&server));
    let mut with = |directory: &str, arguments: [&str; 2]| -> Value {
        asked["output_dir"] = directory.into();
        let printed = send(&scene, &asked.to_string(), |command| {
            command.args(arguments);
        });
        assert_eq!(printed.code, Some(0), "{}", printed.err);
        serde_json::from_str(&printed.out).unwrap()
    };
    let recorded = with("recorded", ["--record", "tape.jsonl"]);
    let replayed = with("replayed", ["--replay", "tape.jsonl"]);
    assert_eq!((&recorded["success"], &replayed["success"]), (&true.into(), &true.into()), "{replayed}");
    assert_eq!(server.requests().len(), 1, "a replay asks nobody");
    let absent = with("absent", ["--replay", "absent.jsonl"]);
    assert!(absent["error"].as_str().unwrap().contains("absent.jsonl"), "{absent}");
}

#[test]
fn whatever_fails_after_that_is_a_result_too() {
    let (scene, server) = (scene(), right());
    let with = |change: &dyn Fn(&mut Value)| {
        let mut asked = request(config(&server));
        change(&mut asked);
        asked
    };
    let cases: [(Value, &str); 7] = [
        (with(&|it| it["task_data_path"] = "nowhere.json".into()), "cannot read the instance nowhere.json"),
        (
            with(&|it| it["config"]["max_iteration"] = 3.into()),
            "config: unknown key `max_iteration`; did you mean `max_iterations`?",
        ),
        (
            with(&|it| it["config"]["model"]["temperature"] = 3.into()),
            "`model.temperature`: expected a number from 0 to 2",
        ),
        (with(&|it| it["config"] = "nowhere.yaml".into()), "the configuration nowhere.yaml could not be read"),
        (with(&|it| it["config"]["model"] = json!({})), "no model is named"),
        (with(&|it| it["config"]["task_config"]["task_type"] = "aimee".into()), "did you mean `aime`?"),
        (with(&|it| it["config"]["metric_higher_is_better"] = false.into()), "metric_higher_is_better"),
    ];
    for (asked, part) in cases {
        let result = result(&scene, &asked);
        assert_eq!((&result["success"], &result["total_iterations"]), (&false.into(), &0.into()), "{asked}");
        assert!(result["error"].as_str().unwrap().contains(part), "{part}: {result}");
        assert_eq!(result["metric"], "NaN");
        let id = if part.contains("nowhere.json") { "nowhere" } else { "sum" };
        assert_eq!(result["instance_id"], id);
    }

    // A run that had begun tells what it had.
    let refusing = ModelServer::start(vec![Answer::Status(401, r#"{"error": {"message": "no such key"}}"#.to_owned())]);
    let result = result(&scene, &request(config(&refusing)));
    assert_eq!((&result["success"], &result["instance_id"]), (&false.into(), &"sum-1".into()));
    assert_eq!(result["trajectory_file"], "mine/sum.traj");
    let error = result["error"].as_str().unwrap();
    assert!(error.contains("answered 401: no such key") && error.contains("OPENAI_API_KEY"), "{error}");
}

#[test]
fn what_is_not_understood_has_no_result() {
    let scene = scene();
    for (text, part) in [
        ("hello", "not JSON"),
        (r#"{"config": {}}"#, "`task_data_path`"),
        (r#"{"task_data_path": "sum.json", "config": 3}"#, "`config`"),
        (r#"{"task_data_path": "sum.json", "config": {"model": {"seed": 1, "seed": 2}}}"#, "`seed` is given twice"),
        (r#"{"task_data_path": "sum.json", "config": {}, "output_dirr": "x"}"#, "did you mean `output_dir`?"),
    ] {
        let printed = send(&scene, text, |_| {});
        assert_eq!((printed.code, printed.out.as_str()), (Some(2), ""), "{text}: {}", printed.err);
        assert!(printed.err.contains(part), "{part}: {}", printed.err);
    }
    let printed = finish(perfagent(scene.path()).args(["request", "nowhere.json"]));
    assert_eq!((printed.code, printed.out.as_str()), (Some(2), ""));
    assert!(printed.err.contains("nowhere.json"), "{}", printed.err);
}

#[test]
fn without_a_directory_each_request_has_its_own_and_the_same_one_goes_on() {
    let (scene, server) = (scene(), right());
    let mut asked = request(config(&server));
    asked.as_object_mut().unwrap().remove("output_dir");
    let first = result(&scene, &asked);
    assert_eq!(result(&scene, &asked), first);
    assert_eq!(server.requests().len(), 1, "a finished request is not carried out again");
    asked["local_memory"] = "another".into();
    let second = result(&scene, &asked);
    assert_eq!(second["success"], true);
    assert_eq!(server.requests().len(), 2);
    assert_ne!(first["trajectory_file"], second["trajectory_file"]);
    assert!(first["trajectory_file"].as_str().unwrap().starts_with("perfagent-out/sum.request-"), "{first}");

    asked["output_dir"] = "mine".into();
    assert_eq!(result(&scene, &asked)["success"], true);
    asked["local_memory"] = "a third".into();
    let refused = result(&scene, &asked);
    assert_eq!(refused["success"], false);
    let told = refused["error"].as_str().unwrap();
    assert!(told.contains("a run of another request") && told.contains("name another output_dir"), "{told}");
    assert!(!told.contains("--"), "there is no such option: {told}");
    assert_eq!(refused["solution"], "", "the other request's solution is not this one's");
}

#[test]
fn an_interrupted_request_has_no_result_and_goes_on_later() {
    let scene = scene();
    let server = ModelServer::start(vec![Answer::Hang, Answer::Plain("Answer: 2".to_owned())]);
    scene.file("r.json", request(config(&server)).to_string());
    let mut command = perfagent(scene.path());
    let mut child = command.args(["request", "r.json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    server.wait_for(1);
    assert!(Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap().success());
    child.wait().unwrap();
    let printed = Printed::from(child.wait_with_output().unwrap());
    assert_eq!((printed.code, printed.out.as_str()), (Some(130), ""), "{}", printed.err);
    assert!(printed.err.contains("goes on from here"), "{}", printed.err);
    let result = result(&scene, &request(config(&server)));
    assert_eq!(result["success"], true);
}

#[test]
fn the_logs_of_an_outer_optimiser_have_its_names() {
    let (scene, server) = (scene(), right());
    let logs = |command: &mut Command, index: &str| {
        command.env("SE_TOKEN_LOG_PATH", "tokens.jsonl").env("SE_LLM_IO_LOG_PATH", "io.jsonl");
        command.env("SE_ITERATION_INDEX", index);
    };
    let asked = |place: &str| {
        let mut asked = request(config(&server));
        asked["output_dir"] = place.into();
        asked.to_string()
    };
    for (place, index) in [("a", ""), ("b", "7"), ("c", "seven")] {
        let printed = send(&scene, &asked(place), |command| logs(command, index));
        assert_eq!(printed.code, Some(0), "{}", printed.err);
    }
    let (tokens, io) = (lines(&scene, "tokens.jsonl"), lines(&scene, "io.jsonl"));
    let usage = ["prompt_tokens", "completion_tokens", "total_tokens", "estimated"];
    let common = ["ts", "context", "model", "iteration_index"];
    for record in &tokens {
        let expected = common.iter().chain(&usage).chain(&["messages_chars"]).copied().collect();
        assert_eq!(names(record), expected);
        assert_eq!(record["context"], "perfagent.optimize");
    }
    for record in &io {
        let own = ["temperature", "max_tokens", "attempt_index", "messages", "response", "usage"];
        assert_eq!(names(record), common.iter().chain(&own).copied().collect());
        assert_eq!(names(record["usage"].as_object().unwrap()), usage.into());
    }
    // Of itself a run counts its own iterations, from 1.
    for log in [&tokens, &io] {
        let indices: Vec<_> = log.iter().map(|record| record["iteration_index"].clone()).collect();
        assert_eq!(indices, [json!(1), json!(7), json!("seven")]);
    }
    assert_eq!(lines(&scene, "b/llm_usage.jsonl")[0], tokens[1]);
}

#[test]
fn records_of_several_runs_in_one_log_say_whose_they_are() {
    let (scene, server) = (scene(), right());
    scene.file("set.jsonl", "{\"id\": \"a\", \"question\": \"1 + 1?\", \"answer\": \"2\"}\n".repeat(2));
    let of = |words: &[&str]| {
        let mut command = perfagent(scene.path());
        command.args(words).args(["--plugin", "aime", "--sandbox", "best-effort", "--max-iterations", "1"]);
        command.args(["--model", "any", "--llm-api-base", &server.api_base(), "--samples", "2"]);
        let printed = finish(command.env("SE_TOKEN_LOG_PATH", "tokens.jsonl"));
        assert_eq!(printed.code, Some(0), "{}", printed.err);
        let runs = lines(&scene, "tokens.jsonl").iter().map(|it| it["run"].as_str().unwrap().to_owned()).collect();
        fs::remove_file(scene.path().join("tokens.jsonl")).unwrap();
        runs
    };
    let runs: BTreeSet<String> = of(&["batch", "--instances", "set.jsonl"]);
    assert_eq!(runs, ["set-1", "set-1.sample-2", "set-2", "set-2.sample-2"].map(str::to_owned).into());
    assert_eq!(of(&["--instance", "sum.json"]), ["sum", "sum.sample-2"].map(str::to_owned).into());
}
