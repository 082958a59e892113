//! Ctrl-C and termination. Work that is dropped ends its programs and requests.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What users and other programs ask of this one while it works.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

/// Who wants the process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Ctrl-C: what is under way may be finished first, until it comes again.
    Interrupt,
    /// Termination: at once.
    Terminate,
}

impl Signals {
    /// Takes them from now on; they no longer end the process by themselves.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let handler = |kind| signal(kind).map_err(|error| Failure::from_error(Exit::Internal, &error));
        Ok(Self { interrupt: handler(SignalKind::interrupt())?, terminate: handler(SignalKind::terminate())? })
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.interrupt.recv() => Wish::Interrupt,
            _ = self.terminate.recv() => Wish::Terminate,
        }
    }

    /// Runs `work` until it is done or somebody wants the process to end.
    pub(crate) async fn or_interrupted<T>(
        &mut self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            result = work => result,
            wish = self.next() => Err(Failure::new(Exit::Interrupted, wish.told())),
        }
    }
}

impl Wish {
    fn told(self) -> &'static str {
        match self {
            Self::Interrupt => "interrupted",
            Self::Terminate => "told to end",
        }
    }
}

/// Time in which work that is asked to end has ended, unless it waits for a file or another process.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs `work` until it is done or somebody wants the process to end.
pub(crate) async fn or_interrupted<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let mut signals = Signals::listen()?;
    let mut second = Signals::listen()?;
    // On another thread: the one of `work` may wait for what never comes, such as the other end of a pipe.
    tokio::spawn(async move {
        let wish = second.next().await;
        tokio::time::sleep(PATIENCE).await;
        note(&format!("error: {}", wish.told()));
        std::process::exit(Exit::Interrupted.code().into());
    });
    signals.or_interrupted(work).await
}

/// Lets a file that may not grow any more (`ulimit -f`) be an error like a full disk, which names the file,
/// instead of the end of this process. Programs that this process starts are not concerned.
pub(crate) fn survive_file_limit() -> Result<(), Failure> {
    // A listener that is dropped leaves its handler behind.
    let limit = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    signal(limit).map(drop).map_err(|error| Failure::from_error(Exit::Internal, &error))
}

/// Done when somebody wants the process to end; says how they told it.
pub(crate) fn asked_to_end() -> Result<impl Future<Output = &'static str>, Failure> {
    let mut signals = Signals::listen()?;
    Ok(async move { signals.next().await.told() })
}
