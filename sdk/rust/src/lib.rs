//! What a Rust task author depends on.
