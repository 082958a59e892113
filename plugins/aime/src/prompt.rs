//! What the model is told. The right answer is not at hand here.

use perfagent_task::prompt::{Addition, addition_values, listed_notes};
use perfagent_task::text::cut_middle;
use perfagent_task::{Attempt, Evaluation, PromptContext, Values};
use serde_json::Value;

/// Characters of the current solution, and of the answer in it.
const SOLUTION_CHARS: usize = 1000;
const PRED_CHARS: usize = 300;

/// Placeholders of a system template.
pub(crate) const SYSTEM_VARIABLES: [&str; 4] =
    ["problem_statement", "additional_requirements", "local_memory", "global_memory"];

/// Placeholders of an optimisation template. `notes` tells what the last reply led to.
pub(crate) const OPTIMIZATION_VARIABLES: [&str; 5] = ["current_solution", "metric", "correct", "pred", "notes"];

/// The default optimisation template.
pub(crate) const OPTIMIZATION_TEMPLATE: &str = include_str!("templates/optimization.md");

/// The default system template. Sections for what the user adds are left out where `is_wanted` says
/// so.
pub(crate) fn system_template(is_wanted: impl Fn(Addition) -> bool) -> String {
    let mut template = include_str!("templates/system.md").to_owned();
    for (addition, section) in [
        (Addition::Requirements, include_str!("templates/requirements.md")),
        (Addition::LocalMemory, include_str!("templates/local_memory.md")),
        (Addition::GlobalMemory, include_str!("templates/global_memory.md")),
    ] {
        if is_wanted(addition) {
            template += section;
        }
    }
    template + include_str!("templates/reply.md")
}

/// Values of [`SYSTEM_VARIABLES`].
pub(crate) fn system_values(problem: &str, context: &PromptContext) -> Values {
    let mut values = vec![("problem_statement", problem.to_owned())];
    values.extend(addition_values(context));
    values
}

/// Values of [`OPTIMIZATION_VARIABLES`].
pub(crate) fn optimization_values(attempt: &Attempt) -> Values {
    let evaluation = attempt.evaluation.as_ref();
    vec![
        ("current_solution", cut_middle(attempt.solution.trim(), SOLUTION_CHARS)),
        ("metric", evaluation.map_or_else(|| "none yet".to_owned(), |found| format!("{:.1}", found.metric))),
        ("correct", correct(evaluation).to_owned()),
        ("pred", evaluation.map_or_else(|| "none yet".to_owned(), pred)),
        ("notes", listed_notes(&attempt.notes).unwrap_or_else(|| "Nothing else is known of it.".to_owned())),
    ]
}

fn correct(evaluation: Option<&Evaluation>) -> &'static str {
    match evaluation {
        None => "not judged yet",
        Some(evaluation) if evaluation.success => "yes",
        Some(_) => "no",
    }
}

fn pred(evaluation: &Evaluation) -> String {
    let artifacts: Value = serde_json::from_str(&evaluation.artifacts).unwrap_or_default();
    cut_middle(artifacts["pred"].as_str().unwrap_or("unknown"), PRED_CHARS)
}
