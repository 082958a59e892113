//! Imports of JavaScript: declarations that are nothing but calls of `require`, and `import`
//! statements, which become such declarations, since programs run as CommonJS modules.

use super::scan::{after_keyword, depth, is_word, lines, squeezed};
use super::{Found, Import, Need};

pub(super) fn find(source: &str, masked: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut resume = 0;
    for (start, line) in lines(masked) {
        let is_import =
            ["const", "let", "var", "import", "require"].iter().any(|word| after_keyword(line, word).is_some());
        if start < resume || !is_import {
            continue;
        }
        let end = statement_end(masked, start);
        resume = end;
        // Comments are blank in the mask, and so are the quoted names: those come from the source.
        let name = quoted(&source[start..end], &masked[start..end]);
        let Some(imports) = name.and_then(|name| read(&squeezed(&masked[start..end]), name)) else { continue };
        found.push(Found { imports, range: start..end });
    }
    found
}

/// Where the statement ends that begins at `start`, with its semicolon.
fn statement_end(masked: &str, start: usize) -> usize {
    let (mut end, mut open) = (start, 0);
    for line in masked[start..].split_inclusive('\n') {
        open += depth(line);
        let is_whole = open <= 0;
        match line.find(';').filter(|_| is_whole) {
            Some(at) => return end + at + 1,
            None if is_whole => return end + line.trim_end().len(),
            None => end += line.len(),
        }
    }
    end
}

/// The only quoted text of a statement.
fn quoted<'a>(source: &'a str, masked: &str) -> Option<&'a str> {
    let quotes: Vec<usize> = masked.match_indices(['"', '\'', '`']).map(|(at, _)| at).collect();
    let [open, close] = quotes[..] else { return None };
    Some(&source[open + 1..close])
}

/// Reads a statement whose only quoted text is `module`.
fn read(statement: &str, module: &str) -> Option<Vec<Import>> {
    let statement = statement.trim_end_matches(';').trim();
    // All that is within the quotes is blank, and squeezed to one.
    let statement = statement.replace(['"', '\'', '`'], "'").replace("' '", "''");
    let required = format!("require({})", serde_json::Value::from(module));
    if let Some(clause) = after_keyword(&statement, "import") {
        let clause = clause.strip_suffix("''")?.trim();
        let Some(names) = clause.strip_suffix("from") else {
            return clause.is_empty().then(|| vec![effect(required)]);
        };
        return imported(names.trim(), &required);
    }
    let plain = statement.replace(' ', "");
    if plain == "require('')" {
        return Some(vec![effect(required)]);
    }
    let (_, declared) = statement.split_once(' ')?;
    let (pattern, value) = declared.split_once('=')?;
    let members = value.replace(' ', "");
    let members = members.strip_prefix("require('')")?;
    let is_members = members.chars().all(|c| is_word(c) || c == '.') && !members.starts_with(is_word);
    is_members.then(|| declared_names(pattern.trim(), &format!("{required}{members}")))?
}

fn effect(required: String) -> Import {
    Import { text: format!("{required};"), names: Vec::new(), need: Need::Always }
}

/// What stands between `import` and `from`.
fn imported(clause: &str, required: &str) -> Option<Vec<Import>> {
    let (default, rest) = match clause.split_once(',').filter(|_| clause.starts_with(is_word)) {
        Some((default, rest)) => (Some(default.trim()), rest.trim()),
        None if clause.starts_with(is_word) => (Some(clause), ""),
        None => (None, clause),
    };
    let mut imports = Vec::new();
    if let Some(name) = default {
        imports.push(bind(name, required)?);
    }
    if let Some(name) = rest.strip_prefix('*') {
        imports.push(bind(name.trim().strip_prefix("as ")?.trim(), required)?);
    } else if !rest.is_empty() {
        imports.extend(declared_names(&rest.replace(" as ", ": "), required)?);
    }
    Some(imports)
}

/// One import for each name that a pattern binds; `None` of patterns that are not plain.
fn declared_names(pattern: &str, value: &str) -> Option<Vec<Import>> {
    let Some(inner) = pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return Some(vec![bind(pattern, value)?]);
    };
    let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
    let member = |item: &str| {
        let (member, name) = item.split_once(':').unwrap_or((item, item));
        bind(name.trim(), &format!("{value}.{}", member.trim()))
    };
    items.map(member).collect()
}

fn bind(name: &str, value: &str) -> Option<Import> {
    let is_plain = !name.is_empty() && name.chars().all(is_word);
    let import = Import { text: format!("const {name} = {value};"), names: vec![name.to_owned()], need: Need::Always };
    is_plain.then_some(import)
}
