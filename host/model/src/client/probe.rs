//! Asks a provider what it has: a request that costs nothing and shows whether calls would get through.

use super::Client;
use crate::{ClientSettings, ModelError};
use reqwest::StatusCode;
use serde::Deserialize;
use std::io;
use std::sync::Arc;

/// Why a provider cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// The host's name is not known.
    NameNotFound,
    /// Nothing listens there.
    Refused,
    /// The server's certificate is not one to trust.
    Certificate,
    /// It was silent for too long.
    Silent,
    /// It wants another key.
    Key,
    /// Anything else.
    Other,
}

impl Unreached {
    /// What kind of failure `error` is.
    pub fn of(error: &ModelError) -> Self {
        match error {
            ModelError::Timeout { .. } | ModelError::Deadline { .. } => Self::Silent,
            ModelError::Status { status: 401 | 403, .. } => Self::Key,
            ModelError::Transport { stage: crate::TransportStage::Certificate, .. } => Self::Certificate,
            ModelError::Transport { source, .. } => Self::of_cause(source.as_ref()),
            _ => Self::Other,
        }
    }

    fn of_cause(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut cause = Some(error);
        while let Some(error) = cause {
            let refused =
                error.downcast_ref::<io::Error>().map(io::Error::kind) == Some(io::ErrorKind::ConnectionRefused);
            if refused {
                return Self::Refused;
            }
            // The HTTP library has no type for it.
            if error.to_string() == "dns error" {
                return Self::NameNotFound;
            }
            cause = error.source();
        }
        Self::Other
    }
}

#[derive(Deserialize)]
struct Listing {
    data: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
}

/// The names of the models of the provider in `settings`, asked for once at `{api_base}/models`; `None` where
/// it has no such list.
///
/// # Errors
/// As those of a call; [`Unreached::of`] tells them apart.
pub async fn models(settings: ClientSettings) -> Result<Option<Vec<String>>, ModelError> {
    let Client { provider, .. } = Client::new(settings)?;
    let mut provider = Arc::into_inner(provider).expect("a new client has no clones");
    let path = provider.url.path().trim_end_matches("/chat/completions").to_owned();
    provider.url.set_path(&format!("{path}/models"));
    let asking = provider.http.get(provider.url.clone()).send();
    let mut response = provider.in_time(asking).await?.map_err(|error| provider.transport(error))?;
    let status = response.status();
    if matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED) {
        return Ok(None);
    }
    if !status.is_success() {
        return Err(provider.refused(response).await.error);
    }
    let body = provider.body_text(&mut response).await?;
    let listing: Listing = serde_json::from_str(&body).map_err(|error| ModelError::Protocol {
        endpoint: provider.shown(),
        what: format!("no list of models: {error}"),
    })?;
    Ok(Some(listing.data.into_iter().map(|model| model.id).collect()))
}
