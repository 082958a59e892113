//! Test cases of a task: an instance, the replies of a model, and what each step should come to.
//!
//! A case is run like any instance, by [`crate::run()`] with a model that answers from the case;
//! [`Steps`] watches the run, and [`Case::differences`] says where it went another way.

use perfagent_core::event::RunEvent;
use perfagent_core::metric::Metric;
use perfagent_core::task::{Evaluation, Finding};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Metrics that differ by less, in proportion, are the same: files hold fewer digits than memory.
const TOLERANCE: f64 = 1e-9;

/// A file that is no test case.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// It is not JSON of this form.
    #[error("not a test case; it is {{\"instance\": …, \"task_config\": …, \"replies\": […], \"expect\": […]}}")]
    Form(#[source] serde_json::Error),
    /// The instance lies outside the project.
    #[error("the instance {path:?} must be a relative path without `..`, from the project's directory")]
    Outside {
        /// The path as the file gives it.
        path: String,
    },
}

/// One test case.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    instance: String,
    /// The task's configuration.
    #[serde(default)]
    pub task_config: Map<String, Value>,
    /// What the model replies, iteration by iteration.
    #[serde(default)]
    pub replies: Vec<String>,
    /// What each step should come to; the initial evaluation first, where there is one.
    pub expect: Vec<Expected>,
}

/// What one step should come to. Only what is given is compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expected {
    /// Whether the solution is valid.
    pub success: Option<bool>,
    /// The metric.
    pub metric: Option<Metric>,
    /// The judgement in a line.
    pub summary: Option<String>,
    /// Whether the reply brings no new solution.
    pub unchanged: Option<bool>,
}

/// What one step came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    /// The solution was judged.
    Judged(Evaluation),
    /// The task could not judge it, and says why.
    Unjudged(String),
    /// The reply brought no new solution, and why.
    Unchanged(String),
}

/// The steps of a run, by iteration; 0 is the initial evaluation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steps(BTreeMap<u32, Came>);

impl Steps {
    /// Takes in what happened.
    pub fn observe(&mut self, event: &RunEvent) {
        let (iteration, came) = match event {
            RunEvent::Evaluated { iteration, result: Ok(it) } => (*iteration, Came::Judged(it.clone())),
            RunEvent::Evaluated { iteration, result: Err(why) } => (*iteration, Came::Unjudged(why.clone())),
            RunEvent::Extracted { iteration, extraction } => match &extraction.finding {
                Finding::Changed(_) => return,
                Finding::Identical => (*iteration, Came::Unchanged("the same solution once more".to_owned())),
                Finding::NoSolution(why) | Finding::EditsFailed(why) | Finding::Other(why) => {
                    (*iteration, Came::Unchanged(why.clone()))
                }
            },
            _ => return,
        };
        self.0.insert(iteration, came);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// Where a run went another way than its case says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Number of the expectation, from 1.
    pub step: usize,
    /// What was compared.
    pub field: &'static str,
    /// What the case says.
    pub expected: String,
    /// What the run came to.
    pub got: String,
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// [`CaseError::Form`] for what is none.
    pub fn read(bytes: &[u8]) -> Result<Self, CaseError> {
        serde_json::from_slice(bytes).map_err(CaseError::Form)
    }

    /// The instance's file in the project at `directory`.
    ///
    /// # Errors
    /// [`CaseError::Outside`].
    pub fn instance(&self, directory: &Path) -> Result<PathBuf, CaseError> {
        let path = Path::new(&self.instance);
        let is_inside = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if is_inside && path.file_name().is_some() {
            return Ok(directory.join(path));
        }
        Err(CaseError::Outside { path: self.instance.clone() })
    }

    /// Where `steps` are not as they should be.
    pub fn differences(&self, steps: &Steps) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut came = steps.0.values();
        for (index, expected) in self.expect.iter().enumerate() {
            let step = index + 1;
            match came.next() {
                Some(came) => compare(step, expected, came, &mut found),
                None => {
                    found.push(Difference {
                        step,
                        field: "step",
                        expected: words(expected),
                        got: "no such step".into(),
                    });
                }
            }
        }
        for (index, came) in came.enumerate() {
            let (step, expected) = (self.expect.len() + index + 1, "no such step".to_owned());
            found.push(Difference { step, field: "step", expected, got: came.to_string() });
        }
        found
    }
}

fn words(expected: &Expected) -> String {
    serde_json::to_value(expected)
        .ok()
        .and_then(|value| {
            let given = value.as_object()?.iter().filter(|(_, value)| !value.is_null());
            Some(given.map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(", "))
        })
        .filter(|words| !words.is_empty())
        .unwrap_or_else(|| "a step".to_owned())
}

