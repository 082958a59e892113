//! Keeps hold of a child, to end it from another thread.

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::io;
use std::os::fd::OwnedFd;
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};

/// Ends the child at its other end when it is cut, whether it has started yet or not.
#[derive(Default)]
pub(super) struct Leash(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Loose,
    /// The child, named so that no other process can have its name.
    Tied(OwnedFd),
    Cut,
}

impl Leash {
    /// Takes hold of `child`, which must not have been waited for.
    ///
    /// # Errors
    /// Where the system cannot, or the leash was cut before.
    pub(super) fn tie(&self, child: &Child) -> io::Result<()> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Cut) {
            return Err(io::Error::other("it is not needed any more"));
        }
        let held = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
        *state = State::Tied(held);
        Ok(())
    }

    fn cut(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Tied(child) = std::mem::replace(&mut *state, State::Cut) {
            // It may have ended by itself.
            let _ = pidfd_send_signal(child, Signal::KILL);
        }
    }
}

/// Cuts a leash when it is dropped.
pub(super) struct Hold(pub(super) Arc<Leash>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.cut();
    }
}
