//! How a plugin in a registry is named: `registry/name:version` or `registry/name@sha256:…`.

use perfagent_core::digest::Digest;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Longest name below a registry, as registries have it.
const NAME_BYTES: usize = 255;

/// Longest tag, by the distribution specification.
const TAG_BYTES: usize = 128;

/// Longest name of a host with its port.
const HOST_BYTES: usize = 255;

/// A plugin in a registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    registry: String,
    name: String,
    version: Version,
}

/// Which of the plugins of a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// The one that a tag points to, now.
    Tag(String),
    /// The one whose manifest has this digest, always.
    Digest(Digest),
}

/// Why a text is no reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Nothing says where the plugin is.
    #[error("it names no registry; a reference is registry/name:version, as in ghcr.io/someone/task:1.0.0")]
    NoRegistry,
    /// Nothing says which version is meant.
    #[error("it names no version; add one, as in :1.0.0, or a digest, as in @sha256:…")]
    NoVersion,
    /// The registry is no host.
    #[error("its registry is no host name with or without a port")]
    Registry,
    /// The name is none.
    #[error("its name is to be of lower-case letters and digits, with `.`, `_` or `-` between, in parts joined by `/`")]
    Name,
    /// The tag is none.
    #[error("its version is to be of up to 128 letters, digits, `.`, `_` and `-`, and not to start with `.` or `-`")]
    Tag,
    /// The digest is none.
    #[error("its digest is to be `sha256:` and 64 hexadecimal digits in lower case")]
    Digest,
    /// Tag and digest.
    #[error("it has a version and a digest; leave one of them out")]
    Both,
}

impl Reference {
    /// Whether `text` is rather meant as a reference than as a path or a name: what stands before its
    /// first slash looks like a host.
    pub fn is_meant(text: &str) -> bool {
        let Some((host, _)) = text.split_once('/') else { return false };
        !host.starts_with('.') && (host == "localhost" || host.contains(['.', ':']))
    }

    /// The host, with its port where it has one.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The name below the registry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The last part of the name.
    pub fn short_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// Which of the plugins of this name.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Whether the registry is on this machine. Only then plain HTTP is spoken.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.registry.rsplit_once(':').map_or(self.registry.as_str(), |(host, _)| host))
    }
}

/// Whether `host` is this machine, by its name alone.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if !Self::is_meant(text) {
            return Err(ReferenceError::NoRegistry);
        }
        let (registry, rest) = text.split_once('/').ok_or(ReferenceError::NoRegistry)?;
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) => (rest, Some(Digest::parse(digest).ok_or(ReferenceError::Digest)?)),
            None => (rest, None),
        };
        let (name, tag) = match rest.split_once(':') {
            Some((name, tag)) => (name, Some(tag)),
            None => (rest, None),
        };
        if !is_host(registry) {
            return Err(ReferenceError::Registry);
        }
        if name.len() > NAME_BYTES || !name.split('/').all(is_part) {
            return Err(ReferenceError::Name);
        }
        let version = match (tag, digest) {
            (Some(_), Some(_)) => return Err(ReferenceError::Both),
            (None, None) => return Err(ReferenceError::NoVersion),
            (None, Some(digest)) => Version::Digest(digest),
            (Some(tag), None) if is_tag(tag) => Version::Tag(tag.to_owned()),
            (Some(_), None) => return Err(ReferenceError::Tag),
        };
        Ok(Self { registry: registry.to_owned(), name: name.to_owned(), version })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if matches!(self.version, Version::Tag(_)) { ':' } else { '@' };
        write!(f, "{}/{}{separator}{}", self.registry, self.name, self.version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

fn is_host(text: &str) -> bool {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(inner)
    };
    let number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    text.len() <= HOST_BYTES && host.split('.').all(label) && port.is_none_or(number)
}

/// One part of a name: words of lower-case letters and digits, joined by `.`, `_`, `__` or dashes.
fn is_part(part: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = |byte: Option<&u8>| byte.is_some_and(|byte| word(*byte));
    let bytes = part.as_bytes();
    let joined = |pair: &[u8]| match pair {
        [b'.', next] | [next, b'.'] => word(*next),
        [b'_', next] | [next, b'_'] => word(*next) || *next == b'_',
        _ => true,
    };
    let known = |byte: &u8| word(*byte) || b"._-".contains(byte);
    ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(known)
        && bytes.windows(2).all(joined)
        && !part.contains("___")
}

fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= TAG_BYTES
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|byte| word(byte) || b".-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn read(text: &str) -> Result<String, ReferenceError> {
        text.parse::<Reference>().map(|it| format!("{} {} {}", it.registry(), it.name(), it.version()))
    }

    #[test]
    fn references_have_a_registry_a_name_and_a_version() {
        assert_eq!(read("ghcr.io/a/b-c:1.0").as_deref(), Ok("ghcr.io a/b-c 1.0"));
        assert_eq!(read("localhost/a__b:x").as_deref(), Ok("localhost a__b x"));
        assert_eq!(read("127.0.0.1:5000/a.b/c--d:_").as_deref(), Ok("127.0.0.1:5000 a.b/c--d _"));
        assert_eq!(read(&format!("ghcr.io/a@{DIGEST}")), Ok(format!("ghcr.io a {DIGEST}")));
    }

    #[test]
    fn near_misses_say_what_is_missing() {
        for (text, expected) in [
            ("effibench", ReferenceError::NoRegistry),
            ("a/b:1", ReferenceError::NoRegistry),
            ("./a.wasm", ReferenceError::NoRegistry),
            ("../x/a:1", ReferenceError::NoRegistry),
            ("ghcr.io/a/b", ReferenceError::NoVersion),
            ("gh cr.io/a:1", ReferenceError::Registry),
            ("host:99999/a:1", ReferenceError::Registry),
            ("host:/a:1", ReferenceError::Registry),
            ("user@ghcr.io/a:1", ReferenceError::Registry),
            ("-x.io/a:1", ReferenceError::Registry),
            ("ghcr.io/:1", ReferenceError::Name),
            ("ghcr.io/../a:1", ReferenceError::Name),
            ("ghcr.io/a//b:1", ReferenceError::Name),
            ("ghcr.io/a/..:1", ReferenceError::Name),
            ("ghcr.io/A:1", ReferenceError::Name),
            ("ghcr.io/a?b:1", ReferenceError::Name),
            ("ghcr.io/a%2f..:1", ReferenceError::Name),
            ("ghcr.io/a..b:1", ReferenceError::Name),
            ("ghcr.io/a:", ReferenceError::Tag),
            ("ghcr.io/a:..", ReferenceError::Tag),
            ("ghcr.io/a:1/../2", ReferenceError::Tag),
            ("ghcr.io/a:1:2", ReferenceError::Tag),
            ("ghcr.io/a@sha256:12", ReferenceError::Digest),
            ("ghcr.io/a@1.0", ReferenceError::Digest),
        ] {
            assert_eq!(read(text), Err(expected), "{text}");
        }
        assert_eq!(read(&format!("ghcr.io/a:1@{DIGEST}")), Err(ReferenceError::Both));
        assert_eq!(read(&format!("ghcr.io/{}:1", "a".repeat(256))), Err(ReferenceError::Name));
        assert_eq!(read(&format!("ghcr.io/a:{}", "a".repeat(129))), Err(ReferenceError::Tag));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (text, expected) in [
            ("localhost:5000/a:1", true),
            ("127.0.0.1:5000/a:1", true),
            ("127.9.9.9/a:1", true),
            ("10.0.0.1:5000/a:1", false),
            ("localhost.example.com/a:1", false),
            ("127.0.0.1.example.com/a:1", false),
        ] {
            assert_eq!(text.parse::<Reference>().map(|it| it.is_loopback()), Ok(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_as_it_was(text in "[a-zA-Z0-9./:@_-]{0,60}|\\PC{0,60}|[a-z]{1,4}\\.io/[a-z/.]{1,9}:[a-z0-9.]{1,5}") {
            if let Ok(reference) = text.parse::<Reference>() {
                prop_assert_eq!(reference.to_string(), text);
                prop_assert!(!reference.name().split('/').any(|part| part.is_empty() || part.starts_with('.')));
            }
        }
    }
}
