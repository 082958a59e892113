//! `system-prompt` and `optimization-prompt`.

use super::ledger::{Fault, Ledger, Verdict, failed, fault};
use super::{Example, Loaded, Suite};
use perfagent_core::metric::Metric;
use perfagent_core::task::{Attempt, Description, Evaluation, PromptContext};
use perfagent_plugin::{PluginError, TaskError, TaskInstance};
use serde_json::{Map, Value, json};

/// A text that no task has by itself.
const MARK: &str = "a mark of the contract suite: 73c1";
/// A placeholder that no task has.
const UNKNOWN: &str = "no_such_placeholder_73c1";

/// Both prompts.
type Prompts = [String; 2];
const EXPORTS: [&str; 2] = ["system-prompt", "optimization-prompt"];

/// Checks both prompts of an example.
pub(super) async fn check(
    suite: &Suite<'_>,
    (description, example): (&Description, &Example),
    (loaded, ledger): (&mut Loaded, &mut Ledger<'_>),
) {
    let first = attempt(&loaded.initial.code);
    let task = &mut loaded.task;
    ledger.record("prompts.deterministic", deterministic(suite, example, (task, &first)).await);
    ledger.record("prompts.own-template", own_template(description, task, &first).await);
    ledger.record("prompts.unknown-placeholder", unknown_placeholder(task, &first).await);
    ledger.record("prompts.additions", additions(task, &first).await);
    ledger.record("prompts.attempts", attempts(task, &loaded.initial.code).await);
}

fn attempt(solution: &str) -> Attempt {
    Attempt { solution: solution.to_owned(), evaluation: None, notes: Vec::new() }
}

async fn ask(task: &mut TaskInstance, context: &PromptContext, attempt: &Attempt) -> Result<Prompts, PluginError> {
    Ok([task.system_prompt(context).await?, task.optimization_prompt(context, attempt).await?])
}

async fn deterministic(suite: &Suite<'_>, example: &Example, of: (&mut TaskInstance, &Attempt)) -> Verdict {
    let expected = "the same bytes each time, from the same instance and in a new store";
    let (task, attempt) = of;
    let context = PromptContext::default();
    let wrong = |error: PluginError| failed(expected, "", &error);
    let first = ask(task, &context, attempt).await.map_err(wrong)?;
    let again = ask(task, &context, attempt).await.map_err(wrong)?;
    let mut fresh = suite.load(example).await.map_err(wrong)?;
    let fresh = ask(&mut fresh, &context, attempt).await.map_err(wrong)?;
    for (what, other) in [("from the same instance", again), ("in a new store", fresh)] {
        if let Some(index) = (0..2).find(|&index| first[index] != other[index]) {
            let happened = format!("`{}` differed {what}", EXPORTS[index]);
            return Err(fault(expected, happened, "use no clock, no randomness, no counter and no unordered map"));
        }
    }
    Ok(format!("{} and {} bytes", first[0].len(), first[1].len()))
}

/// A user's template, with all placeholders that the task declares.
async fn own_template(description: &Description, task: &mut TaskInstance, attempt: &Attempt) -> Verdict {
    let expected = "a template of the user is used, and knows every placeholder that `describe` lists";
    let template = |names: &[String]| {
        let holders: Vec<_> = names.iter().map(|name| format!("{{{name}}}")).collect();
        Some(format!("{MARK} {{{{}}}} {}", holders.join(" ")))
    };
    let context = PromptContext {
        system_template: template(&description.system_variables),
        optimization_template: template(&description.optimization_variables),
        ..PromptContext::default()
    };
    let prompts = ask(task, &context, attempt).await.map_err(|error| failed(expected, "", &error))?;
    let wanted = format!("{MARK} {{}} ");
    match prompts.iter().position(|prompt| !prompt.contains(&wanted)) {
        None => Ok(String::new()),
        Some(index) => Err(fault(
            expected,
            format!("`{}` does not hold the user's text", EXPORTS[index]),
            "render the context's template instead of the default one; `{{` and `}}` are literal braces",
        )),
    }
}

async fn unknown_placeholder(task: &mut TaskInstance, attempt: &Attempt) -> Verdict {
    let expected = "a placeholder that is not known is answered with `bad-template`, which names it";
    let advice = "render templates with the toolkit, or name the placeholder and list the known ones";
    let template = Some(format!("{{{UNKNOWN}}}"));
    let context = PromptContext {
        system_template: template.clone(),
        optimization_template: template,
        ..PromptContext::default()
    };
    let answers = [task.system_prompt(&context).await, task.optimization_prompt(&context, attempt).await];
    for (export, answer) in EXPORTS.iter().zip(answers) {
        match answer {
            Err(PluginError::Task { error: TaskError::BadTemplate(message), .. }) if message.contains(UNKNOWN) => {}
            Err(PluginError::Task { error: TaskError::BadTemplate(message), .. }) => {
                return Err(fault(expected, format!("`{export}` says only: {message}"), advice));
            }
            Err(error) => return Err(failed(expected, &format!("`{{{UNKNOWN}}}`"), &error)),
            Ok(_) => return Err(fault(expected, format!("`{export}` made a prompt of it"), advice)),
        }
    }
    Ok(String::new())
}

/// What the user and an outer optimiser add must reach the model in one of the two prompts.
async fn additions(task: &mut TaskInstance, attempt: &Attempt) -> Verdict {
    let expected = "additional requirements, local and global memory are in the prompts";
    let mark = |what: &str| format!("{MARK} {what}");
    let context = PromptContext {
        additional_requirements: mark("requirements"),
        local_memory: mark("local"),
        global_memory: mark("global"),
        ..PromptContext::default()
    };
    let prompts = ask(task, &context, attempt).await.map_err(|error| failed(expected, "", &error))?;
    for added in [&context.additional_requirements, &context.local_memory, &context.global_memory] {
        if !prompts.iter().any(|prompt| prompt.contains(added.as_str())) {
            return Err(fault(
                expected,
                format!("neither prompt holds the text `{added}`"),
                "give the default templates a placeholder for it",
            ));
        }
    }
    Ok(String::new())
}

/// Attempts as a run makes them when things go wrong.
async fn attempts(task: &mut TaskInstance, initial: &str) -> Verdict {
    let odd = |metric: f64, success: bool, artifacts: Value| Evaluation {
        metric: Metric(metric),
        success,
        summary: String::new(),
        artifacts: artifacts.as_object().cloned().unwrap_or_else(Map::new),
        samples: Vec::new(),
        ratio: None,
        details: Vec::new(),
    };
    let unknown = json!({"": null, "list": [[], {}], "number": 1e300, "text": "{braces} \u{0}"});
    let evaluations = [
        ("an attempt that failed", Some(odd(f64::INFINITY, false, json!({})))),
        ("a metric that is NaN", Some(odd(f64::NAN, false, json!({})))),
        ("artifacts of another version", Some(odd(1.0, true, unknown))),
        ("an attempt that was not judged", None),
    ];
    let solutions = [initial.to_owned(), String::new(), "{braces} ``` ~~~ \u{0}".to_owned(), "x\n".repeat(50_000)];
    let notes = vec!["a note with {braces}".to_owned(), String::new(), "y".repeat(10_000)];
    for (given, evaluation) in &evaluations {
        for solution in &solutions {
            let attempt = Attempt { solution: solution.clone(), evaluation: evaluation.clone(), notes: notes.clone() };
            let prompt = task.optimization_prompt(&PromptContext::default(), &attempt).await;
            let prompt = prompt.map_err(|error| failed("a prompt for every attempt", given, &error))?;
            told(&prompt, &attempt)?;
        }
    }
    Ok(String::new())
}

/// The model must learn why its last reply led to nothing.
fn told(prompt: &str, attempt: &Attempt) -> Result<(), Fault> {
    if prompt.contains(&attempt.notes[0]) {
        return Ok(());
    }
    Err(fault(
        "the notes of an attempt are in the optimisation prompt",
        "a note is not in the prompt",
        "add the notes to the optimisation prompt: they say what became of the last reply",
    ))
}
