//! The system-call filter of programs: refuses what none of them needs and what has often been a
//! way into the kernel.

use libc::{
    BPF_ABS, BPF_ALU, BPF_AND, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter,
};

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

/// Calls that fail with EPERM.
const REFUSED: [libc::c_long; 62] = [
    // Memory that belongs to no process, so that no sum over processes sees it.
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_userfaultfd,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_acct,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
    libc::SYS_mbind,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    libc::SYS_set_mempolicy,
    libc::SYS_sched_setaffinity,
    libc::SYS_personality,
];

/// Socket families that a program may use within its own, empty network.
const FAMILIES: [i32; 3] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];

/// Builds a filter. `namespaces`: whether the program has a network of its own to make sockets in
/// and processes of its own to send signals to; without, it may make none, and not to all.
pub(crate) fn program(namespaces: bool) -> Vec<sock_filter> {
    let mut code = vec![
        load(ARCH),
        // An ABI with other numbers would pass the checks below.
        jump(BPF_JEQ, ARCHITECTURE, 1, 0),
        answer(libc::SECCOMP_RET_KILL_PROCESS),
        load(NUMBER),
        jump(BPF_JGE, X32, 0, 1),
        answer(libc::SECCOMP_RET_KILL_PROCESS),
    ];
    for call in REFUSED {
        code.extend([jump(BPF_JEQ, call as u32, 0, 1), refuse(libc::EPERM)]);
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
    if namespaces {
        code.extend(when(libc::SYS_socket, &sockets()));
    } else {
        code.extend([jump(BPF_JEQ, libc::SYS_socket as u32, 0, 1), refuse(libc::EACCES)]);
        // Without a pid namespace this would be every process of the user.
        code.extend(when(libc::SYS_kill, &[load(argument(0)), jump(BPF_JEQ, u32::MAX, 0, 1), refuse(libc::EPERM)]));
    }
    code.push(answer(libc::SECCOMP_RET_ALLOW));
    code
}

/// Refuses families beyond [`FAMILIES`], and raw sockets.
fn sockets() -> Vec<sock_filter> {
    let [unix, inet, inet6] = FAMILIES.map(|family| family as u32);
    vec![
        load(argument(0)),
        jump(BPF_JEQ, unix, 3, 0),
        jump(BPF_JEQ, inet, 2, 0),
        jump(BPF_JEQ, inet6, 1, 0),
        refuse(libc::EAFNOSUPPORT),
        load(argument(1)),
        statement(BPF_ALU | BPF_AND | BPF_K, 0xf),
        jump(BPF_JEQ, libc::SOCK_RAW as u32, 0, 1),
        refuse(libc::EPERM),
    ]
}

/// `code` for one call, which ends with the call's number loaded again for the next check.
fn when(call: libc::c_long, code: &[sock_filter]) -> Vec<sock_filter> {
    let mut all = vec![jump(BPF_JEQ, call as u32, 0, code.len() as u8 + 1)];
    all.extend_from_slice(code);
    all.push(load(NUMBER));
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
