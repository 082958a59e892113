//! Results on standard output.

use crate::exit::Exit;
use crate::failure::Failure;
use serde::Serialize;
use std::io::{ErrorKind, Write as _};

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
    match out.write_all(bytes).and_then(|()| out.flush()) {
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

/// Says something beside the result. A closed standard error is no failure.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
