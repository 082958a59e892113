//! Directories reached from a descriptor, for when the root has changed.
#![expect(unsafe_code, reason = "the standard library knows no paths below a descriptor")]

use super::check;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

/// Opens `name` below `directory` to write it.
pub(crate) fn open_to_write(directory: BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
    let flags = libc::O_WRONLY | libc::O_CLOEXEC;
    // SAFETY: the name is a C string.
    let descriptor = check(unsafe { libc::openat(directory.as_raw_fd(), name.as_ptr(), flags) })?;
    // SAFETY: the kernel has just made it; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as RawFd) })
}

/// Makes the directory `name`.
pub(crate) fn make(directory: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    // SAFETY: the name is a C string.
    check(unsafe { libc::mkdirat(directory.as_raw_fd(), name.as_ptr(), 0o755) }).map(drop)
}

/// Removes the empty directory `name`.
pub(crate) fn remove(directory: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    // SAFETY: the name is a C string.
    check(unsafe { libc::unlinkat(directory.as_raw_fd(), name.as_ptr(), libc::AT_REMOVEDIR) }).map(drop)
}
