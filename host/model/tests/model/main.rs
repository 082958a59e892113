//! The client against a scripted server on loopback, and cassettes of it.

mod budgets;
mod cassettes;
mod crowd;
mod faults;
mod logs;
mod replies;
mod secrets;
mod server;

use perfagent_core::chat::{ChatReply, ChatRequest, Message, Role};
use perfagent_model::budget::Charge;
use perfagent_model::{CallContext, Client, ClientSettings, Model, ModelError, RetrySettings};
use std::time::Duration;

/// The context of most calls.
const FIRST: CallContext = CallContext { iteration: 1 };

fn request(text: &str) -> ChatRequest {
    ChatRequest {
        model: "some-model".into(),
        messages: vec![Message::new(Role::System, "be brief"), Message::new(Role::User, text)],
        temperature: 0.5,
        max_output_tokens: 100,
        seed: None,
    }
}

/// Settings that ask again at once, three times at most.
fn settings(api_base: &str) -> ClientSettings {
    let retry =
        RetrySettings { max_retries: 3, delay: Duration::from_millis(1), backoff_factor: 1.0, jitter: Duration::ZERO };
    ClientSettings { retry, ..ClientSettings::new(api_base) }
}

fn live(settings: ClientSettings) -> Model {
    Model::live(Client::new(settings).expect("the settings are fit"))
}

async fn ask(settings: ClientSettings) -> Result<ChatReply, ModelError> {
    live(settings).complete(&request("hello"), FIRST, &mut Charge::default()).await
}

/// An error with its causes, as a user sees it.
fn chain(error: &ModelError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
