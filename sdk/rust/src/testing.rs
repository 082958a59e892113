//! What a task's native tests need: a [`Script`] that stands in for the execution service, and a
//! [`Harness`] that calls a task as the host does.
//!
//! ```
//! use perfagent_task::testing::{Script, exited};
//! use perfagent_task::{CompileRequest, Limits, Policy, RunOptions, RunRequest};
//!
//! // Every program prints its input twice.
//! let script = Script::new(|_program, request| Ok(exited(0, [&request.input[..], &request.input].concat())));
//! let program = script.execution().compile(&CompileRequest::new("python3", "…")).unwrap();
//! let reports = program.run(&[RunRequest::new("ab", Limits::default())], &RunOptions::new(Policy::Check)).unwrap();
//! assert_eq!(reports[0].output, b"abab");
//! assert_eq!(script.calls().len(), 2);
//! ```

mod harness;
mod script;

pub use harness::{Harness, check_description, check_schema_defaults};
pub(crate) use script::ScriptedProgram;
pub use script::{Call, Script};

use crate::execution::{Measurement, Outcome, RunReport};

/// The report of a program that ended by itself with `code` after it wrote `output`; it used
/// nothing.
pub fn exited(code: i32, output: impl Into<Vec<u8>>) -> RunReport {
    RunReport { output: output.into(), ..ended(Outcome::Exited(code)) }
}

/// The report of a program that wrote nothing and used nothing.
pub fn ended(outcome: Outcome) -> RunReport {
    RunReport {
        outcome,
        output: Vec::new(),
        output_dropped_bytes: 0,
        error_output: Vec::new(),
        error_dropped_bytes: 0,
        measurement: Measurement::default(),
    }
}
