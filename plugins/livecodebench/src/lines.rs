//! Compares what a script printed with what it should: line by line, as text or as numbers.

use crate::decimal::Decimal;

/// What comparing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    /// The two have different numbers of lines.
    Lengths,
    /// The line of this index, counted from 0, differs.
    Line {
        index: usize,
        found: String,
        expected: String,
    },
}

/// Compares `found` with `expected`.
pub(crate) fn compare(found: &str, expected: &str) -> Comparison {
    let count = |text: &str| lines(text).count();
    if count(found) != count(expected) {
        return Comparison::Lengths;
    }
    let mut pairs = lines(found).zip(lines(expected)).enumerate();
    let different = pairs.find(|(_, (found, expected))| found != expected && !are_equal_numbers(found, expected));
    different.map_or(Comparison::Equal, |(index, (found, expected))| Comparison::Line {
        index,
        found: found.to_owned(),
        expected: expected.to_owned(),
    })
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.trim_matches(is_blank).split('\n').map(|line| line.trim_matches(is_blank))
}

/// Whether both lines are numbers, as many, and equal one by one.
fn are_equal_numbers(found: &str, expected: &str) -> bool {
    let numbers = |line: &str| words(line).map(Decimal::parse).collect::<Option<Vec<_>>>();
    match (numbers(found), numbers(expected)) {
        (Some(found), Some(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(&expected).all(|(found, expected)| found.equals(expected) == Some(true))
        }
        _ => false,
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(is_blank).filter(|word| !word.is_empty())
}

/// White space as Python's `str.split` knows it, with four separators that Unicode leaves out.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_equal_as_text_or_as_numbers() {
        for (found, expected) in [
            ("a b\n", "a b"),
            ("\n\n a \r\n b\t\n\n", "a\nb"),
            ("1.0 2", "1 2.00"),
            ("1  2", "1 2"),
            ("1\u{a0}2\u{1c}", "1 2"),
            ("", " \n "),
            ("yes\n3.50", "yes\n3.5"),
        ] {
            assert_eq!(compare(found, expected), Comparison::Equal, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn what_differs_is_told() {
        assert_eq!(compare("1\n2", "1"), Comparison::Lengths);
        assert_eq!(compare("1\n\n2", "1\n2"), Comparison::Lengths);
        let line = |found: &str, expected: &str| match compare(found, expected) {
            Comparison::Line { index, .. } => index,
            other => panic!("{other:?}"),
        };
        assert_eq!(line("1\n2 3", "1\n2"), 1);
        assert_eq!(line("a  b", "a b"), 0);
        assert_eq!(line("Yes", "YES"), 0);
        assert_eq!(line("1\n2\nx", "1\n2\n3"), 2);
        assert_eq!(line("", "1"), 0);
        assert_eq!(line("0.1", "0.1000000000000000000001"), 0);
        assert_eq!(line("nan +1", "nan 1"), 0);
        assert_eq!(line("snan +1", "1 1"), 0);
    }

    proptest! {
        #[test]
        fn every_text_equals_itself_with_blanks_around(text in "[a-z0-9 \n.]{0,40}", blanks in "[ \n\r\t]{0,5}") {
            prop_assert_eq!(compare(&format!("{blanks}{text}{blanks}"), &text), Comparison::Equal);
        }

        #[test]
        fn another_letter_is_found(text in "[a-z\n]{1,40}", other in any::<String>()) {
            let is_equal = compare(&text, &other) == Comparison::Equal;
            let lines = |text: &str| text.trim_matches(is_blank).split('\n').map(|line| line.trim_matches(is_blank).to_owned()).collect::<Vec<_>>();
            prop_assert_eq!(is_equal, lines(&text) == lines(&other));
        }
    }
}
