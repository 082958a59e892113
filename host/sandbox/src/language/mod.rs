//! Languages as data: how a program is named, compiled and run, and how its toolchain is found.

mod built_in;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a language's programs are compiled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compilation {
    /// The compiler and its arguments. It starts in the directory with the sources, which it cannot
    /// write; `{output}` is the directory for its products, all of whose files become part of the
    /// program.
    pub command: Vec<String>,
}

/// One language. The first word of each command is a program that is looked up on the search path,
/// or starts with `{program}/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// Its name, in lower case.
    pub name: String,
    /// Other names that users and data sets give it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Name of the file that holds the source.
    pub file_name: String,
    /// Extension of a solution's file, without the dot.
    pub extension: String,
    /// How it is compiled; `None`: the source is run as it is.
    #[serde(default)]
    pub compile: Option<Compilation>,
    /// How a program is run. It starts in an empty directory that it may write; `{program}` is the
    /// directory with the compiled program, its source and the files beside it, which it may not.
    pub run: Vec<String>,
    /// A command that says what the toolchain is, run outside the sandbox. Its first line is the
    /// version. A second one, where there is one, is the path of the program to use instead of the
    /// one found on the search path; further ones are directories that it needs.
    pub probe: Vec<String>,
    /// How to get the toolchain.
    pub install_hint: String,
    /// Environment variables of compiler and programs, beyond the few that all have.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

/// The languages of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LanguageTable {
    languages: Vec<Language>,
}

impl LanguageTable {
    /// The languages that come with the program.
    pub fn built_in() -> Self {
        Self { languages: built_in::languages() }
    }

    /// The language called `name`: its own name or one of its aliases, in any case.
    pub fn find(&self, name: &str) -> Option<&Language> {
        let is_called = |language: &&Language| {
            std::iter::once(&language.name).chain(&language.aliases).any(|known| known.eq_ignore_ascii_case(name))
        };
        self.languages.iter().find(is_called)
    }

    /// Adds `language`, in place of the one with the same name where there is one.
    pub fn insert(&mut self, language: Language) {
        self.languages.retain(|known| known.name != language.name);
        self.languages.push(language);
    }

    /// All languages, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Language> {
        self.languages.iter()
    }
}

/// What a machine has for a language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolchain {
    /// The language's name.
    pub language: String,
    /// The version of its toolchain, or why programs in it cannot be run and what would help.
    pub version: Result<String, String>,
}
