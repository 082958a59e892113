//! One problem of the data set, as JSON.

mod read;

use crate::assemble;
use crate::language::Language;
use perfagent_task::TaskError;
use std::collections::BTreeMap;

pub(crate) use read::problem;

/// One problem with its tests.
#[derive(Debug)]
pub(crate) struct Instance {
    /// The problem in the words that people read.
    pub(crate) problem: String,
    /// What a solution is.
    pub(crate) kind: Kind,
    /// Python source that defines `evaluate`. Nobody trusts it.
    pub(crate) evaluator: String,
    /// Never empty.
    pub(crate) tests: Vec<Test>,
    /// Programs that solve the problem, by language.
    solutions: BTreeMap<String, String>,
}

/// What a solution of a problem is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A program that reads standard input and writes standard output.
    Io,
    /// A part of a program: what a test runner calls.
    Functional(Functional),
}

/// What surrounds the solutions of a functional problem.
#[derive(Debug)]
pub(crate) struct Functional {
    /// Programs with a line that the solution takes the place of, by language.
    runners: BTreeMap<String, String>,
    starter: Starter,
}

/// What a solution begins with: the signature that a runner calls.
#[derive(Debug)]
enum Starter {
    None,
    /// One text for every language.
    Common(String),
    ByLanguage(BTreeMap<String, String>),
}

/// A test of an instance.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Test {
    /// What the program reads.
    pub(crate) input: String,
    /// What the evaluator compares its output with.
    pub(crate) output: String,
}

impl Instance {
    /// Reads and checks an instance.
    pub(crate) fn parse(data: &[u8]) -> Result<Self, TaskError> {
        read::instance(data)
    }

    /// Checks that programs in `language` can be judged.
    pub(crate) fn check(&self, language: &Language) -> Result<(), TaskError> {
        let Kind::Functional(functional) = &self.kind else { return Ok(()) };
        if language.find(&functional.runners).is_some() {
            return Ok(());
        }
        let known: Vec<&str> = functional.runners.keys().map(String::as_str).collect();
        let message = format!(
            "task_config.language: test_runners of this instance has none for {}, only for {}",
            language.name,
            known.join(", ")
        );
        Err(TaskError::BadConfig(message))
    }

    /// The instance's own solution in `language`.
    pub(crate) fn solution(&self, language: &Language) -> Option<&str> {
        language.find(&self.solutions).map(String::as_str).filter(|code| !code.trim().is_empty())
    }

    /// What every solution in `language` begins with; `None` of problems that do not say.
    pub(crate) fn starter(&self, language: &Language) -> Option<&str> {
        let Kind::Functional(functional) = &self.kind else { return None };
        let found = match &functional.starter {
            Starter::None => None,
            Starter::Common(text) => Some(text),
            Starter::ByLanguage(texts) => language.find(texts),
        };
        found.map(String::as_str).filter(|text| !text.trim().is_empty())
    }

    /// The whole program of a solution in `language`.
    pub(crate) fn program(&self, language: &Language, solution: &str) -> String {
        match &self.kind {
            Kind::Io => assemble::whole(language, solution),
            Kind::Functional(functional) => {
                let runner = language.find(&functional.runners).map_or("", String::as_str);
                assemble::functional(language, runner, solution)
            }
        }
    }
}

#[cfg(test)]
mod tests;
