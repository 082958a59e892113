//! Languages as data: how a program is named, compiled and run, and how its toolchain is found.

mod built_in;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a language's programs are compiled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compilation {
    /// The compiler and its arguments. It starts in the directory with the sources, which it cannot
    /// write; `{output}` is the directory for its products, all of whose files become part of the
    /// program.
    pub command: Vec<String>,
}

/// What kind of programs a language makes, and so which system calls they may make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Machine code that needs no sockets.
    Native,
    /// Programs of an interpreter.
    #[default]
    Script,
    /// Programs of a virtual machine that compiles while it runs.
    Managed,
}

/// One language. The first word of each command is a program that is looked up on the search path,
/// or starts with `{program}/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// directory with the compiled program, its source and the files beside it, which it may not;
    /// `{memory_mb}` is the memory limit in units of 2^20 bytes, here and in the compiler's command.
    pub run: Vec<String>,
    /// A command that says what the toolchain is, run outside the sandbox. Its first line is the
    /// version. Of the others those that are absolute paths count: the first is the one to use for
    /// `toolchain` instead of the one found on the search path; further ones are directories that it
    /// needs.
    pub probe: Vec<String>,
    /// The program that the probe's first path is that of; empty: the probe's own.
    #[serde(default)]
    pub toolchain: String,
    /// How to get the toolchain.
    pub install_hint: String,
    /// Environment variables of compiler and programs, beyond the few that all have. `{output}` is the
    /// directory that they may write, `{seed}` a number that is the same for both sides of a
    /// comparison and another one in each round, `{directories}` what the probe says is needed,
    /// joined by colons.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Which system calls its programs may make.
    #[serde(default)]
    pub family: Family,
    /// Runs of a program that are thrown away before it is measured.
    #[serde(default = "one")]
    pub warm_up_runs: u32,
    /// Paths beside the system's that compiler and programs read; with a `*` at the end, all that begin
    /// so.
    #[serde(default)]
    pub reads: Vec<String>,
}

fn one() -> u32 {
    1
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

    /// The language of files with the extension `extension`, or called so.
    pub fn for_file(&self, extension: &str) -> Option<&Language> {
        self.languages.iter().find(|language| language.extension == extension).or_else(|| self.find(extension))
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
