//! Plugins of earlier releases, loaded and called by this host: what they answer is recorded beside them.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_core::task::{Attempt, PromptContext};
use perfagent_plugin::{Grants, HostOptions, InstanceSource, PluginHost, Services};
use perfagent_tests::execution::NoRuns;
use perfagent_tests::program::{compiler, workspace};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const REPLIES: [&str; 3] = [
    "The answer is $\\boxed{560}$.",
    "```python\nprint(560)\n```\n",
    "<<<<<<< SEARCH\nnot there\n=======\nprint(560)\n>>>>>>> REPLACE\n",
];

/// Everything that a plugin says of its instance, as text.
async fn answers(host: &PluginHost, component: &Path) -> String {
    let plugin = host.load_file(component, || {}).await.unwrap();
    let services = Services { execution: Arc::new(NoRuns::Rejected), grants: Grants::default(), log: Arc::new(|_| {}) };
    let mut session = plugin.open(services).await.unwrap();
    let mut text = String::new();
    let mut tell = |what: &str, answer: &dyn std::fmt::Debug| writeln!(text, "## {what}\n{answer:#?}\n").unwrap();
    tell("describe", &session.describe().await);
    let name = component.file_stem().unwrap().to_str().unwrap().to_owned();
    let data: Arc<[u8]> = fs::read(component.with_extension("json")).unwrap().into();
    tell("metadata", &session.metadata(&name, &data).await);
    tell("metadata of something else", &session.metadata(&name, b"[]").await);
    let source = InstanceSource { name, data, config: "{}".to_owned() };
    let mut task = session.load(source).await.unwrap();
    tell("summary", &task.summary().await);
    let initial = task.initial_solution().await.unwrap();
    tell("initial solution", &initial);
    let context = PromptContext { local_memory: "remember".to_owned(), ..PromptContext::default() };
    tell("system prompt", &task.system_prompt(&context).await);
    for reply in REPLIES {
        tell("extract", &task.extract(reply, &initial.code).await);
    }
    let evaluation = task.evaluate("print(560) \\boxed{560}", None).await;
    tell("evaluate", &evaluation);
    let solution = "print(560)".to_owned();
    let attempt = Attempt { solution, evaluation: evaluation.ok(), notes: vec!["a note".to_owned()] };
    tell("optimization prompt", &task.optimization_prompt(&context, &attempt).await);
    text
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[tokio::test]
async fn released_plugins_answer_as_ever() {
    let host = PluginHost::new(HostOptions::new(compiler())).unwrap();
    let mut count = 0;
    for release in sorted(&workspace().join("tests/corpus")).into_iter().filter(|path| path.is_dir()) {
        let components = sorted(&release).into_iter().filter(|path| path.extension().is_some_and(|it| it == "wasm"));
        for component in components {
            let name = component.file_stem().unwrap().to_str().unwrap().to_owned();
            let answers = answers(&host, &component).await;
            insta::with_settings!({snapshot_path => &release, prepend_module_to_snapshot => false, omit_expression => true}, {
                insta::assert_snapshot!(name, answers);
            });
            count += 1;
        }
    }
    assert!(count >= 3, "the plugins of 0.1.0 are there");
}
