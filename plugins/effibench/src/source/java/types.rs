//! The classes that a file of Java declares.

use crate::source::scan::{is_word, words};
use std::ops::Range;

/// A class, interface, enumeration or record that is within no other.
#[derive(Debug)]
pub(super) struct Type<'a> {
    pub(super) name: &'a str,
    /// Where the word `public` stands.
    pub(super) public: Option<usize>,
    /// From its name to the end of its body.
    pub(super) body: Range<usize>,
}

/// The types of a masked file, in order.
pub(super) fn top_level(masked: &str) -> Vec<Type<'_>> {
    let mut types = Vec::new();
    let mut at = 0;
    while let Some(found) = next(masked, at) {
        at = found.body.end;
        types.push(found);
    }
    types
}

/// The first type declared at or after `from`, which is within no other.
fn next(masked: &str, from: usize) -> Option<Type<'_>> {
    let mut public = None;
    let mut is_declared = false;
    for (range, word) in words(&masked[from..]) {
        let start = from + range.start;
        match word {
            _ if is_declared => {
                return Some(Type { name: word, public, body: start..body_end(masked, start) });
            }
            "public" => public = Some(start),
            "class" | "interface" | "enum" => is_declared = true,
            "record" => is_declared = masked[from + range.end..].trim_start().starts_with(is_word),
            _ => {}
        }
    }
    None
}

/// Where the body ends that begins after `start`.
fn body_end(masked: &str, start: usize) -> usize {
    let mut depth = 0;
    for (at, byte) in masked.bytes().enumerate().skip(start) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth <= 0 {
            return at + 1;
        }
    }
    masked.len()
}
