//! What a chat server answers: whole replies, and streams of their pieces.

use crate::ApiKey;
use perfagent_core::chat::{ChatReply, ChatRequest, FinishReason, Usage};
use serde::Deserialize;
use serde_json::Value;

/// Characters per token, about, for providers that do not count.
const CHARACTERS_PER_TOKEN: u64 = 4;

/// A reply as it comes in, or an error that the server put in its place.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    content: String,
    finish_reason: Option<String>,
    usage: Option<Usage>,
    /// Whether there was any choice at all.
    chosen: bool,
    /// Whether the stream said that it is over.
    pub(crate) done: bool,
}

/// What a server says instead of replying.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An error object.
    Server {
        /// Its status, where it names one.
        status: Option<u16>,
        /// What it says, as it says it.
        message: String,
    },
    /// The beginning of something.
    Torn,
    /// Something that is not a piece of a reply, as it came.
    Rubbish(String),
}

#[derive(Deserialize)]
struct Piece {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Value,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: Option<u64>,
    #[serde(default)]
    message: Option<WireMessage>,
    #[serde(default)]
    delta: Option<WireMessage>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct WireMessage {
    #[serde(default)]
    content: Value,
}

impl Draft {
    /// Takes in a whole reply, or a piece of a stream.
    pub(crate) fn add(&mut self, json: &str) -> Result<(), Fault> {
        if json.trim() == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let piece: Piece = serde_json::from_str(json)
            .map_err(|error| if error.is_eof() { Fault::Torn } else { Fault::Rubbish(format!("{error}: {json}")) })?;
        if let Some(error) = piece.error.filter(|error| !error.is_null()) {
            return Err(server_fault(&error));
        }
        if piece.choices.is_none() && piece.usage.is_null() {
            return Err(Fault::Rubbish(json.to_owned()));
        }
        self.usage = counted(&piece.usage).or(self.usage);
        for choice in piece.choices.into_iter().flatten().filter(|choice| choice.index.unwrap_or(0) == 0) {
            self.chosen = true;
            if let Some(message) = choice.message.or(choice.delta) {
                append_text(&mut self.content, &message.content);
            }
            self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        }
        Ok(())
    }

    /// Tokens of the reply to `request` as far as it came; none where nothing of a reply did.
    pub(crate) fn usage_so_far(&self, request: &ChatRequest) -> Usage {
        if self.chosen { self.usage.unwrap_or_else(|| estimate(request, &self.content)) } else { Usage::default() }
    }

    /// Takes `key` out of every text that came.
    pub(crate) fn redact(&mut self, key: &ApiKey) {
        self.content = key.redact(&self.content);
        self.finish_reason = self.finish_reason.take().map(|reason| key.redact(&reason));
    }

    /// The reply to `request`, or what is missing.
    pub(crate) fn finish(&mut self, request: &ChatRequest, attempts: u32, streamed: bool) -> Result<ChatReply, String> {
        if !self.chosen {
            return Err("it holds no choice".to_owned());
        }
        if streamed && !self.done && self.finish_reason.is_none() {
            return Err("the stream ended before the reply did".to_owned());
        }
        let usage = self.usage_so_far(request);
        let finish_reason = match self.finish_reason.as_deref() {
            Some("stop") => FinishReason::Stop,
            Some("length" | "max_tokens") => FinishReason::Length,
            Some(other) => FinishReason::Other(shown(other)),
            None => FinishReason::Unknown,
        };
        let content = std::mem::take(&mut self.content);
        Ok(ChatReply { content, finish_reason, usage, attempts, lost: Usage::default() })
    }
}

/// Content is a text, or a list of parts of which some are texts.
fn append_text(content: &mut String, value: &Value) {
    match value {
        Value::String(text) => content.push_str(text),
        Value::Array(parts) => {
            for text in parts.iter().filter_map(|part| part["text"].as_str()) {
                content.push_str(text);
            }
        }
        _ => {}
    }
}

/// What a server counted; `None` where it did not, for some send zeros or nulls.
fn counted(usage: &Value) -> Option<Usage> {
    let tokens = |name: &str| usage[name].as_u64().unwrap_or(0);
    let (prompt_tokens, completion_tokens) = (tokens("prompt_tokens"), tokens("completion_tokens"));
    let both = prompt_tokens.saturating_add(completion_tokens);
    let total_tokens = tokens("total_tokens").max(both);
    (both > 0).then_some(Usage { prompt_tokens, completion_tokens, total_tokens, estimated: false })
}

/// What a request and the `content` of its reply cost, about.
pub(crate) fn estimate(request: &ChatRequest, content: &str) -> Usage {
    let tokens = |characters: u64| characters.div_ceil(CHARACTERS_PER_TOKEN);
    let prompt_tokens = tokens(request.messages.iter().map(|message| message.content.chars().count() as u64).sum());
    let completion_tokens = tokens(content.chars().count() as u64);
    Usage::new(prompt_tokens, completion_tokens, true)
}

fn server_fault(error: &Value) -> Fault {
    let status = [&error["code"], &error["status"]].into_iter().find_map(Value::as_u64);
    let status = status.and_then(|status| u16::try_from(status).ok()).filter(|status| (400..600).contains(status));
    Fault::Server { status, message: message_of(error) }
}

/// What an error object says.
fn message_of(error: &Value) -> String {
    let text = error["message"].as_str().or(error.as_str());
    text.map_or_else(|| error.to_string(), str::to_owned)
}

/// What the body of a failed request says, as it says it.
pub(crate) fn failure_message(body: &str) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(value) => match &value["error"] {
            Value::Null => message_of(&value),
            error => message_of(error),
        },
        Err(_) => body.to_owned(),
    }
}

