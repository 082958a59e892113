//! Tells programs from prose, without a parser of Python.
//!
//! A text counts as a program when its strings and brackets are closed, no character stands where
//! Python has no use for it, no two operands stand side by side (which is what words of a sentence
//! do), and something in it is called, assigned or defined.

/// Words that may stand beside an operand.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];
/// Words that are keywords only at the beginning of a line.
const SOFT_KEYWORDS: [&str; 3] = ["match", "case", "type"];

/// Whether `text` looks like a program.
pub(super) fn is_program(text: &str) -> bool {
    let mut reader = Reader { rest: text, depth: 0, before: Before::Line, does_something: false };
    while !reader.rest.is_empty() {
        if reader.step().is_none() {
            return false;
        }
    }
    reader.depth == 0 && reader.does_something
}

/// What stands before the place that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// The beginning of a line.
    Line,
    Operand,
    /// A string, beside which another may stand.
    Text,
    /// Anything else that an operand may follow.
    Other,
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
    before: Before,
    does_something: bool,
}

impl Reader<'_> {
    /// Takes a token; `None` where it cannot be one of a program.
    fn step(&mut self) -> Option<()> {
        let first = self.rest.chars().next()?;
        match first {
            '\n' if self.depth == 0 => {
                self.skip(1);
                self.before = Before::Line;
            }
            ' ' | '\t' | '\r' | '\n' | '\u{c}' => self.skip(1),
            '#' => self.skip(self.rest.find('\n').unwrap_or(self.rest.len())),
            '\\' if self.rest.starts_with("\\\n") => self.skip(2),
            '"' | '\'' => self.string()?,
            '0'..='9' => self.operand(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))?,
            '_' => self.word()?,
            _ if first.is_alphabetic() => self.word()?,
            _ => self.operator(first)?,
        }
        Some(())
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn operand(&mut self, belongs: impl Fn(char) -> bool) -> Option<()> {
        if matches!(self.before, Before::Operand | Before::Text) {
            return None;
        }
        self.skip(self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len()));
        self.before = Before::Operand;
        Some(())
    }

    fn word(&mut self) -> Option<()> {
        let end = self.rest.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        let is_prefix = word.len() <= 2 && word.chars().all(|c| "rbfuRBFU".contains(c));
        if is_prefix && self.rest[end..].starts_with(['"', '\'']) {
            self.skip(end);
            return Some(());
        }
        let is_value = matches!(word, "None" | "True" | "False");
        let is_keyword = KEYWORDS.contains(&word) || (self.before == Before::Line && SOFT_KEYWORDS.contains(&word));
        if is_keyword && !is_value {
            self.does_something |= matches!(word, "def" | "class" | "import");
            self.skip(end);
            self.before = Before::Other;
            return Some(());
        }
        self.operand(|c| c == '_' || c.is_alphanumeric())
    }

    fn string(&mut self) -> Option<()> {
        if self.before == Before::Operand {
            return None;
        }
        let quote = &self.rest[..1];
        let triple = quote.repeat(3);
        let is_long = self.rest.starts_with(&triple);
        let end = if is_long { triple.as_str() } else { quote };
        let mut at = end.len();
        loop {
            let left = self.rest.get(at..)?;
            let next = left.chars().next()?;
            if left.starts_with(end) {
                self.skip(at + end.len());
                self.before = Before::Text;
                return Some(());
            }
            if next == '\n' && !is_long {
                return None;
            }
            let escaped = left.chars().nth(1).filter(|_| next == '\\').map_or(0, char::len_utf8);
            at += next.len_utf8() + escaped;
        }
    }

    fn operator(&mut self, first: char) -> Option<()> {
        let is_after_operand = matches!(self.before, Before::Operand | Before::Text);
        match first {
            '(' | '[' | '{' => {
                self.does_something |= first == '(' && is_after_operand;
                self.depth += 1;
                self.before = Before::Other;
            }
            ')' | ']' | '}' => {
                self.depth = self.depth.checked_sub(1)?;
                self.before = Before::Operand;
            }
            '=' => {
                self.does_something |= is_after_operand && !self.rest.starts_with("==");
                self.before = Before::Other;
            }
            '!' if !self.rest.starts_with("!=") => return None,
            '+' | '-' | '*' | '/' | '%' | '@' | '&' | '|' | '^' | '~' | '<' | '>' | '.' | ',' | ':' | ';' | '!' => {
                self.before = Before::Other;
            }
            _ => return None,
        }
        self.skip(first.len_utf8());
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::is_program;

    #[test]
    fn programs_are_told_from_prose() {
        for text in [
            "x = 1",
            "print('a' \"b\")",
            "import sys\nfor line in sys.stdin:\n    print(line, end='')",
            "def f(a, *b, **c) -> 'int':\n    \"\"\"Don't.\"\"\"\n    return [x if x else None for x in b]\n",
            "class A: pass",
            "match x:\n    case 1: y = 2",
            "a = (1 +\n  2)\nb = rb'\\'' ; c = f'{a!r}' # isn't it?",
            "if a != b and not c: print(-1)",
        ] {
            assert!(is_program(text), "{text}");
        }
        for text in [
            "",
            "Sorry.",
            "I would use a heap here.",
            "This is (probably) right.",
            "Don't know",
            "x = (1",
            "x = 1)",
            "price = 5$",
            "What? print(1)",
            "result = the sum of all",
            "Great!",
        ] {
            assert!(!is_program(text), "{text}");
        }
    }
}
