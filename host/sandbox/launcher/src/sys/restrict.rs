//! Rights that a process gives up for itself and for all that it starts.
#![expect(unsafe_code, reason = "libc's interface to capabilities, resource limits and filters")]

use super::check;
use std::io;

/// From `linux/capability.h`.
#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: i32,
}

const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// Beyond the last capability of any kernel so far; what a kernel does not know it refuses, which
/// ends the loop.
const CAPABILITIES: libc::c_ulong = 64;

/// Keeps set-uid programs and file capabilities from giving rights, now and after every exec.
pub(crate) fn no_new_privileges() -> io::Result<()> {
    // SAFETY: plain numbers.
    check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }).map(drop)
}

/// Empties the bounding set: no exec can bring a capability back.
pub(crate) fn drop_capability_bounds() -> io::Result<()> {
    for capability in 0..CAPABILITIES {
        // SAFETY: plain numbers.
        match check(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) }) {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
            result => result?,
        };
    }
    Ok(())
}

/// Gives up every capability.
pub(crate) fn drop_capabilities() -> io::Result<()> {
    let header = CapabilityHeader { version: CAPABILITY_VERSION, pid: 0 };
    let none = [0_u32; 6];
    // SAFETY: this version takes two sets of three words, all zero here.
    check(unsafe { libc::syscall(libc::SYS_capset, &raw const header, none.as_ptr()) }).map(drop)
}

/// Sets the soft and the hard limit of `resource`; a hard limit that is lower already stays.
pub(crate) fn limit(resource: libc::__rlimit_resource_t, soft: u64, hard: u64) -> io::Result<()> {
    let mut current = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: there is room for the limit that the first call writes, and the second only reads.
    unsafe {
        check(libc::getrlimit(resource, &mut current))?;
        let hard = hard.min(current.rlim_max);
        let wanted = libc::rlimit { rlim_cur: soft.min(hard), rlim_max: hard };
        check(libc::setrlimit(resource, &wanted)).map(drop)
    }
}

/// Keeps addresses the same from run to run.
pub(crate) fn fix_addresses() -> io::Result<()> {
    // SAFETY: plain numbers.
    check(unsafe { libc::personality(libc::ADDR_NO_RANDOMIZE as libc::c_ulong) }).map(drop)
}

/// Puts a system-call filter on this process. Its instructions must allow what follows.
pub(crate) fn install_filter(instructions: &[libc::sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog {
        len: u16::try_from(instructions.len()).map_err(io::Error::other)?,
        filter: instructions.as_ptr().cast_mut(),
    };
    // Programs may speculate past memory checks as they do outside: the filter guards no secret of
    // its own, and the mitigation would slow what is measured.
    // SAFETY: the program and its instructions live through the call, which copies them.
    check(unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW,
            &raw const program,
        )
    })
    .map(drop)
}
