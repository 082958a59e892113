//! What the verdicts on a candidate amount to: its metric, its summary and its artifacts.

use crate::instance::{Instance, Test};
use crate::verdict::{Code, Verdict};
use perfagent_task::text::cut_middle;
use perfagent_task::{Direction, Evaluation};
use serde_json::{Map, Value, json};

/// Characters of a text in the metadata.
const METADATA_CHARS: usize = 300;
/// Characters of a text in a failure's details.
const DETAIL_CHARS: usize = 1000;

/// What was found of a candidate.
pub(crate) struct Report<'a> {
    pub(crate) instance: &'a Instance,
    /// The tests that count, the public ones first.
    pub(crate) tests: &'a [&'a Test],
    /// Verdicts on the first tests.
    pub(crate) verdicts: &'a [Verdict],
    /// Whether a failure's details are given.
    pub(crate) has_details: bool,
}

impl Report<'_> {
    /// The evaluation that the host is given.
    pub(crate) fn evaluation(&self) -> Evaluation {
        let summary = self.summary();
        let base = if self.has_passed() {
            Evaluation::valid(1.0, summary)
        } else {
            Evaluation { metric: 0.0, ..Evaluation::invalid(Direction::Maximize, summary) }
        };
        Evaluation { artifacts: self.artifacts().to_string(), samples: vec![base.metric], ..base }
    }

    fn has_passed(&self) -> bool {
        !self.tests.is_empty() && self.passed_count() == self.tests.len()
    }

    fn passed_count(&self) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.has_passed()).count()
    }

    /// The first failure: of a public test, where one failed.
    fn failed(&self) -> Option<usize> {
        self.verdicts.iter().position(|verdict| !verdict.has_passed())
    }

    fn is_public(&self, index: usize) -> bool {
        index < self.instance.public_tests.len()
    }

    fn summary(&self) -> String {
        let counts = format!("{}/{} tests passed", self.passed_count(), self.tests.len());
        let Some(index) = self.failed() else { return counts };
        let verdict = &self.verdicts[index];
        let what = match self.open_error(index) {
            Some(error) => cut_middle(error.lines().next().unwrap_or_default(), METADATA_CHARS),
            None => verdict.code.message().to_lowercase(),
        };
        if verdict.is_general {
            return format!("{counts}: the program cannot be loaded: {what}");
        }
        let kind = if self.is_public(index) { "public" } else { "hidden" };
        format!("{counts}, the first that failed is number {} ({kind}): {what}", index + 1)
    }

    /// As much of an error as may be shown: all of it where no hidden input can be in it, else the
    /// name of the exception.
    fn open_error(&self, index: usize) -> Option<&str> {
        let verdict = &self.verdicts[index];
        let error = verdict.error.as_deref().filter(|_| verdict.code == Code::RuntimeError)?;
        if verdict.is_general || self.is_public(index) {
            return Some(error);
        }
        let name = error.split_once('(').map_or(error, |(name, _)| name);
        EXCEPTIONS.contains(&name).then_some(name)
    }

    fn artifacts(&self) -> Value {
        json!({
            "passed": self.has_passed(),
            "test_results": self.verdicts.iter().map(|verdict| self.result(verdict)).collect::<Vec<_>>(),
            "passed_count": self.passed_count(),
            "total_count": self.tests.len(),
            "evaluation_metadata": self.failed().map_or_else(Map::new, |index| self.metadata(index)),
            "failure_details": self.failed().filter(|_| self.has_details).map(|index| self.details(index)),
        })
    }

    /// A verdict as the original lists it: a wrong answer of a function is `false` there.
    fn result(&self, verdict: &Verdict) -> Value {
        match verdict.code {
            Code::WrongAnswer if self.instance.function.is_some() => json!(false),
            code => code.number().map_or(json!(true), |number| json!(number)),
        }
    }

    /// All that is known of a failure, hidden tests included: for reports, never for prompts.
    fn metadata(&self, index: usize) -> Map<String, Value> {
        let (verdict, test) = (&self.verdicts[index], self.tests[index]);
        let mut metadata = Map::new();
        let mut put = |name: &str, value: Value| metadata.insert(name.to_owned(), value);
        if let Some(error) = &verdict.error {
            put("error", json!(cut_middle(error, METADATA_CHARS)));
        }
        put("error_code", json!(verdict.code.number()));
        put("error_message", json!(verdict.message));
        if verdict.is_general || verdict.code == Code::GlobalTimeout {
            return metadata;
        }
        put("inputs", json!(cut_middle(&test.input, METADATA_CHARS)));
        if let Some(output) = &verdict.output {
            put("output", json!(cut_middle(output, METADATA_CHARS)));
        }
        put("expected", json!(cut_middle(&test.output, METADATA_CHARS)));
        metadata
    }

    /// What a prompt is made of: of a hidden test nothing but its verdict.
    fn details(&self, index: usize) -> Value {
        let (verdict, test) = (&self.verdicts[index], self.tests[index]);
        let mut details = json!({
            "test": index + 1,
            "public": self.is_public(index),
            "verdict": verdict.code.message(),
            "general": verdict.is_general,
        });
        if let Some(error) = self.open_error(index) {
            details["error"] = json!(cut_middle(error, DETAIL_CHARS));
        }
        if self.is_public(index) && !verdict.is_general {
            details["input"] = json!(cut_middle(&test.input, DETAIL_CHARS));
            details["expected"] = json!(cut_middle(&test.output, DETAIL_CHARS));
            if let Some(output) = &verdict.output {
                details["output"] = json!(cut_middle(output, DETAIL_CHARS));
            }
        }
        details
    }
}

/// Exceptions whose names say what went wrong. Others, which a program may name after what it read,
/// are not shown where tests are hidden.
const EXCEPTIONS: [&str; 26] = [
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "EOFError",
    "Exception",
    "FileNotFoundError",
    "FloatingPointError",
    "ImportError",
    "IndexError",
    "JSONDecodeError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PermissionError",
    "RecursionError",
    "RuntimeError",
    "TypeError",
    "UnboundLocalError",
    "ValueError",
    "ZeroDivisionError",
];
