//! A server that answers as a test says.

use perfagent_registry::Reference;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `GET` and so on.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// The header `Host`.
    pub(crate) host: String,
    /// The header `Authorization`.
    pub(crate) authorization: Option<String>,
}

/// How the server answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    end: End,
}

/// What follows a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Nothing: it is whole.
    Whole,
    /// The same again and again, for ever.
    Endless,
    /// Silence.
    Silence,
    /// The same again and again, so slowly that silence is never long.
    Drip,
}

impl Answer {
    /// A whole body.
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into(), end: End::Whole }
    }

    /// An empty body.
    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::ok("") }
    }

    /// The same with a body.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The same with a header.
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A body that never ends.
    pub(crate) fn endless(body: impl Into<Vec<u8>>) -> Self {
        Self { end: End::Endless, ..Self::ok(body) }
    }

    /// A body after which nothing comes, nor an end.
    pub(crate) fn silent(body: impl Into<Vec<u8>>) -> Self {
        Self { end: End::Silence, ..Self::ok(body) }
    }

    /// A body that never ends, slowly.
    pub(crate) fn drip(body: impl Into<Vec<u8>>) -> Self {
        Self { end: End::Drip, ..Self::ok(body) }
    }
}

/// A registry on this machine. It ends with its test.
pub(crate) struct Registry {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Registry {
    /// A registry that answers as `answer` says.
    pub(crate) async fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&asked), Arc::new(answer));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                tokio::spawn(async move {
                    // Whoever goes away in the middle wants no more.
                    let _ = serve(stream, &seen, &*answer).await;
                });
            }
        });
        Self { port, asked, task }
    }

    /// Its address.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A reference to something in it.
    pub(crate) fn reference(&self, rest: &str) -> Reference {
        format!("{}/{rest}", self.address()).parse().unwrap()
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(
    stream: TcpStream,
    seen: &Mutex<Vec<Asked>>,
    answer: &(dyn Fn(&Asked) -> Answer + Send + Sync),
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == "\r\n" {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let header = |name: &str| {
        lines.iter().filter_map(|line| line.split_once(": ")).find(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    let length = header("content-length").and_then(|(_, length)| length.parse().ok()).unwrap_or(0);
    stream.read_exact(&mut vec![0; length]).await?;
    let mut words = lines.first().map(String::as_str).unwrap_or_default().split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let asked = Asked {
        method: word(),
        path: word(),
        host: header("host").map(|(_, value)| value.to_owned()).unwrap_or_default(),
        authorization: header("authorization").map(|(_, value)| value.to_owned()),
    };
    seen.lock().unwrap().push(asked.clone());
    let Answer { status, headers, body, end } = answer(&asked);
    let mut head = format!("HTTP/1.1 {status} x\r\nconnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if end == End::Whole {
        head += &format!("content-length: {}\r\n", body.len());
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await?;
    if asked.method != "HEAD" {
        stream.write_all(&body).await?;
    }
    stream.flush().await?;
    match end {
        End::Whole => Ok(()),
        End::Silence => std::future::pending().await,
        End::Endless => loop {
            stream.write_all(&body).await?;
        },
        End::Drip => loop {
            tokio::time::sleep(crate::LIMITS.silence / 3).await;
            stream.write_all(&body).await?;
            stream.flush().await?;
        },
    }
}
