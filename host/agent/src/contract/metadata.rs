//! `metadata`: what names an instance.

use super::ledger::{Ledger, Verdict, failed, fault};
use super::{Example, Suite, bad_instance};
use perfagent_core::task::Metadata;
use perfagent_plugin::PluginError;

/// File stems that users have.
const NAMES: [&str; 3] = ["another-name", "Größe 1.2 (copy)", "名前"];

/// Checks what a task says of an example, and of what is none.
pub(super) async fn check(suite: &Suite<'_>, example: &Example, ledger: &mut Ledger<'_>) {
    match ask(suite, &example.name, &example.data).await {
        Ok(first) => {
            ledger.record("metadata.answers", answers(suite, example, &first).await);
            ledger.record("metadata.any-name", any_name(suite, example, &first).await);
        }
        Err(error) => {
            ledger.record("metadata.answers", Err(failed("an id and the problem of an example", "", &error)));
            ledger.skip_all(&["metadata.any-name"], "there is no metadata of the example");
        }
    }
    ledger.record("metadata.bad-instance", bad_instance::refused_by_metadata(suite, example).await);
}

async fn ask(suite: &Suite<'_>, name: &str, data: &[u8]) -> Result<Metadata, PluginError> {
    suite.session().await?.metadata(name, data).await
}

async fn answers(suite: &Suite<'_>, example: &Example, first: &Metadata) -> Verdict {
    let expected = "a problem in words, and the same answer each time";
    if first.problem.trim().is_empty() {
        return Err(fault(expected, "the problem is empty", "give the text that a person would be given"));
    }
    let again = ask(suite, &example.name, &example.data).await.map_err(|error| failed(expected, "", &error))?;
    if again != *first {
        let happened =
            format!("the second time the id was `{}` instead of `{}`, or the problem differed", again.id, first.id);
        return Err(fault(expected, happened, "make the metadata of the arguments only"));
    }
    Ok(format!("id {}", first.id))
}

async fn any_name(suite: &Suite<'_>, example: &Example, first: &Metadata) -> Verdict {
    let expected = "an id that can name files, and the same problem, whatever the instance's file is called";
    for name in NAMES {
        let given = format!("the name `{name}`");
        let other = ask(suite, name, &example.data).await.map_err(|error| failed(expected, &given, &error))?;
        if other.problem != first.problem {
            return Err(fault(
                expected,
                format!("with {given} the problem is another one"),
                "take the problem from the instance's bytes only",
            ));
        }
    }
    Ok(String::new())
}
