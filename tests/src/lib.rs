//! Support for the end-to-end tests: the built program in a clean environment, and a scripted
//! model server.

pub mod distribution;
pub mod execution;
pub mod marathon;
pub mod program;
pub mod registry;
pub mod scene;
pub mod server;
pub mod wit_diff;

/// Says that a test is skipped, and why.
#[expect(clippy::print_stdout, reason = "a skipped test must be seen")]
pub fn skip(reason: &str) {
    println!("skipped: {reason}");
}
