//! A page of memory that the launcher shares with the processes it forks, until they exec.
#![expect(unsafe_code, reason = "memory that stays shared after a fork comes from mmap alone")]

use std::io;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// What a run's own processes note for the launcher. Zeros before each run.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// When the program was about to exec, on the monotonic clock, nanoseconds.
    pub(crate) started_ns: AtomicU64,
    /// When the last process that belongs to the run ended.
    pub(crate) ended_ns: AtomicU64,
    /// The wait status of the program, plus one; 0: it has not ended.
    pub(crate) status: AtomicI64,
    /// The step before exec that failed, plus one; 0: none.
    pub(crate) failed_step: AtomicU64,
    /// What the kernel said to it.
    pub(crate) failed_errno: AtomicI64,
    /// Processes that outlived the program.
    pub(crate) leftovers: AtomicU64,
    /// User time, in microseconds, that the run's first process itself used.
    pub(crate) first_user_us: AtomicU64,
    /// Likewise, in the kernel.
    pub(crate) first_system_us: AtomicU64,
    /// User time, in microseconds, that the program's process used before exec.
    pub(crate) program_user_us: AtomicU64,
    /// Likewise, in the kernel.
    pub(crate) program_system_us: AtomicU64,
    /// Highest resident set of the program's own process or one of its children, kB.
    pub(crate) peak_kb: AtomicU64,
}

impl Notes {
    /// Makes room for the notes of the next run.
    pub(crate) fn clear(&self) {
        let numbers = [
            &self.started_ns,
            &self.ended_ns,
            &self.failed_step,
            &self.leftovers,
            &self.first_user_us,
            &self.first_system_us,
            &self.program_user_us,
            &self.program_system_us,
            &self.peak_kb,
        ];
        for number in numbers {
            number.store(0, Ordering::SeqCst);
        }
        self.status.store(0, Ordering::SeqCst);
        self.failed_errno.store(0, Ordering::SeqCst);
    }
}

/// Maps a page for notes. It stays mapped as long as the launcher lives.
pub(crate) fn shared_notes() -> io::Result<&'static Notes> {
    // SAFETY: a new anonymous mapping; the kernel chooses where.
    let address = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            size_of::<Notes>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if address == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the mapping is at least as large as the notes, aligned to a page, full of zeros,
    // which are valid atomics, and never unmapped.
    Ok(unsafe { &*address.cast::<Notes>() })
}
