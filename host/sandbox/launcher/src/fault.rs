//! Errors of the launcher: which step failed, and what the kernel said.

use std::fmt;
use std::io;

/// A step that failed.
#[derive(Debug)]
pub(crate) struct Fault {
    step: String,
    source: io::Error,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.step, self.source)
    }
}

/// Says which step an error belongs to: `call().map_err(during("mount a tmpfs"))`.
pub(crate) fn during(step: impl Into<String>) -> impl FnOnce(io::Error) -> Fault {
    move |source| Fault { step: step.into(), source }
}
