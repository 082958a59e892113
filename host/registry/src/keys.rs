//! Keys that plugins are signed with: ed25519.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// What a public key's text starts with.
const PREFIX: &str = "ed25519:";

/// Bytes of a public key.
const KEY_BYTES: usize = 32;

/// Characters of a line of PEM.
const PEM_LINE: usize = 64;

/// Why a key cannot be used or made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A public key's text is none.
    #[error("a public key is to be `ed25519:` and 32 bytes in base64, as `perfagent plugin keygen` prints it")]
    Public,
    /// A private key's text is none.
    #[error("it holds no ed25519 key in PKCS#8 PEM; `perfagent plugin keygen` makes one")]
    Private,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

/// The half of a key that signs. Does not print.
pub struct PrivateKey(Ed25519KeyPair);

/// The half of a key that tells who signed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey([u8; KEY_BYTES]);

impl PrivateKey {
    /// The text of a new key: PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn generate() -> Result<Zeroizing<String>, KeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Random)?;
        let body = Zeroizing::new(STANDARD.encode(document.as_ref()));
        let mut text = Zeroizing::new(String::from("-----BEGIN PRIVATE KEY-----\n"));
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(PEM_LINE.min(rest.len()));
            text.push_str(line);
            text.push('\n');
            rest = after;
        }
        text.push_str("-----END PRIVATE KEY-----\n");
        Ok(text)
    }

    /// The key in `text`, as [`PrivateKey::generate`] or `openssl genpkey -algorithm ed25519` make it.
    ///
    /// # Errors
    /// [`KeyError::Private`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).map_err(|_| KeyError::Private)?;
        // OpenSSL leaves the public half out, which ring then has nothing to check against.
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der()).map_err(|_| KeyError::Private)?;
        Ok(Self(pair))
    }

    /// The half that may be told.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; KEY_BYTES];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(bytes)
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

impl PublicKey {
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, self.0);
        key.verify(message, signature).is_ok()
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(KeyError::Public)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| KeyError::Public)?;
        bytes.try_into().map(Self).map_err(|_| KeyError::Public)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey of {}", self.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl genpkey -algorithm ed25519`, for tests only.
    const OPENSSL: &str = "-----BEGIN PRIVATE KEY-----\n\
                           MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
                           -----END PRIVATE KEY-----\n";

    #[test]
    fn keys_are_read_as_they_were_written() {
        let text = PrivateKey::generate().unwrap();
        let key = PrivateKey::from_pem(&text).unwrap();
        let public = key.public();
        assert_eq!(public.to_string().parse(), Ok(public));
        assert!(public.verifies(b"message", &key.sign(b"message")));
        assert!(!public.verifies(b"another", &key.sign(b"message")));
        assert!(text.lines().all(|line| line.len() <= 64));
        assert!(!format!("{key:?}").contains(text.lines().nth(1).unwrap()));
    }

    #[test]
    fn openssls_keys_are_read_too() {
        // The key of RFC 8032, section 7.1, test 1.
        let key = PrivateKey::from_pem(OPENSSL).unwrap();
        assert_eq!(key.public().to_string(), "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    }

    #[test]
    fn rubbish_is_no_key() {
        for text in ["", "ed25519:", "ed25519:AAAA", "rsa:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "ed25519:!"] {
            assert_eq!(text.parse::<PublicKey>(), Err(KeyError::Public), "{text}");
        }
        for text in ["", "secret", &OPENSSL[..80], &OPENSSL.replace("K2Vw", "K2Vx")] {
            assert_eq!(PrivateKey::from_pem(text).unwrap_err(), KeyError::Private, "{text}");
        }
    }
}
