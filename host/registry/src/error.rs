//! Why a plugin cannot be had, kept or trusted.

use crate::keys::KeyError;
use crate::reference::ReferenceError;
use crate::said::Said;
use crate::signature::SignatureError;
use perfagent_core::digest::Digest;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a plugin cannot be had, kept or trusted. Nothing here holds a password or a token, and what strangers wrote
/// is [`Said`].
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A text is no reference.
    #[error("`{text}` is no reference to a plugin in a registry")]
    Reference {
        /// The text.
        text: String,
        /// Why not.
        source: ReferenceError,
    },
    /// The client could not be set up.
    #[error("no connection to {registry} can be set up")]
    Setup {
        /// The host.
        registry: String,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The registry could not be reached, or the connection broke.
    #[error("the registry {registry} cannot be reached")]
    Unreachable {
        /// The host.
        registry: String,
        /// Why not.
        source: Said,
    },
    /// The registry took too long.
    #[error("the registry {registry} was given up after {} s without {awaited}; try again later", limit.as_secs_f64())]
    Silent {
        /// The host.
        registry: String,
        /// What was waited for.
        awaited: &'static str,
        /// How long.
        limit: Duration,
    },
    /// The registry does not have it.
    #[error("the registry has no {thing} {name}; is it spelt right, and was it not removed?")]
    NotFound {
        /// What kind of thing.
        thing: &'static str,
        /// Which one.
        name: String,
    },
    /// The registry wants to know who asks, or does not let them.
    #[error("the registry {registry} does not allow it{}; {hint}", said(message))]
    Denied {
        /// The host.
        registry: String,
        /// What it says.
        message: Said,
        /// What may help.
        hint: String,
    },
    /// The registry asks for the credentials to be sent to another host.
    #[error(
        "the registry {registry} asks for its password to be sent to {elsewhere}, which is refused; without a password \
         for {registry} in docker's config.json it is asked as anybody may"
    )]
    Elsewhere {
        /// The host.
        registry: String,
        /// Where they would go.
        elsewhere: Said,
    },
    /// The registry answered with another error.
    #[error("the registry {registry} answered {status} to {request}{}", said(message))]
    Status {
        /// The host.
        registry: String,
        /// What was asked.
        request: &'static str,
        /// The HTTP status.
        status: u16,
        /// What it says.
        message: Said,
    },
    /// The registry answered what makes no sense.
    #[error("the registry {registry} answered rubbish: {what}")]
    Protocol {
        /// The host.
        registry: String,
        /// What is wrong.
        what: Said,
    },
    /// What a reference means is no plugin.
    #[error("{reference} is no plugin")]
    NoPlugin {
        /// The reference.
        reference: String,
        /// Why not.
        source: Said,
    },
    /// Bytes are not those that they should be.
    #[error("{what} has the digest {found} instead of {expected}: it was tampered with or damaged, and is refused")]
    Tampered {
        /// What.
        what: String,
        /// What was promised.
        expected: Digest,
        /// What came.
        found: Digest,
    },
    /// Another length than promised.
    #[error("{what} is {problem} than the {promised} bytes that were promised, and is refused")]
    Length {
        /// What.
        what: String,
        /// `shorter` or `longer`.
        problem: &'static str,
        /// Bytes.
        promised: u64,
    },
    /// The lock file's digests contradict each other.
    #[error(
        "{reference} is pinned to {pinned}, but the pinned manifest is that of {found}; it is refused. \
         If the lock file is wrong, take the line out of it"
    )]
    Pinned {
        /// The reference.
        reference: String,
        /// The component's digest in the lock file.
        pinned: Digest,
        /// The one in the manifest.
        found: Digest,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was to be done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Another process does not let go of what is to be changed.
    #[error(
        "{} has been locked by another process for {} s; is a perfagent stuck there? end it and try again",
        path.display(), limit.as_secs_f64()
    )]
    Busy {
        /// The folder that is locked.
        path: PathBuf,
        /// How long it was waited for.
        limit: Duration,
    },
    /// A file does not hold what it should.
    #[error("{} is no {kind}: {problem}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What it should be.
        kind: &'static str,
        /// What is wrong.
        problem: Said,
    },
    /// A file was written by a newer program.
    #[error("{} has the format {version}, this program knows {known}; use a newer perfagent", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: u64,
        /// The newest that is known.
        known: u64,
    },
    /// A signature cannot be used.
    #[error("the signature of {thing} is refused")]
    Signature {
        /// Of what.
        thing: String,
        /// Why.
        source: Said,
    },
    /// A key cannot be used.
    #[error("the key {} cannot be used", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: KeyError,
    },
    /// A name or version that a plugin says it has cannot be used.
    #[error("a plugin cannot be installed as {name:?} {version:?}: {problem}")]
    Name {
        /// The name.
        name: String,
        /// The version.
        version: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// Another plugin is installed under that name and version.
    #[error(
        "{name}@{version} is installed already, with the digest {digest}; `perfagent plugin remove {name}@{version}` first"
    )]
    Taken {
        /// The name.
        name: String,
        /// The version.
        version: String,
        /// What is installed.
        digest: Digest,
    },
}

impl RegistryError {
    /// The signature of `thing` is no good.
    pub fn signature(thing: &str, error: &SignatureError) -> Self {
        Self::Signature { thing: thing.to_owned(), source: Said::of(error) }
    }
}

fn said(message: &Said) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}
