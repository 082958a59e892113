//! `perfagent evaluate`, `metadata` and `plugin inspect`: judging and looking without a model.

use perfagent_tests::program::{perfagent, plugin};
use perfagent_tests::scene::{Printed, Scene, finish};
use serde_json::Value;

fn evaluate(scene: &Scene, arguments: &[&str]) -> (Printed, Value) {
    let config = scene.file("c.yaml", "task_config: {num_runs: 2}\n");
    let mut command = perfagent(scene.path());
    command.args(["evaluate", "--plugin", "effibench", "--json", "--instance"]).arg(Scene::shipped_instance());
    let printed = finish(command.arg("--config").arg(config).args(arguments));
    let value = serde_json::from_str(&printed.out).unwrap_or(Value::Null);
    (printed, value)
}

#[test]
fn a_solution_is_judged_whatever_the_verdict() {
    let scene = Scene::new();
    let wrong = scene.file("wrong.py", "print(0)\n");
    let (printed, value) = evaluate(&scene, &["--solution", wrong.to_str().unwrap()]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(value["success"], false);
    assert_eq!(value["metric"], "Infinity");
    assert_eq!(value["solution"], "print(0)\n");
    assert!(value["artifacts"]["pass_rate"].as_f64().unwrap() < 1.0);

    let right = "n, k, *v = map(int, open(0).read().split())\nprint(sum(v[i] + v[j] == k for i in range(n) for j in range(i)))\n";
    let right = scene.file("right.py", right);
    let (printed, value) = evaluate(&scene, &["--solution", right.to_str().unwrap()]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(value["success"], true);
    assert!(value["metric"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_reply_is_extracted_first() {
    let scene = Scene::new();
    let current = scene.file("current.py", "print(1)\nprint(2)\n");
    let reply = scene.file(
        "reply.md",
        "<<<<<<< SEARCH\nprint(1)\n=======\nprint(3)\n>>>>>>> REPLACE\n\n<<<<<<< SEARCH\nprint(9)\n=======\nprint(4)\n>>>>>>> REPLACE\n",
    );
    let (printed, value) =
        evaluate(&scene, &["--reply", reply.to_str().unwrap(), "--current", current.to_str().unwrap()]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(value["solution"], "print(3)\nprint(2)\n");
    let statuses: Vec<_> = value["verdicts"].as_array().unwrap().iter().map(|it| it["status"].clone()).collect();
    assert_eq!(statuses, ["applied", "not_found"]);
}

#[test]
fn metadata_names_the_instance() {
    let scene = Scene::new();
    let mut command = perfagent(scene.path());
    command.args(["metadata", "--plugin", "effibench", "--instance"]).arg(Scene::shipped_instance());
    let printed = finish(&mut command);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    let value: Value = serde_json::from_str(&printed.out).unwrap();
    assert_eq!(value["instance_id"], "pair-sums");
    assert!(value["problem_description"].as_str().unwrap().contains("Count the pairs"));
}

#[test]
fn the_component_imports_nothing_but_the_task_interface() {
    let scene = Scene::new();
    let mut command = perfagent(scene.path());
    let printed = finish(command.args(["plugin", "inspect", "--json"]).arg(plugin("effibench")));
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    let value: Value = serde_json::from_str(&printed.out).unwrap();
    let imports = value["imports"].as_array().unwrap();
    assert!(!imports.is_empty());
    for import in imports {
        let name = import["name"].as_str().unwrap();
        assert!(name.starts_with("perfagent:task/"), "{name}");
    }
}
