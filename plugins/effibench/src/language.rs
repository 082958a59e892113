//! The languages that programs are written in.

use std::fmt;

/// A language whose programs the task runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Language {
    /// Name in configurations, instances and the execution service.
    pub(crate) name: &'static str,
    /// Name for people.
    pub(crate) title: &'static str,
    /// Other names: in configurations and at the fences of replies.
    pub(crate) aliases: &'static [&'static str],
    /// File name extension, without the dot.
    pub(crate) extension: &'static str,
    /// What starts a comment that ends with its line.
    pub(crate) comment: &'static str,
    /// How the host compiles and runs a program, for the model.
    pub(crate) toolchain: &'static str,
    /// What a program may use, for the model.
    pub(crate) imports: &'static str,
}

/// The languages that this version runs.
pub(crate) const LANGUAGES: [Language; 3] = [
    Language {
        name: "python3",
        title: "Python 3",
        aliases: &["python", "py"],
        extension: "py",
        comment: "#",
        toolchain: "python3 -u",
        imports: "the standard library, and the packages sortedcontainers and numpy where they are installed",
    },
    Language {
        name: "cpp",
        title: "C++",
        aliases: &["c++", "cxx"],
        extension: "cpp",
        comment: "//",
        toolchain: "g++ -std=c++20 -O2",
        imports: "the standard library of C++20",
    },
    Language {
        name: "c",
        title: "C",
        aliases: &[],
        extension: "c",
        comment: "//",
        toolchain: "gcc -O2",
        imports: "the standard library of C",
    },
];

/// Languages that the task's definition has and this version does not run, with their aliases.
const LATER: [(&str, &[&str]); 5] =
    [("java", &[]), ("javascript", &["js", "node"]), ("golang", &["go"]), ("ruby", &["rb"]), ("rust", &["rs"])];

/// Why a name stands for no language that can be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    NotYet(&'static str),
    Unknown(String),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = LANGUAGES.map(|language| language.name).join(", ");
        match self {
            Self::NotYet(name) => write!(f, "programs in {name} cannot be run by this version yet; it runs {names}"),
            Self::Unknown(name) => write!(f, "unknown language {name:?}; known are {names}"),
        }
    }
}

impl Language {
    /// The language with this name or alias, in any case.
    pub(crate) fn named(name: &str) -> Result<&'static Self, Unusable> {
        let wanted = name.to_lowercase();
        let is_wanted = |name: &str, aliases: &[&str]| name == wanted || aliases.contains(&wanted.as_str());
        if let Some(language) = LANGUAGES.iter().find(|language| is_wanted(language.name, language.aliases)) {
            return Ok(language);
        }
        let later = LATER.iter().find(|(name, aliases)| is_wanted(name, aliases));
        Err(later.map_or_else(|| Unusable::Unknown(name.to_owned()), |(name, _)| Unusable::NotYet(name)))
    }

    /// Names at a fence that say that the block is in this language.
    pub(crate) fn fence_names(&self) -> Vec<&'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied()).collect()
    }

    /// What stands for a program where there is none yet.
    pub(crate) fn placeholder(&self) -> String {
        format!("{} No program yet: write the whole program here.\n", self.comment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_aliases_find_the_language() {
        for (name, found) in [("python3", "python3"), ("Python", "python3"), ("c++", "cpp"), ("CXX", "cpp"), ("c", "c")]
        {
            assert_eq!(Language::named(name).unwrap().name, found);
        }
        assert_eq!(Language::named("go"), Err(Unusable::NotYet("golang")));
        let error = Language::named("cobol").unwrap_err().to_string();
        assert_eq!(error, "unknown language \"cobol\"; known are python3, cpp, c");
    }

    #[test]
    fn a_placeholder_is_a_comment() {
        assert_eq!(Language::named("cpp").unwrap().placeholder(), "// No program yet: write the whole program here.\n");
    }
}
