//! Who pushes and pulls: what `docker login` wrote to docker's `config.json`.

use crate::auth::login;
use crate::error::RegistryError;
use crate::files;
use crate::said::Said;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes that no docker configuration exceeds.
const MAX_BYTES: u64 = 1 << 20;

/// A user and a password. Does not print.
#[derive(Clone)]
pub struct Credentials {
    user: String,
    password: Zeroizing<String>,
}

/// Docker's configuration, as far as it matters here.
#[derive(Clone, Debug, Default)]
pub struct DockerConfig {
    auths: BTreeMap<String, Credentials>,
    /// The programs that docker asks, by registry; the one without a registry for all.
    helpers: BTreeMap<String, String>,
}

impl DockerConfig {
    /// Reads docker's configuration; an empty one where there is no file.
    ///
    /// # Errors
    /// [`RegistryError::File`], [`RegistryError::Format`].
    pub fn read(path: &Path) -> Result<Self, RegistryError> {
        let Some(bytes) = files::read(path, MAX_BYTES)?.map(Zeroizing::new) else { return Ok(Self::default()) };
        Self::parse(&bytes).ok_or_else(|| RegistryError::Format {
            path: path.to_owned(),
            kind: "configuration of docker's",
            // What the parser says may quote the file.
            problem: Said::new("it is no JSON of that shape"),
        })
    }

    /// Reads docker's configuration from text; `None` where it is none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Document {
            #[serde(default)]
            auths: BTreeMap<String, Entry>,
            #[serde(default)]
            cred_helpers: BTreeMap<String, String>,
            creds_store: Option<String>,
        }
        #[derive(Deserialize)]
        struct Entry {
            auth: Option<String>,
        }
        let document: Document = serde_json::from_slice(bytes).ok()?;
        let entries = document.auths.into_iter();
        let auths =
            entries.filter_map(|(place, entry)| Some((host(&place).to_owned(), decode(&Zeroizing::new(entry.auth?))?)));
        let mut helpers = document.cred_helpers;
        helpers.extend(document.creds_store.map(|helper| (String::new(), helper)));
        Some(Self { auths: auths.collect(), helpers })
    }

    /// What it holds for a registry.
    pub fn credentials(&self, registry: &str) -> Option<&Credentials> {
        self.auths.get(registry).or_else(|| self.auths.get(login(registry)))
    }

    /// What may help where a registry does not let one in.
    pub(crate) fn hint(&self, registry: &str) -> String {
        let helper = self.helpers.get(login(registry)).or_else(|| self.helpers.get(""));
        match (self.credentials(registry), helper) {
            (Some(_), _) => format!("are the user and password of {registry} in docker's config.json right?"),
            (None, Some(helper)) => format!(
                "docker keeps its password with `{helper}`, which is not asked; put user and password into a \
                 config.json of their own and name its folder in DOCKER_CONFIG"
            ),
            (None, None) => {
                format!("`docker login {registry}` first, or name the folder of a config.json in DOCKER_CONFIG")
            }
        }
    }
}

impl Credentials {
    /// The value of an `Authorization` header.
    pub(crate) fn basic(&self) -> Zeroizing<String> {
        let pair = Zeroizing::new(format!("{}:{}", self.user, self.password.as_str()));
        Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
    }

    /// What nobody may see: the password, also as it is sent.
    pub(crate) fn secrets(&self) -> [Zeroizing<String>; 2] {
        let sent = self.basic();
        [self.password.clone(), Zeroizing::new(sent.trim_start_matches("Basic ").to_owned())]
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// The host in a key of docker's, which may be a URL.
fn host(place: &str) -> &str {
    let rest = place.split_once("://").map_or(place, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn decode(auth: &str) -> Option<Credentials> {
    let bytes = Zeroizing::new(STANDARD.decode(auth.trim()).ok()?);
    let (user, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    let password = Zeroizing::new(password.trim_end_matches('\0').to_owned());
    (!user.is_empty()).then(|| Credentials { user: user.to_owned(), password })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn config(text: &str) -> DockerConfig {
        DockerConfig::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_registry_gets_its_own_credentials_alone() {
        let config = config(
            r#"{"auths": {"ghcr.io": {"auth": "dXNlcjpwYXNzd29yZA=="}, "https://b.io/v1/": {"auth": "YTpiOmM="},
                "c.io": {}, "d.io": {"auth": "rubbish"}, "e.io": {"auth": "OnBhc3N3b3Jk"}}, "HttpHeaders": {"x": "y"}}"#,
        );
        assert_eq!(config.credentials("ghcr.io").unwrap().basic().as_str(), "Basic dXNlcjpwYXNzd29yZA==");
        let other = config.credentials("b.io").unwrap();
        assert_eq!((other.user.as_str(), other.password.as_str()), ("a", "b:c"));
        for registry in ["c.io", "d.io", "e.io", "io", "x.ghcr.io", "ghcr.io:5000", ""] {
            assert!(config.credentials(registry).is_none(), "{registry}");
        }
    }

    #[test]
    fn docker_hub_has_the_password_that_docker_login_keeps() {
        let config = config(r#"{"auths": {"https://index.docker.io/v1/": {"auth": "YTpi"}}}"#);
        for registry in ["docker.io", "registry-1.docker.io", "index.docker.io"] {
            assert!(config.credentials(registry).is_some(), "{registry}");
        }
        assert!(config.credentials("auth.docker.io").is_none() && config.credentials("evil.docker.io").is_none());
    }

    #[test]
    fn passwords_are_never_shown() {
        let config = config(r#"{"auths": {"ghcr.io": {"auth": "dXNlcjpwYXNzd29yZA=="}}}"#);
        assert!(!format!("{config:?}").contains("password"));
        let secrets = config.credentials("ghcr.io").unwrap().secrets();
        assert_eq!(secrets.each_ref().map(|secret| secret.as_str()), ["password", "dXNlcjpwYXNzd29yZA=="]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        assert!(DockerConfig::read(&path).unwrap().credentials("ghcr.io").is_none());
        std::fs::write(&path, r#"{"auths": {"ghcr.io": "secret"}}"#).unwrap();
        let error = DockerConfig::read(&path).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("secret"), "{error:?}");
    }

    #[test]
    fn hints_say_where_the_password_may_be() {
        assert!(config("{}").hint("ghcr.io").contains("docker login ghcr.io"));
        assert!(config(r#"{"credsStore": "desktop"}"#).hint("ghcr.io").contains("`desktop`"));
        assert!(config(r#"{"credHelpers": {"ghcr.io": "pass"}}"#).hint("ghcr.io").contains("`pass`"));
        assert!(config(r#"{"credHelpers": {"ghcr.io": "pass"}}"#).hint("b.io").contains("docker login"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), auth in "\\PC{0,40}") {
            let _ = DockerConfig::parse(&bytes);
            let document = serde_json::json!({"auths": {"a.io": {"auth": auth}}});
            prop_assert!(DockerConfig::parse(document.to_string().as_bytes()).is_some());
        }
    }
}
