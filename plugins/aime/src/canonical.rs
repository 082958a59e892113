//! One spelling for all answers that are equal: what is counted as one vote, and what the grader's
//! normal form is extended with.

use crate::latex::{braced_fractions, unwrapped, without_command};
use crate::normalize::normalize;
use crate::rational::Rational;

/// Spellings that say the same.
const SYNONYMS: [(&str, &str); 21] = [
    ("\n", " "),
    ("\t", " "),
    ("\u{a0}", " "),
    ("\u{2009}", " "),
    ("\u{202f}", " "),
    ("\u{2212}", "-"),
    ("°", "^\\circ"),
    ("\\degree", "^\\circ"),
    ("^^", "^"),
    ("^{^\\circ}", "^\\circ"),
    ("\\%", "%"),
    ("percent", "%"),
    ("\\,", ""),
    ("\\:", ""),
    ("\\!", ""),
    ("~", " "),
    ("\\(", ""),
    ("\\)", ""),
    ("\\[", ""),
    ("\\]", ""),
    ("$$", "$"),
];

/// Commands that only change how something looks; they take no argument.
const LOOKS: [&str; 5] = ["\\left", "\\right", "\\displaystyle", "\\quad", "\\qquad"];

/// Other names of `\frac`.
const FRACTIONS: [&str; 3] = ["\\dfrac", "\\tfrac", "\\cfrac"];

/// Commands that only change how their argument looks.
const FONTS: [&str; 7] =
    ["\\mathrm{", "\\mathbf{", "\\mathit{", "\\textrm{", "\\textit{", "\\operatorname{", "\\boldsymbol{"];

/// The one spelling of an answer: `-3/2` or `73` in lowest terms where the answer is a number (see
/// [`Rational::parse`]), else its normal form (see [`normalize`]) without what only changes its
/// looks. Numbers of the same value have the same one.
///
/// The spelling of a spelling is itself. Takes time in proportion to the square of the text's length
/// at worst: cut what strangers wrote before.
///
/// ```
/// use perfagent_aime::canonical;
///
/// assert_eq!(canonical(r"**$073^\circ$**."), "73");
/// assert_eq!(canonical(r"x = -\dfrac{6}{4}"), "-3/2");
/// assert_eq!(canonical(r"2 \sqrt 3"), r"2\sqrt{3}");
/// ```
pub fn canonical(answer: &str) -> String {
    // Most answers, and so the only ones with a way of their own.
    if !answer.is_empty() && answer.bytes().all(|byte| byte.is_ascii_digit()) {
        let digits = answer.trim_start_matches('0');
        return if digits.is_empty() { "0" } else { digits }.to_owned();
    }
    let mut text = answer.to_owned();
    // Each round that changes something takes characters away, or a command without braces; so the
    // bound is never met, and is here to make that plain.
    for _ in 0..=answer.len() {
        let next = simplified(&text);
        if next == text {
            break;
        }
        text = next;
    }
    Rational::parse(&text).map_or(text, |value| value.to_string())
}

fn simplified(text: &str) -> String {
    let mut text = text.to_owned();
    for (from, to) in SYNONYMS {
        if text.contains(from) {
            text = text.replace(from, to);
        }
    }
    if text.contains('\\') {
        for command in LOOKS {
            text = without_command(&text, command);
        }
        for name in FRACTIONS {
            text = text.replace(name, "\\frac");
        }
        text = braced_fractions(&text);
    }
    // Fonts go last: the grader removes some words only with the font around them.
    let normal = normalize(undecorated(&text));
    let plain = FONTS.iter().fold(normal, |text, font| unwrapped(text, font));
    undecorated(&plain).to_owned()
}

/// Without emphasis and the ends of sentences around it.
fn undecorated(text: &str) -> &str {
    let is_around = |c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`');
    let is_after = |c: char| is_around(c) || matches!(c, '.' | ',' | ';');
    text.trim_start_matches(is_around).trim_end_matches(is_after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_answers_have_one_spelling() {
        let classes: [&[&str]; 6] = [
            &[
                "73",
                "073",
                "73.0",
                "+73",
                r"73^\circ",
                "73°",
                r"73^{\circ}",
                r"$$73$$",
                r"\(73\)",
                "**73**.",
                r"\boxed{\boxed{73}}",
            ],
            &["1234", "1,234", "1 234", r"1{,}234", r"1\,234", r"1,\!234", "1\u{202f}234", "1234.00"],
            &["-1/2", r"-\frac12", r"\frac{-1}2", r"-\tfrac 1 2", "-0.5", "\u{2212}.5", r"-50\%", "-50 percent"],
            &["7/3", r"2\frac13", r"\dfrac{7}{3}", r"\frac7{3}", r"\left\frac{14}{6}\right", "x = 7/3"],
            &[r"2\sqrt{3}", r"2\sqrt3", r"2 \sqrt{3}", r"\displaystyle 2\sqrt{3}", r"$2\sqrt{3}$ meters"],
            &["B", r"\text{B}", r"\textbf{B}", r"\mathrm{B}", r"\text{\textbf{B}}"],
        ];
        for class in classes {
            for answer in class {
                assert_eq!(canonical(answer), class[0], "{answer}");
            }
        }
    }

    #[test]
    fn different_answers_keep_different_spellings() {
        let answers = ["73", "-73", "7.3", "730", "1/73", "73%", "73x", "(73)", r"\sqrt{73}", "73!", "", r"\leftarrow"];
        let mut spellings: Vec<String> = answers.iter().map(|answer| canonical(answer)).collect();
        spellings.sort();
        spellings.dedup();
        assert_eq!(spellings.len(), answers.len(), "{spellings:?}");
    }

    proptest! {
        #[test]
        fn digits_are_spelt_as_their_value(digits in "0{0,3}[0-9]{1,60}") {
            prop_assert_eq!(canonical(&digits), canonical(&format!("{digits}.0")));
        }

        #[test]
        fn the_spelling_of_a_spelling_is_itself(answer in any::<String>()) {
            let spelling = canonical(&answer);
            prop_assert_eq!(canonical(&spelling), spelling);
        }

        #[test]
        fn so_it_is_for_latex(
            answer in r"(\\text\{|\\boxed\{|\\mathrm\{|\\[dt]?frac|\\sqrt|\\left|\\circ|\\degree|\{|\}|\$|=|,|\.|%|\^|°|é|1|-|\*| |\\|s|a){0,24}"
        ) {
            let spelling = canonical(&answer);
            prop_assert_eq!(canonical(&spelling), spelling);
        }
    }
}
