//! Small rewriting of LaTeX, each in one pass.

/// Removes a command without arguments, where it is not the start of a longer command.
pub(crate) fn without_command(text: &str, command: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(command) {
        let (before, after) = (&rest[..at], &rest[at + command.len()..]);
        result.push_str(before);
        if after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            result.push_str(command);
        }
        rest = after;
    }
    result + rest
}

/// Takes the first `command`, which ends with its opening brace, off its argument; again and again
/// until none is left or one is not closed.
pub(crate) fn unwrapped(mut text: String, command: &str) -> String {
    while let Some(at) = text.find(command) {
        let start = at + command.len();
        let Some(length) = group_length(&text[start..]) else { break };
        text.remove(start + length);
        text.replace_range(at..start, "");
    }
    text
}

/// Puts braces around arguments of `\frac` that are single characters, with or without spaces before
/// them. A `\frac` without two arguments stays as it is.
pub(crate) fn braced_fractions(text: &str) -> String {
    const COMMAND: &str = "\\frac";
    // No two fractions share an argument, so that the places are in order once sorted.
    let mut singles = Vec::new();
    for (at, _) in text.match_indices(COMMAND) {
        let Some(numerator) = argument(text, at + COMMAND.len()) else { continue };
        let Some(denominator) = argument(text, numerator.end) else { continue };
        singles
            .extend([numerator, denominator].into_iter().filter(|argument| argument.is_single).map(|one| one.end - 1));
    }
    singles.sort_unstable();
    let mut result = String::with_capacity(text.len() + 2 * singles.len());
    let mut done = 0;
    for at in singles {
        result.push_str(&text[done..at]);
        result.push_str(&format!("{{{}}}", &text[at..=at]));
        done = at + 1;
    }
    result + &text[done..]
}

/// An argument of a command.
struct Argument {
    /// Whether it is one ASCII letter or digit, and not a group in braces.
    is_single: bool,
    /// Where the text after it starts.
    end: usize,
}

/// The argument at `start` of `text`, where there is one.
fn argument(text: &str, start: usize) -> Option<Argument> {
    let rest = text[start..].trim_start_matches(' ');
    let at = text.len() - rest.len();
    match rest.bytes().next()? {
        b'{' => Some(Argument { is_single: false, end: at + 2 + group_length(&rest[1..])? }),
        single if single.is_ascii_alphanumeric() => Some(Argument { is_single: true, end: at + 1 }),
        _ => None,
    }
}

/// Bytes up to the brace that closes a group whose opening brace stood before `text`.
fn group_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_go_where_they_end() {
        assert_eq!(without_command(r"\left(1\right)", "\\left"), r"(1\right)");
        assert_eq!(without_command(r"a\leftarrow\left", "\\left"), r"a\leftarrow");
    }

    #[test]
    fn fonts_are_taken_off_balanced_arguments() {
        let cases = [
            (r"\mathrm{a}b", "ab"),
            (r"\mathrm{a{b}c}", "a{b}c"),
            (r"\mathrm{\mathrm{é}}", "é"),
            (r"\mathrm{a}\mathrm{b", r"a\mathrm{b"),
        ];
        for (text, expected) in cases {
            assert_eq!(unwrapped(text.to_owned(), "\\mathrm{"), expected);
        }
    }

    #[test]
    fn fractions_get_their_braces() {
        let cases = [
            (r"\frac12", r"\frac{1}{2}"),
            (r"\frac 1 2x", r"\frac {1} {2}x"),
            (r"\frac1{23}", r"\frac{1}{23}"),
            (r"\frac{1}2", r"\frac{1}{2}"),
            (r"\frac{1} {2}", r"\frac{1} {2}"),
            (r"-\frac{\frac12}{\frac3 4}5", r"-\frac{\frac{1}{2}}{\frac{3} {4}}5"),
            (r"\frac1", r"\frac1"),
            (r"\frac\pi2", r"\frac\pi2"),
            (r"\frac{1}{2", r"\frac{1}{2"),
        ];
        for (text, expected) in cases {
            assert_eq!(braced_fractions(text), expected);
        }
    }
}
