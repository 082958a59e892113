//! What runs write has exactly the names that others read, and the schemas that the program prints are true of it.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use jsonschema::Validator;
use perfagent_tests::program::perfagent;
use perfagent_tests::scene::{Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;

const RESULT: [&str; 8] =
    ["instance_id", "success", "solution", "metric", "artifacts", "total_iterations", "trajectory_file", "error"];

const SUMMARY: [&str; 10] = [
    "instance_id",
    "start_time",
    "end_time",
    "total_iterations",
    "success",
    "language",
    "optimization_target",
    "final_performance",
    "error_message",
    "final_best_code",
];

const STEP: [&str; 15] = [
    "step_id",
    "timestamp",
    "action",
    "input_data",
    "output_data",
    "query",
    "response",
    "thought",
    "code_snapshot",
    "code_changed",
    "diff",
    "performance_metrics",
    "error",
    "execution_time",
    "summary",
];

fn schema(scene: &Scene, of: &str) -> Validator {
    let printed = finish(perfagent(scene.path()).args(["schema", of]));
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    let schema: Value = serde_json::from_str(&printed.out).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_valid(schema: &Validator, document: &Value) {
    let errors: Vec<_> =
        schema.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

fn names(document: &Value) -> BTreeSet<&str> {
    document.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Takes each of `required` out of the object at `pointer`, and puts a value of no fitting type in its place.
fn assert_mutilations_refused(schema: &Validator, document: &Value, pointer: &str, required: &[&str]) {
    for name in required {
        let mut without = document.clone();
        without.pointer_mut(pointer).unwrap().as_object_mut().unwrap().shift_remove(*name).unwrap();
        assert!(!schema.is_valid(&without), "{pointer} without {name}");
        if *name == "input_data" {
            continue;
        }
        let mut wrong = document.clone();
        wrong.pointer_mut(pointer).unwrap()[*name] = json!([[{}]]);
        assert!(!schema.is_valid(&wrong), "{pointer} with a wrong {name}");
    }
}

/// A run of two iterations of the shipped instance with a wrong first program.
fn run(scene: &Scene, answers: Vec<Answer>) -> Command {
    let server = ModelServer::start(answers);
    let config = scene.file("c.yaml", "max_iterations: 2\ntask_config: {num_runs: 2}\nsandbox: best-effort\n");
    let mut instance: Value = serde_json::from_slice(&std::fs::read(Scene::shipped_instance()).unwrap()).unwrap();
    instance["solutions"]["python3"]["code"] = "print('wrong')\n".into();
    let instance = scene.file("pair-sums.json", instance.to_string());
    let mut command = scene.run(&instance, &server.api_base());
    command.arg("--config").arg(config);
    command
}

fn documents(scene: &Scene) -> (Value, Value) {
    (scene.json("pair-sums", "result.json"), scene.json("pair-sums", "pair-sums.traj"))
}

#[test]
fn runs_with_and_without_success_write_what_the_schemas_say() {
    let scene = Scene::new();
    let (result_schema, trajectory_schema) = (schema(&scene, "result"), schema(&scene, "trajectory"));
    // No program passes: metrics are infinite.
    let printed = finish(&mut run(&scene, vec![Answer::Plain("No idea.".to_owned())]));
    assert_eq!(printed.code, Some(1), "{}", printed.err);
    let (result, trajectory) = documents(&scene);
    assert_eq!((&result["metric"], &result["success"]), (&"Infinity".into(), &false.into()));
    assert_eq!(trajectory["steps"][0]["performance_metrics"]["metric"], "Infinity");
    assert_valid(&result_schema, &result);
    assert_valid(&trajectory_schema, &trajectory);

    // The provider refuses in the middle.
    let scene = Scene::new();
    let printed = finish(&mut run(&scene, vec![Answer::Status(400, "{}".to_owned())]));
    assert_eq!(printed.code, Some(4), "{}", printed.err);
    let (result, trajectory) = documents(&scene);
    assert!(trajectory["metadata"]["error_message"].as_str().unwrap().contains("400"));
    assert_valid(&result_schema, &result);
    assert_valid(&trajectory_schema, &trajectory);

    // A right program.
    let scene = Scene::new();
    let (result, trajectory) = {
        let server = ModelServer::start(vec![Answer::Stream("Answer: 2".to_owned())]);
        let instance = scene.file("i.json", r#"{"id": "i", "question": "What is 1 + 1?", "answer": "2"}"#);
        let mut command = scene.run_plugin("aime".as_ref(), &instance, &server.api_base());
        let printed = finish(command.args(["--max-iterations", "2", "--sandbox", "best-effort"]));
        assert_eq!(printed.code, Some(0), "{}", printed.err);
        (scene.json("i", "result.json"), scene.json("i", "i.traj"))
    };
    assert_valid(&result_schema, &result);
    assert_valid(&trajectory_schema, &trajectory);
    for metric in [json!("NaN"), json!("-Infinity"), json!(3), json!("fast"), json!(null)] {
        let mut other = result.clone();
        other["metric"] = metric.clone();
        assert_eq!(
            result_schema.is_valid(&other),
            metric.is_number() || metric != "fast" && metric.is_string(),
            "{metric}"
        );
    }

    // The names, and what is missing or wrong.
    let more = ["stop_reason", "first_metric", "best_over_first", "usage", "cost_usd", "request"];
    assert_eq!(names(&result), RESULT.iter().chain(&more).copied().collect());
    assert_mutilations_refused(&result_schema, &result, "", &RESULT);
    assert_eq!(names(&trajectory), ["metadata", "info", "steps", "history"].into());
    assert_mutilations_refused(&trajectory_schema, &trajectory, "", &["metadata", "info", "steps", "history"]);
    assert_eq!(names(&trajectory["metadata"]), SUMMARY.into());
    assert_mutilations_refused(&trajectory_schema, &trajectory, "/metadata", &SUMMARY);
    let info: Vec<&str> = SUMMARY.into_iter().chain(["submission"]).collect();
    assert_eq!(names(&trajectory["info"]), info.iter().copied().collect());
    assert_mutilations_refused(&trajectory_schema, &trajectory, "/info", &info);
    for step in trajectory["steps"].as_array().unwrap() {
        assert_eq!(names(step), STEP.into());
    }
    assert_mutilations_refused(&trajectory_schema, &trajectory, "/steps/0", &STEP);
    let turn = ["role", "content", "message_type"];
    for entry in trajectory["history"].as_array().unwrap() {
        assert_eq!(names(entry), turn.into());
        let kind = entry["message_type"].as_str().unwrap();
        assert!(["system_prompt", "query", "action", "observation"].contains(&kind), "{kind}");
    }
    assert_mutilations_refused(&trajectory_schema, &trajectory, "/history/0", &turn);
}

#[test]
fn requests_are_what_their_schema_says() {
    let scene = Scene::new();
    let schema = schema(&scene, "request");
    let whole = json!({
        "task_data_path": "i.json", "config": {"max_iterations": 3}, "additional_requirements": "a",
        "local_memory": "b", "global_memory": null, "output_dir": "out",
    });
    assert_valid(&schema, &whole);
    assert_valid(&schema, &json!({"task_data_path": "i.json", "config": "c.yaml"}));
    assert_mutilations_refused(&schema, &whole, "", &["task_data_path", "config"]);
    for name in names(&whole) {
        let mut wrong = whole.clone();
        wrong[name] = 3.into();
        assert!(!schema.is_valid(&wrong), "{name}");
    }
    let mut unknown = whole.clone();
    unknown["colour"] = "red".into();
    assert!(!schema.is_valid(&unknown));
}

#[test]
fn metadata_is_what_its_schema_says() {
    let scene = Scene::new();
    let mut command = perfagent(scene.path());
    let printed =
        finish(command.args(["metadata", "--plugin", "effibench", "--instance"]).arg(Scene::shipped_instance()));
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    let metadata: Value = serde_json::from_str(&printed.out).unwrap();
    let both = ["instance_id", "problem_description"];
    assert_eq!(names(&metadata), both.into());
    let schema = schema(&scene, "metadata");
    assert_valid(&schema, &metadata);
    assert_mutilations_refused(&schema, &metadata, "", &both);
}

#[test]
fn the_schema_of_configurations_is_printed() {
    let scene = Scene::new();
    let schema = schema(&scene, "config");
    assert_valid(&schema, &json!({"model": {"name": "a"}, "temperature": 1, "task_config": {"anything": []}}));
    assert!(!schema.is_valid(&json!({"temprature": 1})));
}

#[test]
fn a_batch_s_files_have_exactly_their_names() {
    let scene = Scene::new();
    let server = ModelServer::start(vec![Answer::Plain("Answer: 2".to_owned())]);
    scene.file("set.jsonl", "{\"id\": \"a\", \"question\": \"1 + 1?\", \"answer\": \"2\"}\n");
    let mut command = perfagent(scene.path());
    command.args(["batch", "--plugin", "aime", "--sandbox", "best-effort", "--max-iterations", "1", "--model", "any"]);
    command.args(["--llm-api-base", &server.api_base(), "--instances", "set.jsonl", "--base-dir", "out"]);
    let printed = finish(&mut command);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    let (summary, predictions) = (scene.json("", "summary.json"), scene.json("", "preds.json"));
    assert_eq!(names(&scene.json("", "elapsed.json")), ["wall_ms"].into());
    let counts = ["ended", "valid", "no_solution", "failed", "earlier", "left", "usage", "cost", "seconds", "runs"];
    assert_eq!(names(&summary), counts.into());
    let run = [
        "name",
        "sample",
        "ending",
        "instance_id",
        "metric",
        "first_metric",
        "best_over_first",
        "iterations",
        "usage",
        "cost",
        "is_earlier",
        "error",
    ];
    assert_eq!(names(&summary["runs"][0]), run.into());
    assert_eq!(names(&predictions), ["a"].into());
    let prediction = ["instance_id", "model_name_or_path", "solution", "metric", "success"];
    assert_eq!(names(&predictions["a"]), prediction.into());
}
