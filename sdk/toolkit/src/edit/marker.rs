//! Lines of a reply that shape its blocks.

use super::line::BLANKS;
use std::ops::RangeInclusive;

/// Characters that a marker may have.
pub(super) const LENGTHS: RangeInclusive<usize> = 5..=9;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `<<<<<<< SEARCH`
    Open,
    /// `=======`
    Divider,
    /// `>>>>>>> REPLACE`
    Close,
    /// Starts like an opening or closing marker, but is none.
    Stray,
    /// Begins or ends a code fence.
    Fence,
}

/// A line that shapes blocks, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) kind: Kind,
    /// Number of marker characters.
    pub(super) length: usize,
    /// Bytes of blanks before them.
    pub(super) indent: usize,
    /// Line of the reply, counted from 1.
    pub(super) line: usize,
    /// Offset of the line in the reply.
    pub(super) start: usize,
    /// Offset after the line's end.
    pub(super) end: usize,
}

impl Mark {
    /// Whether the mark can belong to a block opened by `open`: markers further in than the opening
    /// one are lines of the program.
    pub(super) fn is_at_margin_of(&self, open: &Mark) -> bool {
        self.indent == 0 || self.indent == open.indent
    }

    pub(super) fn has_valid_length(&self) -> bool {
        LENGTHS.contains(&self.length)
    }
}

/// The marks of `reply`, in order.
pub(super) fn marks(reply: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut start = 0;
    for (index, line) in reply.split_inclusive('\n').enumerate() {
        let end = start + line.len();
        let body = line.trim_matches(BLANKS_AND_END);
        let indent = line.len() - line.trim_start_matches(BLANKS).len();
        if let Some((kind, length)) = classify(body) {
            marks.push(Mark { kind, length, indent, line: index + 1, start, end });
        }
        start = end;
    }
    marks
}

const BLANKS_AND_END: [char; 4] = [' ', '\t', '\r', '\n'];

/// Kind and number of marker characters of a line without blanks around it.
fn classify(body: &str) -> Option<(Kind, usize)> {
    let first = body.chars().next()?;
    let rest = body.trim_start_matches(first);
    let length = body.len() - rest.len();
    let word = rest.trim_start_matches(BLANKS);
    match first {
        '<' if length >= 3 && word.eq_ignore_ascii_case("SEARCH") => Some((Kind::Open, length)),
        '>' if length >= 3 && word.eq_ignore_ascii_case("REPLACE") => Some((Kind::Close, length)),
        '<' | '>' if length >= *LENGTHS.start() => Some((Kind::Stray, length)),
        '=' if rest.is_empty() && LENGTHS.contains(&length) => Some((Kind::Divider, length)),
        '`' | '~' if length >= 3 => Some((Kind::Fence, length)),
        _ => None,
    }
}
