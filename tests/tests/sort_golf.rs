//! The SDKs' example task is one task in three languages: whatever the host asks, it gets the same answers.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_agent::SandboxExecution;
use perfagent_core::isolation::Strictness;
use perfagent_core::task::{Attempt, Evaluation, PromptContext};
use perfagent_plugin::{Grants, HostOptions, InstanceSource, Plugin, PluginHost, Services, TaskInstance};
use perfagent_sandbox::{CorePlan, LanguageTable, Sandbox, SandboxOptions};
use perfagent_tests::program::{compiler, example, workspace};
use perfagent_tests::scene::{Scene, finish};
use serde_json::Value;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const LANGUAGES: [&str; 3] = ["rust", "python", "javascript"];

/// Programs, and what the task must think of them.
const PROGRAMS: [(&str, &str); 9] = [
    ("print(*sorted(open(0)),sep='',end='')\n\n", "37 bytes, all 3 tests passed"),
    ("print(*sorted(open(0)),sep='',end='#é')", "test 1 of 3: wrong output"),
    ("print('apple\\nfig\\npear')", "test 2 of 3: wrong output"),
    ("print(1/0)", "test 1 of 3: exit code 1"),
    ("import os;os.abort()", "test 1 of 3: signal 6"),
    ("def", "test 1 of 3: exit code 1"),
    ("print('é'*4000)", "test 1 of 3: wrong output"),
    ("import os;os.write(1,b'\\xff\\xfea\\xe2\\x82')", "test 1 of 3: wrong output"),
    ("", "test 1 of 3: wrong output"),
];

const REPLIES: [&str; 9] = [
    "no program at all",
    "```python\nprint(1)\n```",
    "```js\nx\n```\n```py\ny\n\n\n```\n~~~ruby\nz\n~~~",
    "```text\nof another language\n```",
    "```\n \n```",
    "```python\na = 1\nb = 2\n```",
    "<<<<<<< SEARCH\nb = 2\n=======\nb = 3\n>>>>>>> REPLACE\n<<<<<<< SEARCH\nc\n=======\nd\n>>>>>>> REPLACE",
    "<<<<<<< SEARCH\nc = 2\n=======\nb = 3\n>>>>>>> REPLACE",
    "<<<<<<< SEARCH\n  b = 2\n=======\n  b = 2\n>>>>>>> REPLACE",
];

