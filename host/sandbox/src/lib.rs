//! Runs and measures programs that nobody trusts.
//!
//! A [`Sandbox`] keeps a few launchers: small processes that have walled themselves in and fork one
//! jailed program after the other (the crate `perfagent-launcher`). This crate finds toolchains,
//! stores compiled programs, hands requests to launchers, and turns what they saw into reports. It
//! is the only one that knows namespaces, control groups and system-call filters.

mod compile;
mod cores;
mod directories;
mod disturbance;
mod environment;
mod error;
mod groups;
mod language;
mod launcher;
mod limits;
mod program;
mod report;
mod run;
mod sandbox;
mod slots;
mod tier;
mod toolchain;

pub use cores::CorePlan;
pub use error::SandboxError;
pub use language::{Compilation, Family, Language, LanguageTable, Toolchain};
pub use limits::{DEFAULT_MEMORY_BYTES, DEFAULT_WALL_MS};
pub use program::Program;
pub use sandbox::{Sandbox, SandboxOptions};
