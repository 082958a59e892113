//! `perfagent plugin check`, `test` and `bench`, and `--plugin-debug`, as an author of tasks meets them.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

#[path = "../../host/plugin/tests/support/guest.rs"]
#[allow(dead_code, reason = "its other users need more of it")]
mod guest;

use guest::Guest;
use perfagent_tests::program::{perfagent, plugin, workspace};
use perfagent_tests::scene::{Printed, Scene, finish};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// `perfagent plugin …` with the isolation that there is, where programs run.
fn tool(scene: &Scene, arguments: &[&str]) -> Printed {
    let mut command = perfagent(scene.path());
    command.arg("plugin").args(arguments);
    finish(command.args(["--sandbox", "best-effort"]))
}

/// A project as `plugin new` and `plugin build` leave it, of the task that needs no program.
fn project(scene: &Scene) -> PathBuf {
    let directory = scene.path().join("quiz");
    for part in ["dist", "examples", "tests"] {
        fs::create_dir_all(directory.join(part)).unwrap();
    }
    fs::copy(plugin("aime"), directory.join("dist/quiz.wasm")).unwrap();
    let instance = json!({"id": "sum", "problem": "What is 2 + 3?", "answer": 5});
    fs::write(directory.join("examples/sum.json"), instance.to_string()).unwrap();
    directory
}

fn case(project: &Path, name: &str, case: &Value) {
    fs::write(project.join("tests").join(name), case.to_string()).unwrap();
}

fn right() -> Value {
    json!({
        "instance": "examples/sum.json",
        "replies": ["It is \\boxed{4}.", "It is \\boxed{5}.", "Again: \\boxed{5}."],
        "expect": [
            {"success": false, "metric": -1, "summary": "wrong answer: 4"},
            {"success": true, "metric": 1},
            {"unchanged": true},
        ],
    })
}

#[test]
fn the_shipped_tasks_keep_the_contract() {
    let scene = Scene::new();
    let plugins = workspace().join("plugins");
    let tasks = [
        ("aime", vec!["aime/examples/odd-points.json"]),
        (
            "livecodebench",
            vec!["livecodebench/examples/calm-stretch.json", "livecodebench/examples/fill-the-shelves.json"],
        ),
        ("effibench", vec!["effibench/examples/pair-sums.json"]),
    ];
    for (task, examples) in tasks {
        let component = plugin(task);
        let mut arguments = vec!["check", component.to_str().unwrap(), "--json", "--instance"];
        let examples: Vec<_> = examples.iter().map(|path| plugins.join(path)).collect();
        arguments.extend(examples.iter().map(|path| path.to_str().unwrap()));
        let printed = tool(&scene, &arguments);
        let report: Value = serde_json::from_str(&printed.out).unwrap();
        let failed = |check: &&Value| check["outcome"] == "failed";
        let failures: Vec<_> = report["checks"].as_array().unwrap().iter().filter(failed).collect();
        assert!(failures.is_empty(), "{task}: {failures:#?}");
        assert_eq!(printed.code, Some(0), "{task}: {}", printed.err);
        assert_eq!(report["description"]["name"], task);
        // Only what a task's own nature hides: a placeholder to start from.
        let skipped = report["skipped"].as_u64().unwrap();
        assert!(skipped <= examples.len() as u64, "{task}: {report:#}");
    }
}

#[test]
fn a_project_is_checked_with_its_examples_and_faults_are_told() {
    let scene = Scene::new();
    let project = project(&scene);
    let printed = tool(&scene, &["check", project.to_str().unwrap()]);
    assert_eq!(printed.code, Some(0), "{}{}", printed.out, printed.err);
    for part in [
        "ok       describe.answers: aime",
        "ok       load.bad-instance (sum): 10 refused",
        " checks passed, 0 failed, 1 skipped (the initial solution is a placeholder)",
    ] {
        assert!(printed.out.contains(part), "{part:?}: {}", printed.out);
    }

    let bad = Guest::new().with("load", "unreachable").build();
    fs::write(project.join("dist/quiz.wasm"), bad).unwrap();
    let printed = tool(&scene, &["check", project.to_str().unwrap()]);
    assert_eq!(printed.code, Some(3), "{}{}", printed.out, printed.err);
    for part in [
        "FAILED   load.answers (sum)\n  expected: an example loads",
        "\n  happened: `load` trapped",
        "\n  to do:    return a `task-error`",
        "the example cannot be loaded",
    ] {
        assert!(printed.out.contains(part), "{part:?}: {}", printed.out);
    }
}

