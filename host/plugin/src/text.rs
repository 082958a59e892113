//! Makes texts that strangers wrote fit for terminals and messages.

/// Most bytes of a message that a task hands out.
pub(crate) const MESSAGE_BYTES: usize = 16 << 10;

/// `text` with its control characters escaped, but for line ends and tabs, and cut after
/// [`MESSAGE_BYTES`].
pub(crate) fn message(text: &str) -> String {
    harmless(cut(text, MESSAGE_BYTES), |character| matches!(character, '\n' | '\t'))
}

/// `text` on one line, with its control characters escaped, cut after [`MESSAGE_BYTES`].
pub(crate) fn line(text: &str) -> String {
    harmless(cut(text, MESSAGE_BYTES), |character| character == '\t')
}

/// At most the first `limit` bytes of `text`, cut between characters.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

fn harmless(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) && !keep(character) {
            clean.extend(character.escape_default());
        } else {
            clean.push(character);
        }
    }
    clean
}

/// Control characters, and those that turn the direction of the text around them.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_what_would_act_on_a_terminal() {
        assert_eq!(line("a\u{1b}[31m\nb\tc"), "a\\u{1b}[31m\\nb\tc");
        assert_eq!(message("a\r\nb"), "a\\r\nb");
        assert_eq!(line("\u{202e}txt"), "\\u{202e}txt");
        assert_eq!(cut("äöü", 3), "ä");
    }

    proptest! {
        #[test]
        fn is_one_harmless_line(text in any::<String>()) {
            prop_assert!(!line(&text).contains(|c: char| is_hidden(c) && c != '\t'));
        }
    }
}
