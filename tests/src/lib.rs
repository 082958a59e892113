//! Support for the end-to-end tests: the built program in a clean environment, and a scripted
//! model server.

pub mod program;
pub mod server;
