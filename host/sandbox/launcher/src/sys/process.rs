//! Processes: making, waiting, killing, identities.
#![expect(unsafe_code, reason = "libc's interface to processes")]

use super::{check, text};
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};
use std::path::Path;

/// Flag of `clone3` alone, too large for the type of the others.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// Which side of a fork this is.
pub(crate) enum Side {
    Child,
    Parent(Child),
}

/// A child process.
pub(crate) struct Child {
    pub(crate) pid: i32,
    pub(crate) handle: OwnedFd,
}

/// Forks into new namespaces, and into the control group `group`; `flags` are those of `clone`. This
/// process has one thread.
pub(crate) fn fork(flags: i32, group: Option<BorrowedFd<'_>>) -> io::Result<Side> {
    let mut handle: RawFd = -1;
    // SAFETY: arguments of zeros are valid.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.flags = (flags | libc::CLONE_PIDFD) as u64;
    arguments.pidfd = (&raw mut handle) as u64;
    arguments.exit_signal = libc::SIGCHLD as u64;
    if let Some(group) = group {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = group.as_raw_fd() as u64;
    }
    // SAFETY: without CLONE_VM this is a fork: the child has its own copy of all memory. The
    // launcher has one thread, so no lock is held by another in that copy.
    let pid = check(unsafe { libc::syscall(libc::SYS_clone3, &raw mut arguments, size_of::<libc::clone_args>()) })?;
    if pid == 0 {
        return Ok(Side::Child);
    }
    // SAFETY: the kernel wrote a new descriptor, which nobody else owns.
    Ok(Side::Parent(Child { pid: pid as i32, handle: unsafe { OwnedFd::from_raw_fd(handle) } }))
}

impl Child {
    /// Ends the process, and with it the pid namespace that it is the first process of.
    pub(crate) fn kill(&self) {
        self.send(libc::SIGKILL);
    }

    fn send(&self, signal: i32) {
        // SAFETY: sends a signal. It fails where the process is gone already, which is the goal.
        unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.handle.as_raw_fd(),
                signal,
                std::ptr::null::<libc::siginfo_t>(),
                0,
            )
        };
    }

    /// Asks it to do what [`end_all_when_asked`] set up.
    pub(crate) fn ask_to_end_all(&self) {
        self.send(libc::SIGTERM);
    }

    /// Waits for its end and returns its status and what it and its children used.
    pub(crate) fn wait(&self) -> io::Result<(i32, libc::rusage)> {
        wait(self.pid, 0).map(|(_pid, status, usage)| (status, usage))
    }
}

/// Waits for the child `pid`, or any with -1.
pub(crate) fn wait(pid: i32, options: i32) -> io::Result<(i32, i32, libc::rusage)> {
    let mut status = 0;
    // SAFETY: a usage of zeros is valid.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: there is room for what the call writes.
        match check(unsafe { libc::wait4(pid, &mut status, options | libc::__WALL, &mut usage) }) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result.map(|pid| (pid as i32, status, usage)),
        }
    }
}

/// What this process itself has used so far.
pub(crate) fn own_usage() -> libc::rusage {
    // SAFETY: a usage of zeros is valid, and there is room for the one that the call writes.
    unsafe {
        let mut usage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    }
}

/// A time of `rusage` in microseconds.
pub(crate) fn microseconds(time: libc::timeval) -> u64 {
    time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64
}

/// Bytes of a page, and nanoseconds of a tick of process accounting.
pub(crate) fn units() -> (u64, u64) {
    // SAFETY: only reads.
    let (page, ticks) = unsafe { (libc::sysconf(libc::_SC_PAGESIZE), libc::sysconf(libc::_SC_CLK_TCK)) };
    (u64::try_from(page).unwrap_or(4096), 1_000_000_000 / u64::try_from(ticks).unwrap_or(100).max(1))
}

/// Nanoseconds on the monotonic clock.
pub(crate) fn now_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: there is room for the time, and the clock exists on every kernel.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Leaves namespaces for new ones.
pub(crate) fn unshare(flags: i32) -> io::Result<()> {
    // SAFETY: changes what this process sees; no memory is involved.
    check(unsafe { libc::unshare(flags) }).map(drop)
}

/// Becomes user and group `id`, with no other groups. Where `keep_groups`, the others stay: a
/// process that maps its own user alone may not change them.
pub(crate) fn become_id(id: u32) -> io::Result<()> {
    // SAFETY: plain numbers.
    unsafe {
        check(libc::setresgid(id, id, id))?;
        check(libc::setresuid(id, id, id)).map(drop)
    }
}

/// Leaves all supplementary groups.
pub(crate) fn drop_groups() -> io::Result<()> {
    // SAFETY: an empty list.
    check(unsafe { libc::setgroups(0, std::ptr::null()) }).map(drop)
}

/// This process's effective user and group.
pub(crate) fn own_ids() -> (u32, u32) {
    // SAFETY: these calls only read, and never fail.
    unsafe { (libc::geteuid(), libc::getegid()) }
}

/// Gives `path` to user and group `id`.
pub(crate) fn give(path: &Path, id: u32) -> io::Result<()> {
    std::os::unix::fs::lchown(path, Some(id), Some(id))
}

/// Asks for SIGKILL when the parent dies.
pub(crate) fn die_with_parent() -> io::Result<()> {
    // SAFETY: plain numbers.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) }).map(drop)
}

/// Makes other processes of the same user unable to look into this one.
pub(crate) fn hide() -> io::Result<()> {
    // SAFETY: plain numbers.
    check(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) }).map(drop)
}

/// Adopts orphans among its descendants.
pub(crate) fn adopt_orphans() -> io::Result<()> {
    // SAFETY: plain numbers.
    check(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }).map(drop)
}

