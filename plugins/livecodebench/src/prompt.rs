//! What the model is told. Nothing of a hidden test reaches a prompt: what was found of a candidate
//! comes from the artifact `failure_details` alone, which holds public tests only.

use crate::instance::Instance;
use perfagent_task::prompt::{Addition, addition_values, listed_notes};
use perfagent_task::{Attempt, PromptContext, Values};
use serde_json::Value;

/// Placeholders of a system template.
pub(crate) const SYSTEM_VARIABLES: [&str; 5] =
    ["question_content", "starter_code", "additional_requirements", "local_memory", "global_memory"];

/// Placeholders of an optimisation template.
pub(crate) const OPTIMIZATION_VARIABLES: [&str; 6] =
    ["current_solution", "passed", "passed_count", "total_count", "failure_details", "metric"];

/// The default optimisation template.
pub(crate) const OPTIMIZATION_TEMPLATE: &str = include_str!("templates/optimization.md");

/// What the default system template has sections for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// How a script talks.
    Script,
    /// What a function begins with.
    Function,
    /// What the user adds.
    Added(Addition),
}

/// The default system template with those of its sections that are wanted.
pub(crate) fn system_template(is_wanted: impl Fn(Section) -> bool) -> String {
    let sections = [
        (Section::Function, include_str!("templates/function.md")),
        (Section::Script, include_str!("templates/script.md")),
        (Section::Added(Addition::Requirements), include_str!("templates/requirements.md")),
        (Section::Added(Addition::LocalMemory), include_str!("templates/local_memory.md")),
        (Section::Added(Addition::GlobalMemory), include_str!("templates/global_memory.md")),
    ];
    let sections = sections.iter().filter(|(section, _)| is_wanted(*section)).map(|(_, text)| *text);
    let parts: Vec<&str> = [include_str!("templates/system.md")]
        .into_iter()
        .chain(sections)
        .chain([include_str!("templates/reply.md")])
        .collect();
    parts.join("\n")
}

/// Whether an instance under a context has something to say in a section.
pub(crate) fn is_wanted(section: Section, instance: &Instance, context: &PromptContext) -> bool {
    match section {
        Section::Function => instance.function.is_some(),
        Section::Script => instance.function.is_none(),
        Section::Added(addition) => addition.is_given(context),
    }
}

/// Values of [`SYSTEM_VARIABLES`].
pub(crate) fn system_values(instance: &Instance, context: &PromptContext) -> Values {
    let mut values = vec![
        ("question_content", instance.content.clone()),
        ("starter_code", instance.starter_code.trim_end().to_owned()),
    ];
    values.extend(addition_values(context));
    values
}

/// Values of [`OPTIMIZATION_VARIABLES`].
pub(crate) fn optimization_values(attempt: &Attempt) -> Values {
    let evaluation = attempt.evaluation.as_ref();
    let artifacts: Value =
        evaluation.and_then(|evaluation| serde_json::from_str(&evaluation.artifacts).ok()).unwrap_or_default();
    let known = |name: &str| match &artifacts[name] {
        Value::Null => "unknown".to_owned(),
        value => value.to_string(),
    };
    vec![
        ("current_solution", attempt.solution.trim_end().to_owned()),
        ("passed", evaluation.map_or("not judged yet".to_owned(), |evaluation| evaluation.success.to_string())),
        ("passed_count", known("passed_count")),
        ("total_count", known("total_count")),
        ("failure_details", findings(attempt, &artifacts["failure_details"])),
        ("metric", evaluation.map_or("unknown".to_owned(), |evaluation| format!("{:?}", evaluation.metric))),
    ]
}

fn findings(attempt: &Attempt, details: &Value) -> String {
    let mut parts = Vec::new();
    match &attempt.evaluation {
        Some(evaluation) if evaluation.success => parts.push("Every test passed.".to_owned()),
        Some(_) if details.is_object() => parts.push(failure(details)),
        Some(_) => parts.push("Some tests did not pass.".to_owned()),
        None => {}
    }
    parts.extend(listed_notes(&attempt.notes));
    if parts.is_empty() { "Nothing yet.".to_owned() } else { parts.join("\n\n") }
}

fn failure(details: &Value) -> String {
    let text = |name: &str| details[name].as_str().unwrap_or_default();
    let heading = match (details["general"].as_bool(), details["public"].as_bool()) {
        (Some(true), _) => "The program cannot be loaded.".to_owned(),
        (_, Some(true)) => format!("Test {}: {}", details["test"], text("verdict")),
        _ => format!("Test {}, which is hidden: {}", details["test"], text("verdict")),
    };
    let blocks = [("error", "Error"), ("input", "Input"), ("expected", "Expected"), ("output", "Found")];
    let blocks = blocks.iter().filter(|(name, _)| details[*name].is_string());
    let blocks = blocks.map(|(name, title)| {
        let text = text(name);
        if text.trim().is_empty() { format!("{title}: nothing") } else { format!("{title}:\n{}", text.trim_end()) }
    });
    std::iter::once(heading).chain(blocks).collect::<Vec<_>>().join("\n\n")
}
