//! Asks a server.

mod probe;

pub use probe::{Unreached, models};

use crate::budget::{Charge, reserved};
use crate::connection::{endpoint, headers, stage, tls};
use crate::limiter::{Limiter, Slot};
use crate::logs::Logs;
use crate::reply::{Draft, Fault, estimate, failure_message, shown};
use crate::retry::{LONGEST_ASKED, is_overload, is_worth_another, retry_after};
use crate::sse::Events;
use crate::{CallContext, ClientSettings, LogSettings, ModelError};
use perfagent_core::chat::{ChatReply, ChatRequest, Usage};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::{Instant, timeout, timeout_at};

/// Most bytes of a reply.
const MAX_REPLY_BYTES: usize = 32 << 20;

/// Longest wait for the end of a stream whose reply is complete.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Bytes of a refusal that are read; its message is shorter.
const MAX_REFUSAL_BYTES: usize = 64 << 10;

/// Asks an OpenAI-compatible server. Clones share its connections, what is known of it, and how many requests
/// it gets at once.
#[derive(Clone, Debug)]
pub struct Client {
    provider: Arc<Provider>,
    logs: Arc<Logs>,
}

#[derive(Debug)]
struct Provider {
    settings: ClientSettings,
    http: reqwest::Client,
    url: Url,
    dialect: Dialect,
    limiter: Limiter,
}

/// What this server does not take, found out when it refused.
#[derive(Debug, Default)]
struct Dialect {
    /// It does not stream.
    no_streams: AtomicBool,
    /// It calls `max_tokens` `max_completion_tokens`.
    completion_tokens: AtomicBool,
}

/// A failed attempt.
struct Failed {
    error: ModelError,
    /// How long the server asks to wait.
    wait: Option<Duration>,
    /// What it cost all the same, estimated.
    lost: Usage,
}

impl Failed {
    fn of_reply(error: ModelError, lost: Usage) -> Self {
        Self { error, wait: None, lost }
    }
}

impl From<ModelError> for Failed {
    fn from(error: ModelError) -> Self {
        Self::of_reply(error, Usage::default())
    }
}

/// One call under way.
struct Call<'a> {
    request: &'a ChatRequest,
    charge: &'a mut Charge,
    attempt: u32,
    /// When its time is up; set with the first request, for waiting in line is not the server's doing.
    deadline: Option<Instant>,
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
        let provider = Provider { settings, http, url, dialect: Dialect::default(), limiter: Limiter::default() };
        let logs = provider.open_logs(&provider.settings.logs)?;
        Ok(Self { provider: Arc::new(provider), logs: Arc::new(logs) })
    }

    /// The same client with other logs.
    ///
    /// # Errors
    /// [`ModelError::Log`] when a log cannot be opened.
    pub fn with_logs(&self, logs: &LogSettings) -> Result<Self, ModelError> {
        let logs = self.provider.open_logs(logs)?;
        Ok(Self { provider: Arc::clone(&self.provider), logs: Arc::new(logs) })
    }

    pub(crate) async fn complete(
        &self,
        request: &ChatRequest,
        context: CallContext,
        charge: &mut Charge,
    ) -> Result<ChatReply, ModelError> {
        let mut call = Call { request, charge, attempt: 1, deadline: None };
        loop {
            let attempted = self.provider.attempt_in_turn(&mut call).await;
            let (outcome, failed) = match attempted {
                Ok(mut reply) => {
                    call.charge.settle(reply.usage);
                    reply.lost = call.charge.lost();
                    (Ok(reply), None)
                }
                Err(Failed { error, wait, lost }) => (Err(error), Some((wait, lost))),
            };
            self.logs.attempt(request, context, call.attempt, &outcome);
            let (error, (wait, lost)) = match (outcome, failed) {
                (Ok(reply), _) => {
                    self.logs.call(request, context, &reply);
                    return Ok(reply);
                }
                (Err(error), failed) => (error, failed.unwrap_or_default()),
            };
            let affordable = call.charge.failed(lost);
            let wait = self.provider.wait(&call, wait, error)?;
            affordable?;
            tokio::time::sleep(wait).await;
            call.attempt += 1;
        }
    }
}

impl Provider {
    fn open_logs(&self, logs: &LogSettings) -> Result<Logs, ModelError> {
        Logs::open(logs, self.settings.api_key.as_ref(), self.url.host_str().unwrap_or_default())
    }

    /// How long to wait before the next attempt, or why there is none after `error`.
    fn wait(&self, call: &Call<'_>, asked: Option<Duration>, error: ModelError) -> Result<Duration, ModelError> {
        let attempts = call.attempt;
        if !is_worth_another(&error) {
            return Err(error);
        }
        if attempts > self.settings.retry.max_retries {
            return Err(match attempts {
                1 => error,
                attempts => ModelError::GaveUp { attempts, last: Box::new(error) },
            });
        }
        if let (Some(wait), ModelError::Status { status, .. }) = (asked, &error)
            && wait > LONGEST_ASKED
        {
            return Err(ModelError::Busy { endpoint: self.shown(), status: *status, wait, longest: LONGEST_ASKED });
        }
        let wait = self.settings.retry.wait(attempts).max(asked.unwrap_or_default());
        let next = Instant::now() + wait;
        if call.deadline.is_some_and(|deadline| next >= deadline) {
            return Err(self.out_of_time(attempts, Some(error)));
        }
        call.charge.check_time(next)?;
        tracing::warn!("attempt {attempts} failed: {error}; the next follows in {wait:?}");
        Ok(wait)
    }