/// Wakes from waits as exactly as the machine can.
pub(crate) fn wake_exactly() -> io::Result<()> {
    // SAFETY: plain numbers.
    check(unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1, 0, 0, 0) }).map(drop)
}

/// Sends a signal; -1 is every process that this one can reach but itself.
pub(crate) fn signal(pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: plain numbers.
    check(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// Makes the first process of a pid namespace kill all others in it when it is asked to. They are
/// then waited for one by one and their time is counted, as it is not when that process is killed
/// itself.
pub(crate) fn end_all_when_asked() -> io::Result<()> {
    extern "C" fn end_all(_signal: i32) {
        // SAFETY: a system call with plain numbers, which is allowed in a handler. It reaches what
        // is in the namespace and spares the caller.
        unsafe { libc::kill(-1, libc::SIGKILL) };
    }
    // SAFETY: an action of zeros is valid and blocks no signal; the handler does nothing that a
    // handler may not.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = end_all as extern "C" fn(i32) as usize;
        action.sa_flags = libc::SA_RESTART;
        check(libc::sigaction(libc::SIGTERM, &action, std::ptr::null_mut())).map(drop)
    }
}

/// Closes every descriptor from `first` on.
pub(crate) fn close_from(first: u32) -> io::Result<()> {
    // SAFETY: the callers own whatever they close, and use none of it afterwards.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) }).map(drop)
}

/// Closes a descriptor that a process no longer needs although it never ends in the usual way.
pub(crate) fn close(descriptor: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the process uses none of it afterwards: it execs or exits.
    check(unsafe { libc::close(descriptor.as_raw_fd()) }).map(drop)
}

/// Closes every descriptor from 0 on but `kept`.
pub(crate) fn keep_only(kept: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut numbers: Vec<u32> = kept.iter().map(|descriptor| descriptor.as_raw_fd() as u32).collect();
    numbers.sort_unstable();
    let mut first = 0;
    for number in numbers {
        if number > first {
            // SAFETY: as for `close_from`.
            check(unsafe { libc::syscall(libc::SYS_close_range, first, number - 1, 0) })?;
        }
        first = number + 1;
    }
    close_from(first)
}

/// Waits until a pipe's other end is closed.
pub(crate) fn read_to_end(pipe: BorrowedFd<'_>) -> io::Result<()> {
    let mut byte = 0_u8;
    loop {
        // SAFETY: there is room for one byte.
        match check(unsafe { libc::read(pipe.as_raw_fd(), (&raw mut byte).cast(), 1) } as i64) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
    }
}

/// Makes `descriptors` the standard input, output and error.
pub(crate) fn take_standard(descriptors: [BorrowedFd<'_>; 3]) -> io::Result<()> {
    for (target, descriptor) in descriptors.into_iter().enumerate() {
        // SAFETY: all are open. None of the sources is below 3, so none is overwritten before it
        // is used.
        check(unsafe { libc::dup2(descriptor.as_raw_fd(), target as i32) })?;
    }
    Ok(())
}

/// Starts a session of its own.
pub(crate) fn new_session() -> io::Result<()> {
    // SAFETY: no arguments.
    check(unsafe { libc::setsid() }).map(drop)
}

/// Gives signals their default meaning and blocks none of them.
pub(crate) fn reset_signals() -> io::Result<()> {
    // SAFETY: the default disposition has no handler to be unsafe; the set is initialised by the
    // call before it is used.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        check(libc::sigprocmask(libc::SIG_SETMASK, &none, std::ptr::null_mut())).map(drop)
    }
}

/// Runs on `cores` alone.
pub(crate) fn pin(cores: &[u32]) -> io::Result<()> {
    // SAFETY: a set of zeros is valid, and the macro ignores cores beyond its size.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        for &core in cores.iter().filter(|&&core| core < libc::CPU_SETSIZE as u32) {
            libc::CPU_SET(core as usize, &mut set);
        }
        check(libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set)).map(drop)
    }
}

/// The cores that this process may run on.
pub(crate) fn own_cores() -> io::Result<Vec<u32>> {
    // SAFETY: a set of zeros is valid, there is room for the one that the call writes, and the
    // indices stay inside it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        check(libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set))?;
        Ok((0..libc::CPU_SETSIZE as u32).filter(|&core| libc::CPU_ISSET(core as usize, &set)).collect())
    }
}

/// Strings for `exec`, made before anything that must be quick.
pub(crate) struct Image {
    path: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
}

impl Image {
    /// The program `command[0]` with `command` as its arguments.
    pub(crate) fn new<'a>(
        command: impl Iterator<Item = &'a [u8]>,
        environment: impl Iterator<Item = &'a [u8]>,
    ) -> io::Result<Self> {
        let arguments: Vec<CString> = command.map(text).collect::<io::Result<_>>()?;
        let path = arguments.first().cloned().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(Self { path, arguments, environment: environment.map(text).collect::<io::Result<_>>()? })
    }

    /// Becomes that program. Returns only where that fails.
    pub(crate) fn exec(&self) -> io::Error {
        let list = |texts: &[CString]| -> Vec<*const libc::c_char> {
            texts.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
        };
        let (arguments, environment) = (list(&self.arguments), list(&self.environment));
        // SAFETY: both lists end with a null pointer and point to C strings that outlive the call.
        unsafe { libc::execve(self.path.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
        io::Error::last_os_error()
    }
}

/// Ends this process at once, without running anything that its parent's copy would run too.
pub(crate) fn exit(code: i32) -> ! {
    // SAFETY: never returns.
    unsafe { libc::_exit(code) }
}
