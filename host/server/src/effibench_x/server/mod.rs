//! A backend over this project's sandbox.

mod http;
mod intake;
mod java;
mod store;
mod work;

use crate::effibench_x::server::intake::Languages;
use crate::effibench_x::server::store::Store;
use axum::http::StatusCode;
use futures_util::future::join_all;
use perfagent_sandbox::Sandbox;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower_http::timeout::TimeoutLayer;

/// Longest time for a request to come in, and for those under way when the server ends.
const REQUEST_TIME: Duration = Duration::from_secs(60);
const ENDING_TIME: Duration = Duration::from_secs(2);

/// Bounds of a backend.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Batches that are carried out at the same time; more than the sandbox measures at once only wait.
    pub workers: usize,
    /// Most bytes of one request.
    pub body_bytes: usize,
    /// Most runs that wait, and most bytes of their programs and inputs; beyond that new ones are refused.
    pub waiting: usize,
    /// See [`ServerSettings::waiting`].
    pub waiting_bytes: usize,
    /// Most results that are kept; beyond that the oldest are forgotten.
    pub kept: usize,
    /// Likewise, bytes of their texts.
    pub kept_bytes: usize,
    /// Results older than this are forgotten.
    pub kept_for: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            workers: 1,
            body_bytes: 64 << 20,
            waiting: 10_000,
            waiting_bytes: 512 << 20,
            kept: 100_000,
            kept_bytes: 512 << 20,
            kept_for: Duration::from_secs(3600),
        }
    }
}

/// Answers the protocol on `listener` until `stop` is done: then running programs are killed and
/// requests under way get their answers. Dropping the future ends everything at once. On a loopback address
/// only requests that are sent to `localhost` or to such an address are answered.
///
/// # Errors
/// What the listener fails with.
pub async fn serve(
    listener: TcpListener,
    sandbox: Sandbox,
    settings: ServerSettings,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let languages = Languages::of(&sandbox).await;
    let store = Arc::new(Store::new(settings.clone()));
    let timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIME);
    let mut app = http::router(languages, Arc::clone(&store), settings.body_bytes).layer(timeout);
    if listener.local_addr()?.ip().is_loopback() {
        app = http::only_by_local_names(app);
    }
    let (end, ended) = oneshot::channel::<()>();
    let serving = axum::serve(listener, app).with_graceful_shutdown(async move { drop(ended.await) });
    let mut serving = pin!(serving.into_future());
    {
        let workers = join_all((0..settings.workers.max(1)).map(|_| work::work(&sandbox, &store)));
        tokio::select! {
            served = &mut serving => return served,
            _ = workers => {}
            () = stop => {}
        }
    }
    drop(end);
    // Whoever is slower than that loses nothing that the end of the process would not take.
    tokio::time::timeout(ENDING_TIME, serving).await.unwrap_or(Ok(()))
}
