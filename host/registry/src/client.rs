//! Requests to one registry: in time, bounded, and with credentials for that registry alone.

use crate::auth::{Challenge, home, tokens};
use crate::credentials::DockerConfig;
use crate::error::RegistryError;
use crate::reference::{Reference, is_loopback};
use crate::said::Said;
use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Request, Response, StatusCode, Url};
use serde::Deserialize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Redirections of one download that are followed.
const MAX_REDIRECTIONS: usize = 5;

/// Bytes of a refusal or of a token's document that are read.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Sets TLS up for a URL.
pub type Tls = fn(&Url) -> Result<rustls::ClientConfig, Box<dyn std::error::Error + Send + Sync>>;

/// What a client is made from.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Sets TLS up.
    pub tls: Tls,
    /// Who asks.
    pub docker: DockerConfig,
    /// What a registry may take.
    pub limits: Limits,
}

/// What a registry may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest time until a connection is made.
    pub connect: Duration,
    /// Longest time without a byte.
    pub silence: Duration,
    /// Longest time of a push or pull.
    pub total: Duration,
    /// Largest component, bytes.
    pub component_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            total: Duration::from_secs(900),
            // What the plugin host takes, too.
            component_bytes: 128 << 20,
        }
    }
}

/// Talks to the registry of one reference.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    pub(crate) reference: Reference,
    docker: DockerConfig,
    pub(crate) limits: Limits,
    authorization: Mutex<Option<Zeroizing<String>>>,
    /// What was ever sent as `authorization`, which nothing that is shown may hold.
    sent: Mutex<Vec<Zeroizing<String>>>,
}

/// What a request wants to do in a registry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Access {
    /// Read.
    Pull,
    /// Write, too.
    Push,
}

impl Client {
    /// A client for the registry of `reference`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`RegistryError::Setup`].
    pub fn new(reference: &Reference, options: ClientOptions) -> Result<Self, RegistryError> {
        let registry = reference.registry();
        let setup = |source| RegistryError::Setup { registry: registry.to_owned(), source };
        let scheme = if reference.is_loopback() { "http" } else { "https" };
        let base = Url::parse(&format!("{scheme}://{}/v2/", home(registry))).map_err(|error| setup(error.into()))?;
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured((options.tls)(&base).map_err(setup)?)
            // Followed by hand, so that credentials stay behind.
            .redirect(reqwest::redirect::Policy::none())
            // Digests are of the bytes as they come, and a small answer must not unpack to a large one.
            .gzip(false)
            .connect_timeout(options.limits.connect)
            .user_agent(concat!("perfagent/", env!("CARGO_PKG_VERSION")));
        // What goes to this machine in plain text must not go through another.
        let builder = if reference.is_loopback() { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|error| setup(error.into()))?;
        let (authorization, sent) = (Mutex::default(), Mutex::default());
        let ClientOptions { docker, limits, .. } = options;
        Ok(Self { http, base, reference: reference.clone(), docker, limits, authorization, sent })
    }

