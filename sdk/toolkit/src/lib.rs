//! Pure helpers that every task needs: SEARCH/REPLACE edit blocks, fenced code, prompt templates and
//! sample statistics.
//!
//! Nothing here reads a file, a clock or a source of randomness: the same arguments give the same
//! result on every machine, inside a WebAssembly guest as outside. The host offers the same code to
//! guests in other languages as the interface `perfagent:task/toolkit`.
//!
//! Everything takes text that strangers wrote (model replies, programs, templates) and does work in
//! proportion to its size.

pub mod edit;
pub mod fence;
pub mod stats;
pub mod template;
pub mod text;
