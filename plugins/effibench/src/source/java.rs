//! Imports of Java, and the class that a program starts with.

mod types;

use super::scan::{after_keyword, squeezed, words};
use super::{Found, Import, Need, Syntax, mask};
use types::{Type, top_level};

/// The class that the host starts.
const ENTRY: &str = "Main";

/// Imports stand before everything else; a package clause among them counts as one that imports
/// nothing.
pub(super) fn find(_source: &str, masked: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let rest = &masked[at..];
        let start = at + rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';').len();
        let statement = &masked[start..];
        let is_import = after_keyword(statement, "import").is_some();
        let Some(length) = statement.find(';') else { return found };
        if !is_import && after_keyword(statement, "package").is_none() {
            return found;
        }
        at = start + length + 1;
        let text = squeezed(&masked[start..at]);
        let import = Import { text, names: Vec::new(), need: Need::Always };
        let imports = if is_import { vec![import] } else { Vec::new() };
        found.push(Found { imports, range: start..at });
    }
}

/// Whether `import` is of a class in a package of which `imports` imports all.
pub(crate) fn is_covered(import: &str, imports: &str) -> bool {
    let Some((package, _)) = import.rsplit_once('.') else { return false };
    imports.lines().any(|line| line.trim() == format!("{package}.*;"))
}

/// `source` so that it starts with the class `Main` of a file of that name: without a package, with
/// the class that has the method `main` renamed, and no other class public.
pub(crate) fn with_entry(source: &str, syntax: &Syntax) -> String {
    let source = unpackaged(source, syntax);
    let masked = mask(&source, syntax);
    let types = top_level(&masked);
    let Some(entry) = entry(&types, &masked) else { return source };
    let mut changed = String::with_capacity(source.len());
    let mut at = 0;
    for (range, word) in words(&masked) {
        let is_public = types.iter().any(|other| other.name != entry.name && other.public == Some(range.start));
        let replacement = match word {
            _ if is_public => "",
            word if word == entry.name => ENTRY,
            _ => continue,
        };
        changed.push_str(&source[at..range.start]);
        changed.push_str(replacement);
        at = range.end;
    }
    changed.push_str(&source[at..]);
    changed
}

fn unpackaged(source: &str, syntax: &Syntax) -> String {
    let masked = mask(source, syntax);
    let clauses = find(source, &masked).into_iter().filter(|found| found.imports.is_empty());
    let ranges: Vec<_> = clauses.map(|found| found.range).collect();
    super::without(source, &ranges)
}

/// The class `Main`, else the one with the method `main`, a public one first, else a public one.
fn entry<'a>(types: &'a [Type<'a>], masked: &str) -> Option<&'a Type<'a>> {
    let rank = |one: &&Type<'_>| {
        let is_public = one.public.is_some();
        let has_main = squeezed(&masked[one.body.clone()]).contains("void main");
        (one.name == ENTRY, has_main, is_public)
    };
    // Of equals the first.
    let best = types.iter().rev().max_by_key(rank)?;
    (rank(&best) != (false, false, false)).then_some(best)
}
