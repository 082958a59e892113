//! Imports of Rust: `use` declarations that are not indented, one import for each name.

use super::scan::{after_keyword, lines, squeezed};
use super::{Found, Import, Need};

/// Braces in one another that are followed: more than anyone writes.
const MAX_DEPTH: usize = 16;

pub(super) fn find(_source: &str, masked: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut resume = 0;
    for (start, line) in lines(masked) {
        if start < resume || after_keyword(line, "use").is_none() {
            continue;
        }
        let Some(length) = masked[start..].find(';') else { return found };
        let end = start + length + 1;
        let tree = squeezed(masked[start..end - 1].trim_start_matches("use"));
        let mut imports = Vec::new();
        flatten("", tree.trim(), MAX_DEPTH, &mut imports);
        found.push(Found { imports, range: start..end });
        resume = end;
    }
    found
}

/// Adds each name that `tree` imports from the path `prefix`, down to `depth` braces in one another.
fn flatten(prefix: &str, tree: &str, depth: usize, imports: &mut Vec<Import>) {
    let Some((path, inner)) = tree.split_once('{') else {
        return imports.extend(leaf(&format!("{prefix}{tree}")));
    };
    let prefix = format!("{prefix}{}", path.trim());
    let Some(depth) = depth.checked_sub(1) else { return };
    for item in items(inner.trim().strip_suffix('}').unwrap_or(inner)) {
        flatten(&prefix, item.trim(), depth, imports);
    }
}

/// Splits at the commas that are in no inner braces.
fn items(list: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let is_comma = |character: char| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    };
    list.split(is_comma).filter(|item| !item.trim().is_empty()).collect()
}

fn leaf(path: &str) -> Option<Import> {
    let path = path.strip_suffix("::self").map_or_else(|| path.to_owned(), str::to_owned).replace("::self as", " as");
    let name = path.rsplit("::").next()?.rsplit(" as ").next()?.trim().to_owned();
    // Traits are used without being mentioned.
    let need = if matches!(name.as_str(), "*" | "_" | "Read" | "Write" | "BufRead" | "FromStr") {
        Need::Always
    } else {
        Need::Name
    };
    let names = if matches!(name.as_str(), "*" | "_") { Vec::new() } else { vec![name] };
    Some(Import { text: format!("use {path};"), names, need })
}
