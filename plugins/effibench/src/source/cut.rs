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
        let is_blank = |character: char| character != '\n' && (character.is_whitespace() || character == ';');
        let rest = source[at..].trim_start_matches(is_blank);
        if kept[line_start..].chars().all(is_blank) && (rest.is_empty() || rest.starts_with('\n')) {
            kept.truncate(line_start);
            at = (source.len() - rest.len() + 1).min(source.len());
        }
    }
    kept.push_str(&source[at..]);
    kept
}
