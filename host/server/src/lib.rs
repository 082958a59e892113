//! What perfagent offers and uses over HTTP.

pub mod effibench_x;
