//! Programs that want out.

use super::Expected::{Ends, Says};
use super::{Case, c, case, python};
use perfagent_core::execution::Outcome;

pub(super) fn cases() -> Vec<Case> {
    [files(), ways(), privileges(), processes(), binaries()].concat()
}

fn files() -> Vec<Case> {
    // What compiles puts links, pipes and the like where products are expected, and what runs sees
    // what became of them: of all that, the one regular file.
    let products = "
import os, socket, sys
if sys.argv[1] == 'compile':
    os.chdir(sys.argv[2])
    for n, path in enumerate(['/etc/shadow', '/etc/passwd', '@ANSWERS@', '/proc/self/environ', '.', '../tmp']):
        os.symlink(path, f'symlink{n}')
    os.symlink('/dev/zero', 'endless')
    for source, name in [('/etc/passwd', 'hard1'), ('/program/main.py', 'hard2'), ('/usr/bin/env', 'hard3')]:
        try: os.link(source, name); print('gained', name)
        except OSError: pass
    os.mkfifo('fifo')
    for kind in (0o020000, 0o060000):
        try: os.mknod('device', 0o666 | kind, os.makedev(1, 5)); print('gained a device')
        except OSError: pass
    try: socket.socket(socket.AF_UNIX).bind('socket')
    except OSError: pass
    os.mkdir('directory')
    open('directory/file', 'w').write('x')
    open('.hidden', 'w').write('x')
    open('regular', 'w').write('x')
else:
    for name in set(os.listdir('/program')) - {'main.py', 'regular'}: print('gained', name)
    print('tried', open('/program/regular').read())
";
    let outside = "
import os
def writes(path):
    try: os.close(os.open(path, os.O_WRONLY)); print('gained', path)
    except OSError: pass
def makes(path):
    try: os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)); print('gained', path)
    except OSError: pass
for directory in ['/', '/usr', '/usr/bin', '/bin', '/etc', '/dev', '/proc', '/program', '/programs', '/var', '/home',
                  '/root', '/sys', '/run', '/mnt', '/opt', '/lib', '@SCRATCH@']:
    makes(directory + '/gained')
    try: os.mkdir(directory + '/gained2'); print('gained', directory)
    except OSError: pass
    for change in [lambda: os.chmod(directory, 0o777), lambda: os.rename(directory, '/box/work/x'),
                   lambda: os.utime(directory), lambda: os.rmdir(directory), lambda: os.chown(directory, 1000, 1000)]:
        try: change(); print('gained a change of', directory)
        except OSError: pass
for path in ['/etc/passwd', '/program/main.py', '/usr/bin/env', '/bin/sh', '/proc/sys/kernel/core_pattern',
             '/proc/sysrq-trigger', '/proc/sys/vm/drop_caches', '/proc/sys/kernel/hostname', '/proc/1/mem', '/dev/mem',
             '/dev/kmsg', '/dev/sda', '/dev/vda', '/sys/fs/cgroup/cgroup.procs',
             '/proc/1/oom_score_adj', '/proc/1/uid_map']:
    writes(path)
# Its own may be opened, but say what they say for good.
for path, content in [('uid_map', b'0 0 1'), ('gid_map', b'0 0 1'), ('setgroups', b'allow')]:
    try: os.write(os.open('/proc/self/' + path, os.O_WRONLY), content); print('gained', path)
    except OSError: pass
print('tried')
";
    vec![
        case("links, pipes and devices as products", "maker", products, Says("tried x\n")),
        python("writing outside", outside, Says("tried\n")),
    ]
}

