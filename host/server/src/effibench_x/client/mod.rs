//! A task's programs on other machines' backends.

mod answer;
mod backend;
mod batch;
mod dispatch;
mod execution;

pub use backend::{BackendUrl, BackendUrlError};
pub use dispatch::{Backends, BackendsError};
pub use execution::RemoteExecution;

use std::time::Duration;

/// How patient a client is. [`Default`] is what EffiBench-X's own client does.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// A backend that failed is left alone for this long, as long as there are others.
    pub recheck: Duration,
    /// Wait before backends are asked again where none is left; each further one is twice as long.
    pub backoff: Duration,
    /// The longest such wait.
    pub backoff_most: Duration,
    /// Failures in a row, without a result between them, that are got over.
    pub retries: u32,
    /// Wait between two questions for results.
    pub poll: Duration,
    /// Longest time for an answer about health.
    pub health_timeout: Duration,
    /// Longest time for any other answer.
    pub request_timeout: Duration,
    /// A backend with nothing new for this long has failed.
    pub patience: Duration,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            recheck: Duration::from_secs(60),
            backoff: Duration::from_secs(10),
            backoff_most: Duration::from_secs(60),
            retries: 5,
            poll: Duration::from_millis(100),
            health_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(120),
            patience: Duration::from_secs(1800),
        }
    }
}
