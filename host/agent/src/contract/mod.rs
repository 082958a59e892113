//! The contract suite: calls every export of a plugin, on its own examples and on what strangers
//! send, and says where it does not do what the interface promises.
//!
//! [`check()`] gives plain data. Each [`Check`] has a name; one that failed says what was expected,
//! what happened and what to do. A check stops at the first fault that it meets.

mod bad_config;
mod bad_instance;
mod describe;
mod evaluate;
mod extract;
mod ledger;
mod limits;
mod load;
mod metadata;
mod prompts;

use ledger::Ledger;
use perfagent_core::task::Description;
use perfagent_plugin::{InstanceSource, Plugin, PluginError, Services, Session, TaskInstance};
use perfagent_sandbox::LanguageTable;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What is checked, and what with.
pub struct Suite<'a> {
    /// The plugin.
    pub plugin: &'a Plugin,
    /// Makes what one session of the plugin gets. Each session has an execution service of its own.
    pub services: &'a (dyn Fn() -> Services + Send + Sync),
    /// The languages that the sandbox knows.
    pub languages: &'a LanguageTable,
    /// The task's configuration under which the examples are loaded.
    pub config: &'a Map<String, Value>,
    /// Instances that the task reads.
    pub examples: &'a [Example],
}

/// An instance that the task reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Stem of its file.
    pub name: String,
    /// The file's bytes.
    pub data: Arc<[u8]>,
}

/// What the suite found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What the task says of itself, where it does.
    pub description: Option<Description>,
    /// All checks, in their order.
    pub checks: Vec<Check>,
}

impl Report {
    /// The checks that failed.
    pub fn failures(&self) -> impl Iterator<Item = (&Check, &Finding)> {
        self.checks.iter().filter_map(|check| match &check.outcome {
            Outcome::Failed(finding) => Some((check, finding)),
            _ => None,
        })
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The export that it looks at and what it asks, for example `load.bad-instance`.
    pub name: &'static str,
    /// The example that it used, where it used one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The task does as it should.
    Passed {
        /// What else is worth telling; often empty.
        note: String,
    },
    /// It does not.
    Failed(Finding),
    /// It could not be seen.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// What a task does wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What the interface promises.
    pub expected: String,
    /// What the task did.
    pub happened: String,
    /// What its author should do.
    pub advice: String,
    /// Where the guest was, where it trapped; innermost frame first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backtrace: Option<String>,
}

/// The checks of each example, in their order.
pub const EXAMPLE_CHECKS: [&str; 19] = [
    "metadata.answers",
    "metadata.any-name",
    "metadata.bad-instance",
    "load.answers",
    "load.summary",
    "load.bad-instance",
    "load.wrong-types",
    "load.bad-config",
    "prompts.deterministic",
    "prompts.own-template",
    "prompts.unknown-placeholder",
    "prompts.additions",
    "prompts.attempts",
    "extract.hostile",
    "extract.identical",
    "evaluate.initial",
    "evaluate.empty",
    "evaluate.garbage",
    "evaluate.no-sandbox",
];

/// Checks a plugin. `observer` gets each check as soon as it is done.
///
/// A plugin that fails here does not stop the suite: what depends on it is skipped.
pub async fn check(suite: &Suite<'_>, observer: &mut (dyn FnMut(&Check) + Send)) -> Report {
    let mut ledger = Ledger::new(observer);
    let description = describe::check(suite, &mut ledger).await;
    match &description {
        None => ledger.skip_all(&EXAMPLE_CHECKS, "the task does not describe itself"),
        Some(_) if suite.examples.is_empty() => ledger.skip_all(&EXAMPLE_CHECKS, "there is no example instance"),
        Some(description) => {
            for example in suite.examples {
                ledger.begin(example);
                check_example(suite, (description, example), &mut ledger).await;
            }
            ledger.end();
        }
    }
    ledger.record("limits", limits::check(suite));
    Report { description, checks: ledger.into_checks() }
}

async fn check_example(suite: &Suite<'_>, of: (&Description, &Example), ledger: &mut Ledger<'_>) {
    let (description, example) = of;
    metadata::check(suite, example, ledger).await;
    let Some(mut loaded) = load::check(suite, example, ledger).await else {
        let later = EXAMPLE_CHECKS.iter().skip_while(|name| **name != "load.bad-instance");
        ledger.skip_all(&later.copied().collect::<Vec<_>>(), "the example cannot be loaded");
        return;
    };
    ledger.record("load.bad-instance", bad_instance::refused_by_load(suite, example).await);
    ledger.record("load.wrong-types", bad_instance::wrong_types(suite, example).await);
    ledger.record("load.bad-config", bad_config::check(suite, description, example).await);
    prompts::check(suite, of, (&mut loaded, ledger)).await;
    extract::check(&mut loaded, ledger).await;
    evaluate::check(suite, example, (&mut loaded, ledger)).await;
}

/// An example as it was loaded, with the solution that it starts from.
struct Loaded {
    task: TaskInstance,
    initial: perfagent_core::task::InitialSolution,
    language: Option<String>,
}

impl Suite<'_> {
    async fn session(&self) -> Result<Session, PluginError> {
        self.plugin.open((self.services)()).await
    }

    async fn load(&self, example: &Example) -> Result<TaskInstance, PluginError> {
        self.load_with(&example.name, Arc::clone(&example.data), self.config).await
    }

    async fn load_with(
        &self,
        name: &str,
        data: Arc<[u8]>,
        config: &Map<String, Value>,
    ) -> Result<TaskInstance, PluginError> {
        let config = serde_json::to_string(config).expect("maps have string keys");
        self.session().await?.load(InstanceSource { name: name.to_owned(), data, config }).await
    }
}
