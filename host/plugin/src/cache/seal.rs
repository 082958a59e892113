//! The code that shows that a cache entry was written by who holds the key.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;

/// Makes and checks codes with one key.
pub(crate) struct Seal([u8; KEY_BYTES]);

impl Seal {
    /// With this key.
    pub(crate) fn new(key: [u8; KEY_BYTES]) -> Self {
        Self(key)
    }

    /// The code for the entry `name` with this content.
    pub(crate) fn tag(&self, name: &[u8], content: &[u8]) -> Vec<u8> {
        self.mac(name, content).finalize().into_bytes().to_vec()
    }

    /// Whether `tag` is the code for the entry `name` with this content.
    pub(crate) fn fits(&self, name: &[u8], content: &[u8], tag: &[u8]) -> bool {
        self.mac(name, content).verify_slice(tag).is_ok()
    }

    fn mac(&self, name: &[u8], content: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key may have any length");
        // With its length: what moves from the name to the content is another entry.
        mac.update(&(name.len() as u64).to_le_bytes());
        mac.update(name);
        mac.update(content);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_change_is_refused(
            name in proptest::collection::vec(any::<u8>(), 1..40),
            content in proptest::collection::vec(any::<u8>(), 1..200),
            at in any::<proptest::sample::Index>(),
            bit in 0..8u8,
        ) {
            let seal = Seal::new([7; KEY_BYTES]);
            let tag = seal.tag(&name, &content);
            prop_assert!(seal.fits(&name, &content, &tag));
            prop_assert!(!Seal::new([8; KEY_BYTES]).fits(&name, &content, &tag));
            for part in 0..3 {
                let mut parts = [name.clone(), content.clone(), tag.clone()];
                let index = at.index(parts[part].len());
                parts[part][index] ^= 1 << bit;
                prop_assert!(!seal.fits(&parts[0], &parts[1], &parts[2]));
            }
            let (first, rest) = content.split_at(1);
            prop_assert!(!seal.fits(&[name.as_slice(), first].concat(), rest, &tag), "bytes moved into the name");
            prop_assert!(!seal.fits(&name, &content, &tag[..tag.len() - 1]));
        }
    }
}
