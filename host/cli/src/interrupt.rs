//! Ctrl-C and termination: whatever is under way is dropped, which ends its programs and requests.

use crate::exit::Exit;
use crate::failure::Failure;
use tokio::signal::unix::{SignalKind, signal};

/// Runs `work` until it is done or somebody wants the process to end.
pub(crate) async fn or_interrupted<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let asked = asked_to_end()?;
    tokio::select! {
        result = work => result,
        how = asked => Err(Failure::new(Exit::Interrupted, how)),
    }
}

/// Done when somebody wants the process to end; says how they told it.
pub(crate) fn asked_to_end() -> Result<impl Future<Output = &'static str>, Failure> {
    let handler = |kind| signal(kind).map_err(|error| Failure::from_error(Exit::Internal, &error));
    let (mut interrupt, mut terminate) = (handler(SignalKind::interrupt())?, handler(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => "interrupted",
            _ = terminate.recv() => "told to end",
        }
    })
}
