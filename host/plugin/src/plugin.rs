//! A loaded component, before any of its code runs.

use crate::error::PluginError;
use crate::limits::PluginLimits;
use crate::services::Services;
use crate::session::Session;
use perfagent_core::digest::Digest;

/// A component that was compiled and checked against the task interface. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {}

impl Plugin {
    /// The digest of the component's bytes.
    pub fn digest(&self) -> &Digest {
        todo!()
    }

    /// What can be said of the component without running it.
    pub fn inspect(&self) -> Inspection {
        todo!()
    }

    /// Starts the component for one run.
    ///
    /// # Errors
    /// Where the component goes beyond a limit or traps while it starts.
    pub async fn open(&self, services: Services) -> Result<Session, PluginError> {
        todo!()
    }
}

/// What can be said of a component without running it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Digest of its bytes.
    pub digest: Digest,
    /// Size, bytes.
    pub size_bytes: u64,
    /// Version of the task interface that it exports.
    pub interface_version: String,
    /// What it asks for.
    pub imports: Vec<Import>,
    /// What it offers.
    pub exports: Vec<String>,
    /// Bounds in force; `memory_bytes` is what this component gets.
    pub limits: PluginLimits,
}

/// Something that a component asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its full name.
    pub name: String,
    /// What it lets the component do, in words.
    pub lets: &'static str,
    /// The permission that would widen it, if there is one.
    pub grant: Option<crate::Grant>,
}