#[test]
fn a_project_without_its_component_says_what_to_do() {
    let scene = Scene::new();
    let project = project(&scene);
    fs::copy(plugin("aime"), project.join("dist/other.wasm")).unwrap();
    let printed = tool(&scene, &["check", project.to_str().unwrap()]);
    assert_eq!(printed.code, Some(2), "{}", printed.err);
    assert!(printed.err.contains("holds 2 components"), "{}", printed.err);
    fs::remove_dir_all(project.join("dist")).unwrap();
    for command in ["check", "test", "bench"] {
        let printed = tool(&scene, &[command, project.to_str().unwrap()]);
        assert_eq!(printed.code, Some(7), "{}", printed.err);
        assert!(printed.err.contains("perfagent plugin build"), "{}", printed.err);
    }
}

#[test]
fn tests_run_with_the_replies_of_their_files() {
    let scene = Scene::new();
    let project = project(&scene);
    let temporary = scene.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let run = |more: &[&str]| {
        let mut command = perfagent(scene.path());
        command.env("TMPDIR", &temporary).args(["plugin", "test", project.to_str().unwrap()]).args(more);
        finish(command.args(["--sandbox", "best-effort"]))
    };
    // Where sandboxes keep their files lies in the same place, and stays.
    let kept = || {
        let entries = fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.to_string_lossy().contains("perfagent-test-")).collect::<Vec<_>>()
    };
    let printed = run(&[]);
    assert_eq!(printed.code, Some(7), "{}", printed.err);
    assert!(printed.err.contains("tests holds no test"), "{}", printed.err);

    case(&project, "right.json", &right());
    scene.file("c.yaml", "task_config: {speed: 3}\n");
    let printed = run(&["--config", "c.yaml"]);
    assert_eq!(printed.code, Some(3), "the user's configuration counts as well: {}", printed.out);
    assert!(printed.out.contains("FAILED  right\n  task_config.speed: there is no such key; "), "{}", printed.out);
    for directory in kept() {
        fs::remove_dir_all(directory).unwrap();
    }
    let printed = run(&[]);
    assert_eq!(printed.code, Some(0), "{}{}", printed.out, printed.err);
    assert_eq!(printed.out, "ok      right: 3 steps\n1 of 1 tests passed\n");
    assert!(kept().is_empty(), "{:?}", kept());

    let mut wrong = right();
    wrong["expect"][1] = json!({"success": false, "metric": 2});
    wrong["expect"].as_array_mut().unwrap().push(json!({"unchanged": true}));
    case(&project, "wrong.json", &wrong);
    case(&project, "odd.json", &json!({"instance": "../sum.json", "expect": []}));
    case(&project, "config.json", &json!({"instance": "examples/sum.json", "task_config": {"x": 1}, "expect": []}));
    let printed = run(&[]);
    assert_eq!(printed.code, Some(3), "{}", printed.err);
    for part in [
        "FAILED  wrong\n  step 2, success: expected false, got true (right answer)\n  step 2, metric: expected 2, got 1\n  step 4, step: expected unchanged true, got no such step\n",
        "FAILED  odd\n  the instance \"../sum.json\" must be a relative path",
        "FAILED  config\n  task_config.x: there is no such key; there are ",
        "ok      right",
        "1 of 4 tests passed; the runs are kept in ",
    ] {
        assert!(printed.out.contains(part), "{part:?}: {}", printed.out);
    }
    let kept = kept();
    assert!(kept[0].join("wrong/sum/sum.traj").is_file(), "{kept:?}");

    let report: Value = serde_json::from_str(&run(&["--json"]).out).unwrap();
    assert_eq!((&report["passed"], &report["failed"]), (&json!(1), &json!(3)));
    let wrong = report["cases"].as_array().unwrap().iter().find(|case| case["case"] == "wrong").unwrap();
    assert_eq!(wrong["differences"][1], json!({"step": 2, "field": "metric", "expected": "2", "got": "1"}));
}

