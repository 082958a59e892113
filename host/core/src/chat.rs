//! Messages to and from a language model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions that hold for the whole chat.
    System,
    /// The program's side.
    User,
    /// The model's side.
    Assistant,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// A message of `role`.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }
}

/// What a model is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The model's name at its provider.
    pub model: String,
    /// The chat so far.
    pub messages: Vec<Message>,
    /// Sampling temperature, 0..=2.
    pub temperature: f64,
    /// Most tokens of the reply.
    pub max_output_tokens: u32,
    /// Seed of the model's sampling, where the run has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// Why the model stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// The reply reached `max_output_tokens`.
    Length,
    /// Another reason, in the provider's words.
    Other(String),
    /// The provider did not say.
    Unknown,
}

/// Tokens of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Tokens of the messages.
    pub prompt_tokens: u64,
    /// Tokens of the reply.
    pub completion_tokens: u64,
    /// Both.
    pub total_tokens: u64,
    /// Whether the provider did not say and these are estimates.
    pub estimated: bool,
}

impl Usage {
    /// Tokens of a prompt and a reply.
    pub fn new(prompt_tokens: u64, completion_tokens: u64, estimated: bool) -> Self {
        let total_tokens = prompt_tokens.saturating_add(completion_tokens);
        Self { prompt_tokens, completion_tokens, total_tokens, estimated }
    }

    /// Whether there are none.
    pub fn is_zero(&self) -> bool {
        self.total_tokens == 0
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.prompt_tokens = self.prompt_tokens.saturating_add(more.prompt_tokens);
        self.completion_tokens = self.completion_tokens.saturating_add(more.completion_tokens);
        self.total_tokens = self.total_tokens.saturating_add(more.total_tokens);
        if more.estimated {
            self.estimated = true;
        }
    }
}

/// A model's reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatReply {
    /// The text.
    pub content: String,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// Tokens used.
    pub usage: Usage,
    /// Requests that were sent for it, retries included.
    pub attempts: u32,
    /// Estimated tokens of the replies that broke off before this one came; providers charge for them, too.
    #[serde(default, skip_serializing_if = "Usage::is_zero")]
    pub lost: Usage,
}
