//! Whole configurations: every key of every layout, every kind of mistake, and hostile files.

use super::document::Document;
use super::error::Problem;
use super::settings::{KeySource, Settings};
use super::table::SETTINGS;
use super::{Environment, json, read, yaml};
use perfagent_core::digest::Digest;
use perfagent_core::isolation::Strictness;
use perfagent_core::spec::{Acceptance, Models, Named, WeightedModel};
use perfagent_plugin::Grant;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;
use tracing::level_filters::LevelFilter;

const NESTED: &str = include_str!("../../examples/nested.yaml");
const FLAT: &str = include_str!("../../examples/flat.yaml");

/// Sets every key of the nested layout to something else than its default.
const ALL_NESTED: &str = r#"
max_iterations: 3
early_stop_no_improve: 2
adopt_only_if_improved: true
acceptance: raw
metric_higher_is_better: true
model:
  name: "n"
  api_base: http://x/v1
  api_key: ${KEY}
  api_key_env: MY_KEY
  temperature: 2
  max_input_tokens: 9000
  max_output_tokens: 1
  request_timeout: 0.5
  total_timeout: 90
  seed: 7
  max_retries: 0
  retry_delay: 0
  retry_backoff_factor: 1.5
  retry_jitter: 1
  log_inputs_outputs: true
  log_sanitize: false
logging: {save_trajectory: false, trajectory_dir: t, log_dir: "${DIR}/l", log_level: warning}
prompts:
  system_template: s
  optimization_template: o
  additional_requirements: |
    two
    lines
  local_memory: l
  global_memory: g
  include_all_history: true
