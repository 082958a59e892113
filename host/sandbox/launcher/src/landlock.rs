//! Landlock: what a process without namespaces may do to keep itself from the file system.
#![expect(unsafe_code, reason = "libc has no functions for Landlock")]

use crate::jail::{Directories, OWN};
use crate::sys::text;
use crate::walls::Walls;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Rights by their bits, from `linux/landlock.h`.
const EXECUTE: u64 = 1;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIR: u64 = 1 << 3;
/// All of version 1, 2 and 3: everything about files but device control.
const RIGHTS: [u64; 4] = [0, (1 << 13) - 1, (1 << 14) - 1, (1 << 15) - 1];
/// Connecting and binding TCP, from version 4 on.
const NETWORK: u64 = 0b11;
/// Abstract sockets and signals to others, from version 6 on.
const SCOPE: u64 = 0b11;

const FLAG_VERSION: u32 = 1;
const RULE_PATH: u32 = 1;

#[repr(C)]
struct Ruleset {
    files: u64,
    network: u64,
    scope: u64,
}

#[repr(C, packed)]
struct PathRule {
    allowed: u64,
    parent: i32,
}

/// The version that the kernel has; 0: none.
pub(crate) fn version() -> u32 {
    // SAFETY: with this flag the call takes no memory.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<Ruleset>(), 0, FLAG_VERSION) };
    u32::try_from(version).unwrap_or(0)
}

/// Restricts this process to what its program needs. Does nothing where there is no Landlock, which
/// the launcher has told the sandbox.
pub(crate) fn restrict(walls: &Walls, directories: &Directories) -> io::Result<()> {
    let version = version();
    if version == 0 {
        return Ok(());
    }
    let all = RIGHTS[(version as usize).min(3)];
    let rules = Ruleset {
        files: all,
        network: if version >= 4 { NETWORK } else { 0 },
        scope: if version >= 6 { SCOPE } else { 0 },
    };
    // SAFETY: the rules are of the size passed along; older kernels take the same with zeros behind.
    let ruleset =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, &raw const rules, size_of::<Ruleset>(), 0) };
    let ruleset = RawFd::try_from(ruleset).ok().filter(|ruleset| *ruleset >= 0).ok_or_else(io::Error::last_os_error)?;
    // SAFETY: the kernel has just made it; nobody else owns it.
    let ruleset = unsafe { OwnedFd::from_raw_fd(ruleset) };
    let read = EXECUTE | READ_FILE | READ_DIR;
    for path in walls.visible.iter().chain([&directories.program]) {
        allow(&ruleset, path, read)?;
    }
    for device in ["null", "zero", "full", "random", "urandom"] {
        allow(&ruleset, &Path::new("/dev").join(device), READ_FILE | WRITE_FILE)?;
    }
    for own in OWN {
        allow(&ruleset, &directories.place.join(own), all)?;
    }
    // SAFETY: plain numbers.
    let result = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Allows `rights` at `path` and below. What is not there needs no rule.
fn allow(ruleset: &OwnedFd, path: &Path, rights: u64) -> io::Result<()> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
    let path = text(path.as_os_str().as_bytes())?;
    // SAFETY: a C string.
    let parent = unsafe { libc::open(path.as_ptr(), libc::O_PATH | libc::O_CLOEXEC) };
    if parent < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made it; nobody else owns it.
    let parent = unsafe { OwnedFd::from_raw_fd(parent) };
    // Files know fewer rights than directories; more would be an error.
    let allowed = if metadata.is_dir() { rights } else { rights & (EXECUTE | WRITE_FILE | READ_FILE) };
    let rule = PathRule { allowed, parent: parent.as_raw_fd() };
    // SAFETY: the rule lives through the call.
    let result =
        unsafe { libc::syscall(libc::SYS_landlock_add_rule, ruleset.as_raw_fd(), RULE_PATH, &raw const rule, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
