//! The endpoints.

use super::intake::Languages;
use super::store::{Full, Store};
use crate::effibench_x::protocol::{
    Answer, Answers, BatchRequest, Cancelled, Health, Refusal, Request, SubmissionIds, Submitted,
};
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::sync::Arc;

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

async fn health(State(backend): State<Backend>) -> Json<Health> {
    let queue_size = backend.store.waiting() as u64;
    Json(Health { status: "ok".to_owned(), queue_size })
}

async fn submit(State(backend): State<Backend>, body: Body<Request>) -> Answered<Submitted> {
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
    fn take(&self, requests: Vec<Request>, place: impl Fn(usize) -> String) -> Result<Vec<u64>, Refused> {
        let jobs = self.languages.jobs(requests).map_err(|(index, unfit)| {
            Refused(StatusCode::BAD_REQUEST, format!("{}{}: {}", place(index), unfit.field, unfit.why))
        })?;
        Ok(self.store.submit(jobs)?)
    }
}
