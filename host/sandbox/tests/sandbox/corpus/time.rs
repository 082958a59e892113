//! Programs that do not end, or not all of them.

use super::{Case, TIGHT, c, python, try_all};
use perfagent_core::execution::{Limits, Outcome};

const SHORT: Limits = Limits { wall_ms: Some(400), ..TIGHT };
const WALL: &[Outcome] = &[Outcome::WallLimit];

const fn short(name: &'static str, source: &'static str) -> Case {
    Case { name, language: "python3", source, limits: SHORT, expected: WALL }
}

const CASES: &[Case] = &[
    short("sleep", "import time\ntime.sleep(60)"),
    short(
        "deaf to signals",
        "import signal, time\nfor s in range(1, 65):\n  try: signal.signal(s, signal.SIG_IGN)\n  except (OSError, ValueError): pass\ntime.sleep(60)",
    ),
    short("stops itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"),
    short("stops its group", "import os, signal\nos.killpg(0, signal.SIGSTOP)"),
    short("output held open by a sleeping child", "import os, time\nif os.fork() == 0: time.sleep(60)\nos.wait()"),
    python("input never read", "print('x')", &[Outcome::Exited(0)]),
    python(
        "output held open by an orphan",
        "import os, time\nif os.fork() == 0: time.sleep(60)",
        &[Outcome::Exited(0)],
    ),
    python(
        "daemon",
        "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: time.sleep(60)\n  os._exit(0)",
        &[Outcome::Exited(0)],
    ),
    Case {
        name: "busy children",
        language: "c",
        source: "#include <unistd.h>\nint main(void) { for (int i = 0; i < 4; i++) if (!fork()) for (;;) ; sleep(60); }",
        limits: Limits { cpu_ms: Some(300), ..TIGHT },
        expected: &[Outcome::CpuLimit],
    },
    Case {
        name: "busy children whose end nobody waits for",
        language: "c",
        source: "#include <signal.h>\n#include <unistd.h>\nint main(void) { signal(SIGCHLD, SIG_IGN); for (;;) { if (!fork()) { for (volatile long i = 0; i < 20000000; i++) ; _exit(0); } usleep(20000); } }",
        limits: Limits { cpu_ms: Some(300), wall_ms: Some(20_000), ..TIGHT },
        expected: &[Outcome::CpuLimit],
    },
    c(
        "a parent that is killed by its child",
        "#include <signal.h>\n#include <unistd.h>\nint main(void) { if (!fork()) { kill(getppid(), SIGKILL); sleep(60); } sleep(60); }",
        &[Outcome::Signaled(9)],
    ),
    c("alarm", "#include <unistd.h>\nint main(void) { alarm(1); for (;;) pause(); }", &[Outcome::Signaled(14)]),
];

#[tokio::test]
async fn programs_that_do_not_end() {
    try_all(CASES).await;
}
