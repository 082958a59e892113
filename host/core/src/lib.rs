//! Plain data that perfagent's host crates share: execution requests and reports, what a task says
//! of itself and of solutions, model messages, run specifications, events and results.
//!
//! Nothing here does I/O (what [`bounded`] reads is given to it), reads a clock or knows a concrete
//! sandbox, plugin or model. The modules mirror the life of a run: a [`spec::RunSpec`] names what to
//! do, [`event::RunEvent`]s say what happened, and a [`result::AgentResult`] is what an outer program
//! reads.

pub mod bounded;
pub mod chat;
pub mod digest;
pub mod event;
pub mod execution;
pub mod isolation;
pub mod metric;
pub mod request;
pub mod result;
pub mod secret;
pub mod spec;
pub mod task;
pub mod unique;
