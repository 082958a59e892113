//! Loads, limits and calls task components: the only crate that knows wasmtime.
//!
//! A [`PluginHost`] compiles a component into a [`Plugin`]; [`Plugin::open`] starts it for one run
//! as a [`Session`], which knows only the [`Services`] that the run gives it; [`Session::load`]
//! reads an instance, whose methods are the task. Everything that guest code may use is bounded by
//! [`PluginLimits`], and whatever it does comes back as a [`PluginError`].

mod bindings;
mod cache;
mod check;
mod compiler;
mod convert;
mod error;
mod format;
mod grants;
mod guest;
mod host;
mod imports;
mod limits;
mod meter;
mod plugin;
mod promise;
mod services;
mod session;
mod state;
mod text;
mod ticker;
mod wasi;

pub use cache::CacheSurvey;
pub use compiler::{Compiler, serve_compiler};
pub use error::{PluginError, TaskError};
pub use grants::{Grant, Grants, UnknownGrant};
pub use host::{HostOptions, PluginHost};
pub use limits::PluginLimits;
pub use plugin::{Import, Inspection, Plugin, Usage};
pub use promise::Violation;
pub use services::{Execution, LogLevel, LogRecord, LogSink, ProgramId, Services};
pub use session::{InstanceSource, Session, TaskInstance};

/// Version of the interface `perfagent:task` that this host speaks.
pub const INTERFACE_VERSION: &str = "0.1.0";