fn compare(step: usize, expected: &Expected, came: &Came, found: &mut Vec<Difference>) {
    let mut differ = |field, expected: String, got: String| found.push(Difference { step, field, expected, got });
    let is_unchanged = matches!(came, Came::Unchanged(_));
    if expected.unchanged.is_some_and(|wanted| wanted != is_unchanged) {
        let wanted = if is_unchanged { "a new solution" } else { "no new solution" };
        return differ("unchanged", wanted.to_owned(), came.to_string());
    }
    let Came::Judged(judged) = came else {
        if expected.success.is_some() || expected.metric.is_some() || expected.summary.is_some() {
            differ("step", words(expected), came.to_string());
        }
        return;
    };
    if let Some(success) = expected.success.filter(|it| *it != judged.success) {
        differ("success", success.to_string(), format!("{} ({})", judged.success, judged.summary));
    }
    if let Some(metric) = expected.metric.filter(|it| !is_same(it.0, judged.metric.0)) {
        differ("metric", metric.to_string(), judged.metric.to_string());
    }
    if let Some(summary) = expected.summary.as_ref().filter(|it| **it != judged.summary) {
        differ("summary", format!("{summary:?}"), format!("{:?}", judged.summary));
    }
}

fn is_same(one: f64, other: f64) -> bool {
    let is_near = (one - other).abs() <= TOLERANCE * one.abs().max(other.abs());
    one == other || one.is_nan() && other.is_nan() || one.is_finite() && other.is_finite() && is_near
}

impl std::fmt::Display for Came {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Judged(it) => {
                let valid = if it.success { "valid" } else { "not valid" };
                write!(f, "{valid}, metric {}: {}", it.metric, it.summary)
            }
            Self::Unjudged(why) => write!(f, "no judgement: {why}"),
            Self::Unchanged(why) => write!(f, "no new solution: {why}"),
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { step, field, expected, got } = self;
        write!(f, "step {step}, {field}: expected {expected}, got {got}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_core::task::Extraction;

    fn judged(iteration: u32, metric: f64, success: bool) -> RunEvent {
        let result = Ok(Evaluation {
            metric: Metric(metric),
            success,
            summary: format!("{metric} bytes"),
            artifacts: Map::new(),
            samples: Vec::new(),
            ratio: None,
            details: Vec::new(),
        });
        RunEvent::Evaluated { iteration, result }
    }

    fn steps() -> Steps {
        let mut steps = Steps::default();
        let nothing = Extraction { finding: Finding::NoSolution("no fence".to_owned()), verdicts: Vec::new() };
        let found = Extraction { finding: Finding::Changed("x".to_owned()), verdicts: Vec::new() };
        for event in [
            judged(0, 20.0, true),
            RunEvent::Extracted { iteration: 1, extraction: nothing },
            RunEvent::Extracted { iteration: 2, extraction: found },
            judged(2, 17.0, true),
            judged(3, f64::INFINITY, false),
            RunEvent::Evaluated { iteration: 4, result: Err("`evaluate` trapped".to_owned()) },
        ] {
            steps.observe(&event);
        }
        steps
    }

    fn differences(expect: &str) -> Vec<String> {
        let case = format!(r#"{{"instance": "examples/a.json", "expect": {expect}}}"#);
        let case = Case::read(case.as_bytes()).unwrap();
        case.differences(&steps()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_given_is_compared_and_nothing_else() {
        let right = r#"[{"success": true, "metric": 20}, {"unchanged": true},
            {"metric": 17.000000000001, "summary": "17 bytes", "unchanged": false},
            {"success": false, "metric": "Infinity"}, {}]"#;
        assert_eq!(differences(right), Vec::<String>::new());
        let wrong = r#"[{"success": false, "metric": 21, "summary": "21 bytes"}, {"metric": 3}, {"unchanged": true},
            {"metric": 5}, {"success": true}]"#;
        assert_eq!(
            differences(wrong),
            [
                "step 1, success: expected false, got true (20 bytes)",
                "step 1, metric: expected 21, got 20",
                r#"step 1, summary: expected "21 bytes", got "20 bytes""#,
                "step 2, step: expected metric 3.0, got no new solution: no fence",
                "step 3, unchanged: expected no new solution, got valid, metric 17: 17 bytes",
                "step 4, metric: expected 5, got Infinity",
                "step 5, step: expected success true, got no judgement: `evaluate` trapped",
            ]
        );
    }

    #[test]
    fn missing_and_further_steps_are_told() {
        let five = "{}, {}, {}, {}, {}";
        assert_eq!(
            differences(&format!(r#"[{five}, {{"unchanged": true}}]"#)),
            ["step 6, step: expected unchanged true, got no such step"]
        );
        assert_eq!(
            differences("[{}, {}, {}, {}]"),
            ["step 5, step: expected no such step, got no judgement: `evaluate` trapped"]
        );
    }

    #[test]
    fn cases_are_read_strictly_and_stay_in_their_project() {
        for wrong in [
            "",
            "[]",
            "{}",
            r#"{"instance": "a", "expect": [], "reply": []}"#,
            r#"{"instance": "a", "expect": [{"metrics": 1}]}"#,
        ] {
            assert!(matches!(Case::read(wrong.as_bytes()), Err(CaseError::Form(_))), "{wrong}");
        }
        let at = |path: &str| {
            let case = Case::read(serde_json::json!({"instance": path, "expect": []}).to_string().as_bytes()).unwrap();
            case.instance(Path::new("/project")).ok()
        };
        assert_eq!(at("./examples/a.json"), Some(PathBuf::from("/project/./examples/a.json")));
        for outside in ["/etc/passwd", "../a.json", "examples/../../a.json", "", "."] {
            assert_eq!(at(outside), None, "{outside}");
        }
    }
}
