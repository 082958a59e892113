//! What servers and networks do wrong.

use crate::server::{Answer, DONE, STOP, Server, event, head, stream_head, whole_reply};
use crate::{ask, chain, settings};
use perfagent_model::ModelError;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Asks a server with these answers; the error must have come with as many requests.
async fn fails(answers: Vec<Answer>) -> ModelError {
    let expected = answers.len();
    let server = Server::start(answers).await;
    let error = ask(settings(&server.api_base)).await.expect_err("no answer is a reply");
    assert_eq!(server.asked().len(), expected, "{error}");
    error
}

/// Asks a server that fails once in this way; the second request must be answered.
async fn recovers(first: Answer) {
    let server = Server::start(vec![first, Answer::reply("fine")]).await;
    let reply = ask(settings(&server.api_base)).await.expect("the second answer is a reply");
    assert_eq!((reply.content.as_str(), reply.attempts), ("fine", 2));
    let asked = server.asked();
    assert_eq!(asked[0].body, asked[1].body);
}

#[tokio::test]
async fn asks_again_when_that_may_help() {
    for status in [408, 409, 425, 429, 500, 502, 503, 529] {
        recovers(Answer::failure(status, "", "busy")).await;
    }
}

#[tokio::test]
async fn asks_again_after_replies_that_break_off() {
    // No head, half a head, half a body.
    recovers(Answer::Pieces(Vec::new())).await;
    recovers(Answer::Pieces(vec![b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()])).await;
    let body = whole_reply("half");
    let half = &body[..body.len() / 2];
    recovers(Answer::Pieces(vec![head(200, "content-length: 500\r\n"), half.into()])).await;
    recovers(Answer::Pieces(vec![head(200, ""), half.into()])).await;
    // Streams that lack their end, with and without a break of the transfer.
    recovers(Answer::stream(&[&event("half")])).await;
    recovers(Answer::stream(&[&event("half"), "data: {\"choices\":[{\"del"])).await;
    let chunked = head(200, "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n");
    let chunk = event("half");
    recovers(Answer::Pieces(vec![chunked, format!("{:x}\r\n{chunk}\r\n", chunk.len()).into()])).await;
    // No choice.
    recovers(Answer::whole(200, "", r#"{"choices":[]}"#)).await;
    recovers(Answer::stream(&[DONE])).await;
    // A failure that comes in a stream.
    recovers(Answer::stream(&[&event("half"), "data: {\"error\":{\"code\":503,\"message\":\"overloaded\"}}\n\n"]))
        .await;
}

#[tokio::test]
async fn a_stream_without_its_last_event_is_whole_when_the_reply_is() {
    let server = Server::start(vec![Answer::stream(&[&event("all"), STOP])]).await;
    assert_eq!(ask(settings(&server.api_base)).await.unwrap().content, "all");
}

#[tokio::test]
async fn gives_up_after_the_last_retry() {
    let answers = (0..4).map(|_| Answer::failure(503, "", "over\u{1b}loaded\nnow")).collect();
    let error = fails(answers).await;
    assert!(matches!(error, ModelError::GaveUp { attempts: 4, .. }), "{error:?}");
    assert!(chain(&error).ends_with("answered 503: over loaded now"), "{}", chain(&error));
}

#[tokio::test]
async fn does_not_ask_again_in_vain() {
    for (status, hint) in [
        (400, Some("model.max_output_tokens")),
        (401, Some("OPENAI_API_KEY")),
        (403, Some("OPENAI_API_KEY")),
        (404, Some("model.api_base")),
        (413, Some("model.max_input_tokens")),
        (422, Some("model.name")),
    ] {
        let error = fails(vec![Answer::failure(status, "", "no such thing")]).await;
        assert!(error.to_string().ends_with(&format!("answered {status}: no such thing")), "{error}");
        match (hint, error.hint()) {
            (Some(part), Some(hint)) => assert!(hint.contains(part), "{hint}"),
            (expected, hint) => assert_eq!(expected, hint.as_deref()),
        }
    }
}

#[tokio::test]
async fn waits_as_long_as_the_server_asks() {
    let asked = Duration::from_millis(150);
    let server =
        Server::start(vec![Answer::failure(429, "retry-after: 0.15\r\n", "slow down"), Answer::reply("fine")]).await;
    let start = Instant::now();
    ask(settings(&server.api_base)).await.unwrap();
    // A lower bound holds on every machine.
    assert!(start.elapsed() >= asked);
    recovers(Answer::failure(503, "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n", "over by now")).await;
}

#[tokio::test]
async fn does_not_wait_for_ever() {
    for asked in ["86400", "1e300", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let error = fails(vec![Answer::failure(429, &format!("retry-after: {asked}\r\n"), "come back later")]).await;
        assert!(matches!(error, ModelError::Busy { status: 429, .. }), "{error:?}");
        assert!(error.hint().is_some());
    }
}

#[tokio::test]
async fn a_silent_server_is_a_timeout() {
    let silent = [Vec::new(), head(200, "content-length: 9\r\n"), [stream_head(), event("a").into()].concat()];
    for bytes in silent {
        let server = Server::start(vec![Answer::Hang(bytes.clone()), Answer::Hang(bytes)]).await;
        let mut settings = settings(&server.api_base);
        settings.request_timeout = Duration::from_millis(100);
        settings.retry.max_retries = 1;
        let error = ask(settings).await.unwrap_err();
        let ModelError::GaveUp { attempts: 2, last } = &error else { panic!("{error:?}") };
        assert!(matches!(**last, ModelError::Timeout { .. }), "{last:?}");
        assert!(error.hint().unwrap().contains("--llm-timeout"));
    }
}

#[tokio::test]
async fn nobody_listening_is_told_with_what_would_help() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = ask(settings(&format!("http://{address}/v1"))).await.unwrap_err();
    assert!(matches!(error, ModelError::GaveUp { attempts: 4, .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("is a server running at"), "{:?}", error.hint());
}

#[tokio::test]
async fn rubbish_is_told_from_replies() {
    for (body, part) in [
        ("<html><title>Welcome</title></html>", "<html><title>Welcome</title></html>"),
        (r#"{"status":"ok"}"#, r#"{"status":"ok"}"#),
        (r#"{"choices":[{"message":"hi"}]}"#, "invalid type"),
    ] {
        let error = fails(vec![Answer::whole(200, "", body)]).await;
        assert!(matches!(error, ModelError::Protocol { .. }), "{error:?}");
        assert!(error.to_string().contains(part), "{error}");
    }
    let error = fails(vec![Answer::stream(&["data: hello\n\n"])]).await;
    assert!(matches!(error, ModelError::Protocol { .. }), "{error:?}");
}

#[tokio::test]
async fn a_page_in_place_of_a_refusal_keeps_its_status() {
    let page = format!("<html>{}</html>", "x".repeat(1000));
    let error = fails(vec![Answer::whole(404, "content-type: text/html\r\n", page)]).await;
    assert!(matches!(error, ModelError::Status { status: 404, .. }), "{error:?}");
    assert!(error.to_string().len() < 500, "{error}");
    let endless = Answer::Endless { head: head(403, ""), piece: vec![b'x'; 1 << 16] };
    assert!(matches!(fails(vec![endless]).await, ModelError::Status { status: 403, .. }));
    let torn = Answer::Pieces(vec![head(401, "content-length: 99\r\n"), b"no".to_vec()]);
    assert!(matches!(fails(vec![torn]).await, ModelError::Status { status: 401, .. }));
}

#[tokio::test]
async fn endless_replies_are_refused_at_the_bound() {
    let piece = vec![b'x'; 1 << 20];
    let plain = Answer::Endless { head: head(200, "content-length: 104857600\r\n"), piece: piece.clone() };
    let line = Answer::Endless { head: stream_head(), piece };
    let events = Answer::Endless { head: stream_head(), piece: event(&"y".repeat(1 << 16)).into() };
    for endless in [plain, line, events] {
        let error = fails(vec![endless]).await;
        assert!(matches!(error, ModelError::Protocol { .. }), "{error:?}");
        assert!(error.to_string().contains("more than 32 MB"), "{error}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Server::start(vec![Answer::reply("stolen")]).await;
    for status in [301, 302, 307, 308] {
        let location = format!("location: {}\r\n", elsewhere.api_base);
        let error = fails(vec![Answer::whole(status, &location, "")]).await;
        assert!(matches!(error, ModelError::Status { .. }), "{error:?}");
        assert!(error.hint().unwrap().contains("not followed"));
    }
    assert!(elsewhere.asked().is_empty());
}

#[test]
fn unfit_settings_are_refused() {
    for (api_base, part) in [
        ("", "must be a URL"),
        ("localhost:8000/v1", "not an HTTP one"),
        ("ftp://example.org/v1", "not an HTTP one"),
        ("ftp://user:word@example.org/v1", "user or password"),
        ("https://user:word@example.org/v1", "user or password"),
    ] {
        let error = perfagent_model::Client::new(settings(api_base)).unwrap_err().to_string();
        assert!(error.contains(part) && !error.contains("word@"), "{error}");
    }
}
