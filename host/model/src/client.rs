//! Asks a server.

use crate::logs::Logs;
use crate::reply::{Draft, Fault, failure_message, shown};
use crate::retry::{LONGEST_ASKED, is_worth_another, retry_after};
use crate::sse::Events;
use crate::{CallContext, ClientSettings, ModelError};
use perfagent_core::chat::{ChatReply, ChatRequest};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt as _;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use time::OffsetDateTime;

/// Most bytes of a reply.
const MAX_REPLY_BYTES: usize = 32 << 20;

/// Bytes of a refusal that are read; its message is shorter.
const MAX_REFUSAL_BYTES: usize = 64 << 10;

/// Asks an OpenAI-compatible server.
#[derive(Debug)]
pub struct Client {
    settings: ClientSettings,
    http: reqwest::Client,
    url: Url,
    logs: Logs,
    dialect: Dialect,
}

/// What this server does not take, found out when it refused.
#[derive(Debug, Default)]
struct Dialect {
    /// It does not stream.
    no_streams: AtomicBool,
    /// It calls `max_tokens` `max_completion_tokens`.
    completion_tokens: AtomicBool,
}

/// A failed attempt, and how long the server asks to wait.
struct Failed {
    error: ModelError,
    wait: Option<Duration>,
}

impl From<ModelError> for Failed {
    fn from(error: ModelError) -> Self {
        Self { error, wait: None }
    }
}

