//! What a Rust task author depends on: the [`Task`] trait, the records of the interface, the
//! execution service, a log, pure helpers ([`edit`], [`fence`], [`template`], [`stats`], [`text`])
//! and, for native tests, [`testing`].
//!
//! A task is a crate of type `cdylib` (and `rlib`, for its tests) that implements [`Task`] and says
//! [`export!`] once; `cargo build --target wasm32-unknown-unknown` makes a component of it. Its
//! logic is tested with plain `cargo test`. A whole task:
//!
//! ```
//! use perfagent_task::{
//!     Attempt, CompileRequest, Description, Direction, Evaluation, Execution, Extraction, Finding, InitialSolution,
//!     InstanceSummary, Limits, Outcome, Policy, PromptContext, RunOptions, RunRequest, Task, TaskError, TaskMetadata,
//!     Values, fence,
//! };
//!
//! /// Asks for the shortest Python program that prints a given line.
//! struct Golf {
//!     line: String,
//! }
//!
//! #[derive(Default, serde::Deserialize)]
//! #[serde(default, deny_unknown_fields)]
//! struct Config {}
//!
//! impl Task for Golf {
//!     type Config = Config;
//!
//!     fn describe() -> Description {
//!         Description {
//!             summary: "print a line with the shortest program".into(),
//!             languages: vec!["python3".into()],
//!             system_template: "Reply with a Python program in a fence. It prints this line: {line}".into(),
//!             system_variables: vec!["line".into()],
//!             optimization_template: "Make this shorter:\n{program}".into(),
//!             optimization_variables: vec!["program".into()],
//!             ..Description::new("golf", "length", Direction::Minimize)
//!         }
//!     }
//!
//!     fn metadata(name: &str, data: &[u8]) -> Result<TaskMetadata, TaskError> {
//!         Ok(TaskMetadata { id: name.into(), problem: format!("print {:?}", String::from_utf8_lossy(data)) })
//!     }
//!
//!     fn load(_name: &str, data: &[u8], _config: Config) -> Result<Self, TaskError> {
//!         let line = std::str::from_utf8(data).map_err(|error| TaskError::BadInstance(error.to_string()))?;
//!         Ok(Self { line: line.trim().into() })
//!     }
//!
//!     fn summary(&self) -> InstanceSummary {
//!         InstanceSummary { language: Some("python3".into()), ..InstanceSummary::new("py") }
//!     }
//!
//!     fn initial_solution(&self) -> Result<InitialSolution, TaskError> {
//!         Ok(InitialSolution { code: format!("print({:?})", self.line), judged: true })
//!     }
//!
//!     fn system_values(&self, _context: &PromptContext) -> Values {
//!         vec![("line", self.line.clone())]
//!     }
//!
//!     fn optimization_values(&self, _context: &PromptContext, attempt: &Attempt) -> Values {
//!         vec![("program", attempt.solution.clone())]
//!     }
//!
//!     fn extract(&self, reply: &str, current: &str) -> Result<Extraction, TaskError> {
//!         Ok(Extraction::new(match fence::last_code_block(reply, &["python"]) {
//!             Some(block) if block.code == current => Finding::Identical,
//!             Some(block) => Finding::Changed(block.code),
//!             None => Finding::NoSolution("the reply holds no fenced block".into()),
//!         }))
//!     }
//!
//!     fn evaluate(
//!         &mut self,
//!         execution: &Execution,
//!         candidate: &str,
//!         _incumbent: Option<&str>,
//!     ) -> Result<Evaluation, TaskError> {
//!         let request = CompileRequest::new("python3", candidate);
//!         let Ok(program) = execution.compile(&request) else {
//!             return Ok(Evaluation::invalid(Direction::Minimize, "does not compile"));
//!         };
//!         let reports = program.run(&[RunRequest::new("", Limits::default())], &RunOptions::new(Policy::Check))?;
//!         let right = reports.iter().all(|report| {
//!             report.outcome == Outcome::Exited(0) && report.output.trim_ascii() == self.line.as_bytes()
//!         });
//!         if !right {
//!             return Ok(Evaluation::invalid(Direction::Minimize, "prints something else"));
//!         }
//!         Ok(Evaluation::valid(candidate.len() as f64, format!("{} bytes", candidate.len())))
//!     }
//! }
//!
//! perfagent_task::export!(Golf);
//!
//! // And its test, without a component and without a sandbox:
//! use perfagent_task::testing::{Harness, Script, check_description, exited};
//!
//! check_description(&Golf::describe()).unwrap();
//! let script = Script::new(|_program, _request| Ok(exited(0, "hello\n")));
//! let mut golf = Harness::<Golf>::load("hello", b"hello", "{}", &script).unwrap();
//! let start = golf.initial_solution().unwrap();
//! assert_eq!(golf.evaluate(&start.code, None).unwrap().metric, 14.0);
//! ```
//!
//! A larger task, in a project as `perfagent plugin new` makes it, is `sdk/rust/examples/sort-golf`.
//!
//! # Versions
//! This crate follows semantic versioning. Its major and, before 1.0, its minor version are those of the
//! interface `perfagent:task` that components are built for, so 0.1.x makes components for 0.1 hosts.
//! Within them items are added, never changed or removed, with two exceptions that are said in the
//! release notes: what is hidden from this documentation, and the oldest compiler, which a minor
//! version may raise. Records of the interface never change ([`Detail`]s carry what they lack), but
//! build them from their constructors where there are any.
#![deny(missing_docs)]

#[doc(hidden)]
#[allow(missing_docs, unsafe_code, clippy::all, reason = "generated from the WIT package, whose comments it carries")]
pub mod bindings;
mod execution;
mod export;
pub mod log;
pub mod prompt;
mod task;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod types;

pub use execution::*;
#[doc(hidden)]
pub use export::{Exports, Instance};
pub use perfagent_toolkit::{edit, fence, stats, template, text};
pub use task::{Task, Values, check_bounds, render};
pub use types::*;
