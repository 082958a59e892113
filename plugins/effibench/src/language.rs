//! The languages that programs are written in.

mod table;

pub(crate) use table::LANGUAGES;

use crate::source::{Preamble, Style, Syntax};
use std::collections::BTreeMap;
use std::fmt;

/// A language whose programs the task runs.
#[derive(Debug)]
pub(crate) struct Language {
    /// Name in configurations, instances and the execution service.
    pub(crate) name: &'static str,
    /// Name for people.
    pub(crate) title: &'static str,
    /// Other names: in configurations, instances and at the fences of replies.
    pub(crate) aliases: &'static [&'static str],
    /// Further names at the fences of replies.
    pub(crate) fences: &'static [&'static str],
    /// File name extension, without the dot.
    pub(crate) extension: &'static str,
    /// How the host compiles and runs a program, for the model.
    pub(crate) toolchain: &'static str,
    /// What a program may use, for the model.
    pub(crate) imports: &'static str,
    /// Where comments and texts begin and end.
    pub(crate) syntax: Syntax,
    /// What the language's own runtime writes to standard error when it gets no more memory: it ends
    /// the program itself then, before the kernel would.
    pub(crate) out_of_memory: &'static [&'static str],
    /// How a program says what it imports.
    pub(crate) style: Style,
    /// What is imported on behalf of the programs of functional problems.
    pub(crate) preamble: Preamble,
}

/// A name that stands for no language.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unknown(String);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = LANGUAGES.iter().map(|language| language.name).collect();
        write!(f, "unknown language {:?}; known are {}", self.0, names.join(", "))
    }
}

impl Language {
    /// The language with this name or alias, in any case.
    pub(crate) fn named(name: &str) -> Result<&'static Self, Unknown> {
        let wanted = name.trim().to_lowercase();
        let found = LANGUAGES.iter().find(|language| language.names().any(|name| name == wanted));
        found.ok_or_else(|| Unknown(name.to_owned()))
    }

    /// The name and the aliases.
    fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// What a map of an instance holds for the language, under its name or an alias.
    pub(crate) fn find<'a, T>(&self, by_language: &'a BTreeMap<String, T>) -> Option<&'a T> {
        self.names().find_map(|name| by_language.get(name))
    }

    /// Names at a fence that say that the block is in this language.
    pub(crate) fn fence_names(&self) -> Vec<&'static str> {
        self.names().chain(self.fences.iter().copied()).collect()
    }

    /// `text`, one line, as a comment.
    pub(crate) fn comment(&self, text: &str) -> String {
        format!("{} {text}\n", self.syntax.line_comment)
    }

    /// What stands for a program where there is none yet.
    pub(crate) fn placeholder(&self) -> String {
        self.comment("No program yet: write the whole program here.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_aliases_find_the_language() {
        let names = [
            ("python3", "python python3 Python py PY"),
            ("cpp", "cpp c++ CXX"),
            ("c", "c C"),
            ("java", "java Java"),
            ("javascript", "javascript js node"),
            ("golang", "golang go"),
            ("ruby", "ruby rb"),
            ("rust", "rust rs"),
        ];
        for (expected, names) in names {
            for name in names.split(' ') {
                assert_eq!(Language::named(name).unwrap().name, expected, "{name}");
            }
        }
        let error = Language::named("cobol").unwrap_err().to_string();
        let known = "python3, cpp, java, javascript, golang, ruby, c, rust";
        assert_eq!(error, format!("unknown language \"cobol\"; known are {known}"));
    }

    #[test]
    fn no_name_stands_for_two_languages() {
        let mut names: Vec<&str> = LANGUAGES.iter().flat_map(Language::fence_names).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_placeholder_is_a_comment() {
        let of = |name| Language::named(name).unwrap().placeholder();
        assert_eq!(of("cpp"), "// No program yet: write the whole program here.\n");
        assert_eq!(of("ruby"), "# No program yet: write the whole program here.\n");
    }
}
