//! Reads values from text: JSON as Python's `json` reads it, and the dialect that the harness writes.

use super::{Integer, Text, Value};
use std::collections::BTreeMap;
use std::fmt;

/// Lists, tuples and dictionaries within each other.
const MAX_DEPTH: usize = 256;

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// JSON, with `NaN` and `Infinity`, and control characters refused in strings.
    Json,
    /// What the harness writes: tuples in parentheses and, after `?`, a string that describes what
    /// is not plain.
    Reply,
}

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseError {
    what: &'static str,
    at: usize,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

/// The value that `text` holds.
pub(crate) fn parse(text: &[u8], dialect: Dialect) -> Result<Value, ParseError> {
    let mut parser = Parser { text, at: 0, dialect };
    parser.skip_blanks();
    let value = parser.value(0)?;
    parser.skip_blanks();
    if parser.at < text.len() { Err(parser.error("something follows the value")) } else { Ok(value) }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    dialect: Dialect,
}

impl Parser<'_> {
    fn error(&self, what: &'static str) -> ParseError {
        ParseError { what, at: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let is_there = self.text[self.at..].starts_with(word.as_bytes());
        self.at += if is_there { word.len() } else { 0 };
        is_there
    }

    fn value(&mut self, depth: usize) -> Result<Value, ParseError> {
        if depth > MAX_DEPTH {
            return Err(self.error("values within values, too deep"));
        }
        let is_reply = self.dialect == Dialect::Reply;
        match self.peek() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'[') => self.sequence(b']', depth).map(Value::List),
            Some(b'(') if is_reply => self.sequence(b')', depth).map(Value::Tuple),
            Some(b'{') => self.dict(depth),
            Some(b'?') if is_reply => {
                self.at += 1;
                self.string().map(Value::Other)
            }
            _ => self.word(),
        }
    }

    /// A word or a number.
    fn word(&mut self) -> Result<Value, ParseError> {
        let words = [
            ("null", Value::None),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
            // As Python prints them.
            ("nan", Value::Float(f64::NAN)),
            ("inf", Value::Float(f64::INFINITY)),
            ("-inf", Value::Float(f64::NEG_INFINITY)),
        ];
        let known = if self.dialect == Dialect::Reply { words.len() } else { 6 };
        let found = words.into_iter().take(known).find(|(word, _)| self.take(word));
        found.map_or_else(|| self.number(), |(_, value)| Ok(value))
    }

    fn number(&mut self) -> Result<Value, ParseError> {
        let start = self.at;
        self.take("-");
        let first = self.peek();
        match (self.digits(), first) {
            (0, _) => {
                self.at = start;
                return Err(self.error("expected a value"));
            }
            (2.., Some(b'0')) => return Err(self.error("a number that begins with 0")),
            _ => {}
        }
        let whole = self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.error("expected digits after the point"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.error("expected an exponent"));
            }
        }
        let text = String::from_utf8_lossy(&self.text[start..self.at]);
        if self.at == whole {
            return Ok(Value::Int(Integer::of_digits(&text)));
        }
        text.parse().map(Value::Float).map_err(|_| self.error("a number that is none"))
    }

    /// Skips digits and counts them.
    fn digits(&mut self) -> usize {
        let count = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn sequence(&mut self, end: u8, depth: usize) -> Result<Vec<Value>, ParseError> {
        let mut values = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(end) {
            self.at += 1;
            return Ok(values);
        }
        loop {
            self.skip_blanks();
            values.push(self.value(depth + 1)?);
            if self.is_at_end(end)? {
                return Ok(values);
            }
        }
    }

    /// Takes a comma, or the end.
    fn is_at_end(&mut self, end: u8) -> Result<bool, ParseError> {
        self.skip_blanks();
        let next = self.peek().filter(|byte| *byte == b',' || *byte == end);
        let next = next.ok_or_else(|| self.error("expected a comma or the end of what was opened"))?;
        self.at += 1;
        Ok(next == end)
    }

    fn dict(&mut self, depth: usize) -> Result<Value, ParseError> {
        let mut items = BTreeMap::new();
        self.at += 1;
        self.skip_blanks();
        if self.take("}") {
            return Ok(Value::Dict(items));
        }
        loop {
            self.skip_blanks();
            let key = self.string()?;
            self.skip_blanks();
            if !self.take(":") {
                return Err(self.error("expected a colon"));
            }
            self.skip_blanks();
            items.insert(key, self.value(depth + 1)?);
            if self.is_at_end(b'}')? {
                return Ok(Value::Dict(items));
            }
        }
    }

    fn string(&mut self) -> Result<Text, ParseError> {
        if !self.take("\"") {
            return Err(self.error("expected a string"));
        }
        let mut text = Text::default();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..32)).count();
            text.0.extend_from_slice(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    let code = self.escape()?;
                    text.push(code);
                }
                Some(_) => return Err(self.error("a control character in a string")),
                None => return Err(self.error("a string without an end")),
            }
        }
    }

    /// The code point of an escape, which begins with a backslash.
    fn escape(&mut self) -> Result<u32, ParseError> {
        let letter = self.text.get(self.at + 1).copied();
        let code = match letter {
            Some(b'u') => return self.unicode(),
            Some(letter @ (b'"' | b'\\' | b'/')) => letter,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            _ => return Err(self.error("an escape that is none")),
        };
        self.at += 2;
        Ok(u32::from(code))
    }

    /// `\u` and its digits, or the two of a pair.
    fn unicode(&mut self) -> Result<u32, ParseError> {
        let first = self.unit().ok_or_else(|| self.error("expected four hexadecimal digits"))?;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(first);
        }
        let after_first = self.at;
        match self.unit() {
            Some(second) if (0xdc00..0xe000).contains(&second) => {
                Ok(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
            }
            _ => {
                self.at = after_first;
                Ok(first)
            }
        }
    }

    fn unit(&mut self) -> Option<u32> {
        let text = self.text.get(self.at..self.at + 6)?;
        let digits = text.strip_prefix(b"\\u")?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        self.at += 6;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }
}

