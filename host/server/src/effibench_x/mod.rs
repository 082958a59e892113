//! The protocol of EffiBench-X's sandboxes, from both sides.
//!
//! A *backend* takes programs and runs them when it comes to them; whoever submitted asks for the
//! results until they are there. [`serve()`] is such a backend over this project's sandbox, and
//! [`RemoteExecution`] runs a task's programs on one or several of them. [`protocol`] is what goes over
//! the wire.

mod client;
pub mod protocol;
mod server;

pub use client::{BackendUrl, BackendUrlError, Backends, BackendsError, ClientSettings, RemoteExecution};
pub use server::{ServerSettings, serve};
