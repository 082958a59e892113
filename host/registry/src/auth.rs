//! What a registry asks of those who come: the header `WWW-Authenticate`, and where tokens are made.

use crate::error::RegistryError;
use crate::reference::{Reference, is_loopback};
use reqwest::Url;

/// What a registry asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token that is had at `realm`.
    Bearer {
        /// Where.
        realm: String,
        /// For which service.
        service: Option<String>,
    },
}

impl Challenge {
    /// What the header's value asks for; `None` where it is nothing that is known.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let parameters = parameters(rest);
        let find = |name: &str| parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        let value = |name: &str| find(name).map(|(_, value)| value.clone());
        let realm = value("realm").filter(|realm| !realm.is_empty())?;
        Some(Self::Bearer { realm, service: value("service") })
    }
}

/// `key="value", key=value` in pairs. A backslash within quotes stands for what follows it.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut letters = text.chars().peekable();
    while letters.peek().is_some() {
        let key: String = letters.by_ref().take_while(|letter| *letter != '=').collect();
        let mut value = String::new();
        let quoted = letters.next_if_eq(&'"').is_some();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if quoted => value.extend(letters.next()),
                '"' if quoted => break,
                ',' if !quoted => break,
                letter => value.push(letter),
            }
        }
        if quoted {
            // What follows the quotes up to the comma means nothing.
            letters.by_ref().take_while(|letter| *letter != ',').for_each(drop);
        }
        pairs.push((key.trim().to_owned(), if quoted { value } else { value.trim().to_owned() }));
    }
    pairs
}

/// The URL of the tokens for `reference`'s registry at `base`.
///
/// Credentials go only to the registry itself, or to a host below the domain that it is itself below: tokens of
/// `registry-1.docker.io` come from `auth.docker.io`. A stranger who answers in a registry's place gets none.
pub(crate) fn token_url(base: &Url, realm: &str, reference: &Reference) -> Result<Url, RegistryError> {
    let refused = |elsewhere: String| RegistryError::Elsewhere {
        registry: reference.registry().to_owned(),
        elsewhere: elsewhere.chars().filter(|letter| !letter.is_control()).take(100).collect(),
    };
    let url = Url::parse(realm).map_err(|_| refused(format!("`{realm}`")))?;
    let its_own = url.origin() == base.origin();
    let host = url.host_str().unwrap_or_default().to_owned();
    let kin =
        url.scheme() == "https" && url.port_or_known_default() == Some(443) && related(reference.registry(), &host);
    if (its_own || kin) && url.username().is_empty() && url.password().is_none() {
        return Ok(url);
    }
    Err(refused(host))
}

/// Whether `host` is the domain that `registry` is right below, or itself below that.
fn related(registry: &str, host: &str) -> bool {
    let registry = registry.split(':').next().unwrap_or(registry);
    if is_loopback(registry) || registry.parse::<std::net::IpAddr>().is_ok() {
        return false;
    }
    let Some((_, domain)) = registry.split_once('.') else { return false };
    domain.contains('.') && (host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bearer(realm: &str, service: Option<&str>) -> Option<Challenge> {
        Some(Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) })
    }

    #[test]
    fn challenges_are_read() {
        let header =
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="a:b:pull,push""#;
        assert_eq!(Challenge::parse(header), bearer("https://auth.docker.io/token", Some("registry.docker.io")));
        assert_eq!(Challenge::parse(r#"bearer  service = x , realm="a\"b""#), bearer("a\"b", Some("x")));
        assert_eq!(Challenge::parse("Bearer realm=x"), bearer("x", None));
        assert_eq!(Challenge::parse(r#"Basic realm="x""#), Some(Challenge::Basic));
        assert_eq!(Challenge::parse("Basic"), Some(Challenge::Basic));
        for header in ["", "Bearer", "Bearer realm", "Negotiate x", "Bearer service=x"] {
            assert_eq!(Challenge::parse(header), None, "{header}");
        }
    }

    #[test]
    fn credentials_stay_with_their_registry() {
        let allowed = |registry: &str, realm: &str| {
            let reference: Reference = format!("{registry}/a:1").parse().unwrap();
            let scheme = if reference.is_loopback() { "http" } else { "https" };
            let base = Url::parse(&format!("{scheme}://{registry}")).unwrap();
            token_url(&base, realm, &reference).is_ok()
        };
        for (registry, realm) in [
            ("ghcr.io", "https://ghcr.io/token"),
            ("registry-1.docker.io", "https://auth.docker.io/token"),
            ("registry.gitlab.com", "https://gitlab.com/jwt/auth"),
            ("quay.io:8443", "https://quay.io:8443/v2/auth"),
            ("127.0.0.1:5000", "http://127.0.0.1:5000/token"),
        ] {
            assert!(allowed(registry, realm), "{registry} {realm}");
        }
        for (registry, realm) in [
            ("ghcr.io", "https://evil.io/token"),
            ("ghcr.io", "http://ghcr.io/token"),
            ("ghcr.io", "https://ghcr.io:8443/token"),
            ("ghcr.io", "https://user:word@ghcr.io/token"),
            ("registry.gitlab.com", "https://evilgitlab.com/token"),
            ("registry.gitlab.com", "http://gitlab.com/token"),
            ("registry.gitlab.com", "https://gitlab.com:1/token"),
            ("10.0.0.1", "https://11.0.0.1/token"),
            ("127.0.0.1:5000", "http://127.0.0.1:5001/token"),
            ("127.0.0.1:5000", "https://127.0.0.2/token"),
            ("localhost:5000", "http://127.0.0.1:5000/token"),
            ("ghcr.io", "/token"),
            ("ghcr.io", "file:///etc/passwd"),
        ] {
            assert!(!allowed(registry, realm), "{registry} {realm}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_not(text in "(Bearer )?[a-z=\", \\\\]{0,40}|\\PC{0,40}") {
            if let Some(Challenge::Bearer { realm, .. }) = Challenge::parse(&text) {
                prop_assert!(realm.len() <= text.len());
            }
        }
    }
}
