//! `perfagent plugin push`, `pull`, `sign`, `verify`, `keygen`, `list`, `install` and `remove`.

use clap::Args;
use perfagent_registry::{PublicKey, Reference};
use std::path::PathBuf;

/// Arguments of `perfagent plugin push`.
#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// A component file, or an installed plugin; a signature in FILE.sig is pushed with it
    #[arg(value_name = "FILE")]
    pub(crate) plugin: String,
    /// Where to: registry/name:version
    #[arg(value_name = "REFERENCE")]
    pub(crate) reference: Reference,
}

/// Arguments of `perfagent plugin pull`.
#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    /// Which one: registry/name:version, or registry/name@sha256:…
    #[arg(value_name = "REFERENCE")]
    pub(crate) reference: Reference,
    /// Copy it to FILE, its signature to FILE.sig
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Take another plugin than the pinned one without asking
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Arguments of `perfagent plugin keygen`.
#[derive(Debug, Args)]
pub(crate) struct KeygenArgs {
    /// A new file for the private key
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// Arguments of `perfagent plugin sign`.
#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// A component file, which gets a FILE.sig; or a plugin in a registry, or an installed one
    #[arg(value_name = "PLUGIN")]
    pub(crate) plugin: String,
    /// File of the private key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
}

/// Arguments of `perfagent plugin verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A component file, a plugin in a registry, or an installed one
    #[arg(value_name = "PLUGIN")]
    pub(crate) plugin: String,
    /// Configuration with the trusted keys
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Another trusted key, ed25519:…; may be given several times
    #[arg(long = "trust", value_name = "KEY")]
    pub(crate) keys: Vec<PublicKey>,
}

/// Arguments of `perfagent plugin list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `perfagent plugin install`.
#[derive(Debug, Args)]
pub(crate) struct InstallArgs {
    /// A component file, or registry/name:version
    #[arg(value_name = "PLUGIN")]
    pub(crate) plugin: String,
}

/// Arguments of `perfagent plugin remove`.
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// name@version of an installed plugin, or registry/name:version of a pulled one
    #[arg(value_name = "PLUGIN")]
    pub(crate) plugin: String,
}
