//! Which plugins may run: whose signatures count, and whether one is needed.

use super::{Found, Origin, Sources};
use crate::exit::Exit;
use crate::failure::Failure;
use perfagent_core::digest::Digest;
use perfagent_registry::{PublicKey, RegistryError};
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
        let key = signer(found, digest, sources).await?.ok_or_else(|| {
            let message = format!(
                "{} is not signed, and `plugins.require_signed` refuses that; ask whoever made it for a signature, or \
                 sign it yourself with `perfagent plugin sign`",
                found.title
            );
            Failure::new(Exit::Plugin, message)
        })?;
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

/// Whose right signature a component has; `None` where it has none at all.
///
/// A wrong signature is an error.
pub(crate) async fn signer(
    found: &Found,
    digest: &Digest,
    sources: &Sources,
) -> Result<Option<PublicKey>, RegistryError> {
    let Some(signature) = sources.signature(found, digest).await? else { return Ok(None) };
    let wrong = |source| RegistryError::Signature { thing: found.title.clone(), source };
    signature.verify(digest).map(Some).map_err(wrong)
}
