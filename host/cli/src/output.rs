//! Results on standard output.

use crate::exit::Exit;
use crate::failure::Failure;
use indicatif::ProgressBar;
use serde::Serialize;
use std::io::{ErrorKind, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Prints `text` and a line's end. A reader that has gone away is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    write_out(format!("{text}\n").as_bytes())
}

/// Writes what a program wrote to where it would have gone. A reader that has gone away is no failure.
pub(crate) fn pass_on(output: &[u8], error_output: &[u8]) -> Result<(), Failure> {
    let _ = std::io::stderr().write_all(error_output);
    write_out(output)
}

fn write_out(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match undisturbed(|| out.write_all(bytes).and_then(|()| out.flush())) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::from_error(Exit::Files, &error).of("standard output"))
        }
        _ => Ok(()),
    }
}

/// `value` as JSON for people and programs.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("all printed data has string keys")
}

/// What moves on the terminal's last lines, below which nothing may be written.
static MOVING: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Keeps something moving on the terminal; takes it away when it is dropped.
pub(crate) struct Moving;

impl Moving {
    /// From now on `bar` is what moves.
    pub(crate) fn new(bar: &ProgressBar) -> Self {
        *moving() = Some(bar.clone());
        Self
    }
}

impl Drop for Moving {
    fn drop(&mut self) {
        if let Some(bar) = moving().take() {
            bar.finish_and_clear();
        }
    }
}

/// Does what writes to the terminal while nothing moves there.
fn undisturbed<T>(write: impl FnOnce() -> T) -> T {
    match &*moving() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

fn moving() -> MutexGuard<'static, Option<ProgressBar>> {
    MOVING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says something beside the result, in a line that stays, above what moves. A closed standard error is no
/// failure.
pub(crate) fn note(text: &str) {
    undisturbed(|| drop(writeln!(std::io::stderr(), "{text}")));
}

/// Standard error, for whoever writes there by itself: above what moves, like [`note`].
pub(crate) struct Notes;

impl Write for Notes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        undisturbed(|| std::io::stderr().write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// `count` things of this name, in words: `1 step`, `2 steps`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
