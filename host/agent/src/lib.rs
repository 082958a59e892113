//! The loop: one run, from an instance to its result.
//!
//! [`run()`] is the only way to start one. It folds the events of the journal into a
//! [`state::State`], asks that for the next step, carries the step out (through the plugin, the
//! model or the sandbox) and records its event, until the state says that the run is done.

mod account;
pub mod batch;
pub mod cases;
mod compare;
pub mod contract;
mod cost;
pub mod dataset;
mod error;
mod execution;
pub mod files;
pub mod gauge;
pub mod grading;
mod history;
pub mod journal;
mod lines;
mod recorder;
pub mod report;
mod result;
mod run;
pub mod state;
mod task;
mod trajectory;

pub use account::spent;
pub use cost::added_cost;
pub use error::{RunError, chain};
pub use execution::{NoExecution, Programs, SandboxExecution};
pub use history::excess;
pub use recorder::Observer;
pub use run::{Funds, Services, run};
pub use task::{Task, check_config};
pub use trajectory::trajectory_schema;
