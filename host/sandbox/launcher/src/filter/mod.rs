//! The system-call filter of programs: a list of what they need, of which some calls are looked at
//! more closely. Everything else is refused.

mod calls;

use libc::{
    BPF_ABS, BPF_ALU, BPF_AND, BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter,
};
use perfagent_launcher::protocol::Family;

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7;

/// From here on numbers belong to the x32 ABI; other machines have no calls there either.
const X32: u32 = 0x4000_0000;

/// Where `seccomp_data` keeps things; arguments by their low halves, on little-endian machines.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const fn argument(index: u32) -> u32 {
    16 + 8 * index
}

const NAMESPACE_FLAGS: u32 = (libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP) as u32;

/// Calls with higher numbers are newer than this filter. They do not exist for programs, which then
/// do without; older ones that are not allowed are forbidden to them.
const NEWEST: u32 = 462;

/// Socket families that a program may use within its own, empty network.
const FAMILIES: [i32; 3] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];

/// Protocols that a socket may have: the family's own, and those of streams and datagrams. Others are
/// parts of the kernel that no solution needs.
const PROTOCOLS: [i32; 4] = [0, libc::PF_UNIX, libc::IPPROTO_TCP, libc::IPPROTO_UDP];

/// What a filter depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    /// What kind of program it is for.
    pub(crate) family: Family,
    /// Whether the program has a network of its own to make sockets in and processes of its own to
    /// send signals to; without, it may make none, and not to all.
    pub(crate) namespaces: bool,
    /// Whether the kernel charges its group for memory that belongs to no process.
    pub(crate) charges_memory: bool,
}

/// Builds a filter.
pub(crate) fn program(needs: Needs) -> Vec<sock_filter> {
    let mut code = vec![
        load(ARCH),
        // An ABI with other numbers would pass the checks below.
        jump(BPF_JEQ, ARCHITECTURE, 1, 0),
        answer(libc::SECCOMP_RET_KILL_PROCESS),
        load(NUMBER),
        jump(BPF_JGE, X32, 0, 1),
        answer(libc::SECCOMP_RET_KILL_PROCESS),
    ];
    for call in calls::allowed(needs.family, needs.charges_memory) {
        code.extend([jump(BPF_JEQ, call as u32, 0, 1), answer(libc::SECCOMP_RET_ALLOW)]);
    }
    // The C library then falls back to clone, whose flags can be looked at.
    code.extend([jump(BPF_JEQ, libc::SYS_clone3 as u32, 0, 1), refuse(libc::ENOSYS)]);
    code.extend(when(
        libc::SYS_clone,
        &[load(argument(0)), jump(BPF_JSET, NAMESPACE_FLAGS, 0, 1), refuse(libc::EPERM)],
    ));
    let pushes = [libc::TIOCSTI as u32, libc::TIOCLINUX as u32];
    code.extend(when(
        libc::SYS_ioctl,
        &[load(argument(1)), jump(BPF_JEQ, pushes[0], 1, 0), jump(BPF_JEQ, pushes[1], 0, 1), refuse(libc::EPERM)],
    ));
    if needs.namespaces && calls::may_make_sockets(needs.family) {
        code.extend(when(libc::SYS_socket, &sockets()));
    } else {
        code.extend([jump(BPF_JEQ, libc::SYS_socket as u32, 0, 1), refuse(libc::EACCES)]);
    }
    // Without a pid namespace this would be every process of the user.
    let to_all = [load(argument(0)), jump(BPF_JEQ, u32::MAX, 0, 1), refuse(libc::EPERM)];
    code.extend(when(libc::SYS_kill, if needs.namespaces { &[] } else { &to_all }));
    code.extend([jump(BPF_JGT, NEWEST, 0, 1), refuse(libc::ENOSYS), refuse(libc::EPERM)]);
    code
}

/// Refuses families beyond [`FAMILIES`], protocols beyond [`PROTOCOLS`], and raw sockets.
fn sockets() -> Vec<sock_filter> {
    let [own, also_own, tcp, udp] = PROTOCOLS.map(|protocol| protocol as u32);
    let [unix, inet, inet6] = FAMILIES.map(|family| family as u32);
    vec![
        load(argument(0)),
        jump(BPF_JEQ, unix, 3, 0),
        jump(BPF_JEQ, inet, 2, 0),
        jump(BPF_JEQ, inet6, 1, 0),
        refuse(libc::EAFNOSUPPORT),
        load(argument(2)),
        jump(BPF_JEQ, own, 4, 0),
        jump(BPF_JEQ, also_own, 3, 0),
        jump(BPF_JEQ, tcp, 2, 0),
        jump(BPF_JEQ, udp, 1, 0),
        refuse(libc::EPROTONOSUPPORT),
        load(argument(1)),
        statement(BPF_ALU | BPF_AND | BPF_K, 0xf),
        jump(BPF_JEQ, libc::SOCK_RAW as u32, 0, 1),
        refuse(libc::EPERM),
    ]
}

/// Allows one call unless `code` answers it otherwise.
fn when(call: libc::c_long, code: &[sock_filter]) -> Vec<sock_filter> {
    let mut all = vec![jump(BPF_JEQ, call as u32, 0, code.len() as u8 + 1)];
    all.extend_from_slice(code);
    all.push(answer(libc::SECCOMP_RET_ALLOW));
    all
}

fn statement(code: u32, value: u32) -> sock_filter {
    sock_filter { code: code as u16, jt: 0, jf: 0, k: value }
}

fn load(offset: u32) -> sock_filter {
    statement(BPF_LD | BPF_W | BPF_ABS, offset)
}

fn answer(action: u32) -> sock_filter {
    statement(BPF_RET | BPF_K, action)
}

fn refuse(errno: i32) -> sock_filter {
    answer(libc::SECCOMP_RET_ERRNO | errno as u32)
}

fn jump(test: u32, value: u32, when_true: u8, when_false: u8) -> sock_filter {
    sock_filter { code: (BPF_JMP | test | BPF_K) as u16, jt: when_true, jf: when_false, k: value }
}
