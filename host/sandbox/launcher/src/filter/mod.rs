//! The system-call filter of programs: a list of what they need, of which some calls are looked at
//! more closely. Everything else is refused.

mod calls;
mod tree;

use libc::{BPF_ABS, BPF_ALU, BPF_AND, BPF_JEQ, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter};
use perfagent_launcher::protocol::Family;
use std::collections::BTreeMap;

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
struct Needs {
    /// What kind of program it is for.
    family: Family,
    /// Whether the program has a network of its own to make sockets in and processes of its own to
    /// send signals to; without, it may make none, and not to all.
    namespaces: bool,
    /// Whether the kernel charges its group for memory that belongs to no process.
    charges_memory: bool,
}

/// Instructions.
type Code = Vec<sock_filter>;

/// The filters of a launcher, built before the first run: a process on its way to exec has better to do.
pub(crate) struct Filters {
    native: Code,
    script: Code,
    managed: Code,
}

impl Filters {
    /// Builds them; the parameters are those of [`Needs`].
    pub(crate) fn build(namespaces: bool, charges_memory: bool) -> Self {
        let of = |family| program(Needs { family, namespaces, charges_memory });
        Self { native: of(Family::Native), script: of(Family::Script), managed: of(Family::Managed) }
    }

    /// The filter of a family's programs.
    pub(crate) fn of(&self, family: Family) -> &[sock_filter] {
        match family {
            Family::Native => &self.native,
            Family::Script => &self.script,
            Family::Managed => &self.managed,
        }
    }
}

/// Builds a filter.
fn program(needs: Needs) -> Code {
    let mut code = vec![
        load(ARCH),
        // An ABI with other numbers would pass the checks below.
        jump(BPF_JEQ, ARCHITECTURE, 1, 0),
        answer(libc::SECCOMP_RET_KILL_PROCESS),
        load(NUMBER),
    ];
    code.extend(tree::decide(&ranges(answers(needs))));
    code
}

/// What is answered to each call that is not refused.
fn answers(needs: Needs) -> BTreeMap<u32, Code> {
    let allow = || vec![answer(libc::SECCOMP_RET_ALLOW)];
    let allowed = calls::allowed(needs.family, needs.charges_memory);
    let mut answers: BTreeMap<u32, Code> = allowed.into_iter().map(|call| (call as u32, allow())).collect();
    let mut put = |call: libc::c_long, mut code: Code, or: sock_filter| {
        code.push(or);
        answers.insert(call as u32, code);
    };
    // The C library then falls back to clone, whose flags can be looked at.
    put(libc::SYS_clone3, Vec::new(), refuse(libc::ENOSYS));
    let no_namespaces = vec![load(argument(0)), jump(BPF_JSET, NAMESPACE_FLAGS, 0, 1), refuse(libc::EPERM)];
    put(libc::SYS_clone, no_namespaces, answer(libc::SECCOMP_RET_ALLOW));
    let [push, linux] = [libc::TIOCSTI as u32, libc::TIOCLINUX as u32];
    let no_pushes = vec![load(argument(1)), jump(BPF_JEQ, push, 1, 0), jump(BPF_JEQ, linux, 0, 1), refuse(libc::EPERM)];
    put(libc::SYS_ioctl, no_pushes, answer(libc::SECCOMP_RET_ALLOW));
    if needs.namespaces && calls::may_make_sockets(needs.family) {
        put(libc::SYS_socket, sockets(), answer(libc::SECCOMP_RET_ALLOW));
    } else {
        put(libc::SYS_socket, Vec::new(), refuse(libc::EACCES));
    }
    // Without a pid namespace this would be every process of the user.
    let not_to_all = vec![load(argument(0)), jump(BPF_JEQ, u32::MAX, 0, 1), refuse(libc::EPERM)];
    put(libc::SYS_kill, if needs.namespaces { Vec::new() } else { not_to_all }, answer(libc::SECCOMP_RET_ALLOW));
    answers
}

/// The same for all numbers: neighbours with one answer as one range, and what is refused between them.
fn ranges(answers: BTreeMap<u32, Code>) -> Vec<(u32, Code)> {
    let refused = || vec![refuse(libc::EPERM)];
    let mut ranges: Vec<(u32, Code)> = vec![(0, refused())];
    let mut add = |from: u32, code: Code| match ranges.last_mut() {
        Some((start, last)) if *start == from => *last = code,
        Some((_, last)) if is_same(last, &code) => {}
        _ => ranges.push((from, code)),
    };
    for (number, code) in answers {
        add(number, code);
        add(number + 1, refused());
    }
    add(NEWEST + 1, vec![refuse(libc::ENOSYS)]);
    add(X32, vec![answer(libc::SECCOMP_RET_KILL_PROCESS)]);
    ranges
}

