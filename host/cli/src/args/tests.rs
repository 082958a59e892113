//! The command line as users type it.

use super::*;
use crate::config::{KeySource, Settings};
use perfagent_core::spec::Models;
use std::io::Write as _;
use std::path::Path;

fn parsed(line: &str) -> Result<Command, String> {
    let words = std::iter::once("perfagent").chain(line.split_whitespace());
    parse(words.map(OsString::from)).map_err(|error| error.to_string())
}

fn run(line: &str) -> Box<RunArgs> {
    match parsed(line).unwrap() {
        Command::Run(run) => run,
        other => panic!("{other:?}"),
    }
}

fn evaluate(line: &str) -> EvaluateArgs {
    match parsed(line).unwrap() {
        Command::Evaluate(evaluate) => evaluate,
        other => panic!("{other:?}"),
    }
}

fn nothing(_: &str) -> Option<String> {
    None
}

#[test]
fn clap_finds_no_fault() {
    grammar().debug_assert();
}

#[test]
fn help_is_for_strangers() {
    let mut root = grammar().term_width(100);
    root.build();
    insta::assert_snapshot!("help", root.render_help());
    let plugin = [&["plugin", "check"][..], &["plugin", "test"], &["plugin", "bench"]];
    let others = [&["batch"][..], &["evaluate"], &["report"], &["metadata"], &["plugin", "inspect"], &["doctor"]];
    let protocol = [&["request"][..], &["schema"], &["config", "show"]];
    for path in others.into_iter().chain(plugin).chain(protocol) {
        let found = path.iter().fold(&mut root, |command, name| command.find_subcommand_mut(name).unwrap());
        insta::assert_snapshot!(format!("help-{}", path.join("-")), found.render_help());
    }
}

#[test]
fn every_flag_of_a_run_reaches_the_settings() {
    let run = run("--plugin p --instance i.json --base-dir out --output r.json --json --initial-code-dir c --fresh \
         --record k --trajectory-dir t --log-dir l --log-level debug --max-iterations 3 --early-stop-no-improve 2 \
         --language cpp --opt-target memory --model m --llm-api-base http://x --llm-api-key sk-very-secret \
         --llm-temp 0.7 --llm-max-output 5 --llm-timeout 1.5 --llm-total-timeout 60 --llm-seed 5 --samples 2 --llm-max-retries 0 --llm-retry-delay 0.1 \
         --llm-retry-backoff 3 --llm-retry-jitter 0 --llm-log-io --llm-log-sanitize=false --sandbox best-effort \
         --allow clock");
    let settings = run.loop_args.settings(&nothing).unwrap();
    let shown = format!("{run:#?}\n{settings:#?}");
    assert!(!shown.contains("very-secret"));
    insta::assert_snapshot!(shown);
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let text = "max_iterations: 5\nearly_stop_no_improve: 4\nmodel: {name: file, api_key: k, log_sanitize: false}\n\
                grants: [random]\ntask_config: {language: ruby, other: 1}\n";
    file.write_all(text.as_bytes()).unwrap();
    let path = file.path().display().to_string();
    let check = |settings: Settings| {
        assert_eq!(settings.iteration.max_iterations, 6);
        assert_eq!(settings.iteration.early_stop_no_improve, 4);
        assert_eq!(settings.model.models, Some(Models::One { name: "file".to_owned() }));
        assert!(settings.model.log_sanitize);
        assert!(matches!(settings.model.key, KeySource::Literal(_)));
        assert_eq!(settings.grants.len(), 2);
        assert_eq!(settings.task_config["language"], "cpp");
        assert_eq!(settings.task_config["other"], 1);
    };
    let flags = "--instance i --max-iterations 6 --language cpp --llm-log-sanitize --allow clock";
    check(run(&format!("{flags} --config {path}")).loop_args.settings(&nothing).unwrap());
    let environment = |name: &str| (name == "PERFAGENT_CONFIG").then(|| path.clone());
    check(run(flags).loop_args.settings(&environment).unwrap());

    let error = run("--instance i --config /nowhere.yaml").loop_args.settings(&environment).unwrap_err();
    assert_eq!(error.to_string(), "the configuration /nowhere.yaml could not be read");
}

#[test]
fn an_evaluation_has_one_candidate() {
    let solution = evaluate("evaluate --instance i --solution s --language cpp --sandbox best-effort");
    assert_eq!(solution.candidate(), Some(Candidate::Solution(Path::new("s"))));
    assert_eq!(solution.settings(&nothing).unwrap().task_config["language"], "cpp");
    let reply = evaluate("evaluate --plugin p --instance i --reply r --current c --json");
    let expected = Candidate::Reply { reply: Path::new("r"), current: Some(Path::new("c")) };
    assert_eq!(reply.candidate(), Some(expected));
    for wrong in ["", "--solution s --reply r", "--solution s --current c"] {
        assert!(parsed(&format!("evaluate --instance i {wrong}")).is_err(), "{wrong}");
    }
}

#[test]
fn the_default_of_going_on_can_be_asked_for() {
    for line in ["--instance i", "batch --instances i"] {
        assert!(parsed(&format!("{line} --resume")).is_ok(), "{line}");
        let both = parsed(&format!("{line} --resume --fresh")).unwrap_err();
        assert!(both.contains("cannot be used with"), "{both}");
    }
}

#[test]
fn the_other_commands_are_read() {
    assert!(matches!(parsed("doctor --json"), Ok(Command::Doctor(DoctorArgs { json: true, .. }))));
    let inspect = parsed("plugin inspect p.wasm");
    assert!(matches!(inspect, Ok(Command::Plugin(PluginCommand::Inspect(args))) if args.plugin == "p.wasm"));
    let metadata = parsed("metadata --plugin p --instance i");
    assert!(matches!(metadata, Ok(Command::Metadata(args)) if args.instance == Path::new("i")));
}

#[test]
fn mistakes_are_told() {
    let lines = [
        "",
        "--plugin p",
        "--instance i --max-iteration 3",
        "--instance i --max-iterations -1",
        "--instance i --llm-temp -1",
        "--instance i --llm-timeout 0",
        "--instance i --llm-retry-backoff NaN",
        "--instance i --opt-target speed",
        "--instance i --sandbox none",
        "--instance i --log-level loud",
        "--instance i --allow network",
        "--instance i --record a --replay b",
        "--instance i --llm-api-keyy sk-very-secret",
        "evalute --instance i",
        "evaluate --instance i",
        "plugin inspect",
    ];
    let told: String =
        lines.into_iter().map(|line| format!("$ perfagent {line}\n{}\n", parsed(line).unwrap_err())).collect();
    let errors: String = told.lines().filter(|line| !line.starts_with("$ ")).collect();
    assert!(!errors.contains("very-secret"));
    insta::assert_snapshot!(told);
}
