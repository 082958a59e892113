//! Launchers that wait for work, and the turns that runs take.

use crate::directories::Directories;
use crate::launcher::{Launcher, LauncherError};
use perfagent_core::execution::{Failure, FailureKind};
use perfagent_launcher::protocol::{Bytes, Finished, Ids, Run, Setup, Walls};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, Semaphore};

/// Host ids of programs: away from those of people and services, below what containers map.
pub(crate) const FIRST_ID: u32 = 62_000;
/// How many there are.
pub(crate) const IDS: u32 = 1_000;

/// The launchers of a sandbox.
#[derive(Debug)]
pub(crate) struct Slots {
    directories: Arc<Directories>,
    walls: Walls,
    /// Whether this process may give programs ids of their own.
    privileged: bool,
    visible: Vec<PathBuf>,
    idle: Mutex<Vec<Arc<Launcher>>>,
    turns: Semaphore,
    count: usize,
    next_id: AtomicU32,
    /// Runs that only check share it; measuring has it alone.
    quiet: RwLock<()>,
}

/// Ends a launcher whose run nobody waits for any more.
struct HangUp(Option<Arc<Launcher>>);

impl Drop for HangUp {
    fn drop(&mut self) {
        if let Some(launcher) = self.0.take() {
            launcher.hang_up();
        }
    }
}

impl Slots {
    pub(crate) fn new(
        directories: Arc<Directories>,
        walls: Walls,
        privileged: bool,
        visible: Vec<PathBuf>,
        count: usize,
    ) -> Self {
        Self {
            directories,
            walls,
            privileged,
            visible,
            idle: Mutex::default(),
            turns: Semaphore::new(count),
            count,
            next_id: AtomicU32::new(0),
            quiet: RwLock::new(()),
        }
    }

    /// Runs at the same time, at most.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Waits until nothing is being measured.
    pub(crate) async fn shared(&self) -> RwLockReadGuard<'_, ()> {
        self.quiet.read().await
    }

    /// Waits until nothing else runs.
    pub(crate) async fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.quiet.write().await
    }

    /// Starts a launcher. Blocks.
    pub(crate) fn start(&self) -> Result<Launcher, LauncherError> {
        let place = self.directories.new_place().map_err(LauncherError::Gone)?;
        let id = FIRST_ID + self.next_id.fetch_add(1, Ordering::Relaxed) % IDS;
        Launcher::start(Setup {
            walls: self.walls,
            place: bytes(&place),
            programs: bytes(&self.directories.programs()),
            visible: self.visible.iter().map(|path| bytes(path)).collect(),
            ids: self.privileged.then_some(Ids { launcher: id, program: id }),
        })
    }

    /// Keeps a launcher for the next run.
    pub(crate) fn keep(&self, launcher: Arc<Launcher>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(launcher);
    }

    /// Runs a program when it is its turn. Dropping the future kills the run.
    pub(crate) async fn run(self: &Arc<Self>, run: Run, input: File) -> Result<(Finished, Vec<OwnedFd>), Failure> {
        let closed = |_| Failure::new(FailureKind::Internal, "the sandbox is closing");
        let _turn = self.turns.acquire().await.map_err(closed)?;
        let launcher = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let launcher = match launcher {
            Some(launcher) => launcher,
            None => {
                let slots = Arc::clone(self);
                let started = blocking(move || slots.start()).await?;
                Arc::new(started.map_err(|error| failure(&error))?)
            }
        };
        let mut hang_up = HangUp(Some(Arc::clone(&launcher)));
        let theirs = Arc::clone(&launcher);
        let done = blocking(move || theirs.run(run, &input)).await?;
        // The run is over: the launcher may go on.
        hang_up.0 = None;
        match done {
            Ok(done) => {
                self.keep(launcher);
                Ok(done)
            }
            Err(error) => {
                if let LauncherError::Failed(_) = error {
                    self.keep(launcher);
                }
                Err(failure(&error))
            }
        }
    }
}

pub(crate) fn bytes(path: &Path) -> Bytes {
    Bytes(path.as_os_str().as_bytes().to_vec())
}

/// What a launcher's error is to whoever asked for a run.
fn failure(error: &LauncherError) -> Failure {
    let mut message = format!("the sandbox: {error}");
    if let Some(source) = std::error::Error::source(error) {
        message.push_str(&format!(": {source}"));
    }
    let retryable = !matches!(error, LauncherError::Failed(_));
    Failure { kind: FailureKind::Internal, message, retryable }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::new(FailureKind::Internal, format!("the sandbox: {error}")))
}
