//! The code that shows that a cache entry was written by who holds the key.

use std::num::NonZero;
use std::thread;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = blake3::KEY_LEN;

/// Bytes of a code.
pub(crate) const TAG_BYTES: usize = blake3::OUT_LEN;

/// Content is hashed in parts, so that several cores share the work: an interpreter's compiled code has 40 MB,
/// and is read before each start.
const PART_BYTES: usize = 1 << 20;

/// Fewer parts than this are not worth a thread.
const PARTS_PER_THREAD: usize = 4;

/// Most threads.
const THREADS: usize = 8;

/// Makes and checks codes with one key: keyed BLAKE3 over the hashes of the parts.
pub(crate) struct Seal {
    whole: [u8; KEY_BYTES],
    parts: [u8; KEY_BYTES],
}

impl Seal {
    /// With this key.
    pub(crate) fn new(key: [u8; KEY_BYTES]) -> Self {
        Self { whole: key, parts: blake3::derive_key("perfagent: parts of sealed content", &key) }
    }

    /// The code for `content`, which is `name`.
    pub(crate) fn tag(&self, name: &[u8], content: &[u8]) -> [u8; TAG_BYTES] {
        *self.mac(name, content).as_bytes()
    }

    /// Whether `tag` is the code for `content`, which is `name`.
    pub(crate) fn fits(&self, name: &[u8], content: &[u8], tag: &[u8]) -> bool {
        // Compared in constant time; a tag of another length never fits.
        self.mac(name, content) == *tag
    }

    fn mac(&self, name: &[u8], content: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.whole);
        // With its length: what moves from the name to the content is another entry.
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name);
        for part in self.parts(content) {
            hasher.update(part.as_bytes());
        }
        hasher.finalize()
    }

    /// The hashes of the parts, in their order.
    fn parts(&self, content: &[u8]) -> Vec<blake3::Hash> {
        let parts: Vec<&[u8]> = content.chunks(PART_BYTES).collect();
        let hash = |parts: &[&[u8]]| parts.iter().map(|part| blake3::keyed_hash(&self.parts, part)).collect::<Vec<_>>();
        if parts.len() <= PARTS_PER_THREAD {
            return hash(&parts);
        }
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
        let share = parts.len().div_ceil(threads).max(PARTS_PER_THREAD);
        thread::scope(|scope| {
            let mut shares = parts.chunks(share);
            let mine = shares.next().unwrap_or_default();
            let others = shares.map(|share| {
                let thread = thread::Builder::new().spawn_scoped(scope, move || hash(share));
                (share, thread)
            });
            let others: Vec<_> = others.collect();
            let mut all = hash(mine);
            for (share, thread) in others {
                // Where the machine has no thread to give, this one does the work.
                let hashes = thread.ok().and_then(|thread| thread.join().ok());
                all.extend(hashes.unwrap_or_else(|| hash(share)));
            }
            all
        })
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
                let mut parts = [name.clone(), content.clone(), tag.to_vec()];
                let index = at.index(parts[part].len());
                parts[part][index] ^= 1 << bit;
                prop_assert!(!seal.fits(&parts[0], &parts[1], &parts[2]));
            }
            let (first, rest) = content.split_at(1);
            prop_assert!(!seal.fits(&[name.as_slice(), first].concat(), rest, &tag), "bytes moved into the name");
            prop_assert!(!seal.fits(&name, &content, &tag[..tag.len() - 1]));
        }
    }

    #[test]
    fn parts_count_wherever_they_are() {
        let seal = Seal::new([7; KEY_BYTES]);
        // More parts than one thread takes, and the last one shorter.
        let mut content = vec![0; PART_BYTES * (2 * PARTS_PER_THREAD + 1) + 5];
        let tag = seal.tag(b"name", &content);
        assert!(seal.fits(b"name", &content, &tag));
        for at in [0, PART_BYTES - 1, PART_BYTES, PART_BYTES * PARTS_PER_THREAD, content.len() - 1] {
            content[at] = 1;
            assert!(!seal.fits(b"name", &content, &tag), "byte {at}");
            content[at] = 0;
        }
        assert!(!seal.fits(b"name", &content[..content.len() - 1], &tag));
        assert!(!seal.fits(b"name", &content[PART_BYTES..], &tag));
        content.push(0);
        assert!(!seal.fits(b"name", &content, &tag));
    }
}
