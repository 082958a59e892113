//! The endpoints.

use super::intake::Languages;
use super::store::{Full, Store};
use crate::effibench_x::protocol::{
    Answer, Answers, BatchRequest, Cancelled, Health, Refusal, Request as Submission, SubmissionIds, Submitted,
};
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::uri::Authority;
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::net::IpAddr;
use std::sync::Arc;

/// Of a name that is refused, so much is repeated.
const SHOWN_CHARS: usize = 100;

/// What every endpoint knows.
#[derive(Clone)]
struct Backend {
    languages: Arc<Languages>,
    store: Arc<Store>,
}

/// A refusal and its status.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(Refusal { detail: self.1 })).into_response()
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for Refused {
    fn from(rejection: PathRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

impl From<Full> for Refused {
    fn from(full: Full) -> Self {
        Self(StatusCode::SERVICE_UNAVAILABLE, full.to_string())
    }
}

type Body<T> = Result<Json<T>, JsonRejection>;
type Id = Result<Path<u64>, PathRejection>;
type Answered<T> = Result<Json<T>, Refused>;

/// All endpoints.
pub(super) fn router(languages: Languages, store: Arc<Store>, body_bytes: usize) -> Router {
    let backend = Backend { languages: Arc::new(languages), store };
    Router::new()
        .route("/health", get(health))
        .route("/submit", post(submit))
        .route("/submit_batch", post(submit_batch))
        .route("/submission/{id}", get(submission))
        .route("/submissions", post(submissions))
        .route("/cancel/{id}", post(cancel))
        .fallback(async || Refused(StatusCode::NOT_FOUND, "there is nothing here".to_owned()))
        .method_not_allowed_fallback(async || {
            Refused(StatusCode::METHOD_NOT_ALLOWED, "this is asked for with another method".to_owned())
        })
        .layer(DefaultBodyLimit::max(body_bytes))
        .with_state(backend)
}

/// Lets only those requests through that name this machine as programs here do. A page in somebody's browser
/// can make a name of its own mean the loopback address and then ask there as it likes, but not hide that name.
pub(super) fn only_by_local_names(router: Router) -> Router {
    router.layer(middleware::from_fn(async |request: Request, next: Next| {
        let given = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or("?"));
        match given.or(request.uri().authority().map(Authority::as_str)) {
            Some(host) if !is_local(host) => {
                let host = host.escape_debug().take(SHOWN_CHARS).collect::<String>();
                let why = format!(
                    "this server answers to localhost and loopback addresses only, not to {host}; to be reached by \
                     another name it must listen on another address"
                );
                Refused(StatusCode::FORBIDDEN, why).into_response()
            }
            _ => next.run(request).await,
        }
    }))
}

/// Whether `host`, with or without a port, means this machine wherever it is asked.
fn is_local(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

async fn health(State(backend): State<Backend>) -> Json<Health> {
    let queue_size = backend.store.waiting() as u64;
    Json(Health { status: "ok".to_owned(), queue_size })
}

async fn submit(State(backend): State<Backend>, body: Body<Submission>) -> Answered<Submitted> {
    let Json(request) = body?;
    let ids = backend.take(vec![request], |_| String::new())?;
    Ok(Json(Submitted { submission_id: ids[0] }))
}

async fn submit_batch(State(backend): State<Backend>, body: Body<BatchRequest>) -> Answered<SubmissionIds> {
    let Json(BatchRequest { requests }) = body?;
    if requests.is_empty() {
        return Err(Refused(StatusCode::BAD_REQUEST, "requests: there are none".to_owned()));
    }
    let submission_ids = backend.take(requests, |index| format!("requests[{index}]."))?;
    Ok(Json(SubmissionIds { submission_ids }))
}

async fn submission(State(backend): State<Backend>, id: Id) -> Answered<Answer> {
    let Path(id) = id?;
    backend.store.answer(id).map(Json).ok_or_else(|| unknown(id))
}

async fn submissions(State(backend): State<Backend>, body: Body<SubmissionIds>) -> Answered<Answers> {
    let Json(SubmissionIds { submission_ids }) = body?;
    let results = submission_ids.into_iter().filter_map(|id| backend.store.answer(id)).collect();
    Ok(Json(Answers { results }))
}

async fn cancel(State(backend): State<Backend>, id: Id) -> Answered<Cancelled> {
    let Path(id) = id?;
    let status = backend.store.cancel(id).ok_or_else(|| unknown(id))?;
    Ok(Json(Cancelled { submission_id: id, status }))
}

fn unknown(id: u64) -> Refused {
    Refused(StatusCode::NOT_FOUND, format!("there is no submission {id}; results are forgotten after a while"))
}

impl Backend {
    /// Puts runs into the queue; `place` says where each stands, for messages.
    fn take(&self, requests: Vec<Submission>, place: impl Fn(usize) -> String) -> Result<Vec<u64>, Refused> {
        let jobs = self.languages.jobs(requests).map_err(|(index, unfit)| {
            Refused(StatusCode::BAD_REQUEST, format!("{}{}: {}", place(index), unfit.field, unfit.why))
        })?;
        Ok(self.store.submit(jobs)?)
    }
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn names_that_a_stranger_can_own_are_not_local() {
        for host in ["localhost", "LocalHost:8000", "127.0.0.1", "127.1.2.3:80", "[::1]:8000"] {
            assert!(is_local(host), "{host}");
        }
        for host in
            ["evil.test", "127.0.0.1.evil.test:8000", "localhost.evil.test", "10.0.0.1", "[::2]", "", "a b", "?"]
        {
            assert!(!is_local(host), "{host}");
        }
    }
}
