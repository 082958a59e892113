//! What can be wrong with a configuration. No message ever quotes a key of a model provider or
//! anything that came from the environment.

use perfagent_server::effibench_x::BackendUrlError;
use std::path::PathBuf;

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file could not be read.
    #[error("the configuration {} could not be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds bytes that are not text.
    #[error("the configuration {} is not UTF-8 text", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// Where it stops being text.
        source: std::string::FromUtf8Error,
    },
    /// The file's text is wrong in one place.
    #[error("{file}:{problem}")]
    Invalid {
        /// The file as the user named it.
        file: String,
        /// The place and what is wrong there.
        problem: Problem,
    },
    /// A run needs a model.
    #[error("no model is named; give --model NAME, or `model.name` in the configuration")]
    NoModel,
    /// Money is bounded, but a model has no price.
    #[error(
        "`{key}` cannot hold, for the model {model} has no price; give it one in `prices`, or bound tokens instead"
    )]
    Unpriced {
        /// The bound.
        key: &'static str,
        /// The model.
        model: String,
    },
    /// The file that is to hold the provider's key cannot be used.
    #[error("no key can be read from {}, which `model.api_key_file` names", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The variable that is to hold the provider's key is not there.
    #[error(
        "the environment variable {variable}, which is to hold the model's key, is not set; set it, or name another in `model.api_key_env`"
    )]
    NoKey {
        /// Its name.
        variable: String,
    },
    /// A variable that is to name backends names something else.
    #[error("the environment variable {variable} is to hold the URLs of backends, joined by commas")]
    Backends {
        /// Its name.
        variable: String,
        /// Why not.
        source: BackendUrlError,
    },
}

/// A mistake and its line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The line, counted from 1; 0 where lines mean nothing, as in JSON that a program sent.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) mistake: Mistake,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&placed(self.line, &self.mistake.to_string()))
    }
}

/// `text` after its line, where that means something.
pub(super) fn placed(line: usize, text: &str) -> String {
    if line == 0 { format!(" {text}") } else { format!("{line}: {text}") }
}

/// Where another setting stands, where its line means something.
pub(super) fn in_line(line: usize) -> String {
    if line == 0 { String::new() } else { format!(" (line {line})") }
}

impl Mistake {
    /// The mistake at `line`.
    pub(crate) fn at(self, line: usize) -> Problem {
        Problem { line, mistake: self }
    }
}

/// What is wrong at one place of a configuration. Keys are dotted paths such as `model.name`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mistake {
    /// Not YAML.
    #[error("not valid YAML: {0}")]
    Syntax(String),
    /// Not JSON, or with a key given twice.
    #[error("JSON that cannot be read: {0}")]
    NotJson(String),
    /// More than one document.
    #[error("a second YAML document starts here; a configuration is one")]
    SecondDocument,
    /// The whole file is something else than a mapping.
    #[error("expected settings, one `key: value` a line, found {found}")]
    NotSettings {
        /// What stands there.
        found: String,
    },
    /// A list or mapping as a key.
    #[error("a key must be plain text, not a list or a mapping")]
    KeyNotText,
    /// One key twice in one mapping.
    #[error("`{key}` is given twice, first in line {first_line}")]
    Duplicate {
        /// The key.
        key: String,
        /// Where it stood first.
        first_line: usize,
    },
    /// The names of both layouts for one setting.
    #[error("`{key}` and `{other}`{} are the same setting; keep one", in_line(*other_line))]
    TwoNames {
        /// The later name.
        key: String,
        /// The earlier one.
        other: String,
        /// Where that stands.
        other_line: usize,
    },
    /// A section of the oldest layout beside `task_config`.
    #[error(
        "`{section}` is an older form of `task_config`, which is also given{}; move its keys there", in_line(*other_line)
    )]
    OldSection {
        /// The section.
        section: String,
        /// Where `task_config` stands.
        other_line: usize,
    },
    /// No setting has this name.
    #[error("unknown key `{key}`{}", nearest.as_ref().map(|it| format!("; did you mean `{it}`?")).unwrap_or_default())]
    UnknownKey {
        /// The key.
        key: String,
        /// The known key that is most like it.
        nearest: Option<String>,
    },
    /// A section's key spelled with a dot instead of indentation.
    #[error("`{key}` is spelled with a dot; write `{section}:` and, indented below it, `{rest}: …`")]
    DottedKey {
        /// The key.
        key: String,
        /// Its part before the first dot.
        section: String,
        /// Its part after that.
        rest: String,
    },
    /// A value of the wrong type or out of bounds.
    #[error("`{key}`: expected {expected}, found {found}")]
    Unfit {
        /// The key.
        key: String,
        /// What would do.
        expected: String,
        /// What stands there; the type alone where the value may be a secret.
        found: String,
    },
    /// `${VAR}` without such a variable.
    #[error(
        "`{key}`: the environment variable {variable} is not set; set it, or write $${{{variable}}} for the text itself"
    )]
    UnsetVariable {
        /// The key.
        key: String,
        /// The variable.
        variable: String,
    },
    /// `${` without a name and `}` after it.
    #[error(
        "`{key}`: expected the name of an environment variable and `}}` after `${{`; write $${{ for the text itself"
    )]
    BadVariable {
        /// The key.
        key: String,
    },
    /// Nesting beyond any use.
    #[error("more than {limit} levels of nesting")]
    TooDeep {
        /// The most there may be.
        limit: usize,
    },
    /// Aliases that repeat too much, as in a "billion laughs" file.
    #[error("the aliases up to here repeat more than {limit_bytes} bytes; write the values out")]
    TooManyAliases {
        /// The most there may be.
        limit_bytes: usize,
    },
    /// An alias inside the value that it names.
    #[error("an alias stands inside the value that it refers to")]
    CircularAlias,
    /// A tag such as `!include`.
    #[error("tags are not supported here, only !!str before a value")]
    Tag,
    /// `<<`, which is not part of YAML 1.2.
    #[error("merge keys (`<<`) are not supported; write the values out, or use an alias for a whole value")]
    MergeKey,
}
