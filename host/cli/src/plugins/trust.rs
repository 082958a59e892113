//! Which plugins may run: whose signatures count, and whether one is needed.

use super::{Found, Origin, Sources};
use crate::exit::Exit;
use crate::failure::Failure;
use perfagent_core::digest::Digest;
use perfagent_registry::{PublicKey, RegistryError, Signature};
use std::collections::BTreeSet;

/// Which plugins may run. By default all may, for none can do more than it imports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trust {
    /// Whose signatures count.
    pub(crate) keys: BTreeSet<PublicKey>,
    /// Whether a plugin needs one of them. Built-in plugins need none: whoever can change those can change the
    /// program, which lies beside them.
    pub(crate) require_signed: bool,
}

impl Trust {
    /// Refuses a component that needs a signature and has none of a trusted key.
    pub(crate) async fn check(&self, found: &Found, digest: &Digest, sources: &Sources) -> Result<(), Failure> {
        if !self.require_signed || found.origin == Origin::BuiltIn {
            return Ok(());
        }
        let trusted = |key: &PublicKey| self.keys.contains(key);
        let signature = signed(found, digest, sources, trusted).await?.ok_or_else(|| {
            let message = format!(
                "{} is not signed, and only what is signed with a trusted key passes here; ask whoever made it for a \
                 signature, or sign it yourself with `perfagent plugin sign`",
                found.title
            );
            Failure::new(Exit::Plugin, message)
        })?;
        let key = signature.key();
        if self.keys.contains(&key) {
            return Ok(());
        }
        let message = format!(
            "{} is signed with {key}, which is not trusted; if you know whose key that is, add it to \
             `plugins.trusted_keys`",
            found.title
        );
        Err(Failure::new(Exit::Plugin, message))
    }
}

/// The right signature that a component has; `None` where it has none at all.
///
/// A wrong signature is an error.
pub(crate) async fn signature(
    found: &Found,
    digest: &Digest,
    sources: &Sources,
) -> Result<Option<Signature>, RegistryError> {
    signed(found, digest, sources, |_| true).await
}

/// The same, rather of a key that is `wanted`.
async fn signed(
    found: &Found,
    digest: &Digest,
    sources: &Sources,
    wanted: impl Fn(&PublicKey) -> bool,
) -> Result<Option<Signature>, RegistryError> {
    let enough = |signature: &Signature| signature.verify(digest).is_ok_and(|key| wanted(&key));
    let Some(signature) = sources.signature(found, digest, enough).await? else { return Ok(None) };
    match signature.verify(digest) {
        Ok(_) => Ok(Some(signature)),
        Err(error) => Err(RegistryError::signature(&found.title, &error)),
    }
}