fn is_same(one: &[sock_filter], other: &[sock_filter]) -> bool {
    let parts = |code: &[sock_filter]| code.iter().map(|one| (one.code, one.jt, one.jf, one.k)).collect::<Vec<_>>();
    parts(one) == parts(other)
}

/// Refuses families beyond [`FAMILIES`], protocols beyond [`PROTOCOLS`], and raw sockets.
fn sockets() -> Code {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would do with a call of this number and these low halves of arguments.
    fn run(code: &[sock_filter], number: u32, arguments: [u32; 3]) -> u32 {
        let mut value = 0;
        let mut at = 0;
        loop {
            let one = &code[at];
            at += 1;
            let is = |test: u32| u32::from(one.code) == BPF_JMP | test | BPF_K;
            let goes = |taken: bool| usize::from(if taken { one.jt } else { one.jf });
            match u32::from(one.code) {
                code if code == BPF_LD | BPF_W | BPF_ABS => {
                    value = match one.k {
                        NUMBER => number,
                        ARCH => ARCHITECTURE,
                        k => arguments[((k - 16) / 8) as usize],
                    };
                }
                code if code == BPF_RET | BPF_K => return one.k,
                code if code == BPF_ALU | BPF_AND | BPF_K => value &= one.k,
                code if code == BPF_JMP | libc::BPF_JA => at += one.k as usize,
                _ if is(BPF_JEQ) => at += goes(value == one.k),
                _ if is(libc::BPF_JGE) => at += goes(value >= one.k),
                _ if is(BPF_JSET) => at += goes(value & one.k != 0),
                code => unreachable!("instruction {code}"),
            }
        }
    }

    const EVERY: [Needs; 3] = [
        Needs { family: Family::Native, namespaces: true, charges_memory: true },
        Needs { family: Family::Script, namespaces: true, charges_memory: false },
        Needs { family: Family::Managed, namespaces: false, charges_memory: true },
    ];

    #[test]
    fn every_number_gets_the_answer_of_the_lists() {
        for needs in EVERY {
            let code = program(needs);
            let allowed = calls::allowed(needs.family, needs.charges_memory);
            let looked_at = [libc::SYS_clone3, libc::SYS_clone, libc::SYS_ioctl, libc::SYS_socket, libc::SYS_kill]
                .map(|call| call as u32);
            for number in (0..1000).filter(|number| !looked_at.contains(number)) {
                let expected = match number {
                    number if allowed.contains(&libc::c_long::from(number)) => libc::SECCOMP_RET_ALLOW,
                    number if number > NEWEST => libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32,
                    _ => libc::SECCOMP_RET_ERRNO | libc::EPERM as u32,
                };
                assert_eq!(run(&code, number, [0, 0, 0]), expected, "{needs:?} {number}");
            }
            for number in [X32, X32 + 1, u32::MAX] {
                assert_eq!(run(&code, number, [0, 0, 0]), libc::SECCOMP_RET_KILL_PROCESS);
            }
        }
    }

    #[test]
    fn some_calls_depend_on_their_arguments() {
        let [native, script, alone] = EVERY.map(program);
        let refused = |errno: i32| libc::SECCOMP_RET_ERRNO | errno as u32;
        let allow = libc::SECCOMP_RET_ALLOW;
        let clone = libc::SYS_clone as u32;
        assert_eq!(run(&native, clone, [17, 0, 0]), allow);
        assert_eq!(run(&native, clone, [libc::CLONE_NEWUSER as u32, 0, 0]), refused(libc::EPERM));
        assert_eq!(run(&native, libc::SYS_clone3 as u32, [0, 0, 0]), refused(libc::ENOSYS));
        let ioctl = libc::SYS_ioctl as u32;
        assert_eq!(run(&script, ioctl, [0, libc::TCGETS as u32, 0]), allow);
        assert_eq!(run(&script, ioctl, [0, libc::TIOCSTI as u32, 0]), refused(libc::EPERM));
        let socket = libc::SYS_socket as u32;
        assert_eq!(run(&native, socket, [libc::AF_INET as u32, 1, 0]), refused(libc::EACCES));
        assert_eq!(run(&script, socket, [libc::AF_INET as u32, 1, 0]), allow);
        assert_eq!(run(&script, socket, [libc::AF_INET as u32, libc::SOCK_RAW as u32, 0]), refused(libc::EPERM));
        assert_eq!(run(&script, socket, [libc::AF_NETLINK as u32, 1, 0]), refused(libc::EAFNOSUPPORT));
        let kill = libc::SYS_kill as u32;
        assert_eq!(
            (run(&script, kill, [u32::MAX, 9, 0]), run(&alone, kill, [u32::MAX, 9, 0])),
            (allow, refused(libc::EPERM))
        );
    }
}
