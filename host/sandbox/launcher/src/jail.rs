//! What happens between fork and exec, on both levels: the first process of a run, which makes its
//! mounts, starts the program and reaps what is left; and the program itself.
//!
//! Both note what they come to in a page that they share with the launcher, for they have no other
//! way to speak.

use crate::fault::{Fault, during};
use crate::landlock;
use crate::sys::page::Notes;
use crate::sys::process::{self, Image, Side};
use crate::sys::{file, mount, restrict};
use crate::walls::{BOX, PROGRAM, PROGRAMS, WORK, Walls};
use perfagent_launcher::protocol::{self, Purpose, Run};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// User and group of a program inside its own user namespace.
const INNER_ID: u32 = 1000;
/// Most open files of a process.
const OPEN_FILES: u64 = 1024;
/// Stack of a process, bytes: deep recursion is common in solutions.
const STACK_BYTES: u64 = 256 << 20;
/// Files and directories of a run.
const INODES: u64 = 16 << 10;
/// Namespaces of each run; the others are the launcher's, in which nothing outlives a run.
const PER_RUN: i32 = libc::CLONE_NEWPID | libc::CLONE_NEWNS | libc::CLONE_NEWIPC;

/// Directories that a run may write.
pub(crate) const OWN: [&str; 3] = ["work", "tmp", "shm"];

/// What can fail before exec, for messages.
const STEPS: [&str; 14] = [
    "make its mounts",
    "start the program's process",
    "map its user",
    "wait for its user",
    "give up privileges",
    "become another user",
    "enter its directory",
    "start a session",
    "limit its resources",
    "choose its core",
    "restrict its files",
    "install its filter",
    "connect its streams",
    "exec",
];

/// Everything that a run's processes need, made before the first fork.
pub(crate) struct Jail<'a> {
    pub(crate) walls: &'a Walls,
    pub(crate) run: &'a Run,
    pub(crate) notes: &'static Notes,
    pub(crate) image: Image,
    pub(crate) directories: &'a Directories,
    /// Read by the program.
    pub(crate) input: BorrowedFd<'a>,
    /// Written by the program.
    pub(crate) output: OwnedFd,
    pub(crate) error_output: OwnedFd,
    /// Closed when the program is about to exec.
    #[expect(dead_code, reason = "closing it says what there is to say")]
    pub(crate) starting: OwnedFd,
    /// Closed when every process of the run is gone but the first.
    pub(crate) ending: OwnedFd,
    /// At its end when the first process may go, too.
    pub(crate) release: OwnedFd,
    /// At its end when the program's user is mapped.
    pub(crate) mapped: (OwnedFd, OwnedFd),
    /// The control group that it starts in.
    pub(crate) group: Option<BorrowedFd<'a>>,
    /// Most processes and threads of the program's user, as the kernel counts them.
    pub(crate) processes: u64,
}

/// Where a run finds its things.
pub(crate) struct Directories {
    /// The compiled program; read-only.
    pub(crate) program: PathBuf,
    /// The working directory.
    pub(crate) work: PathBuf,
    /// What holds the working directory and the temporary files.
    pub(crate) place: PathBuf,
}

impl Directories {
    pub(crate) fn of(walls: &Walls, run: &Run) -> Self {
        match walls.kind {
            protocol::Walls::Namespaces => Self { program: PROGRAM.into(), work: WORK.into(), place: BOX.into() },
            protocol::Walls::SelfRestraint => Self {
                program: walls.programs.join(&run.program),
                work: walls.place.join("work"),
                place: walls.place.clone(),
            },
        }
    }

    /// `text` with `{program}` and `{output}` replaced.
    pub(crate) fn expand(&self, text: &[u8]) -> Vec<u8> {
        let text = replace(text, b"{program}", self.program.as_os_str().as_bytes());
        replace(&text, b"{output}", self.work.as_os_str().as_bytes())
    }

