//! Many calls at once against a server that keeps connections, counts what it works on, and injects faults.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use crate::server::{STOP, event, whole_reply};
use crate::{FIRST, live, request, settings};
use futures_util::future::join_all;
use perfagent_model::budget::Charge;
use perfagent_model::{ClientSettings, RetrySettings};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server makes of requests.
#[derive(Clone, Copy)]
enum Temper {
    /// Replies to each.
    Even,
    /// Refuses what is more than this many at once.
    Narrow(usize),
    /// Fails on the first two requests of each text in some way that the text chooses.
    Moody,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    at_once: usize,
    most_at_once: usize,
    refused: usize,
    by_text: HashMap<String, usize>,
}

struct Crowd {
    api_base: String,
    seen: Arc<Mutex<Seen>>,
}

impl Crowd {
    async fn start(temper: Temper) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api_base = format!("http://{}/v1", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let crowd = Self { api_base, seen: Arc::clone(&seen) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, temper, Arc::clone(&seen)));
            }
        });
        crowd
    }
}

async fn serve(stream: TcpStream, temper: Temper, seen: Arc<Mutex<Seen>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(text) = read(&mut stream).await? {
        let (before, at_once) = {
            let mut seen = seen.lock().unwrap();
            seen.at_once += 1;
            seen.most_at_once = seen.most_at_once.max(seen.at_once);
            let count = seen.by_text.entry(text.clone()).or_default();
            *count += 1;
            (*count - 1, seen.at_once)
        };
        let bytes = match temper {
            Temper::Narrow(most) if at_once > most => {
                seen.lock().unwrap().refused += 1;
                whole(429, r#"{"error":{"message":"too many"}}"#)
            }
            Temper::Moody if before < 2 => fault(text.len() + before),
            _ => {
                tokio::time::sleep(Duration::from_millis(2)).await;
                whole(200, &whole_reply(&text))
            }
        };
        seen.lock().unwrap().at_once -= 1;
        stream.write_all(&bytes).await?;
        if matches!(temper, Temper::Moody) && before < 2 {
            return stream.shutdown().await;
        }
    }
    Ok(())
}

/// The text of the next request's last message.
async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    Ok(body["messages"][1]["content"].as_str().map(str::to_owned))
}

fn whole(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into()
}

/// One of the ways in which a server fails and may do better later.
fn fault(number: usize) -> Vec<u8> {
    let stream = |events: &str| {
        let head = "HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        format!("{head}{events}").into_bytes()
    };
    match number % 8 {
        0 => Vec::new(),
        1 => whole(503, "overloaded"),
        2 => whole(429, "{}"),
        3 => whole(200, r#"{"choices":[]}"#),
        4 => whole(200, r#"{"choices":[{"mess"#),
        5 => stream(&event("half of it")),
        6 => stream("data: {\"error\":{\"code\":502,\"message\":\"bad gateway\"}}\n\n"),
        _ => b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec(),
    }
}

fn patient(api_base: &str) -> ClientSettings {
    let retry = RetrySettings { max_retries: 50, jitter: Duration::from_millis(3), ..settings(api_base).retry };
    ClientSettings { retry, ..settings(api_base) }
}

/// Asks `count` different things at once; each must get its own reply.
async fn ask_all(settings: ClientSettings, count: usize) {
    let model = live(settings);
    let call = async |number: usize| {
        let text = format!("{number}:{}", "x".repeat(number % 8));
        let reply = model.clone().complete(&request(&text), FIRST, &mut Charge::default()).await.unwrap();
        assert_eq!(reply.content, text);
    };
    join_all((0..count).map(call)).await;
}

#[tokio::test]
async fn connections_are_used_again() {
    let crowd = Crowd::start(Temper::Even).await;
    let model = live(settings(&crowd.api_base));
    for _ in 0..20 {
        model.complete(&request("again"), FIRST, &mut Charge::default()).await.unwrap();
    }
    assert_eq!(crowd.seen.lock().unwrap().connections, 1);
}

#[tokio::test]
async fn a_streamed_connection_is_used_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api_base = format!("http://{}/v1", listener.local_addr().unwrap());
    // One connection only: a second one would never be answered.
    tokio::spawn(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap().0);
        while read(&mut stream).await.unwrap().is_some() {
            let body = [event("hi"), STOP.to_owned(), "data: [DONE]\n\n".to_owned()].concat();
            let head = "HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
            let chunk = format!("{head}{:x}\r\n{body}\r\n", body.len());
            stream.write_all(chunk.as_bytes()).await.unwrap();
            // The end comes by itself.
            stream.flush().await.unwrap();
            tokio::task::yield_now().await;
            stream.write_all(b"0\r\n\r\n").await.unwrap();
        }
    });
    let mut settings = settings(&api_base);
    settings.request_timeout = Duration::from_secs(20);
    let model = live(settings);
    for _ in 0..3 {
        assert_eq!(model.complete(&request("a"), FIRST, &mut Charge::default()).await.unwrap().content, "hi");
    }
}

#[tokio::test]
async fn a_server_that_takes_few_at_once_gets_few() {
    let crowd = Crowd::start(Temper::Narrow(3)).await;
    ask_all(patient(&crowd.api_base), 300).await;
    let seen = crowd.seen.lock().unwrap();
    assert!(seen.most_at_once <= 20, "{} at once", seen.most_at_once);
    // All 300 at once would be refused again and again.
    assert!(seen.refused < 300, "{} were refused", seen.refused);
}

#[tokio::test]
async fn a_server_that_takes_many_at_once_gets_more_and_more() {
    let crowd = Crowd::start(Temper::Even).await;
    ask_all(settings(&crowd.api_base), 300).await;
    let seen = crowd.seen.lock().unwrap();
    assert!(seen.most_at_once > 8, "never more than {}", seen.most_at_once);
}

#[tokio::test]
async fn whatever_fails_each_call_gets_its_own_reply() {
    let crowd = Crowd::start(Temper::Moody).await;
    ask_all(patient(&crowd.api_base), 100).await;
    let seen = crowd.seen.lock().unwrap();
    assert!(seen.by_text.values().all(|count| *count == 3), "{:?}", seen.by_text);
}
