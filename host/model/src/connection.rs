//! Connections to a provider: where they go, what they carry, whom they trust and how they fail.

use crate::reply::shown;
use crate::{ClientSettings, ModelError, TransportStage};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::sync::Arc;

/// Where chat requests go.
pub(crate) fn endpoint(api_base: &str) -> Result<Url, ModelError> {
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

/// The host that requests to `api_base` go to, as it is compared: in lower case, without a port. `None` where
/// that is no endpoint.
pub fn host(api_base: &str) -> Option<String> {
    let url = endpoint(api_base).ok()?;
    url.host_str().map(|host| host.trim_end_matches('.').to_owned())
}

/// What every request carries: the key, marked as one not to print.
pub(crate) fn headers(settings: &ClientSettings) -> Result<HeaderMap, ModelError> {
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
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = ["h2", "http/1.1"].map(Vec::from).into();
    Ok(config)
}

/// How far the request came that ended so.
pub(crate) fn stage(error: &reqwest::Error) -> TransportStage {
    if is_about_certificate(error) {
        TransportStage::Certificate
    } else if error.is_connect() {
        TransportStage::Connecting
    } else {
        TransportStage::Connected
    }
}

/// Whether the server's certificate was refused. Errors of input and output hold that one, and do not give it
/// as their source.
fn is_about_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return matches!(tls, rustls::Error::InvalidCertificate(_));
    }
    let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    held.is_some_and(|inner| is_about_certificate(inner)) || error.source().is_some_and(is_about_certificate)
}
