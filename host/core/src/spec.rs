//! What a run is to do, as plain data: it can be compared (resume), queued and shipped. It names
//! plugin and instance by digest and holds no secret, no endpoint and no open handle.

use crate::chat::{ChatRequest, Message};
use crate::digest::Digest;
use crate::isolation::Strictness;
use crate::task::PromptContext;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Version of the format of [`RunSpec`] and of the journal that starts with it.
pub const FORMAT: u32 = 1;

/// Bytes known by name and digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// For people, and for what is named after it: a plugin's name, an instance file's stem.
    pub name: String,
    /// Digest of the bytes.
    pub digest: Digest,
}

/// Which results count as progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acceptance {
    /// Where the task gives a ratio to the incumbent: its interval must exclude 1. Elsewhere as `Raw`.
    #[default]
    Interval,
    /// A better metric is enough.
    Raw,
}

/// Bounds and rules of the loop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopSpec {
    /// Calls to the model at most.
    pub max_iterations: u32,
    /// Stop after so many iterations in a row without improvement; 0: never.
    pub early_stop_no_improve: u32,
    /// Go on from the best solution instead of the newest.
    pub adopt_only_if_improved: bool,
    /// Which results count as progress.
    pub acceptance: Acceptance,
    /// Send the whole chat so far instead of the last prompt alone.
    pub include_all_history: bool,
}

/// A model and how often it is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedModel {
    /// Its name at the provider.
    pub name: String,
    /// Its share of the calls in proportion to the others'; above 0 and finite.
    #[serde(default = "one")]
    pub weight: f64,
}

fn one() -> f64 {
    1.0
}

/// The models that a run asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Models {
    /// One.
    One {
        /// Its name at the provider.
        name: String,
    },
    /// One of these for each call, by weight.
    Weighted {
        /// At least one.
        models: Vec<WeightedModel>,
    },
}

impl Models {
    /// All names, for people.
    pub fn label(&self) -> String {
        self.names().collect::<Vec<_>>().join(" + ")
    }

    /// All names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::One { name } => (Some(name.as_str()), [].as_slice()),
            Self::Weighted { models } => (None, models.as_slice()),
        };
        one.into_iter().chain(many.iter().map(|model| model.name.as_str()))
    }

    /// The model for `iteration` of the run with `seed`: always the same, so that a resumed or replayed run
    /// asks as the first one did.
    fn choose(&self, seed: Option<u64>, iteration: u32) -> &str {
        let models = match self {
            Self::One { name } => return name,
            Self::Weighted { models } => models,
        };
        let total: f64 = models.iter().map(|model| model.weight).sum();
        let mut left = uniform(seed, iteration) * total;
        for model in models {
            if left < model.weight {
                return &model.name;
            }
            left -= model.weight;
        }
        models.last().map_or("", |model| &model.name)
    }
}

/// A number from 0 (included) to 1 (excluded) by chance, but always the same one: from SHA-256, which no
/// later version of a library changes.
fn uniform(seed: Option<u64>, iteration: u32) -> f64 {
    let hash = Sha256::digest(format!("{} {iteration}", seed.unwrap_or(0)));
    let bits = hash.iter().take(6).fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
    #[expect(clippy::cast_precision_loss, reason = "48 bits fit the 53 of a f64")]
    let numerator = bits as f64;
    numerator / (1_u64 << 48) as f64
}

/// The model and how it is asked; how it is reached is not part of a run's identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSpec {
    /// Which models are asked.
    #[serde(flatten)]
    pub models: Models,
    /// Sampling temperature, 0..=2.
    pub temperature: f64,
    /// Most tokens of the messages; `None`: unbounded.
    pub max_input_tokens: Option<u32>,
    /// Most tokens of a reply.
    pub max_output_tokens: u32,
    /// Seed of the model's sampling, sent where given; also of the choice among several models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl ModelSpec {
    /// The model that `iteration` asks.
    pub fn name(&self, iteration: u32) -> &str {
        self.models.choose(self.seed, iteration)
    }

    /// The request that sends `messages` in `iteration`.
    pub fn request(&self, iteration: u32, messages: Vec<Message>) -> ChatRequest {
        ChatRequest {
            model: self.name(iteration).to_owned(),
            messages,
            temperature: self.temperature,
            max_output_tokens: self.max_output_tokens,
            seed: self.seed,
        }
    }
}

/// One run, from an instance to its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    /// [`FORMAT`] of the program that wrote it.
    pub format: u32,
    /// The task plugin.
    pub plugin: Named,
    /// The instance; its name is the stem of its file.
    pub instance: Named,
    /// The task's own configuration.
    pub task_config: Map<String, Value>,
    /// The model.
    pub model: ModelSpec,
    /// What the user adds to the prompts.
    pub prompts: PromptContext,
    /// Bounds and rules of the loop.
    #[serde(rename = "loop")]
    pub iteration: LoopSpec,
    /// How much isolation is insisted on.
    pub sandbox: Strictness,
    /// Imports beyond the default that the plugin may use.
    pub grants: Vec<String>,
    /// Where the loop starts, instead of the task's own initial solution.
    pub initial_code: Option<String>,
}

impl RunSpec {
    /// The same as sample `sample`, from 1. Each sample has a seed of its own: with the seed S that is S,
    /// S + 1, …; without one the first has none, as a run that is not sampled, and sample N has N.
    #[must_use]
    pub fn of_sample(mut self, sample: u32) -> Self {
        let sample = u64::from(sample.max(1));
        self.model.seed = match self.model.seed {
            Some(first) => Some(first.wrapping_add(sample - 1)),
            None => (sample > 1).then_some(sample),
        };
        self
    }

    /// What names the request: equal ones have the same digest.
    pub fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_vec(self).expect("specifications have string keys"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weighted(weights: &[f64]) -> Models {
        let model = |(index, weight): (usize, &f64)| WeightedModel { name: format!("m{index}"), weight: *weight };
        Models::Weighted { models: weights.iter().enumerate().map(model).collect() }
    }

    #[test]
    fn models_are_chosen_by_weight() {
        let models = weighted(&[3.0, 1.0]);
        let first = (1..=4000).filter(|iteration| models.choose(Some(7), *iteration) == "m0").count();
        // Four standard deviations around 3000.
        assert!((2890..3110).contains(&first), "{first}");
        let choices = |seed| (1..=20).map(|iteration| models.choose(seed, iteration)).collect::<Vec<_>>();
        assert_ne!(choices(Some(1)), choices(Some(2)), "each seed has its own choices");
        // A resumed run of another version must choose alike.
        assert_eq!(choices(None).concat(), "m0m0m1m0m0m0m0m0m0m0m1m0m0m0m0m0m0m0m1m0");
    }

    #[test]
    fn one_model_reads_as_before_and_several_have_weights() {
        let spec = |models: &str| -> ModelSpec {
            let json = format!(r#"{{{models},"temperature":0.1,"max_input_tokens":null,"max_output_tokens":9}}"#);
            let spec: ModelSpec = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::from_str::<ModelSpec>(&serde_json::to_string(&spec).unwrap()).unwrap(), spec);
            spec
        };
        assert_eq!(spec(r#""name":"a""#).models, Models::One { name: "a".into() });
        let several = spec(r#""models":[{"name":"a","weight":2},{"name":"b"}]"#);
        assert_eq!(several.models.names().collect::<Vec<_>>(), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn some_model_is_always_chosen(weights in proptest::collection::vec(1e-3..1e3, 1..5), seed: Option<u64>, iteration: u32) {
            let models = weighted(&weights);
            prop_assert!(models.names().any(|name| name == models.choose(seed, iteration)));
        }
    }
}