impl Client {
    /// A client for `settings`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ModelError::Settings`] when `api_base` is no HTTP URL or the key cannot be sent,
    /// [`ModelError::Log`] when a log cannot be opened.
    pub fn new(settings: ClientSettings) -> Result<Self, ModelError> {
        let url = endpoint(&settings.api_base)?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(&url)?)
            .default_headers(headers(&settings)?)
            // A key must not leave its host.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("perfagent/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| ModelError::Settings(error.to_string()))?;
        let logs = Logs::open(&settings, url.host_str().unwrap_or_default())?;
        Ok(Self { settings, http, url, logs, dialect: Dialect::default() })
    }

    pub(crate) async fn complete(&self, request: &ChatRequest, context: CallContext) -> Result<ChatReply, ModelError> {
        let mut attempt = 1;
        loop {
            let (outcome, asked) = match self.attempt(request, attempt).await {
                Ok(reply) => (Ok(reply), None),
                Err(Failed { error, wait }) => (Err(error), wait),
            };
            self.logs.attempt(request, context, attempt, &outcome);
            let error = match outcome {
                Ok(reply) => {
                    self.logs.call(request, context, &reply);
                    return Ok(reply);
                }
                Err(error) => error,
            };
            if !is_worth_another(&error) {
                return Err(error);
            }
            if attempt > self.settings.retry.max_retries {
                return Err(match attempt {
                    1 => error,
                    attempts => ModelError::GaveUp { attempts, last: Box::new(error) },
                });
            }
            let wait = self.wait(attempt, asked, &error)?;
            tracing::warn!("attempt {attempt} failed: {error}; the next follows in {wait:?}");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    fn wait(&self, attempt: u32, asked: Option<Duration>, error: &ModelError) -> Result<Duration, ModelError> {
        let own = self.settings.retry.wait(attempt);
        match (asked, error) {
            (Some(wait), ModelError::Status { status, .. }) if wait > LONGEST_ASKED => {
                Err(ModelError::Busy { endpoint: self.shown(), status: *status, wait, longest: LONGEST_ASKED })
            }
            (asked, _) => Ok(own.max(asked.unwrap_or_default())),
        }
    }

    async fn attempt(&self, request: &ChatRequest, attempt: u32) -> Result<ChatReply, Failed> {
        loop {
            let body = self.body(request);
            let response = self.send(body.clone()).await?;
            let status = response.status();
            if status.is_success() {
                return Ok(self.receive(response, request, attempt).await?);
            }
            let failed = self.refused(response).await;
            if status == StatusCode::BAD_REQUEST || status == StatusCode::UNPROCESSABLE_ENTITY {
                self.adapt(&failed.error);
            }
            // Another call may have learnt the same meanwhile, so what counts is what would be sent.
            if self.body(request) == body {
                return Err(failed);
            }
        }
    }

    /// Learns from a refusal what the server does not take.
    fn adapt(&self, error: &ModelError) {
        let ModelError::Status { message, .. } = error else { return };
        if message.contains("max_completion_tokens") {
            self.dialect.completion_tokens.store(true, Ordering::Relaxed);
        } else if message.contains("stream") {
            self.dialect.no_streams.store(true, Ordering::Relaxed);
        }
    }

    async fn send(&self, body: String) -> Result<Response, ModelError> {
        let sending = self.http.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        self.in_time(sending.send()).await?.map_err(|error| self.transport(error))
    }

    fn body(&self, request: &ChatRequest) -> String {
        let mut body = json!({
            "model": request.model,
            "messages": request.messages,
            "temperature": request.temperature,
        });
        let renamed = self.dialect.completion_tokens.load(Ordering::Relaxed);
        body[if renamed { "max_completion_tokens" } else { "max_tokens" }] = Value::from(request.max_output_tokens);
        if !self.dialect.no_streams.load(Ordering::Relaxed) {
            body["stream"] = Value::from(true);
            body["stream_options"] = json!({"include_usage": true});
        }
        body.to_string()
    }

    /// Reads a reply, in one piece or streamed.
    async fn receive(
        &self,
        mut response: Response,
        request: &ChatRequest,
        attempt: u32,
    ) -> Result<ChatReply, ModelError> {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let mut draft = Draft::default();
        let streamed = kind.starts_with("text/event-stream");
        if streamed {
            self.stream(&mut response, &mut draft).await?;
        } else {
            let body = self.body_text(&mut response).await?;
            draft.add(&body).map_err(|fault| self.fault(fault))?;
        }
        draft.finish(request, attempt, streamed).map_err(|what| ModelError::Incomplete { endpoint: self.shown(), what })
    }

    async fn stream(&self, response: &mut Response, draft: &mut Draft) -> Result<(), ModelError> {
        let mut events = Events::default();
        let mut received = 0;
        while let Some(chunk) = self.in_time(response.chunk()).await?.map_err(|error| self.transport(error))? {
            received += chunk.len();
            self.bounded(received)?;
            let mut fault = None;
            events.feed(&chunk, |data| fault = fault.take().or_else(|| draft.add(&data).err()));
            if let Some(fault) = fault {
                return Err(self.fault(fault));
            }
            if draft.done {
                return Ok(());
            }
        }
        let mut fault = None;
        events.finish(|data| fault = draft.add(&data).err());
        fault.map_or(Ok(()), |fault| Err(self.fault(fault)))
    }

    async fn body_text(&self, response: &mut Response) -> Result<String, ModelError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.in_time(response.chunk()).await?.map_err(|error| self.transport(error))? {
            body.extend_from_slice(&chunk);
            self.bounded(body.len())?;
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    fn bounded(&self, received: usize) -> Result<(), ModelError> {
        if received <= MAX_REPLY_BYTES {
            return Ok(());
        }
        let what = format!("a reply of more than {} MB", MAX_REPLY_BYTES >> 20);
        Err(ModelError::Protocol { endpoint: self.shown(), what })
    }

    async fn refused(&self, mut response: Response) -> Failed {
        let status = response.status();
        let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = asked.and_then(|value| retry_after(value, OffsetDateTime::now_utc()));
        let message = failure_message(&self.refusal_text(&mut response).await);
        Failed { error: self.status(status.as_u16(), &message), wait }
    }

    /// What can be had of a refusal's body: the status says enough where it is long or breaks off.
    async fn refusal_text(&self, response: &mut Response) -> String {
        let mut body = Vec::new();
        while body.len() < MAX_REFUSAL_BYTES {
            let Ok(Ok(Some(chunk))) = self.in_time(response.chunk()).await else { break };
            body.extend_from_slice(&chunk);
        }
        String::from_utf8_lossy(&body).into_owned()
    }

    fn fault(&self, fault: Fault) -> ModelError {
        match fault {
            Fault::Server { status, message } => self.status(status.unwrap_or(500), &message),
            Fault::Torn => ModelError::Incomplete { endpoint: self.shown(), what: "it breaks off".to_owned() },
            Fault::Rubbish(what) => ModelError::Protocol { endpoint: self.shown(), what: self.safe(&what) },
        }
    }

    fn status(&self, status: u16, message: &str) -> ModelError {
        let hint = match status {
            401 | 403 if self.settings.api_key.is_none() => {
                Some(format!("set the provider's key in the environment variable {}", self.settings.api_key_env))
            }
            401 | 403 => Some(format!("check the key in {} and what it may use", self.settings.api_key_env)),
            402 => Some("the provider wants to be paid first".to_owned()),
            404 => Some(
                "check model.name (--model) and model.api_base (--llm-api-base), which usually ends in /v1".to_owned(),
            ),
            300..=399 => {
                Some("redirects are not followed; give the final URL in model.api_base (--llm-api-base)".to_owned())
            }
            429 => Some("the provider limits requests; fewer at a time or a larger model.retry_delay help".to_owned()),
            _ => None,
        };
        ModelError::Status { endpoint: self.shown(), status, message: self.safe(message), hint }
    }

    fn transport(&self, error: reqwest::Error) -> ModelError {
        let connecting = error.is_connect();
        ModelError::Transport { endpoint: self.shown(), connecting, source: Box::new(error.without_url()) }
    }

    async fn in_time<F: Future>(&self, work: F) -> Result<F::Output, ModelError> {
        let silence = self.settings.request_timeout;
        let timeout = |_| ModelError::Timeout { endpoint: self.shown(), silence };
        tokio::time::timeout(silence, work).await.map_err(timeout)
    }

    /// The endpoint as errors name it.
    fn shown(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        shown(url.as_str())
    }

    /// What a server said, without the key, which some servers repeat: it goes before the text is
    /// cut, for a part of it would not be recognised.
    fn safe(&self, text: &str) -> String {
        self.settings.api_key.as_ref().map_or_else(|| shown(text), |key| shown(&key.redact(text)))
    }
}

fn endpoint(api_base: &str) -> Result<Url, ModelError> {
    let unfit = |why: &str| {
        ModelError::Settings(format!(
            "model.api_base must be a URL such as http://127.0.0.1:8000/v1; {} {why}",
            shown(api_base)
        ))
    };
    let mut url = Url::parse(api_base.trim()).map_err(|error| unfit(&format!("is none: {error}")))?;
    // First, so that no other message shows them.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ModelError::Settings("model.api_base must not hold a user or password".to_owned()));
    }
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(unfit("is not an HTTP one"));
    }
    let path = format!("{}/chat/completions", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

fn headers(settings: &ClientSettings) -> Result<HeaderMap, ModelError> {
    let mut headers = HeaderMap::new();
    if let Some(key) = settings.api_key.as_ref().filter(|key| !key.is_empty()) {
        let value = HeaderValue::from_str(&format!("Bearer {}", key.expose()));
        let mut value = value.map_err(|_| {
            ModelError::Settings(format!("the key in {} holds characters that no key has", settings.api_key_env))
        })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

/// TLS for requests to `url`. Certificates are checked as this machine does; plain connections need none.
///
/// # Errors
/// [`ModelError::Settings`] when the machine's certificates cannot be used.
pub fn tls(url: &Url) -> Result<rustls::ClientConfig, ModelError> {
    let unusable = |error: rustls::Error| ModelError::Settings(format!("TLS cannot be set up: {error}"));
    let builder = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
    let builder = if url.scheme() == "https" {
        builder.with_platform_verifier().map_err(unusable)?
    } else {
        builder.with_root_certificates(rustls::RootCertStore::empty())
    };
    Ok(builder.with_no_client_auth())
}
