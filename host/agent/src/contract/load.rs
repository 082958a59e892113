//! `load`, `summary` and `initial-solution`: an example, read.

use super::ledger::{Ledger, Verdict, failed, fault};
use super::{Example, Loaded, Suite};
use crate::chain;
use crate::task::check_config;
use perfagent_core::task::InstanceSummary;
use perfagent_plugin::PluginError;

/// Loads an example, and gives it where that works.
pub(super) async fn check(suite: &Suite<'_>, example: &Example, ledger: &mut Ledger<'_>) -> Option<Loaded> {
    let expected = "an example loads under the configuration given, or `{}`, and has an initial solution";
    let loaded = async {
        let mut task = suite.load(example).await?;
        let summary = task.summary().await?;
        let initial = task.initial_solution().await?;
        Ok::<_, PluginError>((task, summary, initial))
    };
    let (task, summary, initial) = match loaded.await {
        Ok(loaded) => loaded,
        Err(error) => {
            ledger.record("load.answers", Err(failed(expected, "", &error)));
            ledger.skip_all(&["load.summary"], "the example cannot be loaded");
            return None;
        }
    };
    let fits = check_config(&task.description().config_schema, suite.config);
    ledger.record(
        "load.answers",
        fits.map(|()| String::new()).map_err(|error| {
            fault(
                expected,
                chain(&error),
                "correct the configuration, or the schema, which the host checks before `load`",
            )
        }),
    );
    ledger.record("load.summary", summarised(suite, &summary));
    Some(Loaded { task, initial, language: summary.language })
}

fn summarised(suite: &Suite<'_>, summary: &InstanceSummary) -> Verdict {
    let expected = "an extension without a dot, and a language that the sandbox knows or none";
    if summary.extension.is_empty() {
        return Err(fault(expected, "the extension is empty", "say `txt` where a solution is no program"));
    }
    match &summary.language {
        Some(name) if suite.languages.find(name).is_none() => {
            Err(fault(expected, format!("the language is `{name}`"), "give a name that `perfagent doctor` lists"))
        }
        Some(name) => Ok(name.clone()),
        None => Ok(String::new()),
    }
}
