//! What a client is made from.

use crate::ApiKey;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// What a [`crate::Client`] is made from.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// The URL below which `/chat/completions` lies, such as `https://api.openai.com/v1`.
    pub api_base: String,
    /// The key, where the provider wants one. It is sent to the host of `api_base` and nowhere
    /// else.
    pub api_key: Option<ApiKey>,
    /// Name of the environment variable that the user is told to set when the key is missing or
    /// refused.
    pub api_key_env: String,
    /// Longest time to the head of a reply, connecting included, and then between two pieces of
    /// it. A reply that is not streamed must be complete by its head, so for such servers this
    /// bounds the whole generation.
    pub request_timeout: Duration,
    /// Longest time from the first request of a call to its reply, all retries and waits included.
    pub total_timeout: Duration,
    /// When a failed request is sent again.
    pub retry: RetrySettings,
    /// Where calls are logged.
    pub logs: LogSettings,
}

impl ClientSettings {
    /// Settings for `api_base` with no key, no logs, and the defaults of the configuration.
    pub fn new(api_base: impl Into<String>) -> Self {
        Self {
            api_base: api_base.into(),
            api_key: None,
            api_key_env: "OPENAI_API_KEY".to_owned(),
            request_timeout: Duration::from_secs(60),
            total_timeout: Duration::from_secs(3600),
            retry: RetrySettings::default(),
            logs: LogSettings::default(),
        }
    }
}

/// When a failed request is sent again: before the n-th retry pass `delay` times
/// `backoff_factor` to the power n-1 (one minute at most, or `delay` where that is longer), plus a
/// random part of `jitter`, and never less than the server asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct RetrySettings {
    /// Requests after the first one; 0 turns retrying off.
    pub max_retries: u32,
    /// Wait before the first retry.
    pub delay: Duration,
    /// What each further wait is multiplied by; at least 1.
    pub backoff_factor: f64,
    /// Most that chance adds to a wait, so that many runs do not come back at once.
    pub jitter: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self { max_retries: 10, delay: Duration::from_secs(2), backoff_factor: 2.0, jitter: Duration::from_millis(500) }
    }
}

/// Where calls are logged, and what their records say beside the call itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSettings {
    /// Where requests and replies are written, one JSON line per attempt.
    pub io: Vec<IoLogSettings>,
    /// Where tokens used are written, one JSON line per call.
    pub usage: Vec<PathBuf>,
    /// Name of the run, where several write to the same logs: the field `run`.
    pub run: Option<String>,
    /// What stands in `iteration_index` instead of the run's own iteration: an outer optimiser's.
    pub iteration_index: Option<IterationIndex>,
}

/// An outer optimiser's name for its iteration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum IterationIndex {
    /// A number, as is usual.
    Number(i64),
    /// Any other text.
    Text(String),
}

impl From<String> for IterationIndex {
    fn from(text: String) -> Self {
        text.trim().parse().map_or(Self::Text(text), Self::Number)
    }
}

/// Where requests and replies are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IoLogSettings {
    /// The file, appended to; its directory must exist.
    pub path: PathBuf,
    /// Whether the key, authorisation headers and the endpoint's host are redacted.
    pub sanitize: bool,
}
