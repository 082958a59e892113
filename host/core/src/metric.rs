//! Metrics and the spelling of non-finite numbers in JSON.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;
use std::borrow::Cow;

/// Which way a metric improves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Smaller is better.
    Minimize,
    /// Larger is better.
    Maximize,
}

impl Direction {
    /// Whether `candidate` is better than `reference`. NaN is never better; anything else is better
    /// than NaN.
    pub fn is_better(self, candidate: Metric, reference: Metric) -> bool {
        let (candidate, reference) = (candidate.0, reference.0);
        if candidate.is_nan() {
            return false;
        }
        if reference.is_nan() {
            return true;
        }
        match self {
            Self::Minimize => candidate < reference,
            Self::Maximize => candidate > reference,
        }
    }

    /// The value that every valid solution beats.
    pub fn worst(self) -> Metric {
        match self {
            Self::Minimize => Metric(f64::INFINITY),
            Self::Maximize => Metric(f64::NEG_INFINITY),
        }
    }
}

/// A metric's value. JSON spells non-finite ones as the strings `"Infinity"`, `"-Infinity"` and
/// `"NaN"`; readers also take `null` (NaN) and numbers as text. (Bare `Infinity` and `NaN` are not
/// JSON; [`from_lenient_json`] takes them all the same.)
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Metric(pub f64);

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_nan() => serializer.serialize_str("NaN"),
            f64::INFINITY => serializer.serialize_str("Infinity"),
            f64::NEG_INFINITY => serializer.serialize_str("-Infinity"),
            value => serializer.serialize_f64(value),
        }
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Spelling {
            Number(f64),
            Text(String),
            Null(()),
        }
        match Spelling::deserialize(deserializer)? {
            Spelling::Number(value) => Ok(Self(value)),
            Spelling::Null(()) => Ok(Self(f64::NAN)),
            Spelling::Text(text) => text.trim().parse().map(Self).map_err(|_: std::num::ParseFloatError| {
                de::Error::custom(format!("{text:?} is not a number, \"Infinity\", \"-Infinity\" or \"NaN\""))
            }),
        }
    }
}

impl JsonSchema for Metric {
    fn schema_name() -> Cow<'static, str> {
        "Metric".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number; JSON has none that are not finite, so those are texts.",
            "anyOf": [{"type": "number"}, {"enum": ["Infinity", "-Infinity", "NaN"]}]
        })
    }
}

impl std::fmt::Display for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            value if value.is_nan() => f.write_str("NaN"),
            f64::INFINITY => f.write_str("Infinity"),
            f64::NEG_INFINITY => f.write_str("-Infinity"),
            value => write!(f, "{value}"),
        }
    }
}

/// Reads what somebody else wrote: JSON, or what is nearly JSON because numbers that are not finite stand there bare,
/// as Python's `json` writes them.
///
/// # Errors
/// It is neither.
pub fn from_lenient_json<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    read_leniently(text, |literal| format!("\"{literal}\""))
}

/// The same where nobody looks at such numbers: they become `null`, and never a text.
///
/// # Errors
/// It is neither.
pub fn lenient_value(text: &str) -> serde_json::Result<Value> {
    read_leniently(text, |_| "null".to_owned())
}

fn read_leniently<T: DeserializeOwned>(text: &str, replacement: impl Fn(&str) -> String) -> serde_json::Result<T> {
    serde_json::from_str(text).or_else(|error| match ["NaN", "Infinity"].iter().any(|bare| text.contains(bare)) {
        true => serde_json::from_str(&replace_bare_literals(text, replacement)),
        false => Err(error),
    })
}

/// Replaces the bare literals `Infinity`, `-Infinity` and `NaN` outside strings, which other writers
/// leave in files that are nearly JSON.
fn replace_bare_literals(text: &str, replacement: impl Fn(&str) -> String) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        if rest.starts_with('"') {
            let end = string_end(rest);
            written.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        let literal = ["-Infinity", "Infinity", "NaN"].into_iter().find(|literal| rest.starts_with(literal));
        let taken = match literal {
            Some(literal) => {
                written.push_str(&replacement(literal));
                literal.len()
            }
            None => {
                let length = rest.chars().next().map_or(0, char::len_utf8);
                written.push_str(&rest[..length]);
                length
            }
        };
        rest = &rest[taken..];
    }
    written
}

/// Length in bytes of the JSON string that `text` starts with, quotes included; all of `text` where
/// it is not closed.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (index, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn nan_never_counts_as_better() {
        for direction in [Direction::Minimize, Direction::Maximize] {
            assert!(!direction.is_better(Metric(f64::NAN), Metric(1.0)));
            assert!(!direction.is_better(Metric(f64::NAN), Metric(f64::NAN)));
            assert!(direction.is_better(Metric(1.0), Metric(f64::NAN)));
            assert!(direction.is_better(Metric(1.0), direction.worst()));
        }
    }

    #[test]
    fn reads_every_spelling() {
        for (text, expected) in [
            ("1.5", 1.5),
            ("\"Infinity\"", f64::INFINITY),
            ("\"-Infinity\"", f64::NEG_INFINITY),
            ("\"2e3\"", 2000.0),
            ("7", 7.0),
        ] {
            assert_eq!(serde_json::from_str::<Metric>(text).unwrap(), Metric(expected), "{text}");
        }
        for text in ["null", "\"NaN\""] {
            assert!(serde_json::from_str::<Metric>(text).unwrap().0.is_nan(), "{text}");
        }
        assert!(serde_json::from_str::<Metric>("\"fast\"").is_err());
        let bare = r#"{"a": NaN, "b": [-Infinity, Infinity], "NaN\" Infinity": "NaN"}"#;
        let read = from_lenient_json::<Value>(bare).unwrap();
        assert_eq!(read, json!({"a": "NaN", "b": ["-Infinity", "Infinity"], "NaN\" Infinity": "NaN"}));
        let read = lenient_value(bare).unwrap();
        assert_eq!(read, json!({"a": null, "b": [null, null], "NaN\" Infinity": "NaN"}));
        let all = from_lenient_json::<Vec<Metric>>("[1, NaN, -Infinity, \"Infinity\"]").unwrap();
        assert!(all[1].0.is_nan() && all[2].0 == f64::NEG_INFINITY && all[3].0 == f64::INFINITY, "{all:?}");
        assert!(from_lenient_json::<Vec<Metric>>("[NaN, nan]").is_err());
    }

    proptest! {
        #[test]
        fn survives_a_round_trip(value in proptest::num::f64::ANY) {
            let text = serde_json::to_string(&Metric(value)).unwrap();
            let back = serde_json::from_str::<Metric>(&text).unwrap();
            prop_assert!(back.0 == value || (back.0.is_nan() && value.is_nan()), "{value} became {text}");
        }

        #[test]
        fn quoting_leaves_json_alone(text in ".{0,60}") {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(replace_bare_literals(&json, |_| String::new()), json);
        }
    }
}