    /// What the run's files take, bytes, and how many there are, where no file system of their own
    /// counts that.
    pub(crate) fn usage(&self) -> file::Usage {
        let mut usage = file::Usage { bytes: 0, inodes_left: INODES };
        let mut directories: Vec<PathBuf> = OWN.iter().map(|name| self.place.join(name)).collect();
        while let Some(directory) = directories.pop() {
            // What vanishes meanwhile takes no room.
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                let Ok(metadata) = entry.metadata() else { continue };
                usage.bytes += metadata.blocks() * 512;
                usage.inodes_left = usage.inodes_left.saturating_sub(1);
                if metadata.is_dir() && usage.inodes_left > 0 {
                    directories.push(entry.path());
                }
            }
        }
        usage
    }

    /// Removes what an earlier run left, where runs share a place.
    pub(crate) fn clear(&self) -> io::Result<()> {
        for name in OWN {
            match fs::remove_dir_all(self.place.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes the working directory and its neighbours, for user `owner`.
    pub(crate) fn make(&self, run: &Run, owner: Option<u32>) -> io::Result<()> {
        for name in OWN {
            let path = self.place.join(name);
            fs::DirBuilder::new().mode(0o700).create(&path)?;
            if let Some(owner) = owner {
                process::give(&path, owner)?;
            }
        }
        for link in &run.links {
            let name = OsStr::from_bytes(&link.0);
            symlink(self.program.join(name), self.work.join(name))?;
        }
        Ok(())
    }
}

fn replace(text: &[u8], placeholder: &[u8], value: &[u8]) -> Vec<u8> {
    match text.windows(placeholder.len()).position(|window| window == placeholder) {
        Some(at) => [&text[..at], value, &replace(&text[at + placeholder.len()..], placeholder, value)].concat(),
        None => text.to_vec(),
    }
}

/// Which step before exec failed, where one did.
pub(crate) fn failed_step(notes: &Notes) -> Option<Fault> {
    let step = notes.failed_step.load(Ordering::SeqCst).checked_sub(1)?;
    let step = STEPS.get(usize::try_from(step).unwrap_or(usize::MAX)).unwrap_or(&"start");
    let errno = i32::try_from(notes.failed_errno.load(Ordering::SeqCst)).unwrap_or(0);
    Some(during(*step)(io::Error::from_raw_os_error(errno)))
}

impl Jail<'_> {
    /// Starts the run's first process. This side's copies of what only the run needs are closed.
    pub(crate) fn start(self) -> Result<process::Child, Fault> {
        let flags = if self.has_namespaces() { PER_RUN } else { 0 };
        match process::fork(flags, self.group).map_err(during("start a run"))? {
            Side::Parent(child) => Ok(child),
            Side::Child => self.first_process(),
        }
    }

    fn has_namespaces(&self) -> bool {
        self.walls.kind == protocol::Walls::Namespaces
    }

    /// Notes the first step that fails, and ends the process.
    fn step<T>(&self, step: usize, result: io::Result<T>) -> T {
        result.unwrap_or_else(|error| {
            self.notes.failed_errno.store(error.raw_os_error().unwrap_or(libc::EIO).into(), Ordering::SeqCst);
            self.notes.failed_step.store(step as u64 + 1, Ordering::SeqCst);
            process::exit(1)
        })
    }

    /// The run's first process: mounts, starts the program, reaps.
    fn first_process(&self) -> ! {
        self.step(0, process::die_with_parent());
        if self.has_namespaces() {
            self.step(0, process::end_all_when_asked());
            self.step(0, self.mount());
        } else {
            self.step(0, process::adopt_orphans());
        }
        let user = if self.has_namespaces() { libc::CLONE_NEWUSER } else { 0 };
        let program = match self.step(1, process::fork(user, None)) {
            Side::Child => self.program(),
            Side::Parent(child) => child,
        };
        if self.has_namespaces() {
            // Where memory runs out it is the program that goes. Said by who has all rights, this is
            // also the least that it can say of itself later.
            let _ = fs::write(format!("/proc/{}/oom_score_adj", program.pid), "1000");
            let id = self.walls.program_id.unwrap_or(0);
            let map = |kind: &str| fs::write(format!("/proc/{}/{kind}", program.pid), format!("{INNER_ID} {id} 1"));
            self.step(2, map("uid_map").and_then(|()| map("gid_map")));
        }
        // Ends the program's wait, and makes the pipes' other ends the program's alone.
        let keep = process::keep_only(&[self.ending.as_fd(), self.release.as_fd()]);
        self.step(2, keep.map(drop));
        self.reap(program.pid);
        let _ = process::close(self.ending.as_fd());
        let _ = process::read_to_end(self.release.as_fd());
        process::exit(0)
    }

    fn mount(&self) -> io::Result<()> {
        let bytes = self.file_system_bytes();
        let options = format!("mode=755,size={bytes},nr_inodes={INODES}");
        mount::mount_new("tmpfs", Path::new(BOX), &options)?;
        self.directories.make(self.run, self.walls.program_id)?;
        mount::bind(&Path::new(PROGRAMS).join(&self.run.program), Path::new(PROGRAM))?;
        mount::detach(Path::new(PROGRAMS))?;
        mount::mount_new("proc", Path::new("/proc"), "hidepid=invisible")
    }

    /// Waits until the program is gone, ends what it left behind, and notes both.
    fn reap(&self, program: i32) {
        let mut status = None;
        while status.is_none() {
            let Ok((pid, ended, usage)) = process::wait(-1, 0) else { break };
            if pid == program {
                status = Some(ended);
                self.notes.peak_kb.store(usage.ru_maxrss as u64, Ordering::SeqCst);
            }
        }
        if self.has_namespaces() {
            // Everything that this process can reach is this run's.
            let _ = process::signal(-1, libc::SIGKILL);
        } else {
            crate::group::kill_descendants(std::process::id() as i32);
        }
        while process::wait(-1, 0).is_ok() {
            self.notes.leftovers.fetch_add(1, Ordering::SeqCst);
            if !self.has_namespaces() {
                crate::group::kill_descendants(std::process::id() as i32);
            }
        }
        self.notes.ended_ns.store(process::now_ns(), Ordering::SeqCst);
        let own = process::own_usage();
        self.notes.first_user_us.store(process::microseconds(own.ru_utime), Ordering::SeqCst);
        self.notes.first_system_us.store(process::microseconds(own.ru_stime), Ordering::SeqCst);
        self.notes.status.store(status.map_or(-1, i64::from) + 1, Ordering::SeqCst);
    }

    /// The program's process, up to exec.
    fn program(&self) -> ! {
        self.step(3, process::close(self.mapped.1.as_fd()));
        if self.has_namespaces() {
            self.step(3, process::read_to_end(self.mapped.0.as_fd()));
        }
        // Where memory runs out it is this one that goes. Who may not say so is no worse off.
        let _ = fs::write("/proc/self/oom_score_adj", "1000");
        self.step(4, restrict::no_new_privileges());
        if self.has_namespaces() {
            self.step(4, restrict::drop_capability_bounds());
            self.step(5, process::become_id(INNER_ID));
        } else if let Some(id) = self.walls.program_id {
            // Without the right to change its user the program stays what the launcher is.
            let _ = process::drop_groups();
            let _ = process::become_id(id);
        }
        self.step(5, restrict::drop_capabilities());
        let start =
            if self.run.purpose == Purpose::Compile { &self.directories.program } else { &self.directories.work };
        self.step(6, std::env::set_current_dir(start));
        self.step(7, process::die_with_parent());
        self.step(7, process::new_session().and_then(|()| process::reset_signals()));
        self.step(8, self.limit());
        let cores = &self.run.placement.program;
        self.step(9, process::pin(if cores.is_empty() { &self.walls.cores } else { cores }));
        if self.run.fixed_addresses {
            self.step(9, restrict::fix_addresses());
        }
        if !self.has_namespaces() {
            self.step(10, landlock::restrict(self.walls, self.directories));
        }
        self.step(12, process::take_standard([self.input, self.output.as_fd(), self.error_output.as_fd()]));
        self.step(11, restrict::install_filter(self.walls.filters.of(self.run.family)));
        let overhead = process::own_usage();
        self.notes.program_user_us.store(process::microseconds(overhead.ru_utime), Ordering::SeqCst);
        self.notes.program_system_us.store(process::microseconds(overhead.ru_stime), Ordering::SeqCst);
        self.notes.started_ns.store(process::now_ns(), Ordering::SeqCst);
        let _ = process::close_from(3);
        self.step(13, Err(self.image.exec()))
    }

    /// Room for a little more than the limit, so that a full file system is one past it, and so is
    /// a file as large as a file may be.
    fn file_system_bytes(&self) -> u64 {
        self.run.bounds.file_bytes.saturating_add(8192)
    }

    fn limit(&self) -> io::Result<()> {
        let bounds = &self.run.bounds;
        let cpu_seconds = bounds.cpu_ns.div_ceil(1_000_000_000) + 1;
        // With 0 the kernel still hands cores to a program of the host where those are piped to one. A
        // byte is too little for a file, and 1 is what it takes for no pipe either.
        restrict::limit(libc::RLIMIT_CORE, 1, 1)?;
        restrict::limit(libc::RLIMIT_CPU, cpu_seconds, cpu_seconds + 1)?;
        let file_bytes = self.file_system_bytes();
        restrict::limit(libc::RLIMIT_FSIZE, file_bytes, file_bytes)?;
        restrict::limit(libc::RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES)?;
        restrict::limit(libc::RLIMIT_STACK, STACK_BYTES, STACK_BYTES)?;
        restrict::limit(libc::RLIMIT_MEMLOCK, 64 << 10, 64 << 10)?;
        restrict::limit(libc::RLIMIT_NPROC, self.processes, self.processes)
    }
}
