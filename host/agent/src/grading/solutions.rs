//! Files of solutions, as other tools write them.

use perfagent_core::metric::lenient_value;
use serde_json::Value;
use std::collections::BTreeMap;

/// Solutions by the id of their instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Solutions {
    by_id: BTreeMap<String, Vec<String>>,
}

/// Why a file of solutions cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SolutionsError {
    /// It is no JSON, as a whole or in one of its lines.
    #[error("line {line} is no JSON")]
    Json {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A solution is not what it should be.
    #[error("the solutions of {id} are {found}; they must be a text, a list of texts, or texts by language")]
    Shape {
        /// The instance.
        id: String,
        /// What stands there.
        found: &'static str,
    },
    /// A list's item names no instance or holds no code.
    #[error("item {item} of the list has no {field}")]
    Item {
        /// Its number, from 1.
        item: usize,
        /// What is missing.
        field: &'static str,
    },
    /// The document is none of the shapes that are known.
    #[error(
        "the file holds {found}; it must hold an object of solutions by id, or a list of objects with question_id and code_list"
    )]
    Document {
        /// What stands there.
        found: &'static str,
    },
}

impl Solutions {
    /// Reads `text`: JSON or JSON Lines of `{id: solution}`, `{id: [solution, …]}` or, as EffiBench-X
    /// writes it, `{problem: {language: code}}`, of which those are taken whose language `is_wanted`; or
    /// LiveCodeBench's `[{"question_id": …, "code_list": […]}]`; or the predictions of a batch.
    ///
    /// # Errors
    /// The text is none of that.
    pub fn parse(text: &str, is_wanted: impl Fn(&str) -> bool) -> Result<Self, SolutionsError> {
        let mut solutions = Self::default();
        match lenient_value(text) {
            Ok(whole) => solutions.add(whole, &is_wanted)?,
            Err(whole) => {
                let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).peekable();
                let parsed = |(number, line): (usize, &str)| {
                    lenient_value(line).map_err(|source| SolutionsError::Json { line: number + 1, source })
                };
                // A document over many lines that is broken somewhere is no document of lines.
                if lines.peek().copied().is_none_or(|first| parsed(first).is_err()) {
                    return Err(SolutionsError::Json { line: whole.line(), source: whole });
                }
                for line in lines {
                    solutions.add(parsed(line)?, &is_wanted)?;
                }
            }
        }
        Ok(solutions)
    }

    /// The solutions of the instance that is called by the first of `names` that has any.
    pub fn of(&self, names: &[&str]) -> &[String] {
        names.iter().find_map(|name| self.by_id.get(*name)).map_or(&[], Vec::as_slice)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_id.values().map(Vec::len).sum()
    }

    fn add(&mut self, value: Value, is_wanted: &impl Fn(&str) -> bool) -> Result<(), SolutionsError> {
        match value {
            Value::Object(map) if map.contains_key("question_id") && map.contains_key("code_list") => {
                self.add_item(1, &Value::Object(map))
            }
            Value::Object(map) => {
                for (id, value) in map {
                    let found = self.read(&id, value, is_wanted)?;
                    self.by_id.entry(id).or_default().extend(found);
                }
                Ok(())
            }
            Value::Array(items) => {
                items.iter().enumerate().try_for_each(|(index, item)| self.add_item(index + 1, item))
            }
            other => Err(SolutionsError::Document { found: kind(&other) }),
        }
    }

    fn add_item(&mut self, item: usize, value: &Value) -> Result<(), SolutionsError> {
        let missing = |field| SolutionsError::Item { item, field };
        let id = value.get("question_id").ok_or_else(|| missing("question_id"))?;
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let codes = value.get("code_list").and_then(Value::as_array).ok_or_else(|| missing("code_list"))?;
        let codes =
            codes.iter().map(|code| code.as_str().map(str::to_owned).ok_or_else(|| missing("text in its code_list")));
        let codes = codes.collect::<Result<Vec<_>, _>>()?;
        self.by_id.entry(id).or_default().extend(codes);
        Ok(())
    }

    fn read(&self, id: &str, value: Value, is_wanted: &impl Fn(&str) -> bool) -> Result<Vec<String>, SolutionsError> {
        let wrong = |value: &Value| SolutionsError::Shape { id: id.to_owned(), found: kind(value) };
        match value {
            Value::String(code) => Ok(vec![code]),
            Value::Array(codes) => {
                let text = |code: Value| code.as_str().map(str::to_owned).ok_or_else(|| wrong(&code));
                codes.into_iter().map(text).collect()
            }
            // As a batch writes it.
            Value::Object(mut prediction) if prediction.contains_key("model_name_or_path") => {
                let solutions = prediction.remove("samples").or_else(|| prediction.remove("solution"));
                self.read(id, solutions.unwrap_or(Value::Null), is_wanted)
            }
            Value::Object(by_language) => {
                let mut wanted = Vec::new();
                for (_, code) in by_language.into_iter().filter(|(language, _)| is_wanted(language)) {
                    // The data set itself keeps a code in an object of its own.
                    let code = code.get("code").cloned().unwrap_or(code);
                    wanted.push(code.as_str().map(str::to_owned).ok_or_else(|| wrong(&code))?);
                }
                Ok(wanted)
            }
            other => Err(wrong(&other)),
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Solutions, String> {
        Solutions::parse(text, |language| language == "python3").map_err(|error| error.to_string())
    }

    #[test]
    fn every_shape_is_read() {
        for text in [
            r#"{"a": "x", "b": ["y", "z"]}"#,
            "{\"a\": \"x\"}\n\n{\"b\": [\"y\", \"z\"]}\n",
            r#"{"a": {"python3": "x", "cpp": "no"}, "b": ["y", "z"]}"#,
            r#"{"a": {"python3": {"code": "x"}}, "b": ["y", "z"]}"#,
            r#"[{"question_id": "a", "code_list": ["x"]}, {"question_id": "b", "code_list": ["y", "z"], "more": 1}]"#,
            r#"{"a": {"model_name_or_path": "m", "solution": "x"},
                "b": {"model_name_or_path": "m", "solution": "y", "samples": ["y", "z"]}}"#,
            // As Python writes numbers that are not finite.
            r#"{"a": {"model_name_or_path": "m", "metric": Infinity, "solution": "x"}, "b": ["y", "z"]}"#,
            "{\"a\": \"x\"}\n{\"b\": {\"model_name_or_path\": \"m\", \"metric\": NaN, \"samples\": [\"y\", \"z\"]}}",
            "{\"question_id\": \"a\", \"code_list\": [\"x\"]}\n{\"question_id\": \"b\", \"code_list\": [\"y\", \"z\"]}",
        ] {
            let solutions = parse(text).unwrap();
            assert_eq!(
                (solutions.of(&["a"]), solutions.of(&["none", "b"])),
                (&["x".to_owned()][..], &["y".to_owned(), "z".to_owned()][..]),
                "{text}"
            );
            assert_eq!((solutions.count(), solutions.of(&["c"]).len()), (3, 0));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("", "line 1 is no JSON"),
            ("{\"a\": \"x\"}\n{\"b\": }", "line 2 is no JSON"),
            ("{\n\"a\": [1]\n}", "the solutions of a are a number"),
            (r#"{"a": null}"#, "the solutions of a are null"),
            (r#"[{"code_list": []}]"#, "item 1 of the list has no question_id"),
            (r#"[{"question_id": 7}]"#, "item 1 of the list has no code_list"),
            (r#"[{"question_id": 7, "code_list": [2]}]"#, "no text in its code_list"),
            ("7", "the file holds a number"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_does_harm(text in ".{0,200}") {
            let _ = parse(&text);
        }
    }
}