    /// `path` below the reference's name.
    pub(crate) fn url(&self, path: &str) -> Result<Url, RegistryError> {
        // Names and digests were checked, so none of them leads elsewhere.
        self.base
            .join(&format!("{}/{path}", self.reference.name()))
            .map_err(|error| self.protocol(format!("the path {path} is none: {error}")))
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(crate) fn protocol(&self, what: impl AsRef<str>) -> RegistryError {
        RegistryError::Protocol { registry: self.reference.registry().to_owned(), what: self.said(what.as_ref()) }
    }

    /// What may be shown of what the registry wrote: nothing that was sent to it.
    pub(crate) fn said(&self, text: &str) -> Said {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let credentials = self.docker.credentials(self.reference.registry());
        let secrets = credentials.map(crate::Credentials::secrets);
        let secrets = secrets.iter().flatten().chain(sent.iter());
        Said::without(text, secrets.map(|secret| secret.as_str()))
    }

    /// What may be shown of an error that may quote the registry.
    pub(crate) fn said_by(&self, error: &dyn std::error::Error) -> Said {
        self.said(&crate::said::chain(error))
    }

    fn silent(&self, awaited: &'static str, limit: Duration) -> RegistryError {
        RegistryError::Silent { registry: self.reference.registry().to_owned(), awaited, limit }
    }

    fn unreachable(&self, source: reqwest::Error) -> RegistryError {
        // A redirection's URL may hold a permission.
        let source = self.said_by(&source.without_url());
        RegistryError::Unreachable { registry: self.reference.registry().to_owned(), source }
    }

    /// Does `work` in the time that a push or pull may take.
    pub(crate) async fn in_all<T>(
        &self,
        work: impl Future<Output = Result<T, RegistryError>>,
    ) -> Result<T, RegistryError> {
        let limit = self.limits.total;
        timeout(limit, work).await.unwrap_or_else(|_| Err(self.silent("being done", limit)))
    }

    /// The answer to a request to the registry itself, which is told who asks when it wants to know.
    pub(crate) async fn send(&self, request: Request, access: Access) -> Result<Response, RegistryError> {
        let again = request.try_clone();
        let response = self.once(self.authorized(request)?).await?;
        let (StatusCode::UNAUTHORIZED, Some(again)) = (response.status(), again) else { return Ok(response) };
        let asked = response.headers().get_all(WWW_AUTHENTICATE).iter();
        let challenge = asked.filter_map(|value| value.to_str().ok()).find_map(Challenge::parse);
        let Some(challenge) = challenge else { return Ok(response) };
        let Some(authorization) = self.answer(challenge, access).await? else { return Ok(response) };
        *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = Some(authorization);
        self.once(self.authorized(again)?).await
    }

    fn authorized(&self, mut request: Request) -> Result<Request, RegistryError> {
        let known = self.authorization.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = known.as_ref() {
            let value = HeaderValue::from_str(text);
            let mut value = value.map_err(|_| self.protocol("its token cannot be sent in a header"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Ok(request)
    }

    /// The answer to one request. Bodies take their time; what has none is answered soon.
    async fn once(&self, request: Request) -> Result<Response, RegistryError> {
        let limit = if request.body().is_some() { self.limits.total } else { self.limits.silence };
        let answer = timeout(limit, self.http.execute(request)).await;
        answer.map_err(|_| self.silent("an answer", limit))?.map_err(|error| self.unreachable(error))
    }

    /// What to send to a registry that asks for `challenge`; `None` where there is nothing to send.
    async fn answer(&self, challenge: Challenge, access: Access) -> Result<Option<Zeroizing<String>>, RegistryError> {
        let credentials = self.docker.credentials(self.reference.registry());
        let (realm, service) = match challenge {
            Challenge::Basic => return Ok(credentials.map(crate::Credentials::basic)),
            Challenge::Bearer { realm, service } => (realm, service),
        };
        let registry = self.reference.registry();
        let elsewhere = |to: &str| {
            let elsewhere = self.said(to);
            RegistryError::Elsewhere { registry: registry.to_owned(), elsewhere }
        };
        let tokens = tokens(&self.base, &realm, registry).map_err(|to| elsewhere(&to))?;
        let mut url = tokens.url;
        if credentials.is_some() && !tokens.trusted {
            return Err(elsewhere(url.host_str().unwrap_or_default()));
        }
        let actions = match access {
            Access::Pull => "pull",
            Access::Push => "pull,push",
        };
        let scope = format!("repository:{}:{actions}", self.reference.name());
        url.query_pairs_mut().extend_pairs(service.map(|service| ("service", service))).append_pair("scope", &scope);
        let mut request = self.http.get(url);
        if let Some(credentials) = credentials {
            request = request.header(AUTHORIZATION, credentials.basic().as_str());
        }
        let response = self.once(request.build().map_err(|error| self.unreachable(error))?).await?;
        if !response.status().is_success() {
            return Err(self.refused(response, "the request for a token").await);
        }
        self.token(response).await.map(Some)
    }

    async fn token(&self, response: Response) -> Result<Zeroizing<String>, RegistryError> {
        #[derive(Deserialize)]
        struct Document {
            token: Option<String>,
            access_token: Option<String>,
        }
        let bytes = Zeroizing::new(self.body(response, MAX_ANSWER_BYTES, "its token").await?);
        let document: Option<Document> = serde_json::from_slice(&bytes).ok();
        let token = document.and_then(|document| document.token.or(document.access_token));
        let token = token.map(Zeroizing::new);
        let token = token.ok_or_else(|| self.protocol("it gives no token where tokens are to be had"))?;
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(token.clone());
        Ok(Zeroizing::new(format!("Bearer {}", token.as_str())))
    }

    /// The answer to a request for something to read, wherever the registry keeps it.
    pub(crate) async fn get(&self, request: Request) -> Result<Response, RegistryError> {
        let mut response = self.send(request, Access::Pull).await?;
        for _ in 0..MAX_REDIRECTIONS {
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let to = self.location(&response)?;
            let request = self.http.get(to.clone()).build().map_err(|error| self.unreachable(error))?;
            response = if to.origin() == self.base.origin() {
                self.send(request, Access::Pull).await?
            } else {
                self.once(request).await?
            };
        }
        Err(self.protocol(format!("it redirects more than {MAX_REDIRECTIONS} times")))
    }

    /// Where the header `Location` leads: never from the network into this machine, nor into plain text.
    pub(crate) fn location(&self, response: &Response) -> Result<Url, RegistryError> {
        let header = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let to = header.and_then(|text| response.url().join(text).ok());
        let to = to.ok_or_else(|| self.protocol("it leads on to a place that is none"))?;
        let host = to.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let fits = match self.reference.is_loopback() {
            true => is_loopback(&host) && to.scheme() == "http",
            false => !is_loopback(&host) && to.scheme() == "https",
        };
        if fits { Ok(to) } else { Err(self.protocol(format!("it leads on to {}://{host}", to.scheme()))) }
    }

    /// Whether `url` is the registry itself, so that what is private may be sent there.
    pub(crate) fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// The next piece of a body.
    pub(crate) async fn piece(
        &self,
        response: &mut Response,
        what: &'static str,
    ) -> Result<Option<impl AsRef<[u8]> + use<>>, RegistryError> {
        let limit = self.limits.silence;
        let piece = timeout(limit, response.chunk()).await;
        piece.map_err(|_| self.silent(what, limit))?.map_err(|error| self.unreachable(error))
    }

    /// A whole body of at most `limit` bytes.
    pub(crate) async fn body(
        &self,
        mut response: Response,
        limit: usize,
        what: &'static str,
    ) -> Result<Vec<u8>, RegistryError> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece(&mut response, what).await? {
            body.extend_from_slice(piece.as_ref());
            if body.len() > limit {
                return Err(self.protocol(format!("{what} has more than {limit} bytes")));
            }
        }
        Ok(body)
    }

    /// What a refusal means; `request` says of what.
    pub(crate) async fn refused(&self, response: Response, request: &'static str) -> RegistryError {
        let status = response.status();
        let registry = self.reference.registry().to_owned();
        let message = self.message(response).await;
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let hint = self.docker.hint(&registry);
                RegistryError::Denied { registry, message, hint }
            }
            status => RegistryError::Status { registry, request, status: status.as_u16(), message },
        }
    }

    /// What a registry says, without what nobody should see.
    async fn message(&self, response: Response) -> Said {
        #[derive(Deserialize)]
        struct Document {
            errors: Vec<Line>,
        }
        #[derive(Deserialize)]
        struct Line {
            message: String,
        }
        // The status says enough where the body breaks off.
        let bytes = self.body(response, MAX_ANSWER_BYTES, "its refusal").await.unwrap_or_default();
        let document: Option<Document> = serde_json::from_slice(&bytes).ok();
        let text = document.and_then(|it| it.errors.into_iter().next()).map(|line| line.message).unwrap_or_default();
        self.said(&text)
    }
}
