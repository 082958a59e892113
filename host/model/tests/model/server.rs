//! A server that answers from a script, byte for byte, and keeps what it was asked.

use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one request.
pub(crate) enum Answer {
    /// Writes the pieces one by one and closes the connection.
    Pieces(Vec<Vec<u8>>),
    /// Writes this, then nothing, and keeps the connection.
    Hang(Vec<u8>),
    /// Writes the head, then the piece again and again while somebody reads.
    Endless { head: Vec<u8>, piece: Vec<u8> },
}

impl Answer {
    /// An answer in one piece.
    pub(crate) fn whole(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = head(status, &format!("{headers}content-length: {}\r\n", body.len()));
        bytes.extend_from_slice(body);
        Self::Pieces(vec![bytes])
    }

    /// A failure in JSON.
    pub(crate) fn failure(status: u16, headers: &str, message: &str) -> Self {
        Self::whole(status, headers, json!({"error": {"message": message}}).to_string())
    }

    /// A reply that is not streamed.
    pub(crate) fn reply(content: &str) -> Self {
        Self::whole(200, "content-type: application/json\r\n", whole_reply(content))
    }

    /// A streamed reply, every piece sent by itself.
    pub(crate) fn stream(pieces: &[&str]) -> Self {
        let pieces = pieces.iter().map(|piece| piece.as_bytes().to_vec());
        Self::Pieces(std::iter::once(stream_head()).chain(pieces).collect())
    }
}

/// A status line and headers. Each answer ends its connection, so that each request gets its own.
pub(crate) fn head(status: u16, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Whatever\r\nconnection: close\r\n{headers}\r\n").into_bytes()
}

pub(crate) fn stream_head() -> Vec<u8> {
    head(200, "content-type: text/event-stream\r\n")
}

/// The body of a reply that is not streamed.
pub(crate) fn whole_reply(content: &str) -> String {
    json!({
        "choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    })
    .to_string()
}

/// One event of a stream.
pub(crate) fn event(content: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"content": content}}]}))
}

/// The event that ends a reply.
pub(crate) const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

/// The event that ends a stream.
pub(crate) const DONE: &str = "data: [DONE]\n\n";

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Request line and headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// A running server; it ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) api_base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Gives `answers` in order, and then no more connections.
    pub(crate) async fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let api_base = format!("http://{}/v1", listener.local_addr().expect("a bound listener has an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let server = Self { api_base, asked: Arc::clone(&asked) };
        tokio::spawn(async move {
            for answer in answers {
                let (stream, _) = listener.accept().await.expect("the listener stays");
                // A client that hangs up is part of some tests.
                tokio::spawn(serve(stream, answer, Arc::clone(&asked)));
            }
        });
        server
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no holder panics").clone()
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, asked: Arc<Mutex<Vec<Asked>>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let request = read(&mut stream).await?;
    asked.lock().expect("no holder panics").push(request);
    match answer {
        Answer::Pieces(pieces) => {
            for piece in pieces {
                stream.write_all(&piece).await?;
                stream.flush().await?;
                tokio::task::yield_now().await;
            }
            stream.shutdown().await
        }
        Answer::Hang(bytes) => {
            stream.write_all(&bytes).await?;
            // Until the client gives up.
            stream.read_u8().await.map(drop)
        }
        Answer::Endless { head, piece } => {
            stream.write_all(&head).await?;
            loop {
                stream.write_all(&piece).await?;
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> std::io::Result<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        bytes.push(stream.read_u8().await?);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.parse().ok()).expect("a request has a length");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Asked { head, body: serde_json::from_slice(&body).expect("a request is JSON") })
}
