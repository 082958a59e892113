//! What the benches share.

#![expect(clippy::print_stdout, reason = "a bench prints")]

use perfagent_plugin::Compiler;
use std::time::Duration;

/// The compiler that tests start too.
pub(crate) fn compiler() -> Compiler {
    Compiler { program: env!("CARGO_BIN_EXE_perfagent-plugin-compiler").into(), arguments: Vec::new() }
}

pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

pub(crate) fn report(what: &str, value: f64, unit: &str, goal: &str) {
    println!("{what:<44}{value:>9.3} {unit}  (goal: {goal})");
}
