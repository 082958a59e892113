//! One setting as the file gives it, and typed readers that say what they expected.

use super::bounds::expected;
use super::error::{Mistake, Problem};
use super::scalar::{Resolved, Scalar};
use super::show::is_hidden;
use super::yaml::{Entry, Node, Value, join};
use serde_json::{Map, Value as Json};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// Up to here every whole number has a double of its own.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// A setting's dotted name, its line and its value.
pub(super) struct Field {
    /// For example `model.name`.
    pub(super) key: String,
    /// The line of its name, counted from 1.
    pub(super) line: usize,
    node: Node,
}

impl Field {
    /// The field `key` of `line` with the value `node`.
    pub(super) fn new(key: String, line: usize, node: Node) -> Self {
        Self { key, line, node }
    }

    /// Whether it has no value.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.resolve(), Some(Resolved::Null))
    }

    /// Whether its value holds something from the environment.
    pub(super) fn is_expanded(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.expanded)
    }

    /// What stands there, for a message.
    pub(super) fn found(&self) -> String {
        match &self.node.value {
            Value::Scalar(scalar) => scalar.describe(is_hidden(&self.key)),
            Value::Sequence(_) => "a list".to_owned(),
            Value::Mapping(_) => "a mapping".to_owned(),
        }
    }

    /// The mistake that `expected` is not what stands there.
    pub(super) fn unfit(&self, expected: impl Into<String>) -> Problem {
        Mistake::Unfit { key: self.key.clone(), expected: expected.into(), found: self.found() }.at(self.line)
    }

    /// Text; `None` where it is empty. Text from the environment may look like a number.
    pub(super) fn text(&self) -> Result<Option<String>, Problem> {
        match (self.scalar(), self.resolve()) {
            (Some(scalar), _) if scalar.expanded => Ok(Some(scalar.text.clone())),
            (_, Some(Resolved::Text(text))) => Ok(Some(text.to_owned())),
            _ => Err(self.unfit("text (quote it where it looks like something else)")),
        }
        .map(|text| text.filter(|text| !text.is_empty()))
    }

    /// A path; `None` where it is empty.
    pub(super) fn path(&self) -> Result<Option<PathBuf>, Problem> {
        Ok(self.text()?.map(PathBuf::from))
    }

    /// `true` or `false`.
    pub(super) fn flag(&self) -> Result<bool, Problem> {
        match self.resolve() {
            Some(Resolved::Bool(value)) => Ok(value),
            _ => Err(self.unfit("true or false")),
        }
    }

    /// A whole number within `bounds`.
    pub(super) fn count(&self, bounds: &RangeInclusive<u32>) -> Result<u32, Problem> {
        let value = self.whole().and_then(|value| u32::try_from(value).ok());
        value.filter(|value| bounds.contains(value)).ok_or_else(|| self.unfit(expected("a whole number", bounds)))
    }

    /// A whole number within `bounds` that may be large.
    pub(super) fn large_count(&self, bounds: &RangeInclusive<u64>) -> Result<u64, Problem> {
        let value = self.whole();
        value.filter(|value| bounds.contains(value)).ok_or_else(|| self.unfit(expected("a whole number", bounds)))
    }

    /// A whole number; `2.0` is one, as in JSON Schema.
    fn whole(&self) -> Option<u64> {
        let Some(Resolved::Number(number)) = self.resolve() else { return None };
        let is_whole = |value: &f64| value.fract() == 0.0 && (0.0..=LARGEST_WHOLE).contains(value);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the filter leaves whole numbers")]
        let of_float = |value: f64| value as u64;
        number.as_u64().or_else(|| number.as_f64().filter(is_whole).map(of_float))
    }

    /// A number within `bounds`.
    pub(super) fn number(&self, bounds: &RangeInclusive<f64>) -> Result<f64, Problem> {
        self.bounded("a number", bounds)
    }

    /// A duration, written as a number of seconds within `bounds`.
    pub(super) fn seconds(&self, bounds: &RangeInclusive<f64>) -> Result<Duration, Problem> {
        self.bounded("a number of seconds", bounds).map(Duration::from_secs_f64)
    }

    fn bounded(&self, kind: &str, bounds: &RangeInclusive<f64>) -> Result<f64, Problem> {
        let value = match self.resolve() {
            Some(Resolved::Number(number)) => number.as_f64(),
            _ => None,
        };
        value.filter(|value| bounds.contains(value)).ok_or_else(|| self.unfit(expected(kind, bounds)))
    }

    /// The value that `choices` has under the text that stands here, in lower or upper case.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, Problem> {
        let chosen = match self.resolve() {
            Some(Resolved::Text(text)) => choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)),
            _ => None,
        };
        let names = || choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        chosen.map(|(_, value)| *value).ok_or_else(|| self.unfit(format!("one of {}", names())))
    }

    /// A list of fields, all with this one's key.
    pub(super) fn into_list(self) -> Result<Vec<Self>, Problem> {
        match self.node.value {
            Value::Sequence(items) => {
                Ok(items.into_iter().map(|node| Self::new(self.key.clone(), node.line, node)).collect())
            }
            _ => Err(self.unfit("a list")),
        }
    }

    /// A mapping's entries; none where there is no value.
    pub(super) fn into_mapping(self) -> Result<Vec<Entry>, Problem> {
        if self.is_null() {
            return Ok(Vec::new());
        }
        match self.node.value {
            Value::Mapping(entries) => Ok(entries),
            _ => Err(self.unfit("a mapping (`key: value` lines below it, indented)")),
        }
    }

    /// The value as JSON.
    pub(super) fn json(self) -> Result<Json, Problem> {
        json(self.node, self.key)
    }

    fn scalar(&self) -> Option<&Scalar> {
        match &self.node.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    fn resolve(&self) -> Option<Resolved<'_>> {
        self.scalar().map(Scalar::resolve)
    }
}

fn json(node: Node, key: String) -> Result<Json, Problem> {
    match node.value {
        Value::Scalar(ref scalar) => match scalar.resolve() {
            Resolved::Null => Ok(Json::Null),
            Resolved::Bool(value) => Ok(Json::Bool(value)),
            Resolved::Number(number) => Ok(Json::Number(number)),
            Resolved::Text(text) => Ok(Json::String(text.to_owned())),
            Resolved::NotFinite => Err(Field::new(key, node.line, node).unfit("a finite number")),
        },
        Value::Sequence(items) => {
            items.into_iter().map(|item| json(item, key.clone())).collect::<Result<_, _>>().map(Json::Array)
        }
        Value::Mapping(entries) => {
            let pairs = entries.into_iter().map(|entry| {
                let path = join(&key, &entry.key);
                Ok((entry.key, json(entry.value, path)?))
            });
            pairs.collect::<Result<Map<_, _>, _>>().map(Json::Object)
        }
    }
}
