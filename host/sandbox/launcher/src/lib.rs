//! What the sandbox and its launcher say to each other.
//!
//! The launcher is a small static program that walls itself in and then forks one jailed program
//! after the other. It stays small because a child's peak memory as the kernel counts it is never
//! below that of the process it was forked from, and because forking a small process is quick.
//! This library half is what both sides share: [`protocol`] says which messages there are,
//! [`channel`] carries them and the file descriptors that go with them. The program half is the
//! launcher itself.

pub mod channel;
pub mod protocol;
mod wire;

pub use wire::Malformed;
