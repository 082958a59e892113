//! What a task says of itself, of an instance and of a solution: the WIT interface `runner` as
//! plain data.

use crate::execution::Detail;
use crate::metric::{Direction, Metric};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What holds for every instance of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Lower case letters, digits and `-`.
    pub name: String,
    /// Semantic version of the plugin.
    pub version: String,
    /// One sentence for people.
    pub summary: String,
    /// Name of the metric.
    pub metric: String,
    /// Which way it improves.
    pub direction: Direction,
    /// Languages whose programs the task compiles and runs.
    pub languages: Vec<String>,
    /// JSON Schema of the task's configuration.
    pub config_schema: Value,
    /// Default system prompt template.
    pub system_template: String,
    /// Placeholders of the system template.
    pub system_variables: Vec<String>,
    /// Default optimisation prompt template.
    pub optimization_template: String,
    /// Placeholders of the optimisation template.
    pub optimization_variables: Vec<String>,
}

/// What names an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Names the instance in all outputs; a checked single path component.
    pub id: String,
    /// The problem in the words that people read.
    pub problem: String,
}

/// What holds for one instance under its configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceSummary {
    /// Language of the solution, where it is a program.
    pub language: Option<String>,
    /// File name extension of a solution, without the dot.
    pub extension: String,
    /// What is optimised, where the task has several targets.
    pub target: Option<String>,
    /// Unit of the metric.
    pub unit: Option<String>,
    /// What it belongs to, by name, for scores over many instances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
}

/// What the user adds to the prompts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PromptContext {
    /// Replaces the task's system template.
    pub system_template: Option<String>,
    /// Replaces the task's optimisation template.
    pub optimization_template: Option<String>,
    /// Requirements of the user.
    pub additional_requirements: String,
    /// What an outer optimiser remembers of this instance.
    pub local_memory: String,
    /// What an outer optimiser remembers of all instances.
    pub global_memory: String,
}

/// Where the loop starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialSolution {
    /// The program or text.
    pub code: String,
    /// Whether it is worth judging; false for a placeholder.
    pub judged: bool,
}

/// A quotient of two measured quantities with its confidence interval. Few pairs of measurements may leave
/// an end of the interval infinite; JSON then spells it as a [`Metric`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// The best single value.
    #[serde(with = "spelled")]
    pub estimate: f64,
    /// Lower end of the interval.
    #[serde(with = "spelled")]
    pub low: f64,
    /// Upper end of the interval.
    #[serde(with = "spelled")]
    pub high: f64,
    /// Confidence of the interval, for example 0.95.
    #[serde(with = "spelled")]
    pub confidence: f64,
}

/// Numbers in the spelling of [`Metric`].
mod spelled {
    use super::Metric;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        Metric(*value).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Metric::deserialize(deserializer).map(|Metric(value)| value)
    }
}

/// A task's judgement of one solution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The value to improve.
    pub metric: Metric,
    /// Whether the solution is valid.
    pub success: bool,
    /// One line for people.
    pub summary: String,
    /// Everything else.
    pub artifacts: Map<String, Value>,
    /// The values that the metric was made from, in order.
    pub samples: Vec<Metric>,
    /// Candidate / incumbent, where both were measured in turn.
    pub ratio: Option<Ratio>,
    /// Further values by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
}

/// The solution that the next prompt starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The program or text.
    pub solution: String,
    /// Its evaluation, where it was judged.
    pub evaluation: Option<Evaluation>,
    /// What the last reply led to, for the model.
    pub notes: Vec<String>,
}

/// What became of one edit block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EditStatus {
    /// Found as written and replaced.
    Applied,
    /// Found with shifted indentation; the replacement was shifted alike.
    AppliedReindented,
    /// Not in the program.
    NotFound,
    /// In the program several times.
    Ambiguous,
    /// Not a well-formed block.
    Malformed,
}

/// The verdict on one edit block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditVerdict {
    /// What became of it.
    pub status: EditStatus,
    /// What matched, or what is nearest and how it differs.
    pub message: String,
    /// Lines of the program, counted from 1, that the verdict speaks of.
    pub lines: Vec<u32>,
}

/// What a model's reply holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// A solution that differs from the current one.
    Changed(String),
    /// No solution; the text says what was looked for.
    NoSolution(String),
    /// Edit blocks, none of which could be applied.
    EditsFailed(String),
    /// The current solution once more.
    Identical,
    /// Unchanged for another reason.
    Other(String),
}

/// What was found in a model's reply, and how its edit blocks fared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extraction {
    /// The new solution, or why there is none.
    pub finding: Finding,
    /// One verdict per edit block.
    pub verdicts: Vec<EditVerdict>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Record, RunEvent};
    use proptest::prelude::*;

    fn numbers(ratio: Ratio) -> [f64; 4] {
        [ratio.estimate, ratio.low, ratio.high, ratio.confidence]
    }

    fn judged([estimate, low, high, confidence]: [f64; 4]) -> Evaluation {
        Evaluation {
            metric: Metric(1.5),
            success: true,
            summary: "measured".to_owned(),
            artifacts: Map::new(),
            samples: vec![Metric(f64::INFINITY)],
            ratio: Some(Ratio { estimate, low, high, confidence }),
            details: Vec::new(),
        }
    }

    /// The ratio of `evaluation` after a way through a journal.
    fn journaled(evaluation: Evaluation) -> [f64; 4] {
        let event = RunEvent::Evaluated { iteration: 1, result: Ok(evaluation) };
        let line = serde_json::to_string(&Record { at: String::new(), took_ns: 1, event }).unwrap();
        let record: Record = serde_json::from_str(&line).unwrap();
        let RunEvent::Evaluated { result, .. } = record.event else { unreachable!("another event: {line}") };
        numbers(result.unwrap().ratio.unwrap())
    }

    #[test]
    fn an_endless_interval_survives_a_journal() {
        let endless = [0.8, f64::NEG_INFINITY, f64::INFINITY, 0.95];
        assert_eq!(journaled(judged(endless)), endless);
        let text = serde_json::to_string(&judged(endless).ratio).unwrap();
        assert_eq!(text, r#"{"estimate":0.8,"low":"-Infinity","high":"Infinity","confidence":0.95}"#);
    }

    #[test]
    fn ratios_of_earlier_journals_are_read() {
        let read = |text: &str| numbers(serde_json::from_str(text).unwrap());
        let plain = r#"{"estimate": 0.5, "low": 0.25, "high": 1, "confidence": 0.95}"#;
        assert_eq!(read(plain), [0.5, 0.25, 1.0, 0.95]);
        assert_eq!(
            serde_json::to_string(&judged(read(plain)).ratio).unwrap(),
            plain.replace(' ', "").replace(":1,", ":1.0,")
        );
        // What was infinite was written as nothing.
        assert!(read(r#"{"estimate": 0.5, "low": 0.25, "high": null, "confidence": 0.95}"#)[2].is_nan());
    }

    proptest! {
        #[test]
        fn every_ratio_survives_a_journal(given in proptest::array::uniform4(proptest::num::f64::ANY)) {
            for (back, value) in journaled(judged(given)).into_iter().zip(given) {
                prop_assert!(back == value || (back.is_nan() && value.is_nan()), "{value} became {back}");
            }
        }
    }
}
