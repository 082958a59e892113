//! Programs that want to look better than they are.

use super::Expected::{Ends, Says};
use super::{Case, LIMITS, c, case, python};
use perfagent_core::execution::{Limits, Outcome};

pub(super) fn cases() -> Vec<Case> {
    [answers(), verdicts(), machine(), time()].concat()
}

fn answers() -> Vec<Case> {
    let reads = "
import os
for path in ['@ANSWERS@', '@SCRATCH@', '/box/..@ANSWERS@', '/proc/1/root@ANSWERS@', '/proc/1/root']:
    try: os.stat(path); print('gained', path)
    except OSError: pass
for root in ['/programs', '@SCRATCH@', '/program/..', '/proc/1/root/programs']:
    for number in range(100):
        if os.path.exists(f'{root}/{number}'): print('gained', root, number)
if sorted(os.listdir('/program')) != ['main.py']: print('gained', os.listdir('/program'))
if sorted(os.listdir('/box')) != ['shm', 'tmp', 'work']: print('gained', os.listdir('/box'))
print('tried')
";
    // Says the same each time, unless something of the time before is left.
    let keeps = "
import glob, os, socket
marks = [f'{d}/mark' for d in ['.', '/tmp', '/dev/shm', '/box', '/program', '/var/tmp', '/dev', '/']]
for mark in marks:
    if os.path.lexists(mark): print('gained', mark)
    try: open(mark, 'w').write('x')
    except OSError: pass
if [x for x in os.listdir('.') + os.listdir('/tmp') + os.listdir('/dev/shm') if x != 'mark']: print('gained files')
import ctypes
libc = ctypes.CDLL(None)
for key in range(1, 20):
    if libc.shmget(key, 4096, 0o600) != -1: print('gained shared memory')
    if libc.semget(key, 1, 0o600) != -1: print('gained a semaphore')
    libc.shmget(key, 4096, 0o1600); libc.semget(key, 1, 0o1600)
for line in open('/proc/sysvipc/shm').read().splitlines()[1:]:
    if int(line.split()[0]) > 19: print('gained', line)
try: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect('\\0state'); print('gained a socket')
except OSError: pass
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        kept = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        kept.bind('\\0state')
        import time
        time.sleep(90)
    os._exit(0)
os.wait()
print('tried')
";
    let precomputes = "
import os, sys
places = ['/tmp', '/dev/shm', '/box/work', '/program']
if sys.argv[1] == 'compile':
    if sys.stdin.buffer.read(): sys.exit('gained the input')
    for place in ['@ANSWERS@', '@SCRATCH@', '/programs/0', '/programs/1', '/programs/2']:
        if os.path.exists(place): sys.exit('gained ' + place)
    for place in places[:2]: open(place + '/mark', 'w').write('x')
    for path in ['/program/main.py', '/program/new']:
        try: open(path, 'a'); sys.exit('gained ' + path)
        except OSError: pass
    if os.fork() == 0:
        os.setsid()
        import time
        time.sleep(90)
else:
    for place in places:
        if os.path.exists(place + '/mark'): print('gained', place)
    print('tried')
";
    vec![
        python("reading answers", reads, Says("tried\n")),
        Case { runs: 3, leftovers: 1, ..python("keeping state", keeps, Says("tried\n")) },
        case("precomputing", "maker", precomputes, Says("tried\n")),
    ]
}

