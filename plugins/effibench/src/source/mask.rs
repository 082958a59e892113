//! Blanks out what is no code.

/// Where comments and texts of a language begin and end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Syntax {
    /// What starts a comment that ends with its line.
    pub(crate) line_comment: &'static str,
    /// What starts and ends a comment of several lines.
    pub(crate) block_comment: Option<(&'static str, &'static str)>,
    /// Texts, the longer opening first where one begins as another.
    pub(crate) texts: &'static [Text],
    /// Whether a slash may start a regular expression.
    pub(crate) has_regexes: bool,
}

/// One kind of texts (string and character literals).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    open: &'static str,
    close: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Ends with its line at the latest; a backslash takes the next character along.
    Line,
    /// May have several lines; a backslash takes the next character along.
    Block,
    /// May have several lines, and a backslash is nothing special.
    Raw,
}

impl Text {
    /// A text of one line between two `quote`s.
    pub(crate) const fn line(quote: &'static str) -> Self {
        Self { open: quote, close: quote, kind: Kind::Line }
    }

    /// A text of several lines between two `quote`s.
    pub(crate) const fn block(quote: &'static str) -> Self {
        Self { open: quote, close: quote, kind: Kind::Block }
    }

    /// A text of several lines without escapes.
    pub(crate) const fn raw(open: &'static str, close: &'static str) -> Self {
        Self { open, close, kind: Kind::Raw }
    }

    /// Length of what stands in `rest` before the closing quote, and of that quote.
    fn measure(self, rest: &str) -> (usize, usize) {
        let mut at = 0;
        while at < rest.len() {
            let tail = &rest.as_bytes()[at..];
            if tail.starts_with(self.close.as_bytes()) {
                return (at, self.close.len());
            }
            at += match (tail[0], self.kind) {
                // A continued line goes on.
                (b'\\', Kind::Line | Kind::Block) => 2,
                (b'\n', Kind::Line) => return (at, 0),
                _ => 1,
            };
        }
        (rest.len(), 0)
    }
}

/// `source` with a blank for each byte within comments and texts; line ends and quotes stay. Offsets
/// into the two are the same.
pub(crate) fn mask(source: &str, syntax: &Syntax) -> String {
    let mut mask = Mask { source, masked: Vec::with_capacity(source.len()) };
    while let Some(rest) = mask.rest() {
        mask.advance(rest, syntax);
    }
    // Never lossy: only whole characters are copied, and each byte of the others becomes a blank.
    String::from_utf8_lossy(&mask.masked).into_owned()
}

/// A source of which a part is masked.
struct Mask<'a> {
    source: &'a str,
    masked: Vec<u8>,
}

impl<'a> Mask<'a> {
    /// What is not masked yet; `None` at the end.
    fn rest(&self) -> Option<&'a str> {
        self.source.get(self.masked.len()..).filter(|rest| !rest.is_empty())
    }

    /// Masks what `rest` begins with: a comment, a text, or a character of code.
    fn advance(&mut self, rest: &str, syntax: &Syntax) {
        if rest.starts_with(syntax.line_comment) {
            return self.blank(&rest[..line_end(rest)]);
        }
        if let Some((open, close)) = syntax.block_comment
            && let Some(inner) = rest.strip_prefix(open)
        {
            let end = inner.find(close).map_or(rest.len(), |end| open.len() + end + close.len());
            return self.blank(&rest[..end]);
        }
        if let Some(text) = syntax.texts.iter().find(|text| rest.starts_with(text.open)) {
            let (length, close) = text.measure(&rest[text.open.len()..]);
            self.copy(text.open);
            let rest = &rest[text.open.len()..];
            self.blank(&rest[..length]);
            return self.copy(&rest[length..length + close]);
        }
        if syntax.has_regexes && rest.starts_with('/') && self.may_start_operand() {
            return self.blank(&rest[..regex_length(rest)]);
        }
        self.copy(&rest[..rest.chars().next().map_or(0, char::len_utf8)]);
    }

    fn copy(&mut self, code: &str) {
        self.masked.extend(code.as_bytes());
    }

    fn blank(&mut self, text: &str) {
        self.masked.extend(text.bytes().map(|byte| if byte == b'\n' { b'\n' } else { b' ' }));
    }

    /// Whether a slash here begins a regular expression, because what stands before cannot be divided.
    fn may_start_operand(&self) -> bool {
        let before = self.masked.trim_ascii_end();
        before.last().is_none_or(|byte| b"(,=:[!&|?{};+-*%<>~^".contains(byte)) || before.ends_with(b"return")
    }
}

fn line_end(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// Length of the regular expression that `rest` begins with, at most the line.
fn regex_length(rest: &str) -> usize {
    let line = &rest.as_bytes()[..line_end(rest)];
    let mut at = 1;
    let mut is_in_class = false;
    while at < line.len() {
        match line[at] {
            b'\\' => at += 1,
            b'[' => is_in_class = true,
            b']' => is_in_class = false,
            b'/' if !is_in_class => return at + 1,
            _ => {}
        }
        at += 1;
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{LANGUAGES, Language};
    use proptest::prelude::*;

    fn masked(language: &str, source: &str) -> String {
        mask(source, &Language::named(language).unwrap().syntax)
    }

    #[test]
    fn comments_and_texts_are_blank() {
        let cases = [
            ("python3", "a = 'x # \\' y' # z\nb", "a = '        '    \nb"),
            ("python3", "\"\"\"\nimport os\n\"\"\"\nc", "\"\"\"\n         \n\"\"\"\nc"),
            ("python3", "s = 'open\nnext", "s = '    \nnext"),
            ("java", "c = '\"'; /* \" */ d // é", "c = ' ';         d      "),
            ("cpp", "R\"(a\"b)\" e", "R\"(   )\" e"),
            ("javascript", "x = /[/'\"]`/g; y = a / b; `\n'`", "x =         g; y = a / b; `\n `"),
            ("golang", "`\\` + \"\\\\\"", "` ` + \"  \""),
            ("ruby", "a\n=begin\nrequire 'x'\n=end\nb", "a\n      \n           \n    \nb"),
            ("rust", "f<'a>(\"'\") /* \" */", "f<'a>(\" \")        "),
        ];
        for (language, source, expected) in cases {
            assert_eq!(masked(language, source), expected, "{language}: {source}");
        }
    }

    proptest! {
        #[test]
        fn offsets_and_lines_stay(source in "([a-z/*#'\"`\\\\ (){}=é\u{1f600}]|\n|R\"\\(|\"\"\"|=begin){0,60}") {
            for language in &LANGUAGES {
                let masked = mask(&source, &language.syntax);
                prop_assert_eq!(masked.len(), source.len());
                let ends = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
                prop_assert_eq!(ends(&masked), ends(&source));
            }
        }
    }
}
