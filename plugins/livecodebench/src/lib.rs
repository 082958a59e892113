//! The livecodebench task: write a Python program that passes all tests.

mod config;
mod decimal;
mod encoding;
mod instance;
mod lines;
mod pickle;
mod value;
