//! Finds the last `Answer:` of a text.

/// Characters that Markdown puts around words.
const EMPHASIS: [char; 3] = ['*', '_', '`'];

/// What the last `Answer: …` of `text` says, up to the end of its line: the word in any case, part
/// of a longer one or not, and a colon, with blanks and emphasis around both. Where the line ends at
/// the colon, the next line that is not blank counts. An `Answer:` with nothing after it is passed
/// over.
///
/// ```
/// use perfagent_aime::last_claim;
///
/// assert_eq!(last_claim("Answer: 1\n**Final answer:** $2$\nDone."), Some("$2$"));
/// assert_eq!(last_claim("The answer is 2."), None);
/// ```
pub fn last_claim(text: &str) -> Option<&str> {
    text.rmatch_indices(':').filter(|(at, _)| ends_with_word(&text[..*at])).find_map(|(at, _)| {
        let after = text[at + 1..].trim_start();
        let line = after.split('\n').next().unwrap_or_default();
        let said = line.trim_matches(|c: char| c.is_whitespace() || EMPHASIS.contains(&c));
        (!said.is_empty()).then_some(said)
    })
}

fn ends_with_word(text: &str) -> bool {
    const WORD: &[u8] = b"answer";
    let text = text.trim_end_matches(|c: char| c.is_whitespace() || EMPHASIS.contains(&c)).as_bytes();
    text.len() >= WORD.len() && text[text.len() - WORD.len()..].eq_ignore_ascii_case(WORD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_line_counts() {
        let cases = [
            ("Answer: 5", Some("5")),
            ("ANSWER :5", Some("5")),
            ("answer\n:\n\n  5\nmore", Some("5")),
            ("Answer: 1\nAnswer: 2\n", Some("2")),
            ("Answer: 1 Answer: 2", Some("2")),
            ("Answer: 1\nAnswer:  \n", Some("1")),
            ("My finalanswer: 5 apples\r\nBye", Some("5 apples")),
            ("**Answer**: **5**", Some("5")),
            ("__Answer:__ `5`", Some("5")),
            ("Answer: ratio 1:2", Some("ratio 1:2")),
            ("Answer: ****", None),
            ("Answers: 5", None),
            ("Answer = 5", None),
            ("swer: 5", None),
            ("é: 5", None),
            (":", None),
        ];
        for (text, expected) in cases {
            assert_eq!(last_claim(text), expected, "{text}");
        }
    }

    #[test]
    fn a_long_reply_takes_one_pass() {
        assert_eq!(last_claim(&"a: ".repeat(500_000)), None);
        assert_eq!(last_claim(&format!("Answer: 1\n{}", ":\n".repeat(500_000))), Some("1"));
        assert_eq!(last_claim(&format!("Answer: 1\n{}:", " ".repeat(1_000_000))), Some("1"));
    }

    proptest! {
        #[test]
        fn what_it_says_is_one_line_without_blanks_around(text in r"(Answer|:| |\n|\*|é|5){0,30}") {
            if let Some(said) = last_claim(&text) {
                prop_assert!(!said.is_empty() && !said.contains('\n'));
                prop_assert_eq!(said, said.trim());
            }
        }
    }
}
