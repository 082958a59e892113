//! Small work on texts that go into prompts and reports.

/// Cuts characters out of the middle of `text` so that it has at most `max_chars`, and says in their
/// place how many are missing. Where there is no room to say so, the text's start stays, with `…` at
/// its end.
///
/// ```
/// let cut = perfagent_toolkit::text::cut_middle(&"x".repeat(1000), 40);
/// assert_eq!(cut, "xxxxxxxxx…[982 characters cut]…xxxxxxxxx");
/// ```
pub fn cut_middle(text: &str, max_chars: usize) -> String {
    // As many bytes as characters allowed: certainly short enough.
    if text.len() <= max_chars {
        return text.to_owned();
    }
    let total = text.chars().count();
    if total <= max_chars {
        return text.to_owned();
    }
    // The mark's length depends on the number in it, which depends on the mark's length.
    let kept = (0..max_chars).rev().find(|kept| kept + mark(total - kept).chars().count() <= max_chars);
    let Some(kept) = kept else {
        return text.chars().take(max_chars.saturating_sub(1)).chain((max_chars > 0).then_some('…')).collect();
    };
    let tail = kept.div_ceil(2);
    let head: String = text.chars().take(kept - tail).collect();
    let tail = text.char_indices().rev().take(tail).last().map_or("", |(start, _)| &text[start..]);
    format!("{head}{}{tail}", mark(total - kept))
}

fn mark(missing: usize) -> String {
    format!("…[{missing} characters cut]…")
}

/// Whether two programs differ in nothing but white space at the ends of lines and of the text.
///
/// ```
/// use perfagent_toolkit::text::is_same_program;
///
/// assert!(is_same_program("a = 1\n", "a = 1  \n\n"));
/// assert!(!is_same_program("a = 1\n", " a = 1\n"));
/// ```
pub fn is_same_program(one: &str, other: &str) -> bool {
    let lines = |text| str::trim_end(text).lines().map(str::trim_end);
    lines(one).eq(lines(other))
}

/// Removes terminal escape sequences (ECMA-48: control sequences such as colours, operating system
/// commands such as titles, and two-character escapes). An unfinished sequence loses its escape
/// character and introducer only, so that no text after it disappears.
pub fn strip_ansi(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        clean.push_str(&rest[..at]);
        rest = after_escape(&rest[at + 1..]);
    }
    clean.push_str(rest);
    clean
}

/// What follows the sequence whose escape character stood before `text`.
fn after_escape(text: &str) -> &str {
    let mut characters = text.chars();
    match characters.next() {
        Some('[') => after_control_sequence(characters.as_str()),
        Some(']' | 'P' | 'X' | '^' | '_') => after_string(characters.as_str()),
        // Intermediate characters, as in the choice of a character set, then a final one.
        Some(' '..='/') => {
            let after = text.trim_start_matches(|c| matches!(c, ' '..='/'));
            after.strip_prefix(|c| matches!(c, '0'..='~')).unwrap_or(after)
        }
        Some('0'..='~') => characters.as_str(),
        _ => text,
    }
}

fn after_control_sequence(text: &str) -> &str {
    let after = text.trim_start_matches(|c| matches!(c, '0'..='?'));
    let after = after.trim_start_matches(|c| matches!(c, ' '..='/'));
    after.strip_prefix(|c| matches!(c, '@'..='~')).unwrap_or(text)
}

/// The string ends at a bell or at `ESC \`; an escape character that begins anything else shows that
/// it was never ended.
fn after_string(text: &str) -> &str {
    let Some(end) = text.find(['\u{7}', '\u{1b}']) else { return text };
    let terminator = &text[end..];
    terminator.strip_prefix('\u{7}').or_else(|| terminator.strip_prefix("\u{1b}\\")).unwrap_or(text)
}

/// Turns each CRLF into LF. Other carriage returns stay.
pub fn normalize_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n")
}
