//! Programs that take all they can get.

use super::{Case, TIGHT, c, python, try_all};
use perfagent_core::execution::{Limits, Outcome};

const MEMORY: &[Outcome] = &[Outcome::MemoryLimit];
const TIME: &[Outcome] = &[Outcome::WallLimit, Outcome::CpuLimit];
const OVER: &[Outcome] = &[Outcome::Exited(0)];
const FILES: &[Outcome] = &[Outcome::FileLimit];

const CASES: &[Case] = &[
    python(
        "fork bomb",
        "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
        &[Outcome::WallLimit, Outcome::CpuLimit, Outcome::MemoryLimit],
    ),
    python(
        "thread bomb",
        "import threading, time\nn = 0\ntry:\n  while True:\n    threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n    n += 1\nexcept RuntimeError: pass\nif n >= 32: print('gained', n, 'threads')\nimport os; os._exit(0)",
        OVER,
    ),
    c(
        "heap",
        "#include <stdlib.h>\n#include <string.h>\nint main(void) { for (;;) { char *p = malloc(1 << 20); if (p) memset(p, 1, 1 << 20); } }",
        MEMORY,
    ),
    c(
        "heap of many children",
        "#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\nint main(void) { for (int i = 0; i < 8; i++) if (!fork()) { memset(malloc(30 << 20), 1, 30 << 20); sleep(9); } sleep(9); }",
        MEMORY,
    ),
    c(
        "page tables",
        "#define _GNU_SOURCE\n#include <sys/mman.h>\nint main(void) { for (;;) { char *p = mmap(0, 1 << 30, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0); if (p == MAP_FAILED) return 3; for (long i = 0; i < 1 << 30; i += 2 << 20) { volatile char x = p[i]; (void)x; } } }",
        // The kernel may map zeros without tables of their own; then nothing is used and time runs out.
        &[Outcome::MemoryLimit, Outcome::WallLimit, Outcome::CpuLimit, Outcome::Exited(3)],
    ),
    python(
        "files in the shared-memory directory",
        "f = open('/dev/shm/x', 'wb')\nwhile True: f.write(bytes(1 << 20)); f.flush()",
        FILES,
    ),
    python("file bomb", "f = open('x', 'wb')\nwhile True: f.write(bytes(1 << 20)); f.flush()", FILES),
    python(
        "sparse file",
        "import os\ntry: os.truncate(open('x', 'wb').fileno(), 1 << 40); print('gained a file of 1 TiB')\nexcept OSError: pass",
        &[Outcome::Exited(0), Outcome::FileLimit],
    ),
    python(
        "inodes",
        "n = 0\nwhile True:\n  open('f%d' % n, 'w').close(); n += 1\n  if n > 100000: print('gained', n, 'files'); break",
        &[Outcome::FileLimit, Outcome::Exited(1)],
    ),
    python(
        "deep directories",
        "import os\nfor n in range(100000):\n  os.mkdir('d'); os.chdir('d')\nprint('gained depth')",
        &[Outcome::FileLimit, Outcome::Exited(1)],
    ),
    python(
        "descriptors",
        "import os\nn = 0\ntry:\n  while True: os.dup(0); n += 1\nexcept OSError: pass\nif n > 1024: print('gained', n, 'descriptors')",
        OVER,
    ),
    python(
        "pipe buffers",
        "import os\nkept = []\ntry:\n  while True:\n    r, w = os.pipe(); os.set_blocking(w, False); kept.append((r, w))\n    try:\n      while True: os.write(w, bytes(65536))\n    except BlockingIOError: pass\nexcept OSError: pass\nif len(kept) > 600: print('gained', len(kept))",
        &[Outcome::Exited(0), Outcome::MemoryLimit],
    ),
    python(
        "socket buffers",
        "import socket\nkept = []\ntry:\n  while True:\n    a, b = socket.socketpair(); a.setblocking(False); kept.append((a, b))\n    try:\n      while True: a.send(bytes(65536))\n    except BlockingIOError: pass\nexcept OSError: pass",
        &[Outcome::Exited(0), Outcome::MemoryLimit],
    ),
    python("output flood", "while True: print('x' * 100000)", &[Outcome::OutputLimit]),
    python("error flood", "import sys\nwhile True: sys.stderr.write('x' * 100000)", &[Outcome::OutputLimit]),
    python(
        "huge arguments",
        "import os\ntry: os.execv('/bin/true', ['true'] + ['x' * 100000] * 1000)\nexcept OSError: pass",
        OVER,
    ),
    python(
        "core dump",
        "import os, resource\nprint('gained core') if resource.getrlimit(resource.RLIMIT_CORE)[1] else None\nos.abort()",
        &[Outcome::Signaled(6)],
    ),
    Case {
        name: "busy threads",
        language: "c",
        source: "#include <stdlib.h>\n#include <unistd.h>\nint main(void) { fork(); fork(); for (;;) ; }",
        limits: Limits { cpu_ms: Some(300), ..TIGHT },
        expected: TIME,
    },
];

#[tokio::test]
async fn programs_that_take_all_they_can_get() {
    try_all(CASES).await;
}

/// Memory that belongs to no process is charged to the run, or not to be had.
#[tokio::test]
async fn memory_of_no_process_is_counted() {
    let scene = super::scene().await;
    for (name, source) in [
        (
            "memfd",
            "#define _GNU_SOURCE\n#include <sys/mman.h>\n#include <unistd.h>\nint main(void) { static char b[1 << 20]; int f = memfd_create(\"x\", 0); if (f < 0) return 7; for (;;) if (write(f, b, sizeof b) < 0) return 8; }",
        ),
        (
            "System V shared memory",
            "#include <sys/shm.h>\n#include <string.h>\nint main(void) { for (;;) { int s = shmget(IPC_PRIVATE, 1 << 20, 0600); if (s < 0) return 7; char *p = shmat(s, 0, 0); if (p == (void *)-1) return 8; memset(p, 1, 1 << 20); shmdt(p); } }",
        ),
    ] {
        let limits = Limits { file_bytes: Some(1 << 30), ..TIGHT };
        let program = scene.compile("c", source).await;
        let report = scene.run(&program, "", limits).await;
        let charged = scene.sandbox.isolation().tier < 4;
        let expected = if charged { Outcome::MemoryLimit } else { Outcome::Exited(7) };
        assert_eq!(report.outcome, expected, "{name}");
        if charged {
            let peak = report.measurement.peak_charged_bytes.unwrap();
            assert!((100 << 20..200 << 20).contains(&peak), "{name}: {peak}");
        }
    }
}
