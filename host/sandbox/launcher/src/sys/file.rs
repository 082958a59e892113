//! Files, pipes and waiting for them.
#![expect(unsafe_code, reason = "libc's interface to files that the standard library does not cover")]

use super::check;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

/// Opens `path` below `directory`, without leaving it and without following a link.
pub(crate) fn open_beneath(directory: BorrowedFd<'_>, path: &CStr, flags: i32) -> io::Result<OwnedFd> {
    // SAFETY: a request of zeros is valid.
    let mut how: libc::open_how = unsafe { std::mem::zeroed() };
    how.flags = (flags | libc::O_CLOEXEC) as u64;
    how.resolve = libc::RESOLVE_BENEATH | libc::RESOLVE_NO_SYMLINKS | libc::RESOLVE_NO_XDEV;
    // SAFETY: the path is a C string and the request is of the size passed along.
    let descriptor = check(unsafe {
        libc::syscall(
            libc::SYS_openat2,
            directory.as_raw_fd(),
            path.as_ptr(),
            &raw const how,
            size_of::<libc::open_how>(),
        )
    })?;
    owned(descriptor)
}

/// Opens `path` below `directory` to read it, following what there is.
pub(crate) fn open_at(directory: BorrowedFd<'_>, path: &CStr) -> io::Result<OwnedFd> {
    // SAFETY: the path is a C string.
    owned(check(unsafe { libc::openat(directory.as_raw_fd(), path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) })?)
}

/// A file without a name, which lives in memory.
pub(crate) fn memory_file() -> io::Result<OwnedFd> {
    // SAFETY: the name is a C string.
    owned(check(unsafe { libc::memfd_create(c"output".as_ptr(), libc::MFD_CLOEXEC) })?)
}

/// A pipe: the end to read from, which never blocks, and the end to write to.
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = blocking_pipe()?;
    // SAFETY: sets a flag of an open descriptor.
    check(unsafe { libc::fcntl(reader.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) })?;
    Ok((reader, writer))
}

/// A pipe: the end to read from and the end to write to.
pub(crate) fn blocking_pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends: [RawFd; 2] = [-1; 2];
    // SAFETY: there is room for both descriptors.
    check(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) })?;
    let [reader, writer] = ends.map(i64::from);
    Ok((owned(reader)?, owned(writer)?))
}

/// Reads into `buffer` from the start of the file.
pub(crate) fn read_start(file: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the buffer is writable over its length.
    check(unsafe { libc::pread(file.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0) } as i64)
        .map(|length| length as usize)
}

/// Whether `file` is a regular file.
pub(crate) fn is_regular(file: BorrowedFd<'_>) -> io::Result<bool> {
    kind(file).map(|kind| kind == libc::S_IFREG)
}

fn kind(file: BorrowedFd<'_>) -> io::Result<libc::mode_t> {
    // SAFETY: a status of zeros is valid, and there is room for the one that the call writes.
    let status = unsafe {
        let mut status: libc::stat = std::mem::zeroed();
        check(libc::fstat(file.as_raw_fd(), &mut status))?;
        status
    };
    Ok(status.st_mode & libc::S_IFMT)
}

/// Bytes and inodes in use on a file system.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) bytes: u64,
    pub(crate) inodes_left: u64,
}

/// What the file system that `file` lies on holds.
pub(crate) fn usage(file: BorrowedFd<'_>) -> io::Result<Usage> {
    // SAFETY: a status of zeros is valid, and there is room for the one that the call writes.
    let status = unsafe {
        let mut status: libc::statfs = std::mem::zeroed();
        check(libc::fstatfs(file.as_raw_fd(), &mut status))?;
        status
    };
    let used = status.f_blocks.saturating_sub(status.f_bfree);
    Ok(Usage { bytes: used.saturating_mul(status.f_bsize as u64), inodes_left: status.f_ffree })
}

/// Calls `visit` with the name of each entry of `directory`, from the offset `start` on; 0 is the
/// beginning, other offsets mean what the file system says. `buffer` decides how many entries one
/// system call fetches.
pub(crate) fn for_each_entry(
    directory: BorrowedFd<'_>,
    start: i64,
    buffer: &mut [u8],
    mut visit: impl FnMut(&CStr),
) -> io::Result<()> {
    // SAFETY: moves the offset of an open descriptor.
    check(unsafe { libc::lseek(directory.as_raw_fd(), start, libc::SEEK_SET) })?;
    loop {
        // SAFETY: the buffer is writable over its length.
        let filled = check(unsafe {
            libc::syscall(libc::SYS_getdents64, directory.as_raw_fd(), buffer.as_mut_ptr(), buffer.len())
        })? as usize;
        if filled == 0 {
            return Ok(());
        }
        let mut rest = &buffer[..filled];
        // An entry is inode (8 bytes), offset (8), its own length (2), type (1), name.
        while let Some(length) = rest.get(16..18).map(|bytes| usize::from(u16::from_ne_bytes([bytes[0], bytes[1]]))) {
            let Some((entry, next)) = rest.split_at_checked(length.max(19)) else { break };
            if let Ok(name) = CStr::from_bytes_until_nul(&entry[19..]) {
                visit(name);
            }
            rest = next;
        }
    }
}

/// Waits until one of `files` can be read or is at its end, or `timeout_ns` have passed, and says
/// which; `None` is never ready. An interruption counts as time passed.
pub(crate) fn wait_readable<const N: usize>(
    files: [Option<BorrowedFd<'_>>; N],
    timeout_ns: u64,
) -> io::Result<[bool; N]> {
    let mut set = files.map(|file| libc::pollfd {
        fd: file.map_or(-1, |file| file.as_raw_fd()),
        events: libc::POLLIN,
        revents: 0,
    });
    let timeout = libc::timespec {
        tv_sec: (timeout_ns / 1_000_000_000) as libc::time_t,
        tv_nsec: (timeout_ns % 1_000_000_000) as libc::c_long,
    };
    // SAFETY: the set and the time live through the call; no signal mask is passed.
    match check(unsafe { libc::ppoll(set.as_mut_ptr(), N as libc::nfds_t, &timeout, std::ptr::null()) }) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok([false; N]),
        result => result.map(|_ready| set.map(|file| file.revents != 0)),
    }
}

fn owned(descriptor: i64) -> io::Result<OwnedFd> {
    let raw = RawFd::try_from(descriptor).map_err(io::Error::other)?;
    // SAFETY: the caller has just got it from the kernel; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}
