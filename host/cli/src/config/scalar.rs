//! A YAML scalar and what it stands for under the core schema of YAML 1.2.

use serde_json::Number;

/// The text of a scalar and what decides how it is read.
#[derive(Clone)]
pub(super) struct Scalar {
    /// The text without quotes and with its escapes resolved.
    pub(super) text: String,
    /// Whether it was quoted, a block or tagged as text: then it is text whatever it looks like.
    pub(super) quoted: bool,
    /// Whether part of it came from the environment: then no message may show it.
    pub(super) expanded: bool,
}

/// What a scalar stands for.
#[derive(Debug, PartialEq)]
pub(super) enum Resolved<'a> {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number that JSON can hold.
    Number(Number),
    /// `.inf`, `.nan` or a number too large for a double.
    NotFinite,
    /// Anything else.
    Text(&'a str),
}

impl Scalar {
    /// What it stands for.
    pub(super) fn resolve(&self) -> Resolved<'_> {
        if self.quoted {
            return Resolved::Text(&self.text);
        }
        match self.text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
            "true" | "True" | "TRUE" => Resolved::Bool(true),
            "false" | "False" | "FALSE" => Resolved::Bool(false),
            text => number(text).unwrap_or(Resolved::Text(text)),
        }
    }

    /// The scalar as an error message shows it; its type alone where it may hold a secret.
    pub(super) fn describe(&self, secret: bool) -> String {
        let hidden = secret || self.expanded;
        match self.resolve() {
            Resolved::Null => "nothing".to_owned(),
            Resolved::Bool(value) if !hidden => value.to_string(),
            Resolved::Number(_) | Resolved::NotFinite if !hidden => self.text.clone(),
            Resolved::Text("") => "empty text".to_owned(),
            Resolved::Text(text) if !hidden => format!("the text {:?}", shortened(text)),
            Resolved::Bool(_) => "true or false".to_owned(),
            Resolved::Number(_) | Resolved::NotFinite => "a number".to_owned(),
            Resolved::Text(_) => "a text that is not shown here".to_owned(),
        }
    }
}

/// The number that plain `text` spells, if it spells one.
fn number(text: &str) -> Option<Resolved<'static>> {
    if let ".nan" | ".NaN" | ".NAN" = text {
        return Some(Resolved::NotFinite);
    }
    if let ".inf" | ".Inf" | ".INF" = text.trim_start_matches(['+', '-']) {
        return Some(Resolved::NotFinite);
    }
    if let Some(integer) = integer(text) {
        return Some(Resolved::Number(integer));
    }
    let spelled = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let value: f64 = text.parse().ok().filter(|_| spelled)?;
    Some(Number::from_f64(value).map_or(Resolved::NotFinite, Resolved::Number))
}

fn integer(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return unsigned(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return unsigned(digits, 8);
    }
    text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
}

fn unsigned(digits: &str, radix: u32) -> Option<Number> {
    let signed = digits.starts_with(['+', '-']);
    u64::from_str_radix(digits, radix).ok().filter(|_| !signed).map(Number::from)
}

fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Scalar {
        Scalar { text: text.to_owned(), quoted: false, expanded: false }
    }

    #[test]
    fn resolves_as_the_core_schema_says() {
        for (text, expected) in [
            ("~", Resolved::Null),
            ("TRUE", Resolved::Bool(true)),
            ("yes", Resolved::Text("yes")),
            ("017", Resolved::Number(17.into())),
            ("0x1F", Resolved::Number(31.into())),
            ("0o17", Resolved::Number(15.into())),
            ("-3", Resolved::Number((-3).into())),
            ("18446744073709551615", Resolved::Number(u64::MAX.into())),
            ("1e3", Resolved::Number(Number::from_f64(1000.0).unwrap())),
            (".5", Resolved::Number(Number::from_f64(0.5).unwrap())),
            ("1e999", Resolved::NotFinite),
            ("-.inf", Resolved::NotFinite),
            ("inf", Resolved::Text("inf")),
            ("nan", Resolved::Text("nan")),
            ("1.2.3", Resolved::Text("1.2.3")),
            ("2024-01-01", Resolved::Text("2024-01-01")),
            ("-", Resolved::Text("-")),
            ("0x-1", Resolved::Text("0x-1")),
        ] {
            assert_eq!(plain(text).resolve(), expected, "{text}");
        }
        let quoted = Scalar { quoted: true, ..plain("1") };
        assert_eq!(quoted.resolve(), Resolved::Text("1"));
    }

    #[test]
    fn describes_secrets_by_type_alone() {
        assert_eq!(plain("abc").describe(false), r#"the text "abc""#);
        let from_environment = Scalar { expanded: true, ..plain("abc") };
        for text in [plain("abc").describe(true), from_environment.describe(false)] {
            assert!(!text.contains("abc"), "{text}");
        }
    }
}
