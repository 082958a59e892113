//! Logs of calls.

use crate::server::{Answer, Server};
use crate::{live, request, settings};
use perfagent_model::budget::Charge;
use perfagent_model::{ApiKey, CallContext, IoLogSettings, ModelError};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The lines of a log, their times checked and taken out.
fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("the log is there");
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("lines are JSON")).collect();
    for line in &mut lines {
        let time = line.as_object_mut().and_then(|line| line.remove("ts"));
        let time = time.as_ref().and_then(Value::as_str).expect("each line has a time");
        OffsetDateTime::parse(time, &Rfc3339).expect("times are in RFC 3339");
    }
    lines
}

#[tokio::test]
async fn hold_every_attempt_and_every_call() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let server = Server::start(vec![Answer::failure(500, "", "oops"), Answer::reply("fine")]).await;
    let mut settings = settings(&server.api_base);
    settings.logs.io = vec![
        IoLogSettings { path: path("io.jsonl"), sanitize: false },
        IoLogSettings { path: path("clean.jsonl"), sanitize: true },
    ];
    settings.logs.usage = vec![path("usage.jsonl"), path("usage-2.jsonl")];
    live(settings).complete(&request("hello"), CallContext { iteration: 3 }, &mut Charge::default()).await.unwrap();

    let line = |attempt: u32, response: Value, usage: Value| {
        json!({
            "context": "perfagent.optimize",
            "model": "some-model",
            "temperature": 0.5,
            "max_tokens": 100,
            "attempt_index": attempt,
            "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}],
            "response": response,
            "usage": usage,
            "iteration_index": 3,
        })
    };
    let usage = json!({"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18, "estimated": false});
    let failed = |endpoint: &str| json!({"error": format!("{endpoint}/chat/completions answered 500: oops")});
    let expected = |endpoint: &str| [line(1, failed(endpoint), Value::Null), line(2, "fine".into(), usage.clone())];
    assert_eq!(lines(&path("io.jsonl")), expected(&server.api_base));
    assert_eq!(lines(&path("clean.jsonl")), expected(&server.api_base.replace("127.0.0.1", "[redacted]")));

    let mut used = usage;
    let more = json!({
        "context": "perfagent.optimize",
        "model": "some-model",
        "messages_chars": 13,
        "iteration_index": 3,
    });
    used.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(lines(&path("usage.jsonl")), [used.clone()]);
    assert_eq!(lines(&path("usage-2.jsonl")), [used]);
}

#[tokio::test]
async fn are_clean_of_keys_that_a_model_repeats() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("io.jsonl");
    let server = Server::start(vec![Answer::reply("your key is sk-test-0123456789, keep it")]).await;
    let mut settings = settings(&server.api_base);
    settings.api_key = Some(ApiKey::new("sk-test-0123456789"));
    settings.logs.io = vec![IoLogSettings { path: path.clone(), sanitize: true }];
    live(settings)
        .complete(&request("what is sk-test-0123456789?"), CallContext { iteration: 1 }, &mut Charge::default())
        .await
        .unwrap();
    let line = &lines(&path)[0];
    assert_eq!(line["response"], "your key is [redacted], keep it");
    assert_eq!(line["messages"][1]["content"], "what is [redacted]?");
}

#[test]
fn must_be_writable_from_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings("http://127.0.0.1:9/v1");
    settings.logs.usage = vec![directory.path().join("missing/usage.jsonl")];
    let error = perfagent_model::Client::new(settings).unwrap_err();
    assert!(matches!(error, ModelError::Log { .. }), "{error:?}");
}
