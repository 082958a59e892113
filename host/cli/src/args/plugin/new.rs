//! `perfagent plugin new`.

use clap::{Args, ValueEnum};

/// Arguments of `perfagent plugin new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// What the task is called: lower case letters, digits and `-`; also the directory that is made
    pub(crate) name: String,
    /// The language to write it in
    #[arg(long = "lang", value_name = "LANGUAGE")]
    pub(crate) language: SdkLanguage,
}

/// Languages that tasks are written in with an SDK of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SdkLanguage {
    /// Small, fast components
    Rust,
    /// Components with a Python interpreter inside
    Python,
    /// Components with a JavaScript engine inside
    Javascript,
}
