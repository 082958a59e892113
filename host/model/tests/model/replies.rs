//! Replies that arrive, however they are sent.

use crate::server::{Answer, DONE, STOP, Server, event, stream_head, whole_reply};
use crate::{FIRST, ask, live, request, settings};
use flate2::Compression;
use flate2::write::GzEncoder;
use perfagent_core::chat::{FinishReason, Usage};
use perfagent_model::budget::Charge;
use serde_json::json;
use std::io::Write as _;

#[tokio::test]
async fn asks_for_a_stream_and_takes_one_with_its_usage() {
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\"total_tokens\":7}}\n\n";
    let pieces = [": wait\n\n", &event("Hel"), &event("lo"), STOP, usage, DONE];
    let server = Server::start(vec![Answer::stream(&pieces)]).await;
    let reply = ask(settings(&server.api_base)).await.unwrap();
    assert_eq!((reply.content.as_str(), &reply.finish_reason, reply.attempts), ("Hello", &FinishReason::Stop, 1));
    assert_eq!(reply.usage, Usage { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7, estimated: false });
    let asked = server.asked();
    assert!(asked[0].head.starts_with("post /v1/chat/completions http/1.1\r\n"), "{}", asked[0].head);
    assert!(!asked[0].head.contains("authorization"), "no key, no header");
    assert_eq!(
        asked[0].body,
        json!({
            "model": "some-model",
            "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}],
            "temperature": 0.5,
            "max_tokens": 100,
            "stream": true,
            "stream_options": {"include_usage": true},
        })
    );
}

#[tokio::test]
async fn takes_a_stream_byte_by_byte() {
    let text = [event("grüße, "), event("世界"), STOP.to_owned(), DONE.to_owned()].concat().replace('\n', "\r\n");
    let bytes = text.bytes().map(|byte| vec![byte]);
    let pieces = std::iter::once(stream_head()).chain(bytes).collect();
    let server = Server::start(vec![Answer::Pieces(pieces)]).await;
    assert_eq!(ask(settings(&server.api_base)).await.unwrap().content, "grüße, 世界");
}

#[tokio::test]
async fn takes_a_reply_that_is_not_streamed() {
    let server = Server::start(vec![Answer::reply("whole")]).await;
    let reply = ask(settings(&server.api_base)).await.unwrap();
    assert_eq!((reply.content.as_str(), reply.usage.total_tokens), ("whole", 18));
}

#[tokio::test]
async fn leaves_reasoning_out_and_estimates_missing_usage() {
    let body = json!({"choices": [
        {"message": {"content": null, "reasoning_content": "hm"}, "finish_reason": "length"},
        {"index": 1, "message": {"content": "another"}},
    ]});
    let server = Server::start(vec![Answer::whole(200, "", body.to_string())]).await;
    let reply = ask(settings(&server.api_base)).await.unwrap();
    assert_eq!((reply.content.as_str(), &reply.finish_reason), ("", &FinishReason::Length));
    // 13 characters of messages, 4 to a token.
    assert_eq!(reply.usage, Usage { prompt_tokens: 4, completion_tokens: 0, total_tokens: 4, estimated: true });
}

#[tokio::test]
async fn unpacks_gzip() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(whole_reply("unpacked").as_bytes()).unwrap();
    let server = Server::start(vec![Answer::whole(200, "content-encoding: gzip\r\n", packed.finish().unwrap())]).await;
    assert_eq!(ask(settings(&server.api_base)).await.unwrap().content, "unpacked");
    assert!(server.asked()[0].head.contains("accept-encoding: gzip"));
}

#[tokio::test]
async fn goes_on_streaming_when_a_refusal_speaks_of_other_things() {
    let server = Server::start(vec![
        Answer::failure(400, "", "the upstream provider refuses max_tokens"),
        Answer::failure(422, "", "downstreams are down"),
        Answer::reply("fine"),
    ])
    .await;
    let model = live(settings(&server.api_base));
    for _ in 0..2 {
        model.complete(&request("a"), FIRST, &mut Charge::default()).await.unwrap_err();
    }
    model.complete(&request("b"), FIRST, &mut Charge::default()).await.unwrap();
    assert!(server.asked().iter().all(|asked| asked.body["stream"] == true));
}

#[tokio::test]
async fn remembers_what_a_server_does_not_take() {
    let server = Server::start(vec![
        Answer::failure(400, "", "unknown field stream_options"),
        Answer::failure(400, "", "use max_completion_tokens, not max_tokens"),
        Answer::reply("one"),
        Answer::reply("two"),
    ])
    .await;
    let model = live(settings(&server.api_base));
    assert_eq!(
        model.complete(&request("a"), FIRST, &mut Charge::default()).await.unwrap().attempts,
        1,
        "adapting is not retrying"
    );
    assert_eq!(model.complete(&request("b"), FIRST, &mut Charge::default()).await.unwrap().content, "two");
    let bodies: Vec<_> = server.asked().into_iter().map(|asked| asked.body).collect();
    let keys = ["stream", "stream_options", "max_tokens", "max_completion_tokens"];
    let sent: Vec<Vec<_>> = bodies.iter().map(|body| keys.map(|key| !body[key].is_null()).to_vec()).collect();
    assert_eq!(
        sent,
        [
            [true, true, true, false],
            [false, false, true, false],
            [false, false, false, true],
            [false, false, false, true]
        ]
    );
}
