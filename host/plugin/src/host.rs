//! The engine that all plugins of a program share.

use crate::error::PluginError;
use crate::limits::PluginLimits;
use crate::plugin::Plugin;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a plugin host is set up.
#[derive(Clone, Debug, Default)]
pub struct HostOptions {
    /// Where compiled plugins are kept; `None` compiles every time.
    pub cache_dir: Option<PathBuf>,
    /// Upper bounds on every plugin.
    pub limits: PluginLimits,
}

/// Loads plugins. Cheap to clone; all clones share one engine.
#[derive(Clone)]
pub struct PluginHost {}

impl PluginHost {
    /// Sets up an engine.
    ///
    /// # Errors
    /// [`PluginError::Host`] where the machine or the options do not allow it.
    pub fn new(options: HostOptions) -> Result<Self, PluginError> {
        todo!()
    }

    /// What people should know of how the host is set up, one line each; for example why compiled
    /// plugins are not kept. Empty where all is as it should be.
    pub fn notes(&self) -> &[String] {
        todo!()
    }

    /// Loads a component. `slow` is called once when compiling it takes over half a second.
    ///
    /// # Errors
    /// Says what keeps the bytes from being a task that this host can run.
    pub async fn load(&self, bytes: Arc<[u8]>, slow: impl FnOnce() + Send) -> Result<Plugin, PluginError> {
        todo!()
    }

    /// Loads a component from a file, like [`PluginHost::load`].
    ///
    /// # Errors
    /// Says what keeps the file from being a task that this host can run.
    pub async fn load_file(&self, path: &Path, slow: impl FnOnce() + Send) -> Result<Plugin, PluginError> {
        todo!()
    }
}
