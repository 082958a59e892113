//! Programs that look for a way out.

use super::{Case, c, python, try_all};
use perfagent_core::execution::Outcome;

const OVER: &[Outcome] = &[Outcome::Exited(0)];
const FORBIDDEN: &[Outcome] = &[Outcome::Forbidden(String::new())];

/// Tries each line on its own and says which ones worked.
const WRITES: &str = "
import os
for act in (lambda: open('/etc/x', 'w'), lambda: open('/usr/x', 'w'), lambda: open('/x', 'w'),
            lambda: open('/program/x', 'w'), lambda: os.mkdir('/dev/x'), lambda: open('/proc/sys/kernel/hostname', 'w').write('x'),
            lambda: open('/proc/sysrq-trigger', 'w'), lambda: os.chmod('/program', 0o777), lambda: os.unlink('/program/main.py'),
            lambda: os.rename('/program', '/x'), lambda: open('/programs/x', 'w'), lambda: os.symlink('/', '/box/../x')):
    try: act()
    except OSError: continue
    print('gained a write')
";

const READS: &str = "
import os
for path in ('/etc/shadow', '/etc/hostname', '/home', '/root/.bashrc', '/root/.ssh', '/var', '/sys', '/proc/kcore', '/proc/1/environ', '/proc/1/root/box',
             '/proc/1/fd', '/dev/mem', '/dev/tty', '/proc/kmsg', '/programs/0'):
    try: os.listdir(path) if os.path.isdir(path) else open(path).read(1)
    except OSError: continue
    print('gained', path)
others = [p for p in os.listdir('/proc') if p.isdigit() and int(p) not in (1, os.getpid())]
if others: print('gained sight of', others)
open_files = [n for n in os.listdir('/proc/self/fd') if int(n) > 3]
if open_files: print('gained', open_files)
";

const CALLS: &str = "
import ctypes, os
lib = ctypes.CDLL(None, use_errno=True)
# ptrace attach, process_vm_readv, unshare user and mount, setns, mount, chroot, pivot_root, open_by_handle_at, setuid 0, capset,
# sched_setaffinity, setpriority below zero, settimeofday, sethostname, init_module, reboot, swapon, quotactl, acct, kexec_load
for number, *args in ((101, 16, 1, 0, 0), (310, 1, 0, 0, 0, 0, 0), (272, 0x10000000), (272, 0x20000), (308, 0, 0), (165, 0, 0, 0, 0, 0),
                      (161, b'/'), (155, b'/', b'/'), (304, 0, 0, 0), (105, 0), (126, 0, 0), (203, 0, 8, b'\\x01' * 8), (141, 0, 0, -5),
                      (164, 0, 0), (170, b'x', 1), (175, 0, 0, 0), (169, 0), (167, b'/x', 0), (179, 0, 0, 0, 0), (163, b'x'), (246, 0, 0, 0, 0)):
    if lib.syscall(number, *args) != -1: print('gained call', number)
";

const CASES: &[Case] = &[
    python("writes outside", WRITES, OVER),
    python("reads outside", READS, OVER),
    python("calls that change the machine", CALLS, OVER),
    python(
        "kills everything",
        "import os, signal\nfor p in (-1, 1):\n  try: os.kill(p, signal.SIGKILL)\n  except OSError: pass\nprint('still here')",
        &[Outcome::Exited(0), Outcome::Signaled(9)],
    ),
    python(
        "kills its parent",
        "import os, signal, time\ntry: os.kill(os.getppid(), signal.SIGTERM)\nexcept OSError: pass\ntime.sleep(0.1)\nprint(os.getppid())",
        &[Outcome::Exited(0), Outcome::Signaled(9)],
    ),
    c(
        "set-uid programs",
        "#include <unistd.h>\n#include <stdio.h>\nint main(void) { if (geteuid() == 0) puts(\"gained root\"); if (setuid(0) == 0) puts(\"gained root\"); execl(\"/bin/su\", \"su\", \"-c\", \"echo gained\", (char *)0); return 0; }",
        // su starts, finds that it is nobody and gives up.
        &[Outcome::Exited(0), Outcome::Exited(1), Outcome::Signaled(9)],
    ),
    c(
        "clone with namespaces",
        "#define _GNU_SOURCE\n#include <sched.h>\n#include <stdio.h>\n#include <sys/syscall.h>\n#include <unistd.h>\nint main(void) { if (syscall(SYS_clone, CLONE_NEWUSER | 17, 0, 0, 0, 0) >= 0) puts(\"gained a namespace\"); return 0; }",
        OVER,
    ),
    python(
        "rewrites its own program",
        "import os\ntry: open('/proc/self/exe', 'r+b'); print('gained its image')\nexcept OSError: pass",
        OVER,
    ),
    c(
        "types into the terminal",
        "#include <sys/ioctl.h>\n#include <stdio.h>\nint main(void) { for (int f = 0; f < 3; f++) if (ioctl(f, TIOCSTI, \"x\") == 0) puts(\"gained a key\"); return 0; }",
        OVER,
    ),
    c(
        "calls of the x32 interface",
        "#include <unistd.h>\n#include <stdio.h>\n#include <sys/syscall.h>\nint main(void) { syscall(0x40000000 + 39); puts(\"gained a call\"); return 0; }",
        FORBIDDEN,
    ),
    c(
        "calls of the i386 interface",
        "#include <stdio.h>\nint main(void) { __asm__ volatile(\"int $0x80\" ::\"a\"(20)); puts(\"gained a call\"); return 0; }",
        FORBIDDEN,
    ),
];

#[tokio::test]
async fn programs_that_look_for_a_way_out() {
    if super::scene().await.sandbox.isolation().tier == 5 {
        return println!("skipped: without namespaces other files and processes are in sight");
    }
    if !cfg!(target_arch = "x86_64") {
        return println!("skipped: the numbers of the calls are those of another processor");
    }
    try_all(CASES).await;
}

/// A compiler's output may be anything but what it is taken for.
#[tokio::test]
async fn products_are_regular_files_of_the_compiler() {
    let scene = super::scene().await;
    let mut languages = perfagent_sandbox::LanguageTable::built_in();
    let script = "cd \"$1\"; ln -s /etc/passwd link; mkfifo pipe; mkdir dir; echo hi > dir/deep; echo 'echo ok; ls /program' > good; ln good hard; mknod dev c 1 3 2>/dev/null; echo x > .hidden";
    let mut language = languages.find("python3").unwrap().clone();
    language.name = "trick".into();
    language.aliases.clear();
    language.compile = Some(perfagent_sandbox::Compilation {
        command: ["/bin/sh", "-c", script, "sh", "{output}"].map(str::to_owned).to_vec(),
    });
    language.run = ["/bin/sh", "{program}/good"].map(str::to_owned).to_vec();
    languages.insert(language);
    drop(scene);
    let scene = super::super::scene_with(languages).await;
    let program = scene.compile("trick", "").await;
    let report = scene.run(&program, "", super::TIGHT).await;
    assert_eq!(super::text(&report.output), "ok\ngood\nhard\nmain.py\n", "{}", super::text(&report.error_output));
}
