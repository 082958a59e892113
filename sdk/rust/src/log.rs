//! The task's log. Lines go to the host, which bounds them and drops what goes beyond; in native
//! tests they go to standard error, where the test runner captures them.
//!
//! ```
//! perfagent_task::log::info(format!("{} tests read", 100));
//! ```

pub use crate::bindings::perfagent::task::log::Level;

/// Writes one message at `level`.
pub fn write(level: Level, message: impl AsRef<str>) {
    emit(level, message.as_ref());
}

/// What only helps whoever debugs the task.
pub fn debug(message: impl AsRef<str>) {
    emit(Level::Debug, message.as_ref());
}

/// What a user may want to know.
pub fn info(message: impl AsRef<str>) {
    emit(Level::Info, message.as_ref());
}

/// What a user should know, though the run goes on.
pub fn warning(message: impl AsRef<str>) {
    emit(Level::Warning, message.as_ref());
}

/// What went wrong, beside the error that is returned.
pub fn error(message: impl AsRef<str>) {
    emit(Level::Error, message.as_ref());
}

#[cfg(target_family = "wasm")]
fn emit(level: Level, message: &str) {
    crate::bindings::perfagent::task::log::write(level, message);
}

#[cfg(not(target_family = "wasm"))]
#[expect(clippy::print_stderr, reason = "stands in for the host's log in native tests, which capture it")]
fn emit(level: Level, message: &str) {
    eprintln!("{level:?}: {message}");
}
