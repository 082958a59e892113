//! Programs that take all there is of something.

use super::Expected::{Ends, Says};
use super::{Case, LIMITS, c, python};
use perfagent_core::execution::{Limits, Outcome};

const SMALL: Limits = Limits { memory_bytes: Some(64 << 20), ..LIMITS };
const BRIEF: Limits = Limits { wall_ms: Some(500), ..LIMITS };

pub(super) fn cases() -> Vec<Case> {
    [processes(), memory(), files(), rest()].concat()
}

fn processes() -> Vec<Case> {
    let fork_bomb = "int main(void) { for (;;) fork(); }";
    let thread_bomb = "
static void *idle(void *_) { pause(); return 0; }
int main(void) { pthread_t t; for (;;) pthread_create(&t, 0, idle, 0); }";
    let threads = "
static void *idle(void *_) { pause(); return 0; }
int main(void) {
    pthread_t t; int n = 0, error = 0;
    while (n < 200 && !(error = pthread_create(&t, 0, idle, 0))) n++;
    if (n >= 32 || error != EAGAIN) printf(\"gained: %d threads, then %s\\n\", n, strerror(error));
    puts(\"tried\");
}";
    vec![
        Case { limits: BRIEF, ..c("fork bomb", fork_bomb, Ends(Outcome::WallLimit)) },
        Case { limits: BRIEF, ..c("thread bomb", thread_bomb, Ends(Outcome::WallLimit)) },
        c("threads beyond the limit", threads, Says("tried\n")),
    ]
}

fn memory() -> Vec<Case> {
    let heap = "int main(void) { for (;;) memset(malloc(1 << 20), 1, 1 << 20); }";
    // Each file stays below the limit of files.
    let memfd = "
static char block[1 << 20];
int main(void) {
    for (;;) {
        int fd = memfd_create(\"x\", 0);
        for (int i = 0; i < 8; i++) if (write(fd, block, sizeof block) < 0) return 1;
    }
}";
    // The child is the larger one, and so the one that the kernel kills.
    let child_memfd = "
static char block[1 << 20];
static volatile char large[8 << 20];
int main(void) {
    for (;;) {
        if (fork() == 0) {
            for (long i = 0; i < sizeof large; i += 4096) large[i] = 1;
            for (;;) {
                int fd = memfd_create(\"x\", 0);
                for (int i = 0; i < 8; i++) if (write(fd, block, sizeof block) < 0) _exit(1);
            }
        }
        wait(0);
    }
}";
    let tmpfs = "
static char block[1 << 20];
int main(void) {
    int fd = open(\"/dev/shm/big\", O_RDWR | O_CREAT, 0600);
    for (;;) if (write(fd, block, sizeof block) < 0) return 1;
}";
    let pipes = "
static char block[1 << 20];
int main(void) {
    for (;;) if (fork() == 0) for (;;) {
        int fds[2];
        if (pipe2(fds, O_NONBLOCK) < 0) pause();
        fcntl(fds[1], F_SETPIPE_SZ, 1 << 20);
        while (write(fds[1], block, sizeof block) > 0);
    }
}";
    let sockets = "
import socket
kept = []
while True:
    pair = socket.socketpair()
    kept.append(pair)
    for end in pair:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
        end.setblocking(False)
        try:
            while True: end.send(bytes(1 << 16))
        except BlockingIOError: pass
";
    // Readings of untouched memory take no page of it, but its page tables do.
    let page_tables = "
int main(void) {
    for (;;) {
        size_t size = 1ul << 36, step = 2 << 20;
        char *at = mmap(0, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == MAP_FAILED) return 1;
        madvise(at, size, MADV_NOHUGEPAGE);
        for (size_t i = 0; i < size; i += step) (void)*(volatile char *)(at + i);
    }
}";
    let unseen =
        |name, source| Case { limits: SMALL, needs_accounting: true, ..c(name, source, Ends(Outcome::MemoryLimit)) };
    vec![
        c("heap", heap, Ends(Outcome::MemoryLimit)),
        unseen("memfd", memfd),
        unseen("memfd in children that die of it", child_memfd),
        Case { limits: Limits { file_bytes: Some(1 << 30), ..SMALL }, ..unseen("tmpfs", tmpfs) },
        Case { limits: Limits { memory_bytes: Some(16 << 20), ..SMALL }, ..unseen("pipe buffers", pipes) },
        Case { language: "python3", ..unseen("socket buffers", sockets) },
        unseen("page tables", page_tables),
    ]
}

fn files() -> Vec<Case> {
    let bomb = "
static char block[1 << 20];
int main(void) {
    for (int i = 0;; i++) {
        char name[20];
        sprintf(name, \"%d\", i);
        int fd = open(name, O_WRONLY | O_CREAT, 0600);
        write(fd, block, sizeof block);
        close(fd);
    }
}";
    let shared_memory = "
static char block[1 << 20];
int main(void) { int fd = open(\"/dev/shm/x\", O_WRONLY | O_CREAT, 0600); for (;;) write(fd, block, sizeof block); }";
    let sparse = "int main(void) { return ftruncate(open(\"x\", O_RDWR | O_CREAT, 0600), 1l << 40); }";
    let inodes = "
int main(void) {
    for (int i = 0;; i++) { char name[20]; sprintf(name, \"%d\", i); close(open(name, O_CREAT, 0600)); }
}";
    let deep = "int main(void) { for (;;) if (mkdir(\"d\", 0700) == 0) chdir(\"d\"); }";
    vec![
        c("file bomb", bomb, Ends(Outcome::FileLimit)),
        c("files in shared memory", shared_memory, Ends(Outcome::FileLimit)),
        c("sparse file", sparse, Ends(Outcome::FileLimit)),
        c("inodes", inodes, Ends(Outcome::FileLimit)),
        c("deep directories", deep, Ends(Outcome::FileLimit)),
    ]
}

fn rest() -> Vec<Case> {
    let output = "static char block[1 << 16]; int main(void) { for (;;) write(1, block, sizeof block); }";
    let errors = "static char block[1 << 16]; int main(void) { for (;;) write(2, block, sizeof block); }";
    let descriptors = "
int main(void) {
    struct rlimit more = {1 << 20, 1 << 20};
    REFUSED(setrlimit(RLIMIT_NOFILE, &more));
    int last = -1, fd;
    while ((fd = dup(0)) >= 0) last = fd;
    if (errno != EMFILE || last >= 1024) printf(\"gained: %d, %s\\n\", last, strerror(errno));
    puts(\"tried\");
}";
    let arguments = "
int main(int count, char **_) {
    if (count > 1) puts(\"gained: arguments\");
    static char *list[600];
    char *word = malloc(120000);
    memset(word, 'x', 119999);
    word[119999] = 0;
    list[0] = \"x\";
    for (int i = 1; i < 599; i++) list[i] = word;
    FAILS(E2BIG, execv(\"/proc/self/exe\", list));
    puts(\"tried\");
}";
    let core = "
int main(void) {
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    REFUSED(setrlimit(RLIMIT_CORE, &all));
    int status;
    if (fork() == 0) abort();
    wait(&status);
    if (!WIFSIGNALED(status) || WCOREDUMP(status) || !access(\"core\", F_OK)) puts(\"gained: a core\");
    puts(\"tried\");
}";
    vec![
        c("output flood", output, Ends(Outcome::OutputLimit)),
        c("error flood", errors, Ends(Outcome::OutputLimit)),
        c("descriptors", descriptors, Says("tried\n")),
        c("huge arguments", arguments, Says("tried\n")),
        c("core dump", core, Says("tried\n")),
        c("abort", "int main(void) { abort(); }", Ends(Outcome::Signaled(6))),
        python(
            "deep recursion",
            "import sys\nsys.setrecursionlimit(1 << 30)\ndef f(n): f(n + 1)\nf(0)",
            Ends(Outcome::MemoryLimit),
        ),
    ]
}