impl Text {
    /// Appends a code point; halves of surrogate pairs take three bytes like their neighbours.
    fn push(&mut self, code: u32) {
        match char::from_u32(code) {
            Some(character) => self.0.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            None => {
                let low = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
                self.0.extend([0xe0 | (code >> 12) as u8, low(6), low(0)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(text: &str, dialect: Dialect) -> String {
        parse(text.as_bytes(), dialect).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            " ",
            "[1,]",
            "[1",
            "{\"a\" 1}",
            "{1:2}",
            "01",
            "-",
            "1.",
            "1e",
            "+1",
            "\"a",
            "\"\\x\"",
            "\"\n\"",
            "'a'",
            "1 2",
            "\"\\u12\"",
            "nan",
            "(1)",
            "?\"a\"",
            "tru",
            ".5",
            "--1",
        ] {
            assert!(parse(text.as_bytes(), Dialect::Json).is_err(), "{text}");
        }
        assert_eq!(error("[1 2]", Dialect::Json), "expected a comma or the end of what was opened at byte 3");
        assert!(error(&"[".repeat(100_000), Dialect::Json).starts_with("values within values, too deep"));
    }

    #[test]
    fn pythons_additions_are_read() {
        for text in ["NaN", "Infinity", "-Infinity", "-0", "\"\\ud800\"", " [ 1 , 2 ] ", "{\"a\":1,\"a\":2}"] {
            assert!(parse(text.as_bytes(), Dialect::Json).is_ok(), "{text}");
        }
        let huge = "9".repeat(100_000);
        let Value::Int(Integer::Large(digits)) = parse(huge.as_bytes(), Dialect::Json).unwrap() else { panic!() };
        assert_eq!(*digits, *huge);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(data in prop::collection::vec(any::<u8>(), 0..60), text in "[\\[\\](){},:\"\\\\u0-9d?eE.+-]{0,40}") {
            for dialect in [Dialect::Json, Dialect::Reply] {
                let _ = parse(&data, dialect);
                let _ = parse(text.as_bytes(), dialect);
            }
        }

        #[test]
        fn it_agrees_with_a_strict_reader(text in "[\\[\\]{},:\"a0-9.e -]{0,12}") {
            // What JSON allows, Python does too; numbers beyond a float's range apart.
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert!(parse(text.as_bytes(), Dialect::Json).is_ok());
            }
        }

        #[test]
        fn strings_come_back(text in any::<String>()) {
            let quoted = serde_json::to_string(&text).unwrap();
            let Value::Text(found) = parse(quoted.as_bytes(), Dialect::Json).unwrap() else { panic!("no text") };
            prop_assert_eq!(found.0, text.into_bytes());
        }
    }
}
