//! What is looked at of a plugin's file before it is compiled, and what a compiled one in the cache must
//! be: the host's own files, without the engine, which fuzzes itself.

#![no_main]
#![allow(dead_code, reason = "the parts of the host that are not fuzzed here")]

#[path = "../../../host/plugin/src/error.rs"]
mod error;
#[path = "../../../host/plugin/src/format.rs"]
mod format;
#[path = "../../../host/plugin/src/promise.rs"]
mod promise;
#[path = "../../../host/plugin/src/cache/seal.rs"]
mod seal;
#[path = "../../../host/plugin/src/text.rs"]
mod text;

use error::PluginError;
use libfuzzer_sys::fuzz_target;
use seal::Seal;

/// What the errors tell.
const INTERFACE_VERSION: &str = "0.1.0";

const LIMIT: usize = 4096;

fuzz_target!(|input: (&[u8], bool, &[u8], u16)| {
    let (bytes, headed, tag, flip) = input;
    // Half of the inputs begin as components do, for else hardly any would be looked into.
    let whole = if headed { [b"\0asm\x0d\0\x01\0", bytes].concat() } else { bytes.to_vec() };
    match format::check(&whole, LIMIT) {
        Ok(()) => assert!(whole.starts_with(b"\0asm\x0d\0\x01\0") && whole.len() <= LIMIT),
        Err(PluginError::Truncated { offset, missing_bytes }) => {
            assert!(offset <= whole.len() && missing_bytes > 0);
        }
        Err(error) => assert!(error.to_string().len() < 1_000),
    }

    let seal = Seal::new([1; 32]);
    let fits = |tag: &[u8]| seal.fits(b"entry", whole.as_slice(), tag).expect("bytes can be read");
    assert!(!fits(tag), "nobody guesses a code");
    let mut right = seal.tag(b"entry", whole.as_slice()).expect("bytes can be read");
    assert!(fits(&right));
    let at = usize::from(flip >> 3) % right.len();
    right[at] ^= 1 << (flip & 7);
    assert!(!fits(&right));

    let line = text::line(&String::from_utf8_lossy(bytes));
    assert!(!line.contains(['\n', '\r', '\u{1b}', '\u{202e}']));
});
