//! Why a model gave no reply.

use crate::budget::BudgetError;
use crate::cassette::{CassetteError, Mismatch};
use std::path::PathBuf;
use std::time::Duration;

/// A cause that another library gives.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// How far a request came that failed on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TransportStage {
    /// No connection came about.
    Connecting,
    /// The server's certificate is not one to trust.
    Certificate,
    /// The connection broke.
    Connected,
}

/// Why a model gave no reply. No variant holds the key or the text of a request.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The settings cannot make a client.
    #[error("model settings: {0}")]
    Settings(String),
    /// No connection, or one that broke before the reply's end.
    #[error("cannot talk to {endpoint}")]
    Transport {
        /// The URL asked.
        endpoint: String,
        /// How far it came.
        stage: TransportStage,
        /// What the connection says.
        #[source]
        source: Cause,
    },
    /// The server was silent for too long.
    #[error("{endpoint} was silent for {silence:?}")]
    Timeout {
        /// The URL asked.
        endpoint: String,
        /// How long was waited.
        silence: Duration,
    },
    /// The server refused.
    #[error("{endpoint} answered {status}: {message}")]
    Status {
        /// The URL asked.
        endpoint: String,
        /// The HTTP status, or the one that an error inside a reply names.
        status: u16,
        /// What the server says about it, cut and without control characters.
        message: String,
        /// What would help.
        hint: Option<String>,
    },
    /// A script has no reply for this iteration.
    #[error("the script has {replies} replies, and none for iteration {iteration}")]
    ScriptEnded {
        /// The iteration, from 1.
        iteration: u32,
        /// How many replies there are.
        replies: usize,
    },
    /// The server asks to wait longer than makes sense to wait.
    #[error("{endpoint} answered {status} and asks to wait {wait:?}, longer than the {longest:?} waited at most")]
    Busy {
        /// The URL asked.
        endpoint: String,
        /// The HTTP status.
        status: u16,
        /// What the server asks for.
        wait: Duration,
        /// What would have been waited.
        longest: Duration,
    },
    /// The reply ended before it was complete.
    #[error("the reply of {endpoint} is incomplete: {what}")]
    Incomplete {
        /// The URL asked.
        endpoint: String,
        /// What is missing.
        what: String,
    },
    /// The reply is not one of the chat protocol.
    #[error("{endpoint} did not answer as a chat server does: {what}")]
    Protocol {
        /// The URL asked.
        endpoint: String,
        /// What came instead.
        what: String,
    },
    /// The call's time was up before a reply came.
    #[error("no reply of {endpoint} within {total:?}, in {attempts} attempts")]
    Deadline {
        /// The URL asked.
        endpoint: String,
        /// How much time there was.
        total: Duration,
        /// Requests sent.
        attempts: u32,
        /// How the last attempt failed that came to an end.
        #[source]
        last: Option<Box<ModelError>>,
    },
    /// A budget does not allow the call, or not another attempt.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// Every attempt failed.
    #[error("gave up after {attempts} attempts")]
    GaveUp {
        /// Requests sent.
        attempts: u32,
        /// How the last one failed.
        #[source]
        last: Box<ModelError>,
    },
    /// The cassette lacks the request.
    #[error("{0}")]
    NotRecorded(Box<Mismatch>),
    /// The cassette cannot be read or written.
    #[error("cassette {path}", path = .path.display())]
    Cassette {
        /// The cassette.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: CassetteError,
    },
    /// A log cannot be opened.
    #[error("cannot open the log {path}", path = .path.display())]
    Log {
        /// The log.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

impl ModelError {
    /// What would help, where something is known to.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Status { hint, .. } => hint.clone(),
            Self::Transport { endpoint, stage: TransportStage::Connecting, .. } => Some(format!(
                "is a server running at {endpoint}, and does this machine reach it (through the proxy in \
                 HTTPS_PROXY or HTTP_PROXY, where that is set)?"
            )),
            Self::Transport { stage: TransportStage::Certificate, .. } => {
                Some("SSL_CERT_FILE names a file of certificates (PEM) to trust instead of the machine's".to_owned())
            }
            Self::Timeout { .. } => {
                Some("a larger model.request_timeout (--llm-timeout) gives the server more time".to_owned())
            }
            Self::Deadline { .. } => Some("a larger model.total_timeout gives the call more time".to_owned()),
            Self::Busy { .. } => Some("try again later, or use another model or provider".to_owned()),
            Self::Protocol { .. } => Some("check model.api_base (--llm-api-base): it usually ends in /v1".to_owned()),
            Self::GaveUp { last, .. } => last.hint(),
            Self::NotRecorded(_) => {
                Some("record the run again, or replay it with what it was recorded with".to_owned())
            }
            _ => None,
        }
    }
}
