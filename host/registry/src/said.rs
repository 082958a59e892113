//! What strangers wrote, as people may see it: registries, and whoever wrote the files that lie beside a plugin.

use std::cmp::Reverse;
use std::error::Error;
use std::fmt;

/// Characters that are shown.
const SHOWN: usize = 200;

/// Secrets shorter than this are not looked for: they would be found everywhere.
const TELLING_BYTES: usize = 4;

/// What a stranger wrote: one line of at most 200 characters, with nothing in it that acts on a terminal.
///
/// Every text of a registry that an error shows is one of these, so that none of them is forgotten.
#[derive(Clone, PartialEq, Eq)]
pub struct Said(String);

impl Said {
    /// What is shown of `text`.
    pub(crate) fn new(text: &str) -> Self {
        Self::without(text, [])
    }

    /// What is shown of an error and its causes, which may quote what a stranger wrote.
    pub(crate) fn of(error: &dyn Error) -> Self {
        Self::new(&chain(error))
    }

    /// What is shown of `text`, where none of the `secrets` may be.
    pub(crate) fn without<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> Self {
        // First into the form that is shown, so that nothing hides a secret from the search; and whole, so that
        // no half of one is left at the end.
        let mut secrets: Vec<String> = secrets.into_iter().map(line).collect();
        secrets.retain(|secret| secret.len() >= TELLING_BYTES);
        // Of two, one may be a part of the other.
        secrets.sort_by_key(|secret| Reverse(secret.len()));
        let text = secrets.iter().fold(line(text), |text, secret| text.replace(secret, "[redacted]"));
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => Self(format!("{}…", &text[..end])),
            None => Self(text),
        }
    }

    /// Whether nothing was said.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Error for Said {}

/// `text` as one line that a terminal shows as it is: spaces instead of line ends, and nothing that acts.
pub(crate) fn line(text: &str) -> String {
    let visible = |letter: char| match letter {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        letter if is_hidden(letter) => None,
        letter => Some(letter),
    };
    text.chars().filter_map(visible).collect::<String>().trim().to_owned()
}

/// Control characters, those that turn the direction of the text around them, and those without a width.
fn is_hidden(letter: char) -> bool {
    let invisible =
        matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    letter.is_control() || invisible
}

/// An error and its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_shown_is_one_short_line() {
        assert_eq!(Said::new(" a\r\nb\t\u{1b}[31m\u{202e}c\u{200b}").to_string(), "a  b [31mc");
        let long = Said::new(&"ä".repeat(3 << 20)).to_string();
        assert_eq!(long.chars().count(), SHOWN + 1);
        assert!(long.ends_with("ä…"));
        assert_eq!(Said::new(&"a".repeat(SHOWN)).to_string(), "a".repeat(SHOWN));
    }

    #[test]
    fn no_secret_is_shown_in_whole_or_in_part() {
        let said = |text: &str| Said::without(text, ["very-secret", "abc"]).to_string();
        assert_eq!(said("is very-secret abc"), "is [redacted] abc");
        let of_each_other = Said::without("eyJhbGci.x", ["eyJh", "eyJhbGci.x", "tab\tbed"]);
        assert_eq!(of_each_other.to_string(), "[redacted]");
        assert_eq!(Said::without("a tab\tbed", ["tab\tbed"]).to_string(), "a [redacted]");
        assert_eq!(said("very-\u{7}sec\u{200b}ret"), "[redacted]");
        let at_the_cut = said(&format!("{}very-secret", "a".repeat(SHOWN - 4)));
        assert!(!at_the_cut.contains("very"), "{at_the_cut}");
    }

    proptest! {
        #[test]
        fn a_line_is_its_own_line(text in any::<String>(), hidden in "[\u{200b}\u{1b} ]{0,3}") {
            let line_of = line(&format!("{hidden}{text}{hidden}"));
            prop_assert_eq!(line(&line_of), line_of);
        }

        #[test]
        fn any_text_becomes_harmless(text in any::<String>(), secret in "[a-z]{4,9}", at in 0_usize..300) {
            let text = format!("{text}{}{secret}{text}", "x ".repeat(at));
            let said = Said::without(&text, [secret.as_str()]).to_string();
            prop_assert!(!said.contains(is_hidden) && !said.contains(&secret));
            prop_assert!(said.chars().count() <= SHOWN + 1);
        }
    }
}
