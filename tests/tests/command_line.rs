//! What the program tells of its own command line and configuration.

use perfagent_tests::program::{perfagent, plugin};
use perfagent_tests::scene::{Printed, Scene, finish};
use std::fs;
use std::process::Command;

fn check(scene: &Scene, text: &str) -> Printed {
    let config = scene.file("c.yaml", text);
    let mut command = perfagent(scene.path());
    finish(command.args(["config", "check"]).arg(config).arg("--plugin").arg(plugin("effibench")))
}

#[test]
fn a_configuration_is_checked_before_it_is_used() {
    let scene = Scene::new();
    let printed = check(&scene, "max_iterations: 3\ntask_config: {num_runs: 2, language: cpp}\n");
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(!printed.err.contains("warning"), "{}", printed.err);
    assert!(printed.out.contains("c.yaml: correct, for effibench "), "{}", printed.out);

    let printed = check(&scene, "max_iteration: 3\n");
    assert_eq!(printed.code, Some(2));
    for part in ["c.yaml", "max_iteration", "`max_iterations`", "1"] {
        assert!(printed.err.contains(part), "{part:?}: {}", printed.err);
    }

    let printed = check(&scene, "task_config: {num_runs: 0}\n");
    assert_eq!(printed.code, Some(2));
    assert!(printed.err.contains("c.yaml") && printed.err.contains("num_runs"), "{}", printed.err);

    let mut command = perfagent(scene.path());
    let printed = finish(command.args(["config", "check"]).arg(scene.file("d.yaml", "task_config: {anything: 1}\n")));
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(printed.out.contains("task_config was not checked"), "{}", printed.out);
}

#[test]
fn shells_can_read_the_completions() {
    let scene = Scene::new();
    for (shell, part) in [("bash", "--start-date"), ("zsh", "#compdef perfagent"), ("fish", "-l start-date")] {
        let printed = finish(perfagent(scene.path()).args(["completions", shell]));
        assert_eq!(printed.code, Some(0), "{}", printed.err);
        assert!(printed.out.contains(part), "{shell}");
        if shell == "bash" {
            let script = scene.file("completions", &printed.out);
            assert!(Command::new("bash").arg("-n").arg(script).status().unwrap().success());
        }
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let scene = Scene::new();
    let directory = scene.path().join("man/man1");
    let printed = finish(perfagent(scene.path()).arg("man").arg(&directory));
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    for name in ["perfagent", "perfagent-evaluate", "perfagent-sandbox-compare"] {
        let page = fs::read_to_string(directory.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".TH ") && page.contains(".SH OPTIONS"), "{name}: {page}");
    }
    let printed = finish(perfagent(scene.path()).args(["man", "/dev/null/man1"]));
    assert_eq!(printed.code, Some(7), "{}", printed.err);
}
