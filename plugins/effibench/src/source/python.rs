//! Imports of Python: `import` and `from` statements that are not indented.

use super::scan::{after_keyword, depth, lines, squeezed, words};
use super::{Found, Import, Need};
use std::ops::Range;

pub(super) fn find(source: &str, masked: &str) -> Vec<Found> {
    statements(masked)
        .into_iter()
        .filter_map(|range| {
            let import = read(&masked[range.clone()], &source[range.clone()])?;
            Some(Found { imports: vec![import], range })
        })
        .collect()
}

/// Where simple statements stand of those lines that begin with an import: several where there are
/// semicolons, and over several lines where brackets or backslashes say so.
fn statements(masked: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut resume = 0;
    for (start, line) in lines(masked) {
        let begins = |keyword| after_keyword(line, keyword).is_some();
        if start < resume || !(begins("import") || begins("from")) {
            continue;
        }
        let end = logical_end(masked, start);
        let mut at = start;
        while at < end {
            let next = masked[at..end].find(';').map_or(end, |semicolon| at + semicolon + 1);
            // With the blanks that follow: what comes first in a line is not indented.
            let rest = masked[next..end].trim_start_matches([' ', '\t']);
            ranges.push(at..end - rest.len());
            at = end - rest.len();
        }
        resume = end;
    }
    ranges
}

/// Where the logical line ends that begins at `start`.
fn logical_end(masked: &str, start: usize) -> usize {
    let (mut end, mut open) = (start, 0);
    for line in masked[start..].split_inclusive('\n') {
        let text = line.trim_end_matches(['\n', '\r']);
        open += depth(text);
        if open <= 0 && !text.ends_with('\\') {
            return end + text.len();
        }
        end += line.len();
    }
    end
}

/// Reads a statement; `None` of one that imports nothing.
fn read(masked: &str, original: &str) -> Option<Import> {
    let statement = masked.trim().trim_end_matches(';');
    let text = original.trim().trim_end_matches(';').trim_end().to_owned();
    if let Some(names) = after_keyword(statement, "import") {
        return Some(Import { text, names: bound(names), need: Need::Qualifier });
    }
    let (module, names) = split_keyword(after_keyword(statement, "from")?, "import")?;
    let need = if names.contains('*') || module == "__future__" { Need::Always } else { Need::Name };
    Some(Import { text, names: bound(names), need })
}

fn split_keyword<'a>(text: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (range, _) = words(text).find(|(_, word)| *word == keyword)?;
    Some((text[..range.start].trim(), &text[range.end..]))
}

/// Names that a list such as `a.b, c as d` binds.
fn bound(list: &str) -> Vec<String> {
    let list = list.replace(['(', ')', '\\'], " ");
    let items = list.split(',').map(squeezed).filter(|item| !item.is_empty());
    let name = |item: String| match item.split_once(" as ") {
        Some((_, name)) => name.to_owned(),
        None => item.split('.').next().unwrap_or_default().to_owned(),
    };
    items.map(name).collect()
}

/// Whether an import must stand before everything else, as Python's imports from the future must.
pub(crate) fn is_future(import: &Import) -> bool {
    squeezed(&import.text).starts_with("from __future__ ")
}