budget: {tokens: 1000, usd: 0.5, wall_time: 60, calls: 3}
batch: {budget: {tokens: 9000, usd: 12.5, wall_time: 3600, calls: 100}}
prices: {"n": {input: 0.15, output: 0.6}}
sandbox: best-effort
grants: [random, clock, random]
execution: {backends: ["http://127.0.0.1:8000", "https://host/below/"]}
plugins:
  trusted_keys: ["ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]
  require_signed: true
  cpu_seconds: 0.5
  wall_seconds: 2
  memory_mb: 3
  interpreter_memory_mb: 4
  stack_kb: 16
  instances: 6
  memories: 7
  tables: 8
  table_elements: 9
  handles: 10
  transfer_mb: 11
  log_lines: 12
  log_kb: 13
  artifacts_kb: 14
  prompt_kb: 15
  solution_kb: 16
  text_kb: 17
  list_items: 18
  programs: 19
  requests: 20
  file_mb: 21
  compile_cpu_seconds: 22
  compile_wall_seconds: 23
  compile_memory_mb: 256
task_config: {task_type: aime, deep: {list: [1, 2.5, true, null, "1", "${DIR}"]}}
"#;

fn environment(name: &str) -> Option<String> {
    match name {
        "KEY" => Some("sk-very-secret".to_owned()),
        "DIR" => Some("/data".to_owned()),
        "NUMBER" => Some("1.5".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn settings(text: &str) -> Settings {
    let shown = |problem: Problem| format!("{}: {}", problem.line, problem.mistake);
    read::settings(text, &environment).map_err(shown).unwrap()
}

/// What `settings` come to, without where they come from.
fn meaning(settings: &Settings) -> String {
    format!("{:?}", Settings { file: None, origins: std::collections::BTreeMap::new(), ..settings.clone() })
}

fn one_model(name: &str) -> Models {
    Models::One { name: name.to_owned() }
}

#[test]
fn models_have_weights_and_money_needs_prices() {
    let several = "model: {models: [{name: a, weight: 3}, {name: b}]}\nprices: {a: {input: 1, output: 2}}\n";
    let mut read = settings(several);
    let weighted = |name: &str, weight| WeightedModel { name: name.to_owned(), weight };
    assert_eq!(read.model.models, Some(Models::Weighted { models: vec![weighted("a", 3.0), weighted("b", 1.0)] }));
    read.check_prices().unwrap();
    insta::assert_snapshot!(read.warnings.join("\n"), @"the model b has no price in `prices`: what it costs is not counted");
    for (budget, key) in [("budget: {usd: 1}", "`budget.usd`"), ("batch: {budget: {usd: 1}}", "`batch.budget.usd`")] {
        let error = settings(&format!("{several}{budget}")).check_prices().unwrap_err().to_string();
        assert!(error.starts_with(key) && error.contains("the model b has no price"), "{error}");
    }
    settings("model: {name: x}").check_prices().unwrap();
}

#[test]
fn reads_every_key_of_the_nested_layout() {
    let settings = settings(ALL_NESTED);
    insta::assert_snapshot!(format!("{settings:#?}"));
    assert_eq!(settings.iteration.acceptance, Acceptance::Raw);
    assert_eq!(settings.model.request_timeout, Duration::from_millis(500));
    assert_eq!(settings.logging.level, LevelFilter::WARN);
    assert_eq!(settings.logging.log_dir.as_deref(), Some(Path::new("/data/l")));
    assert_eq!(settings.sandbox, Strictness::BestEffort);
    assert_eq!(settings.grants.into_iter().collect::<Vec<_>>(), [Grant::Clock, Grant::Random]);
    assert_eq!(settings.task_type.as_deref(), Some("aime"));
    let expected = serde_json::json!({"deep": {"list": [1, 2.5, true, null, "1", "/data"]}});
    assert_eq!(serde_json::Value::Object(settings.task_config), expected);
    assert!(settings.warnings.is_empty(), "a key from the environment is no reason to warn");
}

#[test]
fn the_shipped_nested_example_gives_the_defaults() {
    let read = settings(NESTED);
    assert_eq!(read.task_type.as_deref(), Some("effibench"));
    assert!(matches!(&read.model.key, KeySource::Variable(name) if name == "OPENAI_API_KEY"));
    assert!(read.warnings.is_empty());
    let mut expected = Settings::default();
    expected.model.models = Some(one_model("any"));
    expected.model.api_base = Some("http://127.0.0.1:8000/v1".to_owned());
    expected.model.key = read.model.key.clone();
    expected.task_type.clone_from(&read.task_type);
    expected.task_config.clone_from(&read.task_config);
    assert_eq!(meaning(&read), meaning(&expected));
}

#[test]
fn the_shipped_flat_example_means_the_same_as_its_nested_form() {
    let nested = "
max_iterations: 10
model: {name: deepseek-chat, temperature: 0.1, max_output_tokens: 4000}
task_config: {task_type: effibench, time_limit: 20, memory_limit: 1024, num_runs: 5, trim_ratio: 0.1, max_workers: 4}
logging: {save_trajectory: true, trajectory_dir: ./trajectories, log_dir: ./logs, log_level: INFO}
";
    assert_eq!(meaning(&settings(FLAT)), meaning(&settings(nested)));
}

#[test]
fn the_examples_the_table_and_tests_leave_no_key_out() {
    let mut document = Document::new(yaml::parse("{}").unwrap().unwrap()).unwrap();
    read::fill(&mut document, &mut Settings::default()).unwrap();
    let sorted = |mut names: Vec<&'static str>| {
        names.sort_unstable();
        names
    };
    let listed = SETTINGS.iter().flat_map(|setting| setting.names).copied().collect();
    assert_eq!(sorted(listed), sorted(document.known().to_vec()), "what the table lists is what is read");
    for key in document.known() {
        let name = format!("{}:", key.rsplit('.').next().unwrap());
        let old = ["optimization", "runtime", "language_cfg"].contains(key);
        assert!(old || NESTED.contains(&name) || FLAT.contains(&name), "no example shows `{key}`");
    }
}

#[test]
fn the_oldest_sections_are_the_task_config() {
    let settings = settings(
        "optimization: {target: memory}\nruntime: {time_limit: 3}\nlanguage_cfg: {language: cpp}\ntask_config:\n\
         time_limit: 4\n",
    );
    let expected = serde_json::json!({"target": "memory", "time_limit": 3, "language": "cpp"});
    assert_eq!(serde_json::Value::Object(settings.task_config), expected);
    insta::assert_snapshot!(settings.warnings.join("\n"), @"5: `time_limit` is ignored, for `runtime.time_limit` (line 2) is given too");
}

#[test]
fn nothing_and_empty_values_mean_the_defaults() {
    let defaults = format!("{:?}", Settings::default());
    for text in
        ["", "\n# nothing\n", "---\n", "~", "{}", "model:", "model:\n  name:\n", "model: {api_key: '', name: ''}"]
    {
        assert_eq!(meaning(&settings(text)), defaults, "{text:?}");
    }
    assert_eq!(settings("model:\n  temperature: ${EMPTY}").model.temperature, 0.1);
}

#[test]
fn variables_may_hold_numbers_and_literal_keys_are_warned_of() {
    assert_eq!(settings("model:\n  temperature: ${NUMBER}").model.temperature, 1.5);
    assert_eq!(settings("model:\n  name: ${NUMBER}").model.models, Some(one_model("1.5")));
    let warned = settings("model:\n  api_key: sk-very-secret\n");
    assert!(matches!(warned.model.key, KeySource::Literal(_)));
    assert!(warned.warnings[0].starts_with("2: the model's key"), "{:?}", warned.warnings);
    assert!(!format!("{warned:?}").contains("very-secret"));
}

#[test]
fn becomes_a_run() {
    let named = |name: &str| Named { name: name.to_owned(), digest: Digest::of(name.as_bytes()) };
    let spec = settings(ALL_NESTED).run_spec(named("p"), named("i"), Some("code".to_owned())).unwrap();
    let json = serde_json::to_string_pretty(&spec).unwrap();
    assert!(!json.contains("secret") && !json.contains("http://x"), "{json}");
    insta::assert_snapshot!(json);
    let error = Settings::default().run_spec(named("p"), named("i"), None).unwrap_err();
    insta::assert_snapshot!(error, @"no model is named; give --model NAME, or `model.name` in the configuration");
}

#[test]
fn mistakes_are_told_with_place_and_remedy() {
    const MISTAKES: [&str; 62] = [
        "max_iteration: 3",
        "model:\n  nam: x",
        "model:\n  name: x\n  log_level: INFO",
        "colour: red",
        "model.name: x",
        "max_iterations: ten",
        "max_iterations: -1",
        "max_iterations: 1.5",
        "max_iterations: '3'",
        "max_iterations: [3]",
        "adopt_only_if_improved: yes",
        "model: {temperature: 2.1}",
        "model: {temperature: .nan}",
        "model: {max_output_tokens: 0}",
        "model: {request_timeout: 0}",
        "model: {retry_backoff_factor: 0.5}",
        "model: {name: 4}",
        "model: gpt",
        "model: {api_key_env: sk-very-secret}",
        "model: {api_key: [sk-very-secret]}",
        "model: {api_key: 12345678}",
        "model: {temperature: '${KEY}'}",
        "model: {name: '${NOWHERE}'}",
        "model: {name: '${'}",
        "model: {seed: -1}",
        "model: {name: a, models: [{name: b}]}",
        "model: {models: [{weight: 2}]}",
        "model: {models: [{name: a, weight: 0}]}",
        "model: {models: [{name: a, wieght: 1}]}",
        "budget: {token: 3}",
        "budget: {tokens: many}",
        "batch: {budget: {wall_tme: 3}}",
        "prices: {a: {input: 1}}",
        "prices: {a: 3}",
        "logging: {log_level: LOUD}",
        "acceptance: maybe",
        "sandbox: none",
        "grants: clock",
        "grants: [clock, network]",
        "plugins: {require_sign: true}",
        "plugins: {trusted_keys: [ed25519:short]}",
        "execution: {backend: []}",
        "plugins: {memory: 3}",
        "plugins: {memory_mb: 5000}",
        "plugins: {cpu_seconds: 0}",
        "plugins: {compile_cpu_seconds: 0.5}",
        "execution: {backends: http://127.0.0.1:8000}",
        "execution: {backends: ['http://u:secret@x']}",
        "task_config: 3",
        "task_config: {limit: .inf}",
        "temperature: 0.1\nmodel:\n  temperature: 0.2",
        "optimization: {target: runtime}\ntask_config: {}",
        "optimization: {a: 1}\nruntime:\n  a: 2",
        "max_iterations: 1\nmax_iterations: 2",
        "task_config:\n  a: {b: 1, b: 2}",
        "a: [1",
        "a: b: c",
        "- 1\n- 2",
        "some text",
        "a: 1\n---\nb: 2",
        "a: !include b.yaml",
        "<<: {a: 1}",
    ];
    let mut told = String::new();
    for text in MISTAKES {
        let problem = read::settings(text, &environment).expect_err(text);
        writeln!(told, "{text}\n    line {}: {}\n", problem.line, problem.mistake).unwrap();
    }
    for line in told.lines().filter(|line| line.starts_with("    line ")) {
        assert!(!line.contains("secret") && !line.contains("12345678"), "{line}");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn files_that_are_none_are_told_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("c.yaml");
    let message = |content: Option<&[u8]>| {
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let error = perfagent_agent::chain(&Settings::load(&path, &environment).unwrap_err());
        error.replace(&directory.path().display().to_string(), "DIR")
    };
    insta::assert_snapshot!(message(None), @"the configuration DIR/c.yaml could not be read: No such file or directory (os error 2)");
    insta::assert_snapshot!(message(Some(b"\xff\xfe\n")), @"the configuration DIR/c.yaml is not UTF-8 text: invalid utf-8 sequence of 1 bytes from index 0");
    insta::assert_snapshot!(message(Some(&vec![b'#'; 2 << 20])), @"the configuration DIR/c.yaml could not be read: it has more than 1 MB; is it the right file?");
    insta::assert_snapshot!(message(Some(b"\nmodel:\n  nme: x\n")), @"DIR/c.yaml:3: unknown key `model.nme`; did you mean `model.name`?");
}

#[test]
fn json_that_gives_a_key_twice_is_refused_at_every_level() {
    for (text, key) in [
        (r#"{"max_iterations": 3, "max_iterations": 3}"#, "max_iterations"),
        (r#"{"model": {"seed": 1, "seed": 2}}"#, "seed"),
        (r#"{"task_config": {"deep": [{"a": 1, "b": 2, "a": 3}]}}"#, "a"),
    ] {
        let problem = json::settings(text, &environment).unwrap_err();
        let told = problem.mistake.to_string();
        assert!(told.contains(&format!("`{key}` is given twice at line 1")) && problem.line == 1, "{told}");
    }
    assert!(json::settings(r#"{"max_iterations": 3.0, "model": {"seed": 1}}"#, &environment).is_ok());
}

fn refused(text: &str) -> String {
    let none: &Environment<'_> = &|_| None;
    read::settings(text, none).unwrap_err().mistake.to_string()
}

#[test]
fn bombs_are_refused() {
    let mut laughs = "task_config:\n  a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        writeln!(laughs, "  a{level}: &a{level} [{}]", [alias.as_str(); 10].join(", ")).unwrap();
    }
    assert!(refused(&laughs).contains("aliases"), "{}", refused(&laughs));
    refused(&format!("task_config: {}", "[".repeat(100_000)));
    assert!(refused(&format!("task_config: {}", "[".repeat(100))).contains("nesting"));
    let steps: String = (0..5_000).map(|depth| format!("{}- \n", " ".repeat(depth))).collect();
    refused(&steps);
    refused("task_config: &a [*a]");
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = read::settings(&text, &environment);
    }

    #[test]
    fn nothing_like_yaml_panics(text in r#"([a-c]|: |\n|  |- |[\[\]{}&*!|>'",#?%~<$]|---|\.\.\.|\$\{KEY\}|model|\t|é){0,40}"#) {
        let _ = read::settings(&text, &environment);
    }

    #[test]
    fn no_message_shows_what_the_environment_holds(key in "[a-z_.]{1,20}", section in "(model: \\{|logging: \\{|prompts: \\{|\\{)") {
        let section = section.as_str();
        let text = format!("{section}{key}: ${{KEY}}}}");
        if let Err(problem) = read::settings(&text, &environment) {
            prop_assert!(!problem.mistake.to_string().contains("very-secret"), "{}", problem.mistake);
        }
    }
}
