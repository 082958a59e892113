//! `extract`: replies as models send them on bad days.

use super::Loaded;
use super::ledger::{Fault, Ledger, Verdict, failed, fault};
use perfagent_core::task::{Extraction, Finding};
use perfagent_plugin::TaskInstance;

const LARGE_BYTES: usize = 1 << 20;

/// Checks what a task finds in replies.
pub(super) async fn check(loaded: &mut Loaded, ledger: &mut Ledger<'_>) {
    ledger.record("extract.hostile", hostile(&mut loaded.task, &loaded.initial.code).await);
    ledger.record("extract.identical", identical(loaded).await);
}

fn hostile_replies() -> Vec<(&'static str, String)> {
    let edit = |search: &str| format!("<<<<<<< SEARCH\n{search}\n=======\nnew\n>>>>>>> REPLACE\n");
    vec![
        ("an empty reply", String::new()),
        ("white space", " \n\t\r\n".repeat(100)),
        ("1 MB of one line", "x".repeat(LARGE_BYTES)),
        ("1 MB of lines", "x\n".repeat(LARGE_BYTES / 2)),
        ("an unclosed fence", "Here:\n```python\nprint(1)".to_owned()),
        ("10,000 fences", "```\n".repeat(10_000)),
        ("an edit block that matches nothing", edit("no line of any program: 73c1")),
        ("1,000 edit blocks that match nothing", edit("no line of any program: 73c1").repeat(1_000)),
        ("an edit block without an end", "<<<<<<< SEARCH\na\n=======\nb".to_owned()),
        ("10,000 starts of edit blocks", "<<<<<<< SEARCH\n".repeat(10_000)),
        ("control characters", "\u{0}\u{1}\u{1b}[31m\u{202e}\u{fffd}\r\r\n".repeat(100)),
        ("10,000 braces", "{".repeat(10_000)),
        ("a reply in other scripts", "これは答えではない。 🙂\u{301}".repeat(100)),
    ]
}

async fn extract(task: &mut TaskInstance, (given, reply): (&str, &str), current: &str) -> Result<Extraction, Fault> {
    let expected = "every reply is answered with a finding";
    let found = task.extract(reply, current).await.map_err(|error| failed(expected, given, &error))?;
    if matches!(&found.finding, Finding::Changed(solution) if solution == current) {
        return Err(fault(
            "`changed` holds a solution that differs from the current one",
            format!("with {given} it is the current one"),
            "compare, and answer `identical`",
        ));
    }
    Ok(found)
}

async fn hostile(task: &mut TaskInstance, current: &str) -> Verdict {
    let replies = hostile_replies();
    for (given, reply) in &replies {
        let first = extract(task, (given, reply), current).await?;
        let again = extract(task, (given, reply), current).await?;
        if first != again {
            return Err(fault(
                "the same finding for the same reply",
                format!("with {given} the second finding differs"),
                "make the finding of the arguments only",
            ));
        }
        if reply.trim().is_empty() && matches!(first.finding, Finding::Changed(_)) {
            return Err(fault(
                "a reply without a solution is `no-solution`",
                format!("with {given} the finding is `changed`"),
                "answer `no-solution`, and say what was looked for",
            ));
        }
    }
    Ok(format!("{} replies", replies.len()))
}

/// A reply that holds the current solution once more must be seen as that.
async fn identical(loaded: &mut Loaded) -> Verdict {
    let Loaded { task, initial, language } = loaded;
    let code = if initial.judged { initial.code.as_str() } else { "print(1)" };
    let reply = format!("```{}\n{}\n```\n", language.as_deref().unwrap_or_default(), code.trim_end());
    let given = "a fenced block";
    let current = match extract(task, (given, &reply), "another solution: 73c1\n").await?.finding {
        Finding::Changed(solution) => solution,
        other => {
            return Err(Fault::Skip(format!("the task takes no solution from {given} alone: {}", words(&other))));
        }
    };
    match extract(task, (given, &reply), &current).await?.finding {
        Finding::Identical => Ok(String::new()),
        other => Err(fault(
            "a reply with the current solution is `identical`",
            format!("the same fenced block, once more, is {}", words(&other)),
            "compare the solution with the current one",
        )),
    }
}

fn words(finding: &Finding) -> String {
    match finding {
        Finding::Changed(_) => "changed".to_owned(),
        Finding::NoSolution(why) => format!("no-solution ({why})"),
        Finding::EditsFailed(why) => format!("edits-failed ({why})"),
        Finding::Identical => "identical".to_owned(),
        Finding::Other(why) => format!("other ({why})"),
    }
}
