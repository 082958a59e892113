//! `perfagent report`: what runs came to, in every format.

use perfagent_tests::program::{perfagent, plugin, workspace};
use perfagent_tests::scene::{Printed, Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::Value;
use std::fs;

const INSTANCES: &str = r#"{"ID": "sum", "Problem": "What is 1 + 1?", "Answer": 2}
{"ID": "product", "Problem": "What is 3 * 25?", "Answer": "075"}
"#;

fn batch(scene: &Scene, out: &str, answer: &str) {
    let server = ModelServer::start(vec![Answer::Plain(answer.to_owned())]);
    let mut command = perfagent(scene.path());
    command.args(["batch", "--sandbox", "best-effort", "--plugin"]).arg(plugin("aime"));
    command.args(["--instances", "set.jsonl", "--base-dir", out, "--max-iterations", "1", "--model", "any"]);
    command.args(["--llm-api-base", &server.api_base(), "--samples", "5"]);
    let printed = finish(&mut command);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
}

fn report(scene: &Scene, words: &[&str]) -> Printed {
    finish(perfagent(scene.path()).arg("report").args(words))
}

#[test]
fn directories_are_told_side_by_side_in_every_format() {
    let scene = Scene::new();
    scene.file("set.jsonl", INSTANCES);
    batch(&scene, "right", "Answer: 75");
    batch(&scene, "also", "Answer: 2");
    let printed = report(&scene, &["right", "also", "--format", "json", "--plots", "plots"]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    let whole: Value = serde_json::from_str(&printed.out).unwrap();
    let first = &whole["reports"][0];
    assert_eq!(first["score"]["pass_at"][1]["share"], 0.5, "{first}");
    assert_eq!(first["score"]["majority_at"][1]["share"], 0.5, "{first}");
    assert_eq!(first["runs"].as_array().unwrap().len(), 10);
    assert!(first["usage"]["total_tokens"].as_u64().unwrap() > 1000);
    let compared = &whole["comparisons"][0];
    assert_eq!((&compared["pairs"], &compared["valid_difference"][0]), (&10.into(), &0.0.into()));
    for plot in ["plots/iterations.svg", "plots/tokens.svg"] {
        assert!(fs::read_to_string(scene.path().join(plot)).unwrap().contains("also"));
    }
    for (format, parts) in [
        ("table", vec!["pass@5, %", "maj@5, %", "50.00", "also / right"]),
        ("markdown", vec!["| right | any | 10 |", "### Compared in pairs"]),
        (
            "csv",
            vec!["directory,model,runs,ended,valid,\"pass@1, %\"", "also,set-2.sample-5,product,5,,score,true,false"],
        ),
        ("latex", vec!["right & any & 10", "pass@5, \\%", "\\end{tabular}"]),
    ] {
        let printed = report(&scene, &["right", "also", "--format", format]);
        for part in parts {
            assert!(printed.out.contains(part), "{part:?}: {}", printed.out);
        }
    }
}

#[test]
fn a_measured_run_has_its_efficiency_and_improvements_and_a_damaged_one_is_named() {
    let scene = Scene::new();
    let example = |name: &str| workspace().join("plugins/effibench/examples").join(name);
    let mut command = scene.perfagent();
    command.args(["--plugin", "effibench", "--sandbox", "best-effort", "--instance"]).arg(Scene::shipped_instance());
    command.arg("--config").arg(example("pair-sums.yaml")).arg("--replay").arg(example("pair-sums.cassette.jsonl"));
    let run = finish(&mut command);
    assert_eq!(run.code, Some(0), "{}", run.err);
    fs::create_dir(scene.path().join("out/torn")).unwrap();
    scene.file("out/torn/torn.journal.jsonl", "{\"at\": 7}\n{}\n");
    let printed = report(&scene, &["out"]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(
        printed.err.contains("left out: ") && printed.err.contains("torn.journal.jsonl, line 1"),
        "{}",
        printed.err
    );
    for part in ["ET, %", "python3", "100.00", "Accepted improvements", "pair-sums", "%"] {
        assert!(printed.out.contains(part), "{part:?}: {}", printed.out);
    }
    let whole: Value = serde_json::from_str(&report(&scene, &["out", "--format", "json"]).out).unwrap();
    let improvement = &whole["reports"][0]["runs"][0]["improvements"][0];
    assert!(improvement["ratio"]["high"].as_f64().unwrap() < 1.0, "{improvement}");
}

#[test]
fn a_directory_without_runs_is_told_so() {
    let scene = Scene::new();
    assert_eq!(report(&scene, &["."]).code, Some(7));
    let printed = report(&scene, &["nowhere"]);
    assert!(printed.code == Some(7) && printed.err.contains("nowhere"), "{}", printed.err);
}
