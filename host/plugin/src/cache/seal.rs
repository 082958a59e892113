//! The code that shows that a cache entry was written by who holds the key.

use std::io::{self, Read};

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = blake3::KEY_LEN;

/// Bytes of a code.
pub(crate) const TAG_BYTES: usize = blake3::OUT_LEN;

/// Makes and checks codes with one key: keyed BLAKE3, for compiled code is large and read at every start.
pub(crate) struct Seal([u8; KEY_BYTES]);

impl Seal {
    /// With this key.
    pub(crate) fn new(key: [u8; KEY_BYTES]) -> Self {
        Self(key)
    }

    /// The code for the entry `name` with this content.
    pub(crate) fn tag(&self, name: &[u8], content: impl Read) -> io::Result<[u8; TAG_BYTES]> {
        Ok(*self.mac(name, content)?.as_bytes())
    }

    /// Whether `tag` is the code for the entry `name` with this content.
    pub(crate) fn fits(&self, name: &[u8], content: impl Read, tag: &[u8]) -> io::Result<bool> {
        // Compared in constant time; a tag of another length never fits.
        Ok(self.mac(name, content)? == *tag)
    }

    fn mac(&self, name: &[u8], content: impl Read) -> io::Result<blake3::Hash> {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        // With its length: what moves from the name to the content is another entry.
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name);
        hasher.update_reader(content)?;
        Ok(hasher.finalize())
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
            let tag = seal.tag(&name, content.as_slice())?;
            prop_assert!(seal.fits(&name, content.as_slice(), &tag)?);
            prop_assert!(!Seal::new([8; KEY_BYTES]).fits(&name, content.as_slice(), &tag)?);
            for part in 0..3 {
                let mut parts = [name.clone(), content.clone(), tag.to_vec()];
                let index = at.index(parts[part].len());
                parts[part][index] ^= 1 << bit;
                prop_assert!(!seal.fits(&parts[0], parts[1].as_slice(), &parts[2])?);
            }
            let (first, rest) = content.split_at(1);
            prop_assert!(!seal.fits(&[name.as_slice(), first].concat(), rest, &tag)?, "bytes moved into the name");
            prop_assert!(!seal.fits(&name, content.as_slice(), &tag[..tag.len() - 1])?);
        }
    }
}
