//! Developer commands: set-up, build, demo, test, bench.
fn main() {}
