//! Whether the model provider that runs would ask can be reached and takes the key.

use crate::config::{ConfigError, KeySource, Settings};
use crate::failure::Failure;
use crate::surroundings::variable;
use perfagent_core::secret::public_url;
use perfagent_core::spec::Models;
use perfagent_model::{ModelError, Unreached, models};
use serde::Serialize;
use std::time::Duration;

/// Longest wait for an answer; who is to be used for work answers sooner.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is known of the provider.
#[derive(Serialize)]
pub(super) struct Provider {
    /// What came of asking it.
    pub(super) state: State,
    /// Its endpoint, where one is known.
    endpoint: Option<String>,
    /// For people: what it says, what is wrong and what to do.
    pub(super) note: String,
}

/// What came of asking a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// No endpoint and no key.
    NotConfigured,
    /// The settings cannot be used.
    Misconfigured,
    /// It answers and takes the key.
    Reachable,
    /// It answers, but has no list of models, where one would see that it is what runs need.
    Unlisted,
    /// The host's name is not known.
    NameNotFound,
    /// Nothing listens there.
    Refused,
    /// Its certificate is not to be trusted.
    Certificate,
    /// It did not answer in time.
    Silent,
    /// It does not take the key.
    KeyRefused,
    /// It answers, but not as it should.
    Unfit,
}

impl State {
    /// Whether a run would fail for it.
    pub(super) fn is_bad(self) -> bool {
        !matches!(self, Self::Reachable | Self::Unlisted | Self::NotConfigured)
    }
}

impl From<Unreached> for State {
    fn from(why: Unreached) -> Self {
        match why {
            Unreached::NameNotFound => Self::NameNotFound,
            Unreached::Refused => Self::Refused,
            Unreached::Certificate => Self::Certificate,
            Unreached::Silent => Self::Silent,
            Unreached::Key => Self::KeyRefused,
            Unreached::Other => Self::Unfit,
        }
    }
}

impl Provider {
    /// Asks the provider in `settings` for its models. Without an endpoint or a key nothing is sent.
    pub(super) async fn ask(settings: &Settings) -> Self {
        let mut client = match settings.model.client(&variable) {
            Ok(client) => client,
            Err(ConfigError::NoKey { variable }) if matches!(settings.model.key, KeySource::Customary) => {
                let note = format!("not configured: set {variable}, or model.api_base in the configuration");
                return Self { state: State::NotConfigured, endpoint: None, note };
            }
            Err(error) => {
                let note = Failure::from(error).message;
                return Self { state: State::Misconfigured, endpoint: None, note };
            }
        };
        client.request_timeout = client.request_timeout.min(PATIENCE);
        let endpoint = Some(public_url(&client.api_base));
        let keyless = if client.api_key.is_none() { ", without a key" } else { "" };
        // The time of a request is per piece of its answer, of which there may be many.
        let late = ModelError::Timeout { endpoint: endpoint.clone().unwrap_or_default(), silence: PATIENCE };
        match tokio::time::timeout(PATIENCE, models(client)).await.unwrap_or(Err(late)) {
            Ok(Some(listed)) => {
                let note = format!("answers{keyless}; {}", told(&listed, settings));
                Self { state: State::Reachable, endpoint, note }
            }
            Ok(None) => {
                let note = "answers, but knows no path /models below it, so neither path nor key could be checked: \
                            some providers have no such list; of others model.api_base is wrong (most end in /v1)";
                Self { state: State::Unlisted, endpoint, note: note.to_owned() }
            }
            // What the settings hold in place of an endpoint may be anything.
            Err(error @ ModelError::Settings(_)) => {
                Self { state: State::Misconfigured, endpoint: None, note: Failure::from(error).message }
            }
            Err(error) => Self { state: Unreached::of(&error).into(), endpoint, note: Failure::from(error).message },
        }
    }
}

impl Provider {
    /// A line for people.
    pub(super) fn text(&self) -> String {
        let mark = match self.state {
            State::NotConfigured => "–",
            State::Unlisted => "!",
            state if state.is_bad() => "✗",
            _ => "✓",
        };
        match &self.endpoint {
            // Failures name it themselves.
            Some(endpoint) if matches!(self.state, State::Reachable | State::Unlisted) => {
                format!("{mark} {endpoint} {}", self.note)
            }
            _ => format!("{mark} {}", self.note),
        }
    }
}

/// What the list of models says of those that runs would ask.
fn told(listed: &[String], settings: &Settings) -> String {
    let wanted = settings.model.models.iter().flat_map(Models::names);
    let missing: Vec<&str> = wanted.filter(|name| !listed.iter().any(|one| one == name)).collect();
    let count = listed.len();
    match missing.as_slice() {
        [] => format!("it lists {count} models"),
        missing => format!("{} is not among the {count} models that it lists", missing.join(", ")),
    }
}