/// A stranger's text on one line, without control characters, cut.
pub(crate) fn shown(text: &str) -> String {
    const CHARACTERS: usize = 300;
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<_> = clean.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.is_empty() => "nothing".to_owned(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request() -> ChatRequest {
        ChatRequest { model: "m".into(), messages: Vec::new(), temperature: 0.0, max_output_tokens: 1, seed: None }
    }

    #[test]
    fn reads_whole_replies_and_parts() {
        let mut draft = Draft::default();
        draft
            .add(r#"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"image"},{"text":"b"}]},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#)
            .unwrap();
        let reply = draft.finish(&request(), 2, false).unwrap();
        assert_eq!((reply.content.as_str(), reply.finish_reason, reply.attempts), ("ab", FinishReason::Length, 2));
        assert_eq!(reply.usage, Usage { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7, estimated: false });
    }

    #[test]
    fn tells_errors_and_rubbish() {
        let fault = |json: &str| Draft::default().add(json).unwrap_err();
        let server = |status, message: &str| Fault::Server { status, message: message.into() };
        assert_eq!(fault(r#"{"error":{"code":429,"message":"slow\ndown"}}"#), server(Some(429), "slow\ndown"));
        assert_eq!(fault(r#"{"error":"no"}"#), server(None, "no"));
        assert!(matches!(fault("<html>"), Fault::Rubbish(_)));
        assert!(matches!(fault("{}"), Fault::Rubbish(_)));
        assert_eq!(failure_message(r#"{"error":{"message":"x"}}"#), "x");
        assert_eq!(fault(r#"{"choices":[{"mess"#), Fault::Torn);
    }

    #[test]
    fn shows_texts_of_strangers_on_one_short_line() {
        assert_eq!(shown(" \u{1b}[31mred\r\nblue"), "[31mred blue");
        assert_eq!(shown("\n"), "nothing");
        assert_eq!(shown(&"ä".repeat(301)), format!("{}…", "ä".repeat(300)));
    }

    #[test]
    fn counts_only_what_can_be_believed() {
        let usage = |usage: &str| {
            let mut draft = Draft::default();
            draft.add(&format!(r#"{{"choices":[{{"message":{{"content":"12345"}}}}],"usage":{usage}}}"#)).unwrap();
            draft.finish(&request(), 1, false).unwrap().usage
        };
        let estimated = Usage { prompt_tokens: 0, completion_tokens: 2, total_tokens: 2, estimated: true };
        for useless in ["null", "{}", r#"{"prompt_tokens":null}"#, r#"{"prompt_tokens":0,"completion_tokens":0}"#, "7"]
        {
            assert_eq!(usage(useless), estimated, "{useless}");
        }
        let most = u64::MAX;
        let absurd = usage(&format!(r#"{{"prompt_tokens":{most},"completion_tokens":{most}}}"#));
        assert_eq!((absurd.total_tokens, absurd.estimated), (most, false));
    }

    #[test]
    fn a_stream_must_end() {
        let mut draft = Draft::default();
        draft.add(r#"{"choices":[{"delta":{"content":"a"}}]}"#).unwrap();
        assert!(draft.finish(&request(), 1, true).unwrap_err().contains("ended before"));
        assert!(Draft::default().finish(&request(), 1, false).unwrap_err().contains("no choice"));
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = Draft::default().add(&text);
            shown(&text);
        }
    }
}