    fn out_of_time(&self, attempts: u32, last: Option<ModelError>) -> ModelError {
        let total = self.settings.total_timeout;
        ModelError::Deadline { endpoint: self.shown(), total, attempts, last: last.map(Box::new) }
    }

    /// One attempt, when the provider may get one more request and while there is time.
    async fn attempt_in_turn(&self, call: &mut Call<'_>) -> Result<ChatReply, Failed> {
        let attempt = call.attempt;
        let slot = self.slot(call).await?;
        let deadline = *call.deadline.get_or_insert_with(|| Instant::now() + self.settings.total_timeout);
        call.charge.sent();
        let outcome = match timeout_at(deadline, self.attempt(call.request, attempt, &slot)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failed::of_reply(self.out_of_time(attempt, None), estimate(call.request, ""))),
        };
        match &outcome {
            Ok(_) => slot.succeeded(),
            Err(Failed { error, wait, .. }) if is_overload(error) => slot.overloaded(*wait),
            Err(_) => {}
        }
        outcome
    }

    /// Waits for the right to send a request, as long as the budget's and the call's time allow.
    async fn slot(&self, call: &Call<'_>) -> Result<Slot<'_>, ModelError> {
        let slot = self.limiter.slot(reserved(call.request).total_tokens);
        let budgeted = call.charge.deadline();
        let Some(deadline) = call.deadline.into_iter().chain(budgeted).min() else { return Ok(slot.await) };
        match timeout_at(deadline, slot).await {
            Ok(slot) => {
                call.charge.check_time(Instant::now())?;
                Ok(slot)
            }
            Err(_) => {
                call.charge.check_time(Instant::now())?;
                Err(self.out_of_time(call.attempt - 1, None))
            }
        }
    }

    async fn attempt(&self, request: &ChatRequest, attempt: u32, slot: &Slot<'_>) -> Result<ChatReply, Failed> {
        loop {
            let body = self.body(request);
            let response = self.send(body.clone()).await.map_err(|error| {
                // Whoever does not stream may have worked on the reply all the time.
                let worked = matches!(error, ModelError::Timeout { .. });
                Failed::of_reply(error, if worked { estimate(request, "") } else { Usage::default() })
            })?;
            slot.heard(response.headers());
            let status = response.status();
            if status.is_success() {
                return self.receive(response, request, attempt).await;
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
        } else if speaks_of_streams(message) {
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
        if let Some(seed) = request.seed {
            body["seed"] = Value::from(seed);
        }
        if !self.dialect.no_streams.load(Ordering::Relaxed) {
            body["stream"] = Value::from(true);
            body["stream_options"] = json!({"include_usage": true});
        }
        body.to_string()
    }

    /// Reads a reply, in one piece or streamed.
    async fn receive(&self, mut response: Response, request: &ChatRequest, attempt: u32) -> Result<ChatReply, Failed> {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let streamed = kind.starts_with("text/event-stream");
        let mut draft = Draft::default();
        let read = self.read(&mut response, streamed, &mut draft).await;
        let finished = read.and_then(|()| {
            let incomplete = |what| ModelError::Incomplete { endpoint: self.shown(), what };
            // A provider that repeats the key must not bring it into files and prompts.
            if let Some(key) = &self.settings.api_key {
                draft.redact(key);
            }
            draft.finish(request, attempt, streamed).map_err(incomplete)
        });
        finished.map_err(|error| Failed::of_reply(error, draft.usage_so_far(request)))
    }

    async fn read(&self, response: &mut Response, streamed: bool, draft: &mut Draft) -> Result<(), ModelError> {
        if streamed {
            return self.stream(response, draft).await;
        }
        let body = self.body_text(response).await?;
        draft.add(&body).map_err(|fault| self.fault(fault))
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
                // Read to its end, a connection can be used again.
                let _ = timeout(LAST_WORDS, response.chunk()).await;
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
        Failed { wait, ..Failed::from(self.status(status.as_u16(), &message)) }
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
            400 | 413 | 422 => Some(
                "the provider does not take such a request: check model.name, model.max_input_tokens and \
                 model.max_output_tokens against what it allows"
                    .to_owned(),
            ),
            _ => None,
        };
        ModelError::Status { endpoint: self.shown(), status, message: self.safe(message), hint }
    }

    fn transport(&self, error: reqwest::Error) -> ModelError {
        let stage = stage(&error);
        ModelError::Transport { endpoint: self.shown(), stage, source: Box::new(error.without_url()) }
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

/// Whether a server's message is about streaming, and not of something upstream.
fn speaks_of_streams(message: &str) -> bool {
    let about = ["stream", "streams", "streamed", "streaming"];
    message
        .split(|letter: char| !letter.is_alphanumeric())
        .any(|word| about.iter().any(|it| it.eq_ignore_ascii_case(word)))
}
