//! Programs that look for a way out.

use super::{Launcher, has_python, python};
use perfagent_launcher::protocol::{Bytes, Ending, Run, Walls};

fn output(launcher: &Launcher, source: &str) -> String {
    launcher.write("p", "main.py", source);
    let report = launcher.run(&python("p"), b"");
    assert_eq!(report.error_output, "");
    assert_eq!(report.finished.ending, Ending::Exited(0));
    report.output
}

/// What an attempt, a Python expression, comes to: its value or the name of its error.
fn attempt(launcher: &Launcher, expression: &str) -> String {
    let source =
        format!("import os, socket, ctypes\ntry: print({expression})\nexcept OSError as e: print(type(e).__name__)");
    output(launcher, &source).trim_end().to_owned()
}

fn start() -> Option<Launcher> {
    Launcher::start(Walls::Namespaces).filter(|_| has_python())
}

#[test]
fn files_of_the_host_are_out_of_sight() {
    let Some(launcher) = start() else { return };
    assert_eq!(attempt(&launcher, "open('/etc/shadow')"), "FileNotFoundError");
    assert_eq!(attempt(&launcher, "os.listdir('/root')"), "FileNotFoundError");
    assert_eq!(attempt(&launcher, "os.listdir('/programs')"), "[]");
    assert_eq!(attempt(&launcher, "os.listdir('.')"), "[]");
    assert_eq!(
        attempt(&launcher, "[name for name in os.listdir('/proc') if name.isdigit()] == [str(os.getpid())]"),
        "True"
    );
    assert_eq!(attempt(&launcher, "os.listdir('/proc/self/fd')"), "['0', '1', '2', '3']");
    assert_eq!(attempt(&launcher, "(os.getuid(), os.getgid(), os.getgroups())"), "(1000, 1000, [])");
}

#[test]
fn only_the_own_files_can_be_written() {
    let Some(launcher) = start() else { return };
    for path in ["/usr/x", "/x", "/program/x", "/etc/passwd", "/dev/x", "/usr/bin/true"] {
        let result = attempt(&launcher, &format!("open('{path}', 'w')"));
        assert!(result == "PermissionError" || result == "OSError", "{path}: {result}");
    }
    assert_eq!(attempt(&launcher, "open('/dev/shm/x', 'w').write('a')"), "1");
    assert_eq!(attempt(&launcher, "open('/tmp/x', 'w').write('a')"), "1");
    assert_eq!(attempt(&launcher, "os.listdir('/tmp') + os.listdir('/dev/shm')"), "[]");
}

#[test]
fn there_is_no_network() {
    let Some(launcher) = start() else { return };
    assert_eq!(attempt(&launcher, "socket.socket().connect(('127.0.0.1', 22))"), "OSError");
    assert_eq!(attempt(&launcher, "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)"), "OSError");
    assert_eq!(attempt(&launcher, "socket.socket(socket.AF_INET, socket.SOCK_RAW)"), "PermissionError");
    assert_eq!(attempt(&launcher, "socket.socket(socket.AF_VSOCK)"), "OSError");
}

#[test]
fn calls_of_the_kernel_are_refused() {
    let Some(launcher) = start() else { return };
    // unshare, ptrace, bpf, io_uring_setup, keyctl, process_vm_readv, mount, setns, memfd_create, shmget.
    for number in [
        "272, 0x10000000",
        "101, 0",
        "321, 0, 0, 0",
        "425, 1, 0",
        "250, 0",
        "310, 1",
        "165, 0",
        "308, 0",
        "319, b'x', 0",
        "29, 0, 4096, 0o1600",
    ] {
        let call =
            format!("(lambda lib: (lib.syscall({number}), ctypes.get_errno()))(ctypes.CDLL(None, use_errno=True))");
        assert_eq!(attempt(&launcher, &call), "(-1, 1)", "{number}");
    }
    assert_eq!(attempt(&launcher, "open('/proc/self/status').read().count('0000000000000000\\n') >= 5"), "True");
    // A program of the same user as its first process may send that a signal, but to no effect.
    let result = attempt(&launcher, "os.kill(1, 9)");
    assert!(result == "PermissionError" || result == "None", "{result}");
}

#[test]
fn other_system_call_interfaces_are_fatal() {
    let Some(launcher) = start() else { return };
    if !cfg!(target_arch = "x86_64") {
        return println!("skipped: only this processor has other interfaces");
    }
    launcher.build_cpp("c", "int main() { asm volatile(\"int $0x80\" :: \"a\"(20)); return 0; }");
    let report = launcher.run(&super::command("c", &["{program}/a.out"]), b"");
    assert_eq!(report.finished.ending, Ending::Filter);
}

#[test]
fn the_environment_is_what_the_sandbox_says() {
    let Some(launcher) = start() else { return };
    launcher.write("p", "main.py", "import os\nprint(sorted(os.environ.items()))");
    let run = Run { environment: vec![Bytes(b"A=1".to_vec())], ..python("p") };
    let output = launcher.run(&run, b"").output;
    assert!(output == "[('A', '1')]\n" || output == "[('A', '1'), ('LC_CTYPE', 'C.UTF-8')]\n", "{output}");
}