fn verdicts() -> Vec<Case> {
    let exits = |name, code: i32, source| c(name, source, Ends(Outcome::Exited(code)));
    let raises = |name, signal: u32, source| c(name, source, Ends(Outcome::Signaled(signal)));
    // Of the descriptors that the launcher has none is left, and its memory is not shared.
    let channel = "
int main(void) {
    char message[64] = {2, 0, 0, 0};
    for (int fd = 3; fd < 4096; fd++) FAILS(EBADF, write(fd, message, sizeof message));
    REFUSED(write(0, 0, 1));
    REFUSED(open(\"/proc/1/fd/0\", O_RDWR));
    REFUSED(open(\"/proc/1/mem\", O_RDWR));
    char line[1000];
    FILE *maps = fopen(\"/proc/self/maps\", \"r\");
    while (fgets(line, sizeof line, maps))
        if (strstr(line, \"deleted\") || strstr(line, \"rw-s\")) printf(\"gained: %s\", line);
    puts(\"tried\");
}";
    let says = "
int main(void) {
    fputs(\"MemoryLimit {\\\"outcome\\\": \\\"exited\\\"}\", stderr);
    for (int i = 0; i < 4096; i++) putchar(i);
    exit(42);
}";
    vec![
        exits("exit code 124", 124, "int main(void) { exit(124); }"),
        exits("exit code 137", 137, "int main(void) { exit(137); }"),
        exits("exit code 152", 152, "int main(void) { exit(152); }"),
        exits("exit code 256", 0, "int main(void) { exit(256); }"),
        raises("killing itself", 9, "int main(void) { raise(SIGKILL); }"),
        raises("pretending a limit of time", 24, "int main(void) { raise(SIGXCPU); }"),
        raises("ending by SIGTERM", 15, "int main(void) { raise(SIGTERM); }"),
        exits("writing verdicts", 42, says),
        c("the channel of measurements", channel, Says("tried\n")),
    ]
}

fn machine() -> Vec<Case> {
    let scheduling = "
int main(void) {
    cpu_set_t all;
    memset(&all, 255, sizeof all);
    FAILS(EPERM, sched_setaffinity(0, sizeof all, &all));
    struct sched_param most = {99}, none = {0};
    FAILS(EPERM, sched_setscheduler(0, SCHED_FIFO, &most));
    FAILS(EPERM, sched_setscheduler(0, SCHED_BATCH, &none));
    FAILS(EPERM, sched_setparam(0, &none));
    FAILS(EPERM, syscall(SYS_sched_setattr, 0, &most, 0));
    FAILS(EPERM, setpriority(PRIO_PROCESS, 0, -20));
    FAILS(EPERM, setpriority(PRIO_PROCESS, 0, 19));
    FAILS(EPERM, syscall(SYS_ioprio_set, 1, 0, 0));
    struct rlimit all_of_it = {RLIM_INFINITY, RLIM_INFINITY};
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit now;
        getrlimit(i, &now);
        if (now.rlim_max != RLIM_INFINITY) REFUSED(setrlimit(i, &all_of_it));
    }
    puts(\"tried\");
}";
    // What would make the kernel kill somebody else where memory runs out.
    let survival = "
int main(void) {
    const char *values[] = {\"-1000\", \"-1\"};
    for (int i = 0; i < 2; i++) {
        int fd = open(\"/proc/self/oom_score_adj\", O_WRONLY);
        REFUSED(write(fd, values[i], strlen(values[i])));
        close(fd);
    }
    puts(\"tried\");
}";
    let thread = "
static void *idle(void *_) { return 0; }
int main(void) {
    pthread_t t;
    if (pthread_create(&t, 0, idle, 0) != EAGAIN) puts(\"gained: a thread\");
    FAILS(EAGAIN, fork());
    puts(\"tried\");
}";
    let clock = "
int main(void) {
    struct timespec then = {1000000000, 0};
    struct timeval then_too = {1000000000, 0};
    struct timex change = {.modes = ADJ_FREQUENCY, .freq = 1 << 20};
    int kinds[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_PROCESS_CPUTIME_ID};
    for (int i = 0; i < 5; i++) FAILS(EPERM, clock_settime(kinds[i], &then));
    FAILS(EPERM, settimeofday(&then_too, 0));
    FAILS(EPERM, adjtimex(&change));
    FAILS(EPERM, clock_adjtime(CLOCK_REALTIME, &change));
    FAILS(EPERM, unshare(0x80));
    REFUSED(open(\"/proc/self/timens_offsets\", O_WRONLY) < 0 ? -1
        : write(open(\"/proc/self/timens_offsets\", O_WRONLY), \"monotonic 86400 0\", 17));
    REFUSED(open(\"/dev/rtc0\", O_RDWR));
    puts(\"tried\");
}";
    vec![
        c("affinity and priority", scheduling, Says("tried\n")),
        c("surviving others", survival, Says("tried\n")),
        Case { limits: Limits { processes: Some(1), ..LIMITS }, ..c("an extra thread", thread, Says("tried\n")) },
        c("setting the clock", clock, Says("tried\n")),
    ]
}

fn time() -> Vec<Case> {
    // The answer is there, the program is gone, and its work goes on: it ends there and then.
    let goes_on = "
int main(void) {
    puts(\"tried\");
    fflush(stdout);
    if (fork() == 0) for (;;);
}";
    // The measured program ends early and somebody else would write the rest.
    let exits_early = "
int main(void) {
    if (fork() == 0) {
        setsid();
        if (fork() == 0) { usleep(300000); puts(\"gained: time\"); fflush(stdout); }
        _exit(0);
    }
    wait(0);
    puts(\"tried\");
}";
    // Work before `main` is work.
    let before_main = "
__attribute__((constructor)) static void early(void) { for (;;); }
int main(void) { puts(\"gained: time\"); }";
    let after_main = "
static void late(void) { for (;;); }
int main(void) { atexit(late); puts(\"tried\"); }";
    let in_exec = "
int main(int count, char **words) {
    if (count > 1) for (;;);
    execl(\"/proc/self/exe\", \"x\", \"y\", (char *)0);
}";
    let cpu = Limits { cpu_ms: Some(200), ..LIMITS };
    let burns = |name, source| Case { limits: cpu, ..c(name, source, Ends(Outcome::CpuLimit)) };
    vec![
        Case { leftovers: 1, ..c("work after the answer", goes_on, Says("tried\n")) },
        Case { leftovers: 1, ..c("exiting early", exits_early, Says("tried\n")) },
        burns("work before main", before_main),
        burns("work after main", after_main),
        burns("work after another exec", in_exec),
    ]
}
