//! Finds `\boxed{…}` in texts of any length, in one pass.

const COMMAND: &str = "\\boxed";

/// The content of the last `\boxed{…}` of `text` whose braces balance and that is not blank; of
/// boxes inside each other, the inner one. Blanks may stand before the brace; `\{` and `\}` are
/// characters, not braces.
///
/// ```
/// use perfagent_aime::last_boxed;
///
/// assert_eq!(last_boxed(r"\boxed{1}, so \boxed{\frac{1}{2}} or \boxed{3"), Some(r"\frac{1}{2}"));
/// assert_eq!(last_boxed("no box"), None);
/// ```
pub fn last_boxed(text: &str) -> Option<&str> {
    let mut found: Option<&str> = None;
    // Boxes that are open, each with the depth of its brace and where its content starts.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut depth = 0_usize;
    let mut found_start = 0;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            // The character after a backslash is part of a command. Braces are ASCII, so that no
            // byte inside a longer character is taken for one.
            b'\\' => {
                bytes.next();
            }
            b'{' => {
                depth += 1;
                if text[..at].trim_end_matches([' ', '\t']).ends_with(COMMAND) {
                    open.push((depth, at + 1));
                }
            }
            b'}' => {
                if let Some((_, start)) = open.pop_if(|(opened_at, _)| *opened_at == depth)
                    && start > found_start
                    && !text[start..at].trim().is_empty()
                {
                    found = Some(&text[start..at]);
                    found_start = start;
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_balanced_box_counts() {
        let cases = [
            (r"\boxed{42}", Some("42")),
            (r"\boxed{1} then \boxed{2}", Some("2")),
            (r"\boxed{1} then \boxed{2", Some("1")),
            (r"\boxed{1} then \boxed{}", Some("1")),
            (r"\boxed {7}", Some("7")),
            (r"\boxed{\frac{1}{2}}", Some(r"\frac{1}{2}")),
            (r"\boxed{\boxed{5}}", Some("5")),
            (r"\boxed{\{1, 2\}}", Some(r"\{1, 2\}")),
            (r"\boxed{\left\{1\right.}", Some(r"\left\{1\right.")),
            (r"{ a } } \boxed{9}", Some("9")),
            (r"{ \boxed{9}", Some("9")),
            (r"a JSON string's \\boxed{8}", Some("8")),
            (r"\\{ \boxed{3}", Some("3")),
            (r"\fbox{1} boxed{2}", None),
            (r"\boxed{{1}", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(last_boxed(text), expected, "{text}");
        }
    }

    #[test]
    fn a_long_reply_takes_one_pass() {
        // With a scan from each box this would take minutes.
        let text = format!(r"\boxed{{5}}{}", r"\boxed{".repeat(500_000));
        assert_eq!(last_boxed(&text), Some("5"));
        let text = format!("{}7{}", r"\boxed{".repeat(300_000), "}".repeat(300_000));
        assert_eq!(last_boxed(&text), Some("7"));
        assert_eq!(last_boxed(&format!("{}{{1}}", " ".repeat(1_000_000))), None);
    }

    proptest! {
        #[test]
        fn a_balanced_box_is_found_whatever_stands_before(before in r"[{} a\\$]{0,40}", content in "[a-z0-9]{1,9}") {
            // A backslash at the end would make the command another one.
            let text = format!(r"{before} \boxed{{{content}}}");
            prop_assert_eq!(last_boxed(&text), Some(content.as_str()));
        }

        #[test]
        fn no_text_makes_it_panic(text in r"(\\boxed|\\|\{|\}| |é|1){0,40}") {
            if let Some(content) = last_boxed(&text) {
                prop_assert!(!content.trim().is_empty());
            }
        }
    }
}
