//! What the model is told.

use crate::config::{Config, Mode, Target};
use crate::instance::Kind;
use crate::language::Language;
use crate::number::{from_json, rounded};
use perfagent_task::prompt::{Addition, addition_values, listed_notes};
use perfagent_task::text::cut_middle;
use perfagent_task::{Attempt, Evaluation, PromptContext, Values};
use serde_json::Value;
use std::collections::BTreeSet;

/// Characters of each failure that is shown.
const FAILURE_CHARS: usize = 300;

/// Placeholders of a system template.
pub(crate) const SYSTEM_VARIABLES: [&str; 7] = [
    "language",
    "optimization_target",
    "task_description",
    "additional_requirements",
    "local_memory",
    "global_memory",
    "allowed_imports_scope",
];

/// Placeholders of an optimisation template.
pub(crate) const OPTIMIZATION_VARIABLES: [&str; 4] =
    ["current_program", "current_metrics", "current_artifacts_section", "language"];

/// The default system template for problems of a kind. Sections for what the user adds are left out
/// where `is_wanted` says so of their text.
pub(crate) fn system_template(kind: &Kind, mode: Mode, is_wanted: impl Fn(Addition) -> bool) -> String {
    let mut template = include_str!("templates/system.md").to_owned();
    template += match kind {
        Kind::Io => include_str!("templates/system_io.md"),
        Kind::Functional(_) => include_str!("templates/system_functional.md"),
    };
    for (addition, section) in [
        (Addition::Requirements, include_str!("templates/requirements.md")),
        (Addition::LocalMemory, include_str!("templates/local_memory.md")),
        (Addition::GlobalMemory, include_str!("templates/global_memory.md")),
    ] {
        if is_wanted(addition) {
            template += section;
        }
    }
    template += match mode {
        Mode::Diff => include_str!("templates/system_diff.md"),
        Mode::Direct => include_str!("templates/system_direct.md"),
    };
    template
}

/// The section that shows what a solution of a functional problem begins with.
pub(crate) fn signature(language: &Language, starter: &str) -> String {
    // Not a template: what an instance says may hold braces.
    let section = include_str!("templates/signature.md");
    section.replace("LANGUAGE", language.name).replace("STARTER", starter.trim_end())
}

/// The default optimisation template.
pub(crate) fn optimization_template(mode: Mode) -> String {
    include_str!("templates/optimization.md").to_owned()
        + match mode {
            Mode::Diff => include_str!("templates/optimization_diff.md"),
            Mode::Direct => include_str!("templates/optimization_direct.md"),
        }
}

/// Values of [`SYSTEM_VARIABLES`].
pub(crate) fn system_values(problem: &str, config: &Config, language: &Language, context: &PromptContext) -> Values {
    let goal = match config.target {
        Target::Runtime => "runtime (CPU time over all tests)",
        Target::Memory => "peak memory",
        Target::Integral => "memory integral (memory in use, summed over the running time)",
    };
    let mut values = vec![
        ("language", format!("{} ({})", language.title, language.toolchain)),
        ("optimization_target", goal.to_owned()),
        ("task_description", problem.trim().to_owned()),
    ];
    values.extend(addition_values(context));
    values.push(("allowed_imports_scope", language.imports.to_owned()));
    values
}

/// Values of [`OPTIMIZATION_VARIABLES`].
pub(crate) fn optimization_values(config: &Config, language: &Language, attempt: &Attempt) -> Values {
    let artifacts: Value = attempt
        .evaluation
        .as_ref()
        .and_then(|evaluation| serde_json::from_str(&evaluation.artifacts).ok())
        .unwrap_or_default();
    vec![
        ("current_program", attempt.solution.trim_end().to_owned()),
        ("current_metrics", metrics(config, attempt.evaluation.as_ref(), &artifacts)),
        ("current_artifacts_section", findings(attempt, &artifacts)),
        ("language", language.name.to_owned()),
    ]
}

fn metrics(config: &Config, evaluation: Option<&Evaluation>, artifacts: &Value) -> String {
    let Some(evaluation) = evaluation else { return "Not measured yet.".to_owned() };
    if !evaluation.success {
        return "None: only programs that pass every test are measured.".to_owned();
    }
    let others = Target::ALL.into_iter().filter(|target| *target != config.target);
    let others: Vec<Target> = if config.include_other_metrics_in_summary { others.collect() } else { Vec::new() };
    let mut lines = vec![measure(config.target, Some(evaluation.metric), artifacts) + ", the one to bring down"];
    let values = &artifacts["final_metrics"];
    lines.extend(others.into_iter().map(|target| measure(target, from_json(&values[target.name()]), artifacts)));
    if let Some(ratio) = &evaluation.ratio {
        lines.push(format!(
            "- compared with the program before it, measured in turn: {}× ({} % interval {} to {})",
            rounded(ratio.estimate),
            100.0 * ratio.confidence,
            rounded(ratio.low),
            rounded(ratio.high)
        ));
    }
    lines.join("\n")
}

fn measure(target: Target, value: Option<f64>, artifacts: &Value) -> String {
    let value = value.map_or_else(|| "unknown".to_owned(), rounded);
    let interval = &artifacts["benchmark_results"]["performance_analysis"]["analysis"][target.name()]["95%_CI"];
    let interval = match (from_json(&interval[0]), from_json(&interval[1])) {
        (Some(low), Some(high)) => format!(" (95 % interval {} to {})", rounded(low), rounded(high)),
        _ => String::new(),
    };
    format!("- {}: {value} {}{interval}", target.name(), target.unit())
}

fn findings(attempt: &Attempt, artifacts: &Value) -> String {
    let mut parts = Vec::new();
    if let Some(evaluation) = &attempt.evaluation {
        parts.push(format!("{}.", cut_middle(&evaluation.summary, FAILURE_CHARS)));
    }
    parts.extend(failures(&artifacts["benchmark_results"]["failed_test_details"]));
    parts.extend(listed_notes(&attempt.notes));
    if parts.is_empty() { "Nothing yet.".to_owned() } else { parts.join("\n\n") }
}

/// One failure of each status.
fn failures(details: &Value) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let details = details.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |detail: &Value, name: &str| detail[name].as_str().unwrap_or_default().to_owned();
    let representative = details.iter().filter(|detail| seen.insert(text(detail, "status")));
    representative.map(|detail| failure(detail, text)).collect()
}

fn failure(detail: &Value, text: impl Fn(&Value, &str) -> String) -> String {
    let (status, reason) = (text(detail, "status"), text(detail, "reason"));
    if status == "compile_error" {
        return format!("The compiler says:\n{}", cut_middle(&reason, FAILURE_CHARS));
    }
    // Room for each text, so that a long one does not push the others out.
    let parts: Vec<String> = ["input", "expected", "output", "error_output"]
        .into_iter()
        .filter(|name| !text(detail, name).trim().is_empty())
        .map(|name| format!("{}: {}", name.replace('_', " "), cut_middle(text(detail, name).trim(), FAILURE_CHARS / 4)))
        .collect();
    let heading = format!("Test {} ({status}): {}", detail["test"], cut_middle(&reason, FAILURE_CHARS / 4));
    cut_middle(&format!("{heading}\n{}", parts.join("\n")), FAILURE_CHARS)
}
