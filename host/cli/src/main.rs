//! The program perfagent.
fn main() {}
