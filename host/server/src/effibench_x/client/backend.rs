//! One backend, and one request to it. It is a stranger: what it answers is bounded and checked.

use super::ClientSettings;
use crate::effibench_x::protocol::{Health, Refusal};
use perfagent_model::ModelError;
use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Most bytes of an answer.
const MAX_ANSWER_BYTES: usize = 128 << 20;
/// Characters of what a backend says that go into a message.
const MAX_SHOWN_CHARS: usize = 300;

/// Where a backend is: an HTTP URL without user, password or query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendUrl(Url);

/// Why a text names no backend; never shows the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a backend is named by an HTTP URL without user, password or query, such as http://127.0.0.1:8000")]
pub struct BackendUrlError;

impl FromStr for BackendUrl {
    type Err = BackendUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text.trim()).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        });
        url.map(Self).ok_or(BackendUrlError)
    }
}

impl std::fmt::Display for BackendUrl {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// Why a backend did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum BackendError {
    #[error("{url} cannot be reached")]
    Unreachable {
        url: BackendUrl,
        #[source]
        source: reqwest::Error,
    },
    #[error("{url} did not answer within {after:?}")]
    Late { url: BackendUrl, after: Duration },
    #[error("{url} answered with status {status}: {detail}")]
    Status { url: BackendUrl, status: StatusCode, detail: String },
    #[error("{url} refuses the program: {detail}")]
    Refused { url: BackendUrl, detail: String },
    #[error("{url} answered nonsense: {what}")]
    Nonsense { url: BackendUrl, what: String },
    #[error("{url} has lost submissions")]
    Lost { url: BackendUrl },
}

impl BackendError {
    /// Whether other backends would say the same.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

/// One backend.
#[derive(Debug)]
pub(super) struct Backend {
    pub(super) url: BackendUrl,
    http: reqwest::Client,
    /// When it failed last, where it has not been well since.
    ill_since: Mutex<Option<Instant>>,
}

impl Backend {
    pub(super) fn new(url: BackendUrl) -> Result<Self, ModelError> {
        let unusable = |error: reqwest::Error| ModelError::Settings(error.to_string());
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(perfagent_model::tls(&url.0)?)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("perfagent/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(unusable)?;
        Ok(Self { url, http, ill_since: Mutex::default() })
    }

    /// Whether it has failed less than `recheck` ago.
    pub(super) fn is_ill(&self, recheck: Duration) -> bool {
        self.lock().is_some_and(|since| since.elapsed() < recheck)
    }

    pub(super) fn falls_ill(&self) {
        *self.lock() = Some(Instant::now());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.ill_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Length of its queue, where it is well.
    pub(super) async fn queue(&self, settings: &ClientSettings) -> Option<u64> {
        let asked: Result<Health, _> = self.ask(self.http.get(self.endpoint("health")), settings.health_timeout).await;
        match asked {
            Ok(health) => {
                *self.lock() = None;
                Some(health.queue_size)
            }
            Err(error) => {
                tracing::warn!("{}", perfagent_agent::chain(&error));
                self.falls_ill();
                None
            }
        }
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        within: Duration,
    ) -> Result<T, BackendError> {
        let body = serde_json::to_vec(body).expect("requests have string keys");
        let request = self.http.post(self.endpoint(path)).header(CONTENT_TYPE, "application/json").body(body);
        self.ask(request, within).await
    }

    fn endpoint(&self, path: &str) -> Url {
        let mut url = self.url.0.clone();
        let path = format!("{}/{path}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder, within: Duration) -> Result<T, BackendError> {
        let late = |_| BackendError::Late { url: self.url.clone(), after: within };
        tokio::time::timeout(within, self.answer(request)).await.map_err(late)?
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, BackendError> {
        let response = request.send().await.map_err(|source| self.unreachable(source))?;
        let status = response.status();
        let body = self.body(response).await?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| self.nonsense(error.to_string()));
        }
        let detail = detail(&body);
        let url = self.url.clone();
        Err(match status {
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
                BackendError::Refused { url, detail }
            }
            _ => BackendError::Status { url, status, detail },
        })
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, BackendError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|source| self.unreachable(source))? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER_BYTES {
                return Err(self.nonsense(format!("more than {} MB", MAX_ANSWER_BYTES >> 20)));
            }
        }
        Ok(body)
    }

    fn unreachable(&self, source: reqwest::Error) -> BackendError {
        BackendError::Unreachable { url: self.url.clone(), source: source.without_url() }
    }

    pub(super) fn nonsense(&self, what: impl Into<String>) -> BackendError {
        BackendError::Nonsense { url: self.url.clone(), what: shown(&what.into()) }
    }
}

/// What a refusal says: its `detail`, or else the beginning of the text.
fn detail(body: &[u8]) -> String {
    let refusal = serde_json::from_slice::<Refusal>(body);
    shown(&refusal.map_or_else(|_| String::from_utf8_lossy(body).into_owned(), |refusal| refusal.detail))
}

/// A stranger's text as it may go into a line of a message.
fn shown(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).take(MAX_SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_checked_and_not_shown() {
        for text in ["http://127.0.0.1:8000", " https://host/below/ ", "http://[::1]:1"] {
            text.parse::<BackendUrl>().unwrap();
        }
        for text in
            ["", "127.0.0.1:8000", "ftp://x", "http://u:secret@x", "http://u@x", "http://x?key=secret", "http://x#a"]
        {
            let error = text.parse::<BackendUrl>().expect_err(text).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        let below = Backend::new("http://host/below/".parse().unwrap()).unwrap();
        assert_eq!(below.endpoint("cancel/7").as_str(), "http://host/below/cancel/7");
        assert_eq!(below.url.to_string(), "http://host/below");
    }

    #[test]
    fn refusals_are_cut() {
        assert_eq!(detail(br#"{"detail": "code:\n none"}"#), "code:  none");
        assert_eq!(detail(&vec![b'x'; 1000]).len(), MAX_SHOWN_CHARS);
        assert_eq!(detail(b"\xff"), "\u{fffd}");
    }
}
