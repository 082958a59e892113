//! Logs of calls: JSON, one line each, for people and for outer optimisers.

use crate::key::REDACTED;
use crate::settings::{IoLogSettings, IterationIndex, LogSettings};
use crate::{ApiKey, CallContext, ModelError};
use perfagent_core::chat::{ChatReply, ChatRequest, Usage};
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What both logs call the caller.
const CONTEXT: &str = "perfagent.optimize";

/// The open logs of one client.
#[derive(Debug)]
pub(crate) struct Logs {
    io: Vec<IoLog>,
    usage: Vec<Mutex<File>>,
    run: Option<String>,
    iteration_index: Option<IterationIndex>,
}

#[derive(Debug)]
struct IoLog {
    file: Mutex<File>,
    /// What must not be seen in it; `None`: everything may.
    secrets: Option<Secrets>,
}

#[derive(Debug)]
struct Secrets {
    key: Option<ApiKey>,
    host: String,
}

impl Secrets {
    fn redact(&self, text: &str) -> String {
        let text = self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.redact(text));
        if self.host.is_empty() { text } else { text.replace(&self.host, REDACTED) }
    }
}

impl Logs {
    /// Opens logs. What must not be seen in them is the `key` and the endpoint's `host`.
    pub(crate) fn open(settings: &LogSettings, key: Option<&ApiKey>, host: &str) -> Result<Self, ModelError> {
        let LogSettings { io, usage, run, iteration_index } = settings;
        let io = io.iter().map(|IoLogSettings { path, sanitize }| {
            let secrets = sanitize.then(|| Secrets { key: key.cloned(), host: host.to_owned() });
            Ok(IoLog { file: open(path)?, secrets })
        });
        let usage = usage.iter().map(|path| open(path));
        Ok(Self {
            io: io.collect::<Result<_, ModelError>>()?,
            usage: usage.collect::<Result<_, _>>()?,
            run: run.clone(),
            iteration_index: iteration_index.clone(),
        })
    }

    /// `line` with what all records have.
    fn complete(&self, mut line: Value, context: CallContext) -> Value {
        line["iteration_index"] = match &self.iteration_index {
            Some(index) => json!(index),
            None => context.iteration.into(),
        };
        if let Some(run) = &self.run {
            line["run"] = run.as_str().into();
        }
        line
    }

    /// Notes one attempt.
    pub(crate) fn attempt(
        &self,
        request: &ChatRequest,
        context: CallContext,
        attempt: u32,
        outcome: &Result<ChatReply, ModelError>,
    ) {
        if self.io.is_empty() {
            return;
        }
        let (response, usage) = match outcome {
            Ok(reply) => (Value::from(reply.content.as_str()), usage(&reply.usage)),
            Err(error) => (json!({"error": error.to_string()}), Value::Null),
        };
        let line = json!({
            "ts": now(),
            "context": CONTEXT,
            "model": request.model,
            "temperature": request.temperature,
            "max_tokens": request.max_output_tokens,
            "attempt_index": attempt,
            "messages": request.messages,
            "response": response,
            "usage": usage,
        });
        let line = self.complete(line, context);
        for log in &self.io {
            let mut line = line.clone();
            if let Some(secrets) = &log.secrets {
                redact(&mut line, secrets);
            }
            append(&log.file, &line);
        }
    }

    /// Notes the tokens of one call.
    pub(crate) fn call(&self, request: &ChatRequest, context: CallContext, reply: &ChatReply) {
        let characters: usize = request.messages.iter().map(|message| message.content.chars().count()).sum();
        let line = json!({
            "ts": now(),
            "context": CONTEXT,
            "model": request.model,
            "prompt_tokens": reply.usage.prompt_tokens,
            "completion_tokens": reply.usage.completion_tokens,
            "total_tokens": reply.usage.total_tokens,
            "estimated": reply.usage.estimated,
            "messages_chars": characters,
        });
        let line = self.complete(line, context);
        for file in &self.usage {
            append(file, &line);
        }
    }
}

fn usage(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "estimated": usage.estimated,
    })
}

fn redact(value: &mut Value, secrets: &Secrets) {
    match value {
        Value::String(text) => *text = secrets.redact(text),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, secrets)),
        Value::Object(map) => map.values_mut().for_each(|item| redact(item, secrets)),
        _ => {}
    }
}

fn open(path: &Path) -> Result<Mutex<File>, ModelError> {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.map(Mutex::new).map_err(|source| ModelError::Log { path: path.to_owned(), source })
}

/// Appends a line. A log that cannot be written must not cost a reply that is paid for.
fn append(file: &Mutex<File>, line: &Value) {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
        tracing::warn!("a log of model calls cannot be written: {error}");
    }
}

fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).expect("the current time has an RFC 3339 form")
}