fn ways() -> Vec<Case> {
    let links = "
import os
for path in ['/etc/shadow', '@ANSWERS@', '/root/.bashrc', '/home', '/var', '@SCRATCH@']:
    os.symlink(path, 'link')
    try: open('link').read() if not os.path.isdir('link') else os.listdir('link'); print('gained', path)
    except OSError: pass
    os.unlink('link')
for path in ['/proc/self/root/etc/shadow', '/proc/self/cwd/../../../../../etc/shadow', '../../../../etc/shadow',
             '/proc/self/task/1/root/etc/shadow', '/proc/thread-self/root@ANSWERS@']:
    try: os.stat(path); print('gained', path)
    except OSError: pass
print('tried')
";
    let handles = "
int main(void) {
    struct { struct file_handle handle; char bytes[128]; } at = {{.handle_bytes = 128}};
    int mount;
    for (int i = 0; i < 3; i++) {
        const char *paths[] = {\"/\", \"/usr\", \"/etc/passwd\"};
        REFUSED(name_to_handle_at(AT_FDCWD, paths[i], &at.handle, &mount, 0));
    }
    // The root of a file system as everyone knows it.
    at.handle.handle_bytes = 8;
    at.handle.handle_type = 1;
    memcpy(at.bytes, (char[]){2, 0, 0, 0, 0, 0, 0, 0}, 8);
    int root = open(\"/usr\", O_RDONLY | O_DIRECTORY);
    FAILS(EPERM, open_by_handle_at(root, &at.handle, O_RDONLY));
    puts(\"tried\");
}";
    vec![python("links to the outside", links, Says("tried\n")), c("file handles", handles, Says("tried\n"))]
}

fn privileges() -> Vec<Case> {
    let setuid = "
import os, subprocess
for path in ['/', '/usr', '/program', '/box', '/dev/null', '/proc']:
    if path != '/dev/null' and not os.statvfs(path).f_flag & os.ST_NOSUID: print('gained setuid on', path)
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
if status['NoNewPrivs'].strip() != '1': print('gained new privileges')
for name in ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']:
    if int(status[name], 16): print('gained', name, status[name])
if status['Seccomp'].strip() != '2': print('gained a life without filter')
if status['Groups'].strip() not in ('', '65534') or 0 in os.getresuid() + os.getresgid(): print('gained groups', status['Groups'])
found = [e.path for d in ('/usr/bin', '/usr/sbin') for e in os.scandir(d) if e.is_file() and e.stat().st_mode & 0o6000]
own = os.path.abspath('own')
open(own, 'wb').write(open('/usr/bin/env', 'rb').read())
os.chmod(own, 0o6755)
show = ['-c', 'import os; print(os.getresuid(), os.getresgid())']
before = subprocess.run(['/usr/bin/env', 'python3'] + show, capture_output=True).stdout
if subprocess.run([own, 'python3'] + show, capture_output=True).stdout != before: print('gained an id')
for path in found:
    child = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for line in open(f'/proc/{child.pid}/status'):
        if line.startswith('Uid:') and len(set(line.split()[1:])) > 1: print('gained the id of', path)
    child.kill(); child.wait()
for call in [lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0), lambda: os.setgroups([0]),
             lambda: os.chroot('/usr'), lambda: os.sethostname('x') if hasattr(os, 'sethostname') else 1 / 0]:
    try: call(); print('gained privileges')
    except (OSError, ZeroDivisionError): pass
print('tried')
";
    let namespaces = "
int main(void) {
    int kinds[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP,
                   0x80, CLONE_FS, CLONE_FILES, CLONE_NEWUSER | CLONE_NEWNS};
    for (int i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        REFUSED(unshare(kinds[i]));
        if (kinds[i] == 0x80 || kinds[i] == CLONE_FS || kinds[i] == CLONE_FILES) continue;
        long child = syscall(SYS_clone, kinds[i] | SIGCHLD, 0, 0, 0, 0);
        if (child == 0) _exit(0);
        if (child > 0) printf(\"gained a namespace, %x\\n\", kinds[i]);
        // Flags in memory cannot be looked at, so there is no such call.
        unsigned long arguments[11] = {kinds[i]};
        child = syscall(SYS_clone3, arguments, sizeof arguments);
        if (child == 0) _exit(0);
        if (child > 0 || errno != ENOSYS) printf(\"gained a namespace by clone3, %x\\n\", kinds[i]);
    }
    int own = open(\"/proc/self/ns/user\", O_RDONLY);
    REFUSED(setns(own, 0));
    puts(\"tried\");
}";
    let mounts = "
int main(void) {
    mkdir(\"a\", 0700);
    mkdir(\"a/b\", 0700);
    REFUSED(mount(\"none\", \"a\", \"tmpfs\", 0, 0));
    REFUSED(mount(\"/usr\", \"a\", 0, MS_BIND, 0));
    REFUSED(mount(0, \"/usr\", 0, MS_REMOUNT | MS_BIND, 0));
    REFUSED(mount(\"proc\", \"a\", \"proc\", 0, 0));
    REFUSED(mount(\"a\", \"a\", \"overlay\", 0, \"lowerdir=/usr,upperdir=a,workdir=a/b\"));
    REFUSED(umount2(\"/proc\", MNT_DETACH));
    REFUSED(umount2(\"/\", MNT_DETACH));
    REFUSED(syscall(SYS_pivot_root, \"a\", \"a/b\"));
    REFUSED(chroot(\"a\"));
    REFUSED(syscall(SYS_fsopen, \"tmpfs\", 0));
    REFUSED(syscall(SYS_open_tree, AT_FDCWD, \"/usr\", 1));
    REFUSED(syscall(SYS_move_mount, AT_FDCWD, \"/usr\", AT_FDCWD, \"a\", 0));
    REFUSED(syscall(SYS_mount_setattr, AT_FDCWD, \"/usr\", 0, (uint64_t[4]){0, 1}, 32));
    REFUSED(swapon(\"a\", 0));
    puts(\"tried\");
}";
    vec![
        python("setuid programs and privileges", setuid, Says("tried\n")),
        c("nested namespaces", namespaces, Says("tried\n")),
        c("mounts", mounts, Says("tried\n")),
    ]
}

fn processes() -> Vec<Case> {
    let tracing = "
int main(void) {
    int status;
    pid_t child = fork();
    if (child == 0) { if (ptrace(PTRACE_TRACEME, 0, 0, 0) != -1) puts(\"gained: PTRACE_TRACEME\"); fflush(0); pause(); }
    pid_t all[] = {child, getppid(), 1};
    char byte;
    for (int i = 0; i < 3; i++) {
        struct iovec here = {&byte, 1}, there = {&status, 1};
        REFUSED(ptrace(PTRACE_ATTACH, all[i], 0, 0));
        REFUSED(ptrace(PTRACE_SEIZE, all[i], 0, 0));
        REFUSED(process_vm_readv(all[i], &here, 1, &there, 1, 0));
        REFUSED(process_vm_writev(all[i], &here, 1, &there, 1, 0));
        REFUSED(syscall(SYS_kcmp, getpid(), all[i], 0, 0, 0));
        REFUSED(syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, all[i], 0), 0, 0));
        REFUSED(syscall(SYS_process_madvise, 0, 0, 0, 0, 0));
    }
    kill(child, SIGKILL);
    wait(0);
    puts(\"tried\");
}";
    // Its parent is the first process of the run, which belongs to the same user where the sandbox is
    // nobody privileged. Then signals may be sent to it, but have no effect, or end this run alone.
    let killing = "
int main(void) {
    int signals[] = {SIGKILL, SIGTERM, SIGSTOP, SIGSEGV, SIGHUP, SIGUSR1};
    for (int i = 0; i < 6; i++) {
        if (@TIER@ < 3) REFUSED(kill(1, signals[i]));
        else if (signals[i] != SIGTERM) kill(1, signals[i]);
        kill(-1, signals[i]);
        for (int pid = 2; pid < 5000; pid++) if (pid != getpid()) REFUSED(kill(pid, signals[i]));
    }
    puts(\"tried\");
}";
    let others = "
import os
own = {str(os.getpid()), '1'}
for name in os.listdir('/proc'):
    if name.isdigit() and name not in own: print('gained', name)
for pid in [1, os.getppid(), *range(2, 300)]:
    if pid in (0, os.getpid()): continue
    for name in ['environ', 'fd', 'root', 'cwd', 'exe', 'mem', 'maps', 'cmdline', 'stack', 'task', 'ns/mnt', 'map_files',
                 'status', 'stat', 'io']:
        path = f'/proc/{pid}/{name}'
        try:
            if name in ('root', 'cwd', 'exe', 'ns/mnt'): os.readlink(path)
            elif name in ('fd', 'task', 'map_files'): os.listdir(path)
            else: open(path, 'rb').read(1)
            print('gained', path)
        except OSError: pass
print('tried')
";
    let descriptors = "
import os
names = {int(name) for name in os.listdir('/proc/self/fd')}
for fd in range(3, 1024):
    try: os.fstat(fd); print('gained', fd, os.readlink(f'/proc/self/fd/{fd}'))
    except OSError: pass
for fd in (0, 1, 2):
    try: os.listdir(f'/proc/self/fd/{fd}/..'); print('gained a directory behind', fd)
    except OSError: pass
for name in os.environ:
    if name not in ('HOME', 'LANG', 'LC_CTYPE', 'PATH', 'PYTHONDONTWRITEBYTECODE', 'PYTHONHASHSEED', 'PYTHONNOUSERSITE',
                    'TMPDIR', 'TZ'): print('gained', name)
print('tried')
";
    vec![
        c("tracing", tracing, Says("tried\n")),
        c("killing everyone", killing, Says("tried\n")),
        python("looking at others", others, Says("tried\n")),
        python("inherited descriptors", descriptors, Says("tried\n")),
    ]
}

fn binaries() -> Vec<Case> {
    let terminal = "
int main(void) {
    char byte = 'x';
    for (int fd = 0; fd < 3; fd++) {
        FAILS(EPERM, ioctl(fd, TIOCSTI, &byte));
        FAILS(EPERM, ioctl(fd, TIOCLINUX, &byte));
        // The kernel looks at 32 bits of it alone.
        FAILS(EPERM, syscall(SYS_ioctl, fd, 0xffffffff00000000ul | TIOCSTI, &byte));
    }
    REFUSED(open(\"/dev/tty\", O_RDWR));
    REFUSED(open(\"/dev/ptmx\", O_RDWR));
    puts(\"tried\");
}";
    let rewriting = "
int main(void) {
    REFUSED(open(\"/proc/self/exe\", O_WRONLY));
    REFUSED(open(\"/proc/self/exe\", O_RDWR | O_TRUNC));
    REFUSED(open(\"/proc/1/exe\", O_RDWR));
    int own = open(\"/proc/self/exe\", O_PATH);
    char path[40];
    sprintf(path, \"/proc/self/fd/%d\", own);
    REFUSED(open(path, O_WRONLY));
    REFUSED(unlink(\"/program/a.out\"));
    REFUSED(rename(\"/program/a.out\", \"/box/work/x\"));
    // What the launcher would be called if it could be started again.
    execl(\"/proc/1/exe\", \"x\", (char *)0);
    puts(\"tried\");
}";
    let mut cases =
        vec![c("terminals", terminal, Says("tried\n")), c("rewriting programs", rewriting, Says("tried\n"))];
    if cfg!(target_arch = "x86_64") {
        let forbidden = || Ends(Outcome::Forbidden(String::new()));
        let x32 = "int main(void) { syscall(0x40000000 | SYS_getpid); puts(\"gained: an x32 call\"); }";
        let i386 = "
int main(void) {
    long result;
    __asm__ volatile(\"int $0x80\" : \"=a\"(result) : \"a\"(20) : \"memory\");
    printf(\"gained: an i386 call, %ld\\n\", result);
}";
        cases.extend([c("x32 calls", x32, forbidden()), c("i386 calls", i386, forbidden())]);
    }
    cases
}
