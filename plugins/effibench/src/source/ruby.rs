//! Imports of Ruby: `require` at the start of a line.

use super::scan::{after_keyword, lines, squeezed};
use super::{Found, Import, Need};

pub(super) fn find(source: &str, masked: &str) -> Vec<Found> {
    let is_import = |line: &str| {
        let rest = after_keyword(line, "require").or_else(|| after_keyword(line, "require_relative"));
        // Nothing but the name: a condition or another statement after it keeps the line.
        rest.is_some_and(|rest| rest.trim().chars().all(|c| matches!(c, '\'' | '"' | '(' | ')' | ' ' | ';')))
    };
    lines(masked)
        .filter(|(_, line)| is_import(line))
        .map(|(start, line)| {
            let range = start..start + line.len();
            let text = squeezed(source[start..start + line.trim_end().len()].trim_end_matches(';'));
            Found { imports: vec![Import { text, names: Vec::new(), need: Need::Always }], range }
        })
        .collect()
}
