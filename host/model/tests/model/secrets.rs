//! The key reaches its server and nothing else.

use crate::server::{Answer, Server, event};
use crate::{FIRST, ask, chain, request, settings};
use perfagent_core::chat::FinishReason;
use perfagent_model::budget::Charge;
use perfagent_model::{ApiKey, Client, IoLogSettings, Model};
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex};

const KEY: &str = "sk-very-secret-0123456789abcdef";

/// Where the log goes.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no holder panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Ways of servers to show the key to whoever asks.
fn indiscreet() -> Vec<Answer> {
    let said = format!("key {KEY} is wrong");
    // Where the message is cut, half a key would be left.
    let at_the_cut = format!("{}{KEY}", "x".repeat(290));
    vec![
        Answer::failure(401, "", &said),
        Answer::failure(403, "", &at_the_cut),
        Answer::whole(400, "", &at_the_cut),
        Answer::whole(200, "", &said),
        Answer::whole(200, "", &at_the_cut),
        Answer::whole(200, "", format!(r#"{{"detail":"{at_the_cut}"}}"#)),
        Answer::whole(302, &format!("location: http://127.0.0.1:9/?key={KEY}\r\n"), ""),
        Answer::stream(&[&event("a"), &format!("data: {{\"error\":{{\"code\":400,\"message\":\"{said}\"}}}}\n\n")]),
        Answer::stream(&[&event("a"), &format!("data: {at_the_cut}\n\n")]),
        Answer::whole(200, "retry-after: x\r\ncontent-encoding: gzip\r\n", KEY),
    ]
}

#[tokio::test]
async fn the_key_is_seen_by_its_server_only() {
    let log = Captured::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // For all threads: what one without a subscriber meets first is deaf to the subscriber of another.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut answers = indiscreet();
    let calls = answers.len();
    // The last one is asked for again, in vain.
    answers.push(Answer::Pieces(Vec::new()));
    let server = Server::start(answers).await;
    let mut settings = settings(&server.api_base);
    settings.retry.max_retries = 1;
    settings.api_key = Some(ApiKey::new(KEY));
    settings.logs.io = vec![IoLogSettings { path: directory.path().join("io.jsonl"), sanitize: true }];
    settings.logs.usage = vec![directory.path().join("usage.jsonl")];
    let mut seen = format!("{settings:?} {settings:#?}");
    let cassette = directory.path().join("cassette.jsonl");
    let model = Model::record(Client::new(settings).unwrap(), &cassette).unwrap();
    seen += &format!("{model:?} {model:#?}");
    for call in 0..calls {
        let error =
            model.complete(&request("hello"), FIRST, &mut Charge::default()).await.expect_err(&format!("call {call}"));
        seen += &format!("{error:?} {error:#?} {} {:?}\n", chain(&error), error.hint());
    }
    for file in ["io.jsonl", "usage.jsonl", "cassette.jsonl"] {
        seen += &std::fs::read_to_string(directory.path().join(file)).unwrap();
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("attempt 1 failed"), "the log is captured: {log}");
    seen += &log;
    let part = &KEY[..10];
    let shown = seen.find(part).map(|at| &seen[at.saturating_sub(200)..at]);
    assert_eq!(shown, None, "what stands before the key");
    for asked in server.asked() {
        assert!(asked.head.contains(&format!("authorization: bearer {KEY}\r\n")), "{}", asked.head);
    }
}

#[tokio::test]
async fn a_reply_that_repeats_the_key_is_told_without_it() {
    // Where the reason is cut, half a key would be left.
    let reason = format!("{}{KEY}", "x".repeat(290));
    let body = json!({"choices": [{"message": {"content": format!("use {KEY}")}, "finish_reason": reason}]});
    let server = Server::start(vec![Answer::whole(200, "content-type: application/json\r\n", body.to_string())]).await;
    let mut settings = settings(&server.api_base);
    settings.api_key = Some(ApiKey::new(KEY));
    let reply = ask(settings).await.unwrap();
    assert_eq!(reply.content, "use [redacted]");
    assert!(matches!(reply.finish_reason, FinishReason::Other(_)) && !format!("{reply:?}").contains(&KEY[..5]));
}

#[test]
fn a_key_that_no_header_takes_is_refused_without_showing_it() {
    let mut settings = settings("http://127.0.0.1:9/v1");
    settings.api_key = Some(ApiKey::new("sk-first\nsk-second"));
    let error = Client::new(settings).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("OPENAI_API_KEY") && !shown.contains("sk-"), "{shown}");
}
