//! Takes statements out of a source.

use std::ops::Range;

/// `source` without `ranges`, which are in order and apart, and without the lines of which nothing
/// but blanks remains because of that.
pub(super) fn without(source: &str, ranges: &[Range<usize>]) -> String {
    let mut kept = String::with_capacity(source.len());
    let mut at = 0;
    for range in ranges {
        kept.push_str(&source[at..range.start]);
        at = range.end;
        let line_start = kept.rfind('\n').map_or(0, |end| end + 1);
        let line_end = source[at..].find('\n').map_or(source.len(), |end| at + end + 1);
        let is_blank = |text: &str| text.chars().all(|character| character.is_whitespace() || character == ';');
        if is_blank(&kept[line_start..]) && is_blank(&source[at..line_end]) {
            kept.truncate(line_start);
            at = line_end;
        }
    }
    kept.push_str(&source[at..]);
    kept
}