#[test]
fn times_are_shown() {
    let scene = Scene::new();
    let project = project(&scene);
    let printed = tool(&scene, &["bench", project.to_str().unwrap(), "--json"]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    let report: Value = serde_json::from_str(&printed.out).unwrap();
    let timings = report["timings"].as_array().unwrap();
    for timing in timings {
        let (median, interval) = (&timing["median_ns"], &timing["interval_ns"]);
        let ns = |value: &Value| value.as_u64().unwrap();
        assert!(ns(&interval[0]) <= ns(median) && ns(median) <= ns(&interval[1]), "{timing}");
    }
    let names: Vec<_> = timings.iter().map(|timing| timing["what"].as_str().unwrap()).collect();
    for name in ["compile and load", "describe", "system-prompt", "extract", "evaluate, initial solution"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    assert!(report["peak_memory_bytes"].as_u64().unwrap() > 0);

    let component = project.join("dist/quiz.wasm");
    let printed = tool(&scene, &["bench", component.to_str().unwrap()]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    for part in ["peak memory", "median", "95 % interval", "no instance was given"] {
        assert!(printed.out.contains(part), "{part:?}: {}", printed.out);
    }
}

#[test]
fn debugging_shows_the_plugins_log_and_where_it_trapped() {
    let scene = Scene::new();
    // `log` at the lowest level, then a trap.
    let line = "(i32.store8 (i32.const 600) (i32.const 104)) (i32.store8 (i32.const 601) (i32.const 105))
                (call $log (i32.const 0) (i32.const 600) (i32.const 2)) unreachable";
    let guest = Guest::new().with(
        "describe",
        [guest::text(0, "echo"), guest::text(8, "1.0.0"), guest::text(24, "m"), guest::text(44, "{}")].concat(),
    );
    let component = scene.file("bad.wasm", guest.with("evaluate", line).build());
    let instance = scene.file("one.json", "{}");
    let evaluate = |more: &[&str]| {
        let mut command = perfagent(scene.path());
        command
            .args(["evaluate", "--sandbox", "best-effort", "--plugin"])
            .arg(&component)
            .arg("--instance")
            .arg(&instance);
        finish(command.arg("--solution").arg(&instance).args(more))
    };
    let quiet = evaluate(&[]);
    assert_eq!(quiet.code, Some(3), "{}", quiet.err);
    assert!(quiet.err.contains("`evaluate` trapped") && !quiet.err.contains("DEBUG"), "{}", quiet.err);
    let shown = evaluate(&["--plugin-debug"]);
    assert_eq!(shown.code, Some(3));
    for part in ["DEBUG plugin: hi\n", "DEBUG plugin: `evaluate` trapped", "wasm backtrace", "evaluate\n"] {
        assert!(shown.err.contains(part), "{part:?}: {}", shown.err);
    }

    // A run goes on after it, and shows it all the same.
    let cassette = scene.file("none.jsonl", "{\"format\":1}\n");
    let mut command = scene.perfagent();
    command.arg("--plugin").arg(&component).arg("--instance").arg(&instance).arg("--replay").arg(cassette);
    let run =
        finish(command.args(["--sandbox", "best-effort", "--model", "m", "--max-iterations", "0", "--plugin-debug"]));
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.err.contains("DEBUG plugin: hi\n") && run.err.contains("wasm backtrace"), "{}", run.err);
    let printed = tool(
        &scene,
        &["check", component.to_str().unwrap(), "--plugin-debug", "--instance", instance.to_str().unwrap()],
    );
    assert_eq!(printed.code, Some(3));
    assert!(printed.err.contains("wasm backtrace"), "{}", printed.err);
}

#[test]
fn a_plugin_is_shown_with_all_that_it_may_do() {
    let scene = Scene::new();
    let mut command = perfagent(scene.path());
    let printed = finish(command.args(["plugin", "inspect"]).arg(plugin("effibench")));
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    for part in [
        "effibench 0.1.0: Make a correct program faster",
        "digest      sha256:",
        "interface   perfagent:task@0.1.0",
        "imports     perfagent:task/execution@0.1.0: compile and run programs",
        "limits      30 s of processor time and 3600 s in all per call",
        "256 MB of memory, 1 MB of stack",
        "64 programs, 10000 runs per request",
        "languages   python3",
        "task_config target: ",
        "[\"runtime\" or \"memory\" or \"integral\", default \"runtime\"]",
    ] {
        assert!(printed.out.contains(part), "{part:?}: {}", printed.out);
    }
}
