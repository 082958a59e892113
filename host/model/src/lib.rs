//! Talks to language models over the OpenAI-compatible chat protocol; records calls and replays
//! them without a network.
//!
//! A [`Model`] answers [`perfagent_core::chat::ChatRequest`]s. It is live (a [`Client`]), live and
//! recording every call to a cassette, or a replay of such a cassette. The client streams where
//! the server can, asks again where that may help, and never shows its key. This crate reads no
//! configuration file and no environment variable, except that its HTTP library goes by those
//! that name a proxy (`HTTPS_PROXY` and the like): whoever builds [`ClientSettings`] reads the rest.

pub mod budget;
mod cassette;
mod client;
mod connection;
mod error;
mod key;
mod limiter;
mod logs;
mod model;
mod reply;
mod retry;
mod settings;
mod sse;
pub mod tokens;

pub use cassette::{CassetteError, Leftover, Mismatch, Nearest};
pub use client::{Client, Unreached, models};
pub use connection::{host, tls};
pub use error::{ModelError, TransportStage};
pub use key::ApiKey;
pub use model::{CallContext, Model};
pub use settings::{ClientSettings, IoLogSettings, IterationIndex, LogSettings, RetrySettings};
