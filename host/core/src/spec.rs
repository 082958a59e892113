//! What a run is to do, as plain data: it can be compared (resume), queued and shipped. It names
//! plugin and instance by digest and holds no secret, no endpoint and no open handle.

use crate::chat::{ChatRequest, Message};
use crate::digest::Digest;
use crate::isolation::Strictness;
use crate::task::PromptContext;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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

/// The model and how it is asked; how it is reached is not part of a run's identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSpec {
    /// The model's name at its provider.
    pub name: String,
    /// Sampling temperature, 0..=2.
    pub temperature: f64,
    /// Most tokens of the messages; `None`: unbounded.
    pub max_input_tokens: Option<u32>,
    /// Most tokens of a reply.
    pub max_output_tokens: u32,
}

impl ModelSpec {
    /// The request that sends `messages`.
    pub fn request(&self, messages: Vec<Message>) -> ChatRequest {
        ChatRequest {
            model: self.name.clone(),
            messages,
            temperature: self.temperature,
            max_output_tokens: self.max_output_tokens,
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
    /// What names the request: equal ones have the same digest.
    pub fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_vec(self).expect("specifications have string keys"))
    }
}