/// Each is refused with these words in it.
const BAD_INSTANCES: [(&[u8], &str); 14] = [
    (b"", "the file is not a JSON object"),
    (b"{", "the file is not a JSON object"),
    (b"[]", "the file is not a JSON object"),
    (b"\xef\xbb\xbf{}", "the file is not a JSON object"),
    (b"{\"program\": \"\xff\"}", "the file is not a JSON object"),
    (b"{\"program\": NaN}", "the file is not a JSON object"),
    (br#"{"program": "\ud800", "tests": []}"#, "the file is not a JSON object"),
    (b"{}", "`tests` must be a list with at least one test"),
    (br#"{"tests": {}}"#, "`tests` must be a list with at least one test"),
    (br#"{"tests": [1], "program": ""}"#, "`tests[0]` must be an object"),
    (br#"{"tests": [{"input": "", "output": ""}, {"output": ""}], "program": ""}"#, "`tests[1].input` is missing"),
    (br#"{"tests": [{"input": "", "output": null}], "program": ""}"#, "`tests[0].output` must be a text"),
    (br#"{"tests": [{"input": "", "output": ""}]}"#, "`program` is missing"),
    (br#"{"tests": [{"input": "", "output": ""}], "program": "", "id": 7}"#, "`id` must be a text"),
];

fn files() -> PathBuf {
    workspace().join("sdk/rust/examples/sort-golf")
}

fn lines() -> Arc<[u8]> {
    fs::read(files().join("examples/lines.json")).unwrap().into()
}

async fn load(host: &PluginHost, language: &str) -> Plugin {
    host.load_file(&example(language), || {}).await.unwrap()
}

fn host(cache: &Path) -> PluginHost {
    PluginHost::new(HostOptions { cache_dir: Some(cache.to_owned()), ..HostOptions::new(compiler()) }).unwrap()
}

async fn services(scratch: &Path) -> Services {
    let options = SandboxOptions {
        strictness: Strictness::BestEffort,
        scratch: scratch.to_owned(),
        search_path: std::env::var_os("PATH").unwrap(),
        cores: CorePlan::of_machine(),
        slots: Some(2),
        told_to_wait: |_| {},
        languages: LanguageTable::built_in(),
    };
    let execution = Arc::new(SandboxExecution::new(Sandbox::start(options).await.unwrap()));
    Services { execution, grants: Grants::default(), log: Arc::new(|_| {}) }
}

/// Everything that a plugin answered, in order.
#[derive(Default)]
struct Answers(Vec<String>);

impl Answers {
    fn note(&mut self, question: &str, answer: impl Debug) {
        self.0.push(format!("{question}: {answer:?}"));
    }
}

fn instance(config: &str) -> InstanceSource {
    InstanceSource { name: "lines".to_owned(), data: lines(), config: config.to_owned() }
}

fn contexts() -> [PromptContext; 3] {
    let added = PromptContext {
        additional_requirements: "  no {braces}\n".to_owned(),
        local_memory: "once\ntwice".to_owned(),
        global_memory: " \n".to_owned(),
        ..PromptContext::default()
    };
    let templates = PromptContext {
        system_template: Some("{{{problem}}} {language}{additions}".to_owned()),
        optimization_template: Some("{bytes} {verdict}{notes} {program}".to_owned()),
        ..added.clone()
    };
    [PromptContext::default(), added, templates]
}

/// A task's instance asked for all prompts of an attempt.
async fn prompts(answers: &mut Answers, task: &mut TaskInstance, attempt: &Attempt) {
    for context in contexts() {
        answers.note("system", task.system_prompt(&context).await.unwrap());
        answers.note("optimization", task.optimization_prompt(&context, attempt).await.unwrap());
    }
    let wrong = PromptContext { system_template: Some("{unknown}".to_owned()), ..PromptContext::default() };
    answers.note("wrong template", task.system_prompt(&wrong).await.unwrap_err().to_string());
}

fn attempt(solution: &str, evaluation: Option<Evaluation>) -> Attempt {
    let notes = if evaluation.is_none() { Vec::new() } else { vec!["é".repeat(5000), " one\ntwo ".to_owned()] };
    Attempt { solution: solution.to_owned(), evaluation, notes }
}

async fn interview(plugin: &Plugin, services: Services) -> Vec<String> {
    let mut answers = Answers::default();
    let mut session = plugin.open(services.clone()).await.unwrap();
    answers.note("describe", session.describe().await.unwrap());
    answers.note("metadata", session.metadata("lines", &lines()).await.unwrap());
    answers.note(
        "nameless",
        session.metadata("näme", br#"{"program": "", "tests": [{"input": "", "output": ""}]}"#).await.unwrap(),
    );
    for (data, expected) in BAD_INSTANCES {
        let error = session.metadata("bad", data).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{expected:?}: {error}");
        answers.note(expected, error);
    }
    for config in ["{}", r#"{"language":"javascript"}"#, r#"{"language":"ruby"}"#] {
        let mut task = plugin.open(services.clone()).await.unwrap().load(instance(config)).await.unwrap();
        answers.note("summary", task.summary().await.unwrap());
    }
    let mut task = plugin.open(services).await.unwrap().load(instance("{}")).await.unwrap();
    let start = task.initial_solution().await.unwrap();
    answers.note("initial", &start);
    prompts(&mut answers, &mut task, &attempt(&start.code, None)).await;
    for reply in REPLIES {
        answers.note(reply, task.extract(reply, "a = 1\nb = 2").await.unwrap());
    }
    for (program, expected) in PROGRAMS {
        let evaluation = task.evaluate(program, Some(&start.code)).await.unwrap();
        assert_eq!(evaluation.summary, expected, "{program}");
        answers.note(program, &evaluation);
        prompts(&mut answers, &mut task, &attempt(program, Some(evaluation))).await;
    }
    answers.0
}

#[tokio::test(flavor = "multi_thread")]
async fn three_languages_give_the_same_answers() {
    let (cache, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let host = host(cache.path());
    let services = services(scratch.path()).await;
    let expected = interview(&load(&host, "rust").await, services.clone()).await;
    for language in ["python", "javascript"] {
        let found = interview(&load(&host, language).await, services.clone()).await;
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{language}");
        }
    }
}

/// All steps of a run, without what clocks say.
fn essence(scene: &Scene) -> Vec<Value> {
    let mut steps = scene.json("lines", "lines.traj")["steps"].as_array().unwrap().clone();
    for step in &mut steps {
        let step = step.as_object_mut().unwrap();
        step.retain(|key, _| key != "timestamp" && key != "execution_time");
    }
    steps
}

/// A replay asks for exactly the recorded prompts, so it passes only where all three build the same ones.
#[test]
fn three_languages_replay_the_same_run() {
    let replay = files().join("examples/lines.replay.jsonl");
    let mut runs = Vec::new();
    for language in LANGUAGES {
        let scene = Scene::new();
        let mut command = scene.perfagent();
        command.arg("--plugin").arg(example(language)).arg("--instance").arg(files().join("examples/lines.json"));
        command.args(["--model", "recorded", "--max-iterations", "5", "--sandbox", "best-effort", "--replay"]);
        let printed = finish(command.arg(&replay));
        assert_eq!(printed.code, Some(0), "{language}: {}", printed.err);
        assert_eq!(scene.json("lines", "result.json")["metric"], 37.0);
        runs.push(essence(&scene));
    }
    let verdicts: Vec<_> = runs[0].iter().map(|step| step["output_data"]["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["first_valid", "failed", "unchanged", "unchanged", "improved", "improved"]);
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[0], runs[2]);
}
