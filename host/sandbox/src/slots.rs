//! Launchers that wait for work, and the turns that runs take.

use crate::cores::CorePlan;
use crate::directories::Directories;
use crate::groups::{Groups, LauncherGroups};
use crate::launcher::{Launcher, LauncherError};
use crate::toolchain::{Found, system};
use perfagent_core::execution::{Failure, FailureKind};
use perfagent_launcher::protocol::{Bytes, Finished, Run, Setup, Walls};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, Semaphore, SemaphorePermit};

/// Host ids of programs: away from those of people and services, below what containers map.
pub(crate) const FIRST_ID: u32 = 62_000;
/// How many there are.
pub(crate) const IDS: u32 = 1_000;

/// Launchers in a row that may turn out to be dead before a run fails.
const UNREACHED: usize = 8;

/// Time between two looks at cores that other processes measure on.
const CORE_RETRY: Duration = Duration::from_millis(20);
/// Looks, a second in all, after which people are told of it.
const LOOKS_UNTIL_TOLD: u32 = 50;

/// The launchers of a sandbox.
#[derive(Debug)]
pub(crate) struct Slots {
    setting: Setting,
    plan: CorePlan,
    /// What programs may see of the host's files; it only grows.
    visible: Mutex<Vec<PathBuf>>,
    idle: Mutex<Vec<Slot>>,
    next_number: AtomicU32,
    /// Turns of programs that are only checked.
    turns: Semaphore,
    parallel: usize,
    /// Turns of programs that are measured: one for each core below.
    measuring: Semaphore,
    /// Where there is no room for both, programs that are checked share it, and measuring has it alone.
    quiet: RwLock<()>,
    /// Hears, once, that there is a wait for other processes.
    told_to_wait: fn(&str),
    is_told: AtomicBool,
}

/// What all launchers of a sandbox have in common.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) directories: Arc<Directories>,
    pub(crate) groups: Arc<Groups>,
    pub(crate) walls: Walls,
    /// Whether this process may give programs ids of their own.
    pub(crate) privileged: bool,
}

/// A launcher and what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    launcher: Arc<Launcher>,
    /// Removed after the launcher, whose processes are in it.
    _groups: Arc<LauncherGroups>,
    /// How many paths it shows.
    shows: usize,
}

/// A turn at measuring.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    /// Alone for this turn.
    pub(crate) core: u32,
    /// Keeps other processes off it. Given up before the permit, so that whoever gets that finds a core.
    _core_lock: File,
    _permit: SemaphorePermit<'a>,
    _alone: Option<RwLockWriteGuard<'a, ()>>,
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

impl Slot {
    pub(crate) fn launcher(&self) -> &Launcher {
        &self.launcher
    }
}

impl Slots {
    /// Launchers for `parallel` programs that are checked, as many as the plan has room for with
    /// `None`, and for one on each measuring core. `told_to_wait` hears of cores that others measure on.
    pub(crate) fn new(setting: Setting, plan: CorePlan, parallel: Option<usize>, told_to_wait: fn(&str)) -> Self {
        let parallel = parallel.unwrap_or_else(|| plan.checking()).max(1);
        Self {
            setting,
            visible: Mutex::new(system()),
            idle: Mutex::default(),
            next_number: AtomicU32::new(0),
            turns: Semaphore::new(parallel),
            parallel,
            measuring: Semaphore::new(plan.measuring.len()),
            quiet: RwLock::new(()),
            plan,
            told_to_wait,
            is_told: AtomicBool::new(false),
        }
    }

    /// Programs that are checked at the same time, at most.
    pub(crate) fn parallel(&self) -> usize {
        self.parallel
    }

    /// How the cores are used.
    pub(crate) fn plan(&self) -> &CorePlan {
        &self.plan
    }

    /// Makes what a toolchain needs visible to launchers from now on.
    pub(crate) fn show(&self, found: &Found) {
        let mut visible = locked(&self.visible);
        let more = found.visible_beside(&visible);
        visible.extend(more);
    }

