//! The normal form of the DAPO grader, which goes back to the one of Minerva: what two answers must
//! have in common to be the same for it.
//!
//! The strings below and their order are that grader's, for its verdict depends on both: `\text{m}`
//! is emptied before `\text{}` goes, `cm` goes before `\text{}` does. What the grader does not know
//! is added in [`canonical`](crate::canonical), never here.

/// What is replaced everywhere, one after another. The articles go inside words too, as in `banana 5`.
const REPLACED: [(&str, &str); 10] = [
    ("an ", ""),
    ("a ", ""),
    (".$", "$"),
    ("\\$", ""),
    ("\\ ", ""),
    (" ", ""),
    ("mbox", "text"),
    (",\\text{and}", ","),
    ("\\text{and}", ","),
    ("\\text{m}", "\\text{}"),
];

/// What is removed everywhere afterwards, one after another: words, empty text and spacing.
#[rustfmt::skip]
const REMOVED: [&str; 39] = [
    "square", "ways", "integers", "dollars", "mph", "inches", "hours", "km", "units", "\\ldots", "sue", "points",
    "feet", "minutes", "digits", "cents", "degrees", "cm", "gm", "pounds", "meters", "meals", "edges", "students",
    "childrentickets", "multiples", "\\text{s}", "\\text{.}", "\\text{}^2", "\\text{}^3", "\\text{}",
    "\\mathrm{th}", "^\\circ", "^{\\circ}", "\\;", ",\\!", "{,}", "\"", "\\dots",
];

/// Commands that are taken off their argument, up to the first closing brace.
const UNWRAPPED: [&str; 3] = ["\\text{", "\\textbf{", "\\overline{"];

/// The normal form of an answer: of what stands after the last `=`, without words, units, spaces,
/// text commands, `$` and thousands commas, and with the braces that `\frac12` and `\sqrt2` leave
/// out. A line break counts as a space.
///
/// One pass, as the grader makes it: the normal form of a normal form may be another where commands
/// stand inside each other. Takes time in proportion to the text.
///
/// ```
/// use perfagent_aime::normalize;
///
/// assert_eq!(normalize(r"m + n = $1,\!024$ square units"), "1024");
/// assert_eq!(normalize(r"\frac12"), r"\frac{1}{2}");
/// ```
pub fn normalize(answer: &str) -> String {
    if !answer.is_empty() && answer.bytes().all(|byte| byte.is_ascii_digit()) {
        return answer.to_owned();
    }
    let mut text = answer.rsplit('=').next().unwrap_or_default().replace('\n', " ");
    let replacements = REPLACED.into_iter().chain(REMOVED.into_iter().map(|word| (word, "")));
    for (from, to) in replacements {
        if text.contains(from) {
            text = text.replace(from, to);
        }
    }
    text = between_dollars(text);
    for command in UNWRAPPED {
        text = unwrapped(&text, command);
    }
    text = unboxed(text);
    text = braced_fractions(&text);
    text = braced_roots(&text);
    text.retain(|c| c != '$');
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b',') && text.bytes().any(|byte| byte != b',') {
        text.retain(|c| c != ',');
    }
    text.trim().to_owned()
}

/// Only what stands between the first two dollars, where there are two. They stay for now: to the
/// next steps they are characters as any other.
fn between_dollars(text: String) -> String {
    let mut parts = text.splitn(3, '$');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(inner), Some(_)) => format!("${inner}$"),
        _ => text,
    }
}

/// Takes `command`, which ends with its opening brace, off each argument.
fn unwrapped(text: &str, command: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, argument, after)) = split_command(rest, command) {
        result.push_str(before);
        result.push_str(argument);
        rest = after;
    }
    result + rest
}

fn split_command<'a>(text: &'a str, command: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (before, opened) = text.split_once(command)?;
    let (argument, after) = opened.split_once('}')?;
    Some((before, argument, after))
}

/// Takes the first `\boxed{` and the last brace away.
fn unboxed(text: String) -> String {
    let parts = text.split_once("\\boxed{").and_then(|(before, opened)| {
        let (inner, after) = opened.rsplit_once('}')?;
        Some(format!("{before}{inner}{after}"))
    });
    parts.unwrap_or(text)
}

/// `frac12` becomes `frac{1}{2}`.
fn braced_fractions(text: &str) -> String {
    braced(text, "frac", |rest| {
        let mut characters = rest.chars();
        let (one, other) = (characters.next().filter(|c| *c != '{')?, characters.next()?);
        Some((format!("{{{one}}}{{{other}}}"), characters.as_str()))
    })
}

/// `sqrt2` becomes `sqrt{2}`.
fn braced_roots(text: &str) -> String {
    braced(text, "sqrt", |rest| {
        let mut characters = rest.chars();
        let radicand = characters.next().filter(|c| *c != '{')?;
        Some((format!("{{{radicand}}}"), characters.as_str()))
    })
}

/// Replaces what follows each `name` by what `arguments` makes of it, where it makes something.
fn braced(text: &str, name: &str, arguments: impl Fn(&str) -> Option<(String, &str)>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = rest.split_at(at + name.len());
        result.push_str(before);
        rest = match arguments(after) {
            Some((written, after)) => {
                result.push_str(&written);
                after
            }
            None => after,
        };
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn follows_the_grader_step_by_step() {
        let cases = [
            ("073", "073"),
            ("x = y = 5", "5"),
            ("a dozen", "dozen"),
            ("1,2,34", "1234"),
            (",", ","),
            ("-1,234", "-1,234"),
            (r"\$12.$ or so", "12orso"),
            ("so $5.$ it is", "5"),
            ("$1$ and $2$", "1"),
            ("$1", "1"),
            ("$$1$$", ""),
            (r"5 \mbox{ cm}^2", "5"),
            (r"1,\text{ and }2", "12"),
            (r"45^{\circ}", "45"),
            (r"3\mathrm{th}", "3"),
            (r"\text{red}", "red"),
            (r"\text{\text{x}}", r"\text{x}"),
            (r"\textbf{B}", "B"),
            (r"\overline{AB}", "AB"),
            (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
            (r"\frac12", r"\frac{1}{2}"),
            (r"\frac1{2}", r"\frac{1}{{}2}"),
            (r"\dfrac123", r"\dfrac{1}{2}3"),
            (r"\frac1", r"\frac1"),
            (r"\sqrt2\sqrt{3}", r"\sqrt{2}\sqrt{3}"),
            ("twelve\nways", "twelve"),
        ];
        for (answer, expected) in cases {
            assert_eq!(normalize(answer), expected, "{answer}");
        }
    }

    proptest! {
        #[test]
        fn ordinary_answers_are_normal_after_one_pass(
            answer in r"(so x = )?-?\$?[1-9][0-9]{0,2}(,[0-9]{3})?(\^\\circ|\\text\{ cm\}| meters| square units)?\$?"
        ) {
            let normal = normalize(&answer);
            prop_assert_eq!(normalize(&normal), normal);
        }

        #[test]
        fn no_text_makes_it_panic(answer in r"(\\text\{|\\boxed\{|frac|sqrt|\}|\$|=|,|é|1| ){0,30}") {
            let normal = normalize(&answer);
            prop_assert!(!normal.contains('$') && !normal.contains(' '));
        }
    }
}
