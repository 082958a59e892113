//! The instances that ship beside the plugin.

use perfagent_effibench::Effibench;
use perfagent_task::testing::{Harness, Script, exited};
use perfagent_task::{PromptContext, Task};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const LANGUAGES: [(&str, &str); 8] = [
    ("python3", "py"),
    ("cpp", "cpp"),
    ("java", "java"),
    ("javascript", "js"),
    ("golang", "go"),
    ("ruby", "rb"),
    ("c", "c"),
    ("rust", "rs"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instances")
}

/// The instances' names and bytes.
fn instances() -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder()).expect("the folder is there").flatten().map(|entry| entry.path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let named = |path: PathBuf| {
        let name = path.file_stem().expect("it ends with json").to_string_lossy().into_owned();
        (name, fs::read(path).expect("it can be read"))
    };
    files.map(named).collect()
}

fn load(name: &str, data: &[u8], language: &str) -> Harness<Effibench> {
    let script = Script::new(|_, _| Ok(exited(0, "")));
    let config = json!({ "language": language }).to_string();
    Harness::load(name, data, &config, &script).expect(language)
}

#[test]
fn there_are_eight_small_ones_with_slow_and_fast_programs() {
    let instances = instances();
    assert_eq!(instances.len(), 8);
    for (name, data) in instances {
        assert!(data.len() < 300_000, "{name}: {} bytes", data.len());
        let instance: Value = serde_json::from_slice(&data).unwrap();
        let tests: Value = serde_json::from_str(instance["generated_tests"].as_str().unwrap()).unwrap();
        assert!((1..=30).contains(&tests.as_array().unwrap().len()), "{name}");
        assert!(!Effibench::metadata(&name, &data).unwrap().problem.is_empty());
        for (language, extension) in LANGUAGES {
            let slow = fs::read_to_string(folder().join(&name).join(format!("slow.{extension}"))).ok();
            assert_eq!(instance["solutions"][language]["code"].as_str(), slow.as_deref(), "{name}, {language}");
            if instance["type"] == "io" {
                let start = load(&name, &data, language).initial_solution().unwrap();
                assert_eq!(start.judged, slow.is_some(), "{name}, {language}");
            }
        }
        for extension in ["py", "cpp"] {
            assert!(folder().join(&name).join(format!("fast.{extension}")).exists(), "{name}, {extension}");
        }
    }
}

#[test]
fn two_are_functional_in_the_six_languages_of_the_data_set() {
    let functional = |data: &[u8]| serde_json::from_slice::<Value>(data).unwrap()["type"] == "functional";
    let instances: Vec<_> = instances().into_iter().filter(|(_, data)| functional(data)).collect();
    assert_eq!(instances.len(), 2);
    for (name, data) in instances {
        for (language, extension) in &LANGUAGES[..6] {
            let task = load(&name, &data, language);
            assert!(task.initial_solution().unwrap().judged);
            let starter = fs::read_to_string(folder().join(&name).join(format!("starter.{extension}"))).unwrap();
            let prompt = task.system_prompt(&PromptContext::default()).unwrap();
            assert!(prompt.contains(starter.trim_end()), "{name}, {language}");
            assert!(folder().join(&name).join(format!("fast.{extension}")).exists(), "{name}, {language}");
        }
    }
}

#[test]
fn they_are_what_their_parts_say() {
    let output = match Command::new("python3").arg(folder().join("build.py")).arg("--check").output() {
        Ok(output) => output,
        Err(error) => {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "python3 is missing");
            println!("skipped: no python3: {error}");
            return;
        }
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