    /// Waits until nothing is measured that checking would disturb.
    pub(crate) async fn checking(&self) -> Option<RwLockReadGuard<'_, ()>> {
        if self.plan.is_roomy() { None } else { Some(self.quiet.read().await) }
    }

    /// Waits for a core to measure on, one that no other process of this user measures on either.
    pub(crate) async fn measuring(&self) -> Result<Turn<'_>, Failure> {
        let permit = self.measuring.acquire().await.map_err(closed)?;
        let alone = if self.plan.is_roomy() { None } else { Some(self.quiet.write().await) };
        let mut looks = 0;
        loop {
            for &core in &self.plan.measuring {
                let lock = self.setting.directories.try_core(core).map_err(|error| {
                    Failure::new(FailureKind::Internal, format!("core {core} cannot be kept for measuring: {error}"))
                })?;
                if let Some(lock) = lock {
                    return Ok(Turn { core, _core_lock: lock, _permit: permit, _alone: alone });
                }
            }
            looks += 1;
            if looks == LOOKS_UNTIL_TOLD {
                self.tell_of_wait();
            }
            tokio::time::sleep(CORE_RETRY).await;
        }
    }

    fn tell_of_wait(&self) {
        let cores: Vec<String> = self.plan.measuring.iter().map(u32::to_string).collect();
        let cores = cores.join(", ");
        let told = format!("waiting: another perfagent measures on core {cores}, where this one is to measure next");
        tracing::info!("{told}");
        if !self.is_told.swap(true, Ordering::Relaxed) {
            (self.told_to_wait)(&told);
        }
    }

    /// Starts a launcher. Blocks.
    pub(crate) fn start(&self) -> Result<Slot, LauncherError> {
        let Setting { directories, groups, walls, privileged } = &self.setting;
        let place = directories.new_place().map_err(LauncherError::Gone)?;
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let groups = groups.for_launcher(number).map_err(LauncherError::Gone)?;
        let visible = locked(&self.visible).clone();
        let launcher = Launcher::start(Setup {
            walls: *walls,
            place: bytes(&place),
            programs: bytes(&directories.programs()),
            visible: visible.iter().map(|path| bytes(path)).collect(),
            program_id: privileged.then_some(FIRST_ID + number % IDS),
            groups: groups.setup.clone(),
        })?;
        Ok(Slot { launcher: Arc::new(launcher), _groups: Arc::new(groups), shows: visible.len() })
    }

    /// Keeps a launcher for the next run.
    pub(crate) fn keep(&self, slot: Slot) {
        locked(&self.idle).push(slot);
    }

    /// A launcher that shows all that is visible by now.
    fn take(&self) -> Option<Slot> {
        let shows = locked(&self.visible).len();
        let mut idle = locked(&self.idle);
        while let Some(slot) = idle.pop() {
            if slot.shows == shows {
                return Some(slot);
            }
        }
        None
    }

    /// Waits for a turn at checking.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Failure> {
        self.turns.acquire().await.map_err(closed)
    }

    /// Runs a program whose turn it is. Dropping the future kills the run.
    pub(crate) async fn run(self: &Arc<Self>, run: Run, input: File) -> Result<(Finished, Vec<OwnedFd>), Failure> {
        let (run, input) = (Arc::new(run), Arc::new(input));
        let mut unreached = 0;
        loop {
            let slot = match self.take() {
                Some(slot) => slot,
                None => {
                    let slots = Arc::clone(self);
                    blocking(move || slots.start()).await?.map_err(|error| failure(&error))?
                }
            };
            match Self::run_in(&slot, &run, &input).await? {
                Ok(done) => {
                    self.keep(slot);
                    return Ok(done);
                }
                // It died while it waited, and nothing has run: the next one may do it.
                Err(LauncherError::Unreached(_)) if unreached < UNREACHED => unreached += 1,
                Err(error) => {
                    if let LauncherError::Failed(_) | LauncherError::TooLong(_) = error {
                        self.keep(slot);
                    }
                    return Err(failure(&error));
                }
            }
        }
    }

    async fn run_in(slot: &Slot, run: &Arc<Run>, input: &Arc<File>) -> Result<Done, Failure> {
        let mut hang_up = HangUp(Some(Arc::clone(&slot.launcher)));
        let (launcher, run, input) = (Arc::clone(&slot.launcher), Arc::clone(run), Arc::clone(input));
        let done = blocking(move || launcher.run(&run, &input)).await?;
        // The run is over: the launcher may go on.
        hang_up.0 = None;
        Ok(done)
    }
}

/// What a launcher made of a run.
type Done = Result<(Finished, Vec<OwnedFd>), LauncherError>;

pub(crate) fn bytes(path: &Path) -> Bytes {
    Bytes(path.as_os_str().as_bytes().to_vec())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What it guards is never left half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn closed(_: tokio::sync::AcquireError) -> Failure {
    Failure::new(FailureKind::Internal, "the sandbox is closing")
}

/// What a launcher's error is to whoever asked for a run.
fn failure(error: &LauncherError) -> Failure {
    let mut message = format!("the sandbox: {error}");
    if let Some(source) = std::error::Error::source(error) {
        message.push_str(&format!(": {source}"));
    }
    let (kind, retryable) = match error {
        LauncherError::TooLong(_) => (FailureKind::Refused, false),
        LauncherError::Failed(_) => (FailureKind::Internal, false),
        LauncherError::Unreached(_) | LauncherError::Gone(_) | LauncherError::Nonsense => (FailureKind::Internal, true),
    };
    Failure { kind, message, retryable }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::new(FailureKind::Internal, format!("the sandbox: {error}")))
}
