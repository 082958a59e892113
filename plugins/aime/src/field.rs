//! Fields of an instance that data sets name differently.

use perfagent_task::TaskError;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The fields of a JSON object, not yet read: numbers keep all their digits.
#[derive(Debug)]
pub(crate) struct Fields(BTreeMap<String, Box<RawValue>>);

/// A field that is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    /// Its name in the instance.
    pub(crate) name: &'a str,
    json: &'a str,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Text(String),
    /// A number as JSON writes it.
    Number(String),
}

impl Fields {
    /// Reads one JSON object: a file, or one line of a JSONL file.
    pub(crate) fn parse(data: &[u8]) -> Result<Self, TaskError> {
        let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
        if data.trim_ascii().is_empty() {
            return Err(bad("the instance is empty; expected a JSON object"));
        }
        let mut reader = serde_json::Deserializer::from_slice(data);
        let fields = serde::Deserialize::deserialize(&mut reader).map_err(|error: serde_json::Error| {
            if error.is_eof() {
                bad(format!("the instance is cut short: {error}"))
            } else if error.is_syntax() {
                bad(format!("the instance is not JSON: {error}"))
            } else {
                bad(format!("expected a JSON object: {error}"))
            }
        })?;
        reader.end().map_err(|error| bad(format!("text after the instance's JSON object: {error}")))?;
        Ok(Self(fields))
    }

    /// The first of `names` that is there and neither null nor a blank text.
    pub(crate) fn first<'a>(&'a self, names: &[&'a str]) -> Option<Field<'a>> {
        names.iter().find_map(|name| {
            let json = self.0.get(*name)?.get();
            (json != "null" && !is_blank(json)).then_some(Field { name, json })
        })
    }
}

/// Whether `json` is a text without any character but white space.
fn is_blank(json: &str) -> bool {
    json.starts_with('"') && serde_json::from_str::<String>(json).is_ok_and(|text| text.trim().is_empty())
}

impl Field<'_> {
    /// The field's text, without white space around it.
    pub(crate) fn text(self) -> Result<String, TaskError> {
        match self.scalar("a string")? {
            Scalar::Text(text) => Ok(text),
            Scalar::Number(_) => Err(self.error("expected a string, found a number")),
        }
    }

    /// The field's text or number; `expected` says in an error what would be right.
    pub(crate) fn scalar(self, expected: &str) -> Result<Scalar, TaskError> {
        let found = match self.json.bytes().next() {
            Some(b'"') => {
                let text: String =
                    serde_json::from_str(self.json).map_err(|error| self.error(&format!("no valid text: {error}")))?;
                return Ok(Scalar::Text(text.trim().to_owned()));
            }
            Some(b'-' | b'0'..=b'9') => return Ok(Scalar::Number(self.json.to_owned())),
            Some(b'[') => "a list",
            Some(b'{') => "an object",
            _ => "a boolean",
        };
        Err(self.error(&format!("expected {expected}, found {found}")))
    }

    /// An error of this field.
    pub(crate) fn error(self, message: &str) -> TaskError {
        bad(format!("{}: {message}", self.name))
    }
}

/// An error of the instance.
pub(crate) fn bad(message: impl Into<String>) -> TaskError {
    TaskError::BadInstance(message.into())
}
