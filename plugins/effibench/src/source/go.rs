//! Imports of Go, and its package clause, which counts as one that imports nothing.

use super::scan::{after_keyword, lines};
use super::{Found, Import, Need};

pub(super) fn find(source: &str, masked: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut resume = 0;
    for (start, line) in lines(masked) {
        if start < resume {
            continue;
        }
        let end = if after_keyword(line, "package").is_some() {
            start + line.len()
        } else if let Some(rest) = after_keyword(line, "import") {
            if rest.starts_with('(') {
                let Some(length) = masked[start..].find(')') else { return found };
                start + length + 1
            } else {
                start + line.len()
            }
        } else {
            continue;
        };
        let imports = specifications(&source[start..end], &masked[start..end]);
        found.push(Found { imports, range: start..end });
        resume = end;
    }
    found
}

/// The imports of one declaration: every quoted path, with the name before it where there is one.
fn specifications(source: &str, masked: &str) -> Vec<Import> {
    let mut imports = Vec::new();
    let mut after = 0;
    let quotes: Vec<usize> = masked.match_indices(['"', '`']).map(|(at, _)| at).collect();
    for pair in quotes.chunks_exact(2) {
        let before = masked[after..pair[0]].rsplit(['(', ';', '\n']).next().unwrap_or_default().trim();
        let alias = before.strip_prefix("import").unwrap_or(before).trim();
        imports.push(import(alias, &source[pair[0] + 1..pair[1]]));
        after = pair[1] + 1;
    }
    imports
}

fn import(alias: &str, path: &str) -> Import {
    let text = format!("{alias} \"{path}\"").trim_start().to_owned();
    let name = if alias.is_empty() { path.rsplit('/').next().unwrap_or_default() } else { alias };
    match name {
        // Imported for their effects, or all of their names.
        "_" | "." => Import { text, names: Vec::new(), need: Need::Always },
        name => Import { text, names: vec![name.to_owned()], need: Need::Qualifier },
    }
}
