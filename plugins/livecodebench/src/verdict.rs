//! What judging a test finds.

use crate::lines::{self, Comparison};
use crate::protocol::Reply;
use crate::value::{Dialect, Value, parse};
use perfagent_task::text::cut_middle;

/// Characters of a line in a message.
const LINE_CHARS: usize = 100;

/// The verdict on a test, as the original grader's codes tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Passed,
    GlobalTimeout,
    WrongAnswer,
    TimeLimit,
    RuntimeError,
    HarnessError,
}

impl Code {
    /// The original's number; none for a test that passed.
    pub(crate) fn number(self) -> Option<i64> {
        match self {
            Self::Passed => None,
            Self::GlobalTimeout => Some(-1),
            Self::WrongAnswer => Some(-2),
            Self::TimeLimit => Some(-3),
            Self::RuntimeError => Some(-4),
            Self::HarnessError => Some(-5),
        }
    }

    /// What it is called.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Passed => "Passed",
            Self::GlobalTimeout => "Global Time Limit Exceeded",
            Self::WrongAnswer => "Wrong Answer",
            Self::TimeLimit => "Time Limit Exceeded",
            Self::RuntimeError => "Runtime Error",
            Self::HarnessError => "Harness Error",
        }
    }
}

/// What was found of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) code: Code,
    /// What is called `error` in the metadata.
    pub(crate) error: Option<String>,
    /// The code's message, or what says more than it.
    pub(crate) message: String,
    /// What the program printed or returned, where that is what is wrong.
    pub(crate) output: Option<String>,
    /// Whether it holds for every test alike: no test's input has to do with it.
    pub(crate) is_general: bool,
}

impl Verdict {
    /// A verdict without particulars.
    pub(crate) fn of(code: Code) -> Self {
        Self { code, error: None, message: code.message().to_owned(), output: None, is_general: false }
    }

    /// A verdict with the error that led to it.
    pub(crate) fn failed(code: Code, error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..Self::of(code) }
    }

    /// A candidate that cannot be loaded.
    pub(crate) fn unloadable(error: &str) -> Self {
        let message = format!("Error during testing: {error}");
        Self { message, is_general: true, ..Self::failed(Code::RuntimeError, error) }
    }

    /// The verdict on what the harness says of a test that expects `expected`.
    pub(crate) fn on(reply: Reply, expected: &str) -> Self {
        match reply {
            Reply::Value(text) => returned(&text, expected),
            Reply::Printed(text) => printed(&String::from_utf8_lossy(&text), expected),
            Reply::PrintedMore(text) => {
                let output = Some(String::from_utf8_lossy(&text).into_owned());
                Self { message: "Wrong answer: too much output".to_owned(), output, ..Self::of(Code::WrongAnswer) }
            }
            Reply::OutOfTime => Self::failed(Code::TimeLimit, "TimeoutException()"),
            Reply::Failed(error) => Self::failed(Code::RuntimeError, error),
        }
    }

    /// Whether the test passed.
    pub(crate) fn has_passed(&self) -> bool {
        self.code == Code::Passed
    }
}

fn returned(text: &[u8], expected: &str) -> Verdict {
    let broken = |what: &str, error: &dyn std::fmt::Display| {
        Verdict::failed(Code::HarnessError, format!("{what} cannot be read: {error}"))
    };
    let found = match parse(text, Dialect::Reply) {
        Ok(found) => found,
        Err(error) => return broken("the returned value", &error),
    };
    match parse(expected.as_bytes(), Dialect::Json) {
        Ok(expected) if found.equals(&expected) => Verdict::of(Code::Passed),
        Ok(_) => Verdict { output: Some(shown(&found)), ..Verdict::of(Code::WrongAnswer) },
        Err(error) => broken("the expected value", &error),
    }
}

/// A value as `print` shows it: a text without quotes.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        value => value.to_string(),
    }
}

fn printed(found: &str, expected: &str) -> Verdict {
    let message = match lines::compare(found, expected) {
        Comparison::Equal => return Verdict::of(Code::Passed),
        Comparison::Lengths => "Wrong answer: mismatched output length".to_owned(),
        Comparison::Line { index, found, expected } => {
            let [found, expected] = [found, expected].map(|line| cut_middle(&line, LINE_CHARS));
            format!("Wrong answer at output_line_idx={index}: {found} != {expected}")
        }
    };
    Verdict { message, output: Some(found.to_owned()), ..Verdict::of(Code::WrongAnswer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_as_python_does() {
        let code = |found: &str, expected: &str| Verdict::on(Reply::Value(found.into()), expected).code;
        assert_eq!(code("[1,true,120.0]", "[1.0, 1, 120]"), Code::Passed);
        assert_eq!(code("[(1,2)]", "[[1, 2]]"), Code::WrongAnswer);
        assert_eq!(code("[1", "[1]"), Code::HarnessError);
        let wrong = Verdict::on(Reply::Value(br#"["a",null]"#.into()), "[]");
        assert_eq!((wrong.output.as_deref(), wrong.message.as_str()), (Some("[\"a\", None]"), "Wrong Answer"));
        assert_eq!(Verdict::on(Reply::Value(br#""a""#.into()), "1").output.as_deref(), Some("a"));
    }

    #[test]
    fn printed_text_is_compared_by_lines() {
        let verdict = |found: &str, expected: &str| Verdict::on(Reply::Printed(found.into()), expected);
        assert!(verdict("1.0\r\n", "1").has_passed());
        assert_eq!(verdict("1\n2", "1").message, "Wrong answer: mismatched output length");
        assert_eq!(verdict("1\n2", "1\n3").message, "Wrong answer at output_line_idx=1: 2 != 3");
        assert_eq!(verdict("x", "1").output.as_deref(), Some("x"));
        assert_eq!(Verdict::on(Reply::PrintedMore("1".into()), "1").code, Code::WrongAnswer);
        assert_eq!(Verdict::on(Reply::OutOfTime, "1").code.number(), Some(-3));
        assert_eq!(Verdict::on(Reply::Failed("E()".into()), "1").error.as_deref(), Some("E()"));
    }
}
