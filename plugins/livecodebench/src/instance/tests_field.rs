//! The fields that hold tests.

use crate::encoding;
use serde::Deserialize;
use serde_json::Value;

/// A test.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Test {
    /// What a script reads, or a function's arguments, one in a line.
    pub(crate) input: String,
    /// What a script prints, or what a function returns.
    pub(crate) output: String,
    #[serde(rename = "testtype", default)]
    pub(super) kind: Kind,
}

/// What the data set says of a test. Whether a problem is functional depends on its metadata alone.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    #[default]
    Stdin,
    Functional,
}

impl Test {
    /// The input without line ends after it: what a function is given.
    pub(crate) fn arguments(&self) -> &str {
        self.input.trim_end_matches(['\n', '\r'])
    }

    /// The arguments, one in a line.
    pub(super) fn argument_lines(&self) -> impl Iterator<Item = &str> {
        let arguments = self.arguments();
        let is_empty = arguments.is_empty();
        arguments.split('\n').filter(move |_| !is_empty)
    }
}

/// The tests of the field that is called `field`, in any of the data set's encodings.
pub(super) fn listed(field: &str, value: Option<Value>) -> Result<Vec<Test>, String> {
    let in_field = |problem: String| format!("{field}: {problem}");
    match value {
        None | Some(Value::Null) => Err(in_field("missing".to_owned())),
        Some(Value::String(text)) if text.trim().is_empty() => Err(in_field("empty".to_owned())),
        Some(Value::String(text)) => {
            let whole = |list: &str| {
                let mut reader = serde_json::Deserializer::from_str(list);
                let tests = read(&mut reader)?;
                reader.end().map_err(|error| format!(": text after the list: {error}"))?;
                Ok(tests)
            };
            let tests = encoding::with_list(text, |list| Ok(whole(list))).map_err(in_field)?;
            tests.map_err(|problem: String| format!("{field}{problem}"))
        }
        Some(list @ Value::Array(_)) => read(list).map_err(|problem| format!("{field}{problem}")),
        Some(_) => Err(in_field("expected a list of tests, or that list in a string".to_owned())),
    }
}

/// The error begins with the place below the field, which may be empty, and a colon.
fn read<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Vec<Test>, String> {
    serde_path_to_error::deserialize(source).map_err(|error: serde_path_to_error::Error<D::Error>| {
        let path = error.path().to_string();
        let place = if path == "." { String::new() } else { path };
        format!("{place}: {}", error.into_inner())
    })
}
