//! Signatures of plugins: a small JSON document beside the component, or beside its artifact.

use crate::keys::{KeyError, PrivateKey, PublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use perfagent_core::digest::Digest;
use serde::{Deserialize, Serialize};

/// The format that is written, and the newest that is read.
const FORMAT: u64 = 1;

/// What is signed starts with this, so that a signature made for anything else never fits a plugin.
const DOMAIN: &str = "perfagent plugin signature v1\n";

/// Bytes that no signature's document exceeds.
pub(crate) const MAX_BYTES: u64 = 4096;

/// Who vouches for a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    digest: Digest,
    key: PublicKey,
    bytes: Vec<u8>,
}

/// Why a signature is no good. It may quote a stranger as it is: what people see of it is [`crate::Said`].
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// It is no JSON, or lacks something.
    #[error("it cannot be read")]
    Malformed(#[source] serde_json::Error),
    /// A newer program wrote it.
    #[error("it has the format {0}, this program knows {FORMAT}; use a newer perfagent")]
    Newer(u64),
    /// Its digest is none.
    #[error("the digest that it names is none")]
    Digest,
    /// Its key is none.
    #[error("the key that it names is none")]
    Key(#[source] KeyError),
    /// Its bytes are none.
    #[error("its bytes are no base64")]
    Bytes,
    /// It is another component's.
    #[error("it is that of another component, {signed}, and this one is {found}")]
    OtherComponent {
        /// Whose it is.
        signed: Digest,
        /// What it was found with.
        found: Digest,
    },
    /// The key that it names did not make it.
    #[error("it was not made with the key that it names, {0}")]
    Forged(PublicKey),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u64,
    digest: String,
    key: String,
    signature: String,
}

impl Signature {
    /// Signs the component with this digest.
    pub fn new(key: &PrivateKey, digest: &Digest) -> Self {
        Self { digest: digest.clone(), key: key.public(), bytes: key.sign(&message(digest)) }
    }

    /// The component that it is of, if it is right.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Whose it is, if it is right.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// Whose signature of the component `digest` it is.
    ///
    /// # Errors
    /// [`SignatureError`] where it is that of another component, or was not made with the key that it names.
    pub fn verify(&self, digest: &Digest) -> Result<PublicKey, SignatureError> {
        if self.digest != *digest {
            return Err(SignatureError::OtherComponent { signed: self.digest.clone(), found: digest.clone() });
        }
        let right = self.key.verifies(&message(digest), &self.bytes);
        right.then_some(self.key).ok_or(SignatureError::Forged(self.key))
    }

    /// The document.
    pub fn to_json(&self) -> String {
        let document = Document {
            version: FORMAT,
            digest: self.digest.to_string(),
            key: self.key.to_string(),
            signature: STANDARD.encode(&self.bytes),
        };
        serde_json::to_string_pretty(&document).expect("all of it is text and numbers") + "\n"
    }

    /// Reads a document. Whether it is right is another question: [`Signature::verify`].
    ///
    /// # Errors
    /// [`SignatureError`] where it is none.
    pub fn from_json(bytes: &[u8]) -> Result<Self, SignatureError> {
        #[derive(Deserialize)]
        struct Format {
            version: u64,
        }
        let Format { version } = serde_json::from_slice(bytes).map_err(SignatureError::Malformed)?;
        if version > FORMAT {
            return Err(SignatureError::Newer(version));
        }
        let document: Document = serde_json::from_slice(bytes).map_err(SignatureError::Malformed)?;
        Ok(Self {
            digest: Digest::parse(&document.digest).ok_or(SignatureError::Digest)?,
            key: document.key.parse().map_err(SignatureError::Key)?,
            bytes: STANDARD.decode(document.signature).map_err(|_| SignatureError::Bytes)?,
        })
    }
}

fn message(digest: &Digest) -> Vec<u8> {
    format!("{DOMAIN}{digest}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn key() -> PrivateKey {
        PrivateKey::from_pem(&PrivateKey::generate().unwrap()).unwrap()
    }

    #[test]
    fn a_signature_fits_its_component_alone() {
        let (key, digest) = (key(), Digest::of(b"component"));
        let signature = Signature::new(&key, &digest);
        let read = Signature::from_json(signature.to_json().as_bytes()).unwrap();
        assert_eq!(read, signature);
        assert_eq!(read.verify(&digest).unwrap(), key.public());
        let other = Digest::of(b"another");
        assert!(matches!(read.verify(&other), Err(SignatureError::OtherComponent { .. })));
        // Whoever changes the digest that it names makes it wrong.
        let renamed = signature.to_json().replace(digest.hex(), other.hex());
        let renamed = Signature::from_json(renamed.as_bytes()).unwrap();
        assert!(matches!(renamed.verify(&other), Err(SignatureError::Forged(_))));
    }

    #[test]
    fn a_signature_of_the_bare_digest_is_none() {
        let (key, digest) = (key(), Digest::of(b"component"));
        let bare = Signature { bytes: key.sign(digest.to_string().as_bytes()), ..Signature::new(&key, &digest) };
        assert!(matches!(bare.verify(&digest), Err(SignatureError::Forged(_))));
    }

    #[test]
    fn rubbish_is_refused() {
        let signature = Signature::new(&key(), &Digest::of(b"component"));
        let changed = |key: &str, value: Value| {
            let mut document: Value = serde_json::from_str(&signature.to_json()).unwrap();
            document[key] = value;
            Signature::from_json(document.to_string().as_bytes())
        };
        assert!(matches!(changed("version", json!(2)), Err(SignatureError::Newer(2))));
        assert!(matches!(changed("digest", json!("sha256:1")), Err(SignatureError::Digest)));
        assert!(matches!(changed("key", json!("ed25519:1")), Err(SignatureError::Key(_))));
        assert!(matches!(changed("signature", json!("!")), Err(SignatureError::Bytes)));
        assert!(matches!(changed("more", json!(1)), Err(SignatureError::Malformed(_))));
        let short = changed("signature", json!("AAAA")).unwrap();
        assert!(matches!(short.verify(signature.digest()), Err(SignatureError::Forged(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Signature::from_json(&bytes).is_err());
        }

        #[test]
        fn a_flipped_bit_never_verifies(at in 0_usize..64, bit in 0_u8..8) {
            let digest = Digest::of(b"component");
            let mut signature = Signature::new(&key(), &digest);
            signature.bytes[at] ^= 1 << bit;
            prop_assert!(signature.verify(&digest).is_err());
        }
    }
}
