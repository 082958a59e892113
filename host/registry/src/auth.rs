//! What a registry asks of those who come: the header `WWW-Authenticate`, and where tokens are made.

use crate::reference::is_loopback;
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

/// A service whose parts are on several hosts.
struct Service {
    /// What its registry is called.
    names: &'static [&'static str],
    /// Where the registry is.
    registry: &'static str,
    /// Where its tokens are made.
    tokens: &'static str,
    /// Where `docker login` puts its password.
    login: &'static str,
}

/// Those that are known. Everybody else's tokens are made where the registry is: at ghcr.io, quay.io and below
/// azurecr.io, too.
const SERVICES: [Service; 2] = [
    Service {
        names: &["docker.io", "index.docker.io", "registry-1.docker.io"],
        registry: "registry-1.docker.io",
        tokens: "auth.docker.io",
        login: "index.docker.io",
    },
    Service {
        names: &["registry.gitlab.com"],
        registry: "registry.gitlab.com",
        tokens: "gitlab.com",
        login: "registry.gitlab.com",
    },
];

fn service(registry: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.names.contains(&registry))
}

/// The host to talk to for `registry`.
pub(crate) fn home(registry: &str) -> &str {
    service(registry).map_or(registry, |service| service.registry)
}

/// The name under which docker keeps the password of `registry`.
pub(crate) fn login(registry: &str) -> &str {
    service(registry).map_or(registry, |service| service.login)
}

/// Where tokens are had, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    /// Where.
    pub(crate) url: Url,
    /// Whether the registry's password may be sent there.
    pub(crate) trusted: bool,
}

/// Where the registry `registry` at `base` wants tokens to be had.
///
/// The password goes to the registry itself only, and to the hosts in [`SERVICES`]. That two hosts share a domain
/// says nothing: anybody can be below `github.io` or `co.uk`. Another host may be asked for a token without it.
///
/// # Errors
/// What cannot be a realm: plain text and this machine's own ports, but for the registry's own, and a URL that
/// brings a user of its own.
pub(crate) fn tokens(base: &Url, realm: &str, registry: &str) -> Result<Tokens, String> {
    let url = Url::parse(realm).map_err(|_| format!("`{realm}`"))?;
    let host = url.host_str().unwrap_or_default();
    let its_own = url.origin() == base.origin();
    let public = url.scheme() == "https" && !is_loopback(host.trim_matches(['[', ']']));
    if !(its_own || public) || !url.username().is_empty() || url.password().is_some() {
        return Err(host.to_owned());
    }
    let known = url.port_or_known_default() == Some(443) && service(registry).is_some_and(|it| it.tokens == host);
    Ok(Tokens { trusted: its_own || known, url })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Reference;
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

    /// Whether the password of `registry` would go to `realm`; `None`: nothing is asked there.
    fn trusted(registry: &str, realm: &str) -> Option<bool> {
        let reference: Reference = format!("{registry}/a:1").parse().unwrap();
        let scheme = if reference.is_loopback() { "http" } else { "https" };
        let base = Url::parse(&format!("{scheme}://{}", home(registry))).unwrap();
        tokens(&base, realm, registry).ok().map(|tokens| tokens.trusted)
    }

    #[test]
    fn passwords_stay_with_their_registry() {
        for (registry, realm) in [
            ("ghcr.io", "https://ghcr.io/token"),
            ("docker.io", "https://auth.docker.io/token"),
            ("registry-1.docker.io", "https://auth.docker.io/token"),
            ("registry.gitlab.com", "https://gitlab.com/jwt/auth"),
            ("quay.io", "https://quay.io/v2/auth"),
            ("some.azurecr.io", "https://some.azurecr.io/oauth2/token"),
            ("quay.io:8443", "https://quay.io:8443/v2/auth"),
            ("127.0.0.1:5000", "http://127.0.0.1:5000/token"),
        ] {
            assert_eq!(trusted(registry, realm), Some(true), "{registry} {realm}");
        }
        for (registry, realm) in [
            ("ghcr.io", "https://evil.io/token"),
            ("ghcr.io", "https://ghcr.io:8443/token"),
            ("a.co.uk", "https://b.co.uk/token"),
            ("a.github.io", "https://b.github.io/token"),
            ("a.github.io", "https://github.io/token"),
            ("some.azurecr.io", "https://other.azurecr.io/oauth2/token"),
            ("registry-1.docker.io", "https://evil.docker.io/token"),
            ("docker.io.evil.io", "https://auth.docker.io/token"),
            ("ghcr.io", "https://auth.docker.io/token"),
            ("registry.gitlab.com", "https://evilgitlab.com/token"),
            ("registry.gitlab.com", "https://gitlab.com:1/token"),
            ("10.0.0.1", "https://11.0.0.1/token"),
        ] {
            assert_eq!(trusted(registry, realm), Some(false), "{registry} {realm}");
        }
    }

    #[test]
    fn tokens_are_asked_for_in_no_private_place() {
        for (registry, realm) in [
            ("ghcr.io", "http://ghcr.io/token"),
            ("ghcr.io", "https://user:word@ghcr.io/token"),
            ("ghcr.io", "https://127.0.0.1/token"),
            ("ghcr.io", "https://[::1]/token"),
            ("ghcr.io", "https://localhost/token"),
            ("registry.gitlab.com", "http://gitlab.com/token"),
            ("127.0.0.1:5000", "http://127.0.0.1:5001/token"),
            ("127.0.0.1:5000", "https://127.0.0.2/token"),
            ("localhost:5000", "http://127.0.0.1:5000/token"),
            ("ghcr.io", "/token"),
            ("ghcr.io", "file:///etc/passwd"),
        ] {
            assert_eq!(trusted(registry, realm), None, "{registry} {realm}");
        }
    }

    #[test]
    fn docker_hub_is_known_by_its_names() {
        for name in ["docker.io", "index.docker.io", "registry-1.docker.io"] {
            assert_eq!((home(name), login(name)), ("registry-1.docker.io", "index.docker.io"));
        }
        assert_eq!((home("ghcr.io"), login("ghcr.io")), ("ghcr.io", "ghcr.io"));
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
