//! A model server on loopback that answers from a script and keeps what it was asked.

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What the server does with one request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A reply of the model, streamed.
    Stream(String),
    /// A reply of the model, in one piece.
    Plain(String),
    /// As [`Answer::Plain`], but not before [`ModelServer::open_gate`].
    Gated(String),
    /// A status and a body.
    Status(u16, String),
    /// A status line and headers that promise more than follows, then the end of the connection.
    Drop,
    /// Nothing, with the connection held open until the server ends.
    Hang,
}

#[derive(Default)]
struct Shared {
    requests: Vec<Value>,
    authorizations: Vec<String>,
    /// Connections held open by [`Answer::Hang`].
    held: Vec<TcpStream>,
    gate_is_open: bool,
}

/// A running server; it lives as long as the test's process.
pub struct ModelServer {
    address: SocketAddr,
    shared: Arc<(Mutex<Shared>, Condvar)>,
}

/// The answer to a request, given how many came before it and its body.
type Script = dyn Fn(usize, &Value) -> Answer + Send + Sync;

impl ModelServer {
    /// Starts a server that gives `answers` in order, and after them the last one again and again.
    ///
    /// # Panics
    /// When `answers` is empty or no port can be had.
    pub fn start(answers: Vec<Answer>) -> Self {
        assert!(!answers.is_empty(), "a script needs an answer");
        Self::scripted(move |index, _| answers[index.min(answers.len() - 1)].clone())
    }

    /// Starts a server whose answers follow from what it is asked.
    ///
    /// # Panics
    /// When no port can be had.
    pub fn scripted(script: impl Fn(usize, &Value) -> Answer + Send + Sync + 'static) -> Self {
        let script: Arc<Script> = Arc::new(script);
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let shared = Arc::new((Mutex::default(), Condvar::new()));
        let server = Self { address, shared: Arc::clone(&shared) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, script) = (Arc::clone(&shared), Arc::clone(&script));
                // A client that hangs up in the middle is part of some tests.
                std::thread::spawn(move || drop(serve(stream, &shared, &*script)));
            }
        });
        server
    }

    /// What goes into `--llm-api-base`.
    pub fn api_base(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The bodies of all requests so far.
    pub fn requests(&self) -> Vec<Value> {
        lock(&self.shared.0).requests.clone()
    }

    /// How many requests for the model called `model` have come.
    pub fn count(&self, model: &str) -> usize {
        lock(&self.shared.0).requests.iter().filter(|body| body["model"] == model).count()
    }

    /// The `Authorization` headers of all requests that had one.
    pub fn authorizations(&self) -> Vec<String> {
        lock(&self.shared.0).authorizations.clone()
    }

    /// Lets [`Answer::Gated`] through from now on.
    pub fn open_gate(&self) {
        lock(&self.shared.0).gate_is_open = true;
        self.shared.1.notify_all();
    }

    /// Waits until `count` requests have come.
    pub fn wait_for(&self, count: usize) {
        let mut shared = lock(&self.shared.0);
        while shared.requests.len() < count {
            shared = self.shared.1.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(mut stream: TcpStream, shared: &(Mutex<Shared>, Condvar), script: &Script) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some((authorization, body)) = read_request(&mut reader)? {
        let answer = {
            let mut shared = lock(&shared.0);
            let answer = script(shared.requests.len(), &body);
            shared.authorizations.extend(authorization);
            shared.requests.push(body);
            answer
        };
        shared.1.notify_all();
        match answer {
            Answer::Stream(content) => respond(&mut stream, 200, "text/event-stream", &events(&content))?,
            Answer::Plain(content) => respond(&mut stream, 200, "application/json", &completion(&content))?,
            Answer::Gated(content) => {
                let mut held = lock(&shared.0);
                while !held.gate_is_open {
                    held = shared.1.wait(held).unwrap_or_else(PoisonError::into_inner);
                }
                drop(held);
                respond(&mut stream, 200, "application/json", &completion(&content))?;
            }
            Answer::Status(status, body) => respond(&mut stream, status, "application/json", &body)?,
            Answer::Drop => {
                stream.write_all(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{\"id\"",
                )?;
                return Ok(());
            }
            Answer::Hang => {
                lock(&shared.0).held.push(stream);
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Reads one request and gives its `Authorization` and its JSON body; `None` at the end of the connection.
fn read_request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<(Option<String>, Value)>> {
    let mut length = 0;
    let mut authorization = None;
    let mut first = true;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() && !first {
            break;
        }
        first = false;
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "authorization" => authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((authorization, serde_json::from_slice(&body).unwrap_or(Value::Null))))
}

fn respond(stream: &mut TcpStream, status: u16, kind: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
    // In one piece: the second of two would wait until the first is acknowledged, which takes 40 ms.
    stream.write_all((head + body).as_bytes())
}

fn usage(content: &str) -> Value {
    let completion = content.len() / 4;
    json!({"prompt_tokens": 100, "completion_tokens": completion, "total_tokens": 100 + completion})
}

fn completion(content: &str) -> String {
    json!({
        "id": "1", "object": "chat.completion", "model": "any",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": usage(content),
    })
    .to_string()
}

/// The reply as server-sent events of a few characters each.
fn events(content: &str) -> String {
    let chunk = |delta: Value, finish: Value| json!({"id": "1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    let characters: Vec<char> = content.chars().collect();
    let mut text = String::new();
    for piece in characters.chunks(40) {
        let piece: String = piece.iter().collect();
        text.push_str(&format!("data: {}\n\n", chunk(json!({"content": piece}), Value::Null)));
    }
    text.push_str(&format!("data: {}\n\n", chunk(json!({}), json!("stop"))));
    text.push_str(&format!("data: {}\n\ndata: [DONE]\n\n", json!({"choices": [], "usage": usage(content)})));
    text
}
