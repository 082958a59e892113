//! Mounts.
#![expect(unsafe_code, reason = "libc's interface to mounts")]

use super::{check, text};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// From `linux/mount.h`; not in libc for every target.
#[repr(C)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

const READ_ONLY: u64 = 0x1;
const NO_SET_UID: u64 = 0x2;
const NO_DEVICES: u64 = 0x4;

/// Keeps mounts and unmounts of this namespace and of all others from reaching each other.
pub(crate) fn make_private() -> io::Result<()> {
    mount(None, Path::new("/"), None, libc::MS_REC | libc::MS_PRIVATE, None)
}

/// Mounts a new file system of `kind` at `target`; nothing on it is a device or gives rights.
pub(crate) fn mount_new(kind: &str, target: &Path, options: &str) -> io::Result<()> {
    mount(Some(Path::new(kind)), target, Some(kind), libc::MS_NOSUID | libc::MS_NODEV, Some(options))
}

/// Shows what lies at `source`, and all that is mounted below it, at `target` too.
pub(crate) fn bind(source: &Path, target: &Path) -> io::Result<()> {
    mount(Some(source), target, None, libc::MS_BIND | libc::MS_REC, None)
}

/// Makes what is mounted at `target`, and below it, read-only and without devices and set-uid bits.
pub(crate) fn protect(target: &Path) -> io::Result<()> {
    set_attributes(target, libc::AT_RECURSIVE)
}

/// The same for this one mount alone.
pub(crate) fn protect_one(target: &Path) -> io::Result<()> {
    set_attributes(target, 0)
}

fn set_attributes(target: &Path, flags: libc::c_int) -> io::Result<()> {
    let attributes =
        MountAttributes { set: READ_ONLY | NO_SET_UID | NO_DEVICES, clear: 0, propagation: 0, user_namespace: 0 };
    let path = text(target.as_os_str().as_bytes())?;
    // SAFETY: the path is a C string and the attributes are of the size passed along.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            &raw const attributes,
            size_of::<MountAttributes>(),
        )
    })
    .map(drop)
}

/// Makes the mount point `target` the root and drops the old root.
pub(crate) fn change_root(target: &Path) -> io::Result<()> {
    std::env::set_current_dir(target)?;
    // SAFETY: both are C strings. The old root lands on top of the new one, from where it is
    // unmounted next.
    check(unsafe { libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c".".as_ptr()) })?;
    // SAFETY: a C string.
    check(unsafe { libc::umount2(c".".as_ptr(), libc::MNT_DETACH) })?;
    std::env::set_current_dir("/")
}

/// Takes what is mounted at `target` out of sight.
pub(crate) fn detach(target: &Path) -> io::Result<()> {
    let target = text(target.as_os_str().as_bytes())?;
    // SAFETY: a C string.
    check(unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) }).map(drop)
}

fn mount(
    source: Option<&Path>,
    target: &Path,
    kind: Option<&str>,
    flags: libc::c_ulong,
    options: Option<&str>,
) -> io::Result<()> {
    let source = source.map(|path| text(path.as_os_str().as_bytes())).transpose()?;
    let target = text(target.as_os_str().as_bytes())?;
    let kind = kind.map(|kind| text(kind.as_bytes())).transpose()?;
    let options = options.map(|options| text(options.as_bytes())).transpose()?;
    let pointer = |text: &Option<std::ffi::CString>| text.as_ref().map_or(std::ptr::null(), |text| text.as_ptr());
    // SAFETY: each pointer is null or a C string that outlives the call.
    check(unsafe { libc::mount(pointer(&source), target.as_ptr(), pointer(&kind), flags, pointer(&options).cast()) })
        .map(drop)
}
