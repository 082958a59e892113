//! What the program tells of its own command line and configuration.

use perfagent_tests::program::{perfagent, plugin};
use perfagent_tests::scene::{Printed, Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::{Value, json};
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

    // What a run would refuse before it begins.
    for (text, part) in [
        ("model: {name: any}\nbudget: {usd: 1}\n", "`budget.usd` cannot hold, for the model any has no price"),
        ("metric_higher_is_better: true\n", "metric_higher_is_better is true"),
    ] {
        let printed = check(&scene, text);
        assert_eq!(printed.code, Some(2), "{text}{}", printed.out);
        assert!(printed.err.contains(part) && printed.err.contains("c.yaml: "), "{text}{}", printed.err);
    }

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

/// `perfagent config show` with these words.
fn show(scene: &Scene, words: &[&str], prepare: impl FnOnce(&mut Command)) -> Printed {
    let mut command = perfagent(scene.path());
    command.args(["config", "show"]).args(words);
    prepare(&mut command);
    finish(&mut command)
}

#[test]
fn settings_are_shown_with_where_they_come_from() {
    let scene = Scene::new();
    let text = "max_iterations: 3\nmodel:\n  name: file\n  api_base: http://u:pw@h/v1?key=hidden\n  seed: ${SEED}\n\
                temperature: 1\ntask_config: {language: cpp, my_token: hidden, deep: {passwd: hidden}, api_keys: {a: hidden, b: 4711},\n  \
                auth: 4711, ask: 'see https://me:hidden@h/x?access_token=hidden&page=2', max_tokens: 512}\n\
                prompts: {local_memory: 'http://me:hidden@h'}\n";
    scene.file("c.yaml", text);
    let words = ["--json", "--config", "c.yaml", "--max-iterations", "4", "--language", "ruby", "--model", "flag"];
    let prepare = |command: &mut Command| {
        command.env("SEED", "5").env("OPENAI_API_KEY", "sk-hidden").env("BACKEND_BASE_URL", "http://127.0.0.1:1");
    };
    let printed = show(&scene, &words, prepare);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(!["hidden", "pw", "4711"].iter().any(|secret| printed.out.contains(secret)), "{}", printed.out);
    let all: Value = serde_json::from_str(&printed.out).unwrap();
    for (key, value, from, place) in [
        ("max_iterations", Value::from(4), "option", "--max-iterations"),
        ("early_stop_no_improve", 0.into(), "default", ""),
        ("model.name", "flag".into(), "option", "--model"),
        ("model.temperature", 1.0.into(), "file", "c.yaml:6"),
        ("model.seed", 5.into(), "file", "c.yaml:5"),
        ("model.api_base", "http://***@h/v1".into(), "file", "c.yaml:4"),
        ("model.api_key", "***".into(), "environment", "OPENAI_API_KEY"),
        ("model.max_retries", 10.into(), "default", ""),
        ("logging.log_level", "INFO".into(), "default", ""),
        ("task_config.language", "ruby".into(), "option", "--language"),
        ("task_config.my_token", "***".into(), "file", "c.yaml:7"),
        ("task_config.api_keys", json!({"a": "***", "b": "***"}), "file", "c.yaml:7"),
        ("task_config.auth", "***".into(), "file", "c.yaml:8"),
        ("task_config.ask", "see https://***@h/x?access_token=***&page=2".into(), "file", "c.yaml:8"),
        ("task_config.max_tokens", 512.into(), "file", "c.yaml:8"),
        ("prompts.local_memory", "http://***@h".into(), "file", "c.yaml:9"),
        ("budget.usd", Value::Null, "default", ""),
    ] {
        assert_eq!((&all[key]["value"], all[key]["from"].as_str()), (&value, Some(from)), "{key}");
        assert_eq!(all[key]["place"].as_str().unwrap_or_default(), place, "{key}");
    }
    assert_eq!(all["execution.backends"]["place"], "BACKEND_BASE_URL");

    let printed = show(&scene, &["--llm-api-key", "sk-hidden"], |command| {
        command.env("PERFAGENT_CONFIG", "c.yaml").env("SEED", "5");
    });
    assert!(!printed.out.contains("hidden"), "{}", printed.out);
    let line = |key: &str| printed.out.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    assert!(line("model.api_key ").ends_with("--llm-api-key"), "{}", printed.out);
    assert!(line("max_iterations").ends_with("c.yaml:1"), "{}", printed.out);

    let printed = show(&scene, &["--max-iterations", "x"], |_| {});
    assert_eq!(printed.code, Some(2));
    scene.file("wrong.yaml", "max_iteration: 3\n");
    let printed = show(&scene, &["--config", "wrong.yaml"], |_| {});
    assert!(printed.code == Some(2) && printed.err.contains("did you mean `max_iterations`?"), "{}", printed.err);
}

const KEY: &str = "sk-for-the-doctor-only";

/// What doctor says of the provider at `api_base`, and its exit code.
fn doctor(scene: &Scene, words: &[&str], key: Option<&str>) -> (Option<i32>, Value) {
    scene.file("d.yaml", "model: {name: any}\n");
    let mut command = perfagent(scene.path());
    command.args(["doctor", "--json"]).args(words).env("PERFAGENT_CONFIG", "d.yaml");
    command.envs(key.map(|key| ("OPENAI_API_KEY", key)));
    let printed = finish(&mut command);
    assert!(!printed.out.contains(KEY) && !printed.err.contains(KEY), "{}", printed.out);
    (printed.code, serde_json::from_str(&printed.out).unwrap_or_else(|_| unreachable!("{}", printed.err)))
}

#[test]
fn doctor_asks_the_provider_where_one_is_configured() {
    let scene = Scene::new();
    let (code, report) = doctor(&scene, &[], None);
    assert_eq!((code, &report["provider"]["state"]), (Some(0), &"not_configured".into()));

    let of = |answer: Answer| ModelServer::start(vec![answer]);
    let refusal = format!(r#"{{"error": {{"message": "the key {KEY} is wrong"}}}}"#);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listing = r#"{"object": "list", "data": [{"id": "any"}, {"id": "other"}]}"#.to_owned();
    let fine = of(Answer::Status(200, listing));
    for (api_base, code, state, part) in [
        (fine.api_base(), 0, "reachable", "lists 2 models"),
        (
            of(Answer::Status(200, r#"{"data": [{"id": "other"}]}"#.to_owned())).api_base(),
            0,
            "reachable",
            "any is not among the 1",
        ),
        (of(Answer::Status(404, String::new())).api_base(), 0, "unlisted", "knows no path /models"),
        (of(Answer::Status(401, refusal)).api_base(), 4, "key_refused", "check the key in OPENAI_API_KEY"),
        (of(Answer::Plain("hello".to_owned())).api_base(), 4, "unfit", "/v1"),
        (format!("http://{closed}/v1"), 4, "refused", "is a server running at"),
        ("http://nowhere.invalid/v1".to_owned(), 4, "name_not_found", "nowhere.invalid"),
        ("https://u:secret@h/v1".to_owned(), 4, "misconfigured", "must not hold a user or password"),
    ] {
        let (exit, report) = doctor(&scene, &["--llm-api-base", &api_base], Some(KEY));
        assert_eq!((exit, &report["provider"]["state"]), (Some(code), &state.into()), "{api_base}: {report}");
        assert!(report["provider"]["note"].as_str().unwrap().contains(part), "{part}: {report}");
        assert!(!report.to_string().contains("secret"), "{report}");
    }
    scene.file("impatient.yaml", "model: {request_timeout: 0.3}\n");
    let hanging = of(Answer::Hang).api_base();
    let (code, report) = doctor(&scene, &["--config", "impatient.yaml", "--llm-api-base", &hanging], None);
    assert_eq!(code, Some(4));
    assert_eq!(report["provider"]["state"], "silent", "{report}");
    assert_eq!(fine.authorizations(), [format!("Bearer {KEY}")]);
}

#[test]
fn doctor_counts_compiled_plugins_and_finds_those_that_were_changed() {
    let scene = Scene::new();
    let compile = finish(perfagent(scene.path()).args(["plugin", "inspect"]).arg(plugin("aime")));
    assert_eq!(compile.code, Some(0), "{}", compile.err);
    let cache = || doctor(&scene, &[], None).1["cache"].clone();
    let before = cache();
    assert_eq!((&before["entries"], &before["unauthentic"]), (&1.into(), &0.into()), "{before}");
    assert!(before["size_bytes"].as_u64().unwrap() > 10_000, "{before}");
    let directory = std::path::Path::new(before["directory"].as_str().unwrap());
    let entry = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let entry = entry.into_iter().find(|path| path.extension().is_some_and(|it| it == "cwasm")).unwrap();
    let mut code = fs::read(&entry).unwrap();
    code[0] ^= 1;
    fs::write(&entry, code).unwrap();
    assert_eq!(cache()["unauthentic"], 1);
    let text = finish(perfagent(scene.path()).args(["doctor"]));
    assert!(
        text.out.contains("1 not authentic") && text.out.contains("model provider\n  – not configured"),
        "{}",
        text.out
    );
}

#[test]
fn doctor_goes_on_where_no_sandbox_can_be_started() {
    let scene = Scene::new();
    let run = |words: &[&str]| finish(perfagent(scene.path()).arg("doctor").args(words).env("TMPDIR", "/dev/null"));
    let printed = run(&["--json"]);
    assert_eq!(printed.code, Some(7), "{}", printed.err);
    let report: Value = serde_json::from_str(&printed.out).unwrap();
    assert!(report["isolation"].is_null(), "{report}");
    assert!(report["sandbox_error"].as_str().unwrap().contains("/dev/null"), "{report}");
    assert_eq!((&report["provider"]["state"], &report["cache"]["entries"]), (&"not_configured".into(), &0.into()));
    let text = run(&[]).out;
    assert!(text.contains("isolation: ") && text.contains("/dev/null") && text.contains("model provider"), "{text}");
}
