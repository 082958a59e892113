//! Ctrl-C and termination: whatever is under way is dropped, which ends its programs and requests.

use crate::exit::Exit;
use crate::failure::Failure;
use tokio::signal::unix::{SignalKind, signal};

/// Runs `work` until it is done or somebody wants the process to end.
pub(crate) async fn or_interrupted<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let handler = |kind| signal(kind).map_err(|error| Failure::from_error(Exit::Internal, &error));
    let (mut interrupt, mut terminate) = (handler(SignalKind::interrupt())?, handler(SignalKind::terminate())?);
    tokio::select! {
        result = work => result,
        _ = interrupt.recv() => Err(Failure::new(Exit::Interrupted, "interrupted")),
        _ = terminate.recv() => Err(Failure::new(Exit::Interrupted, "told to end")),
    }
}
