//! Programs that take their time, and those that leave somebody behind to take it.

use super::Expected::{Ends, Says};
use super::{Case, LIMITS, c, python};
use perfagent_core::execution::{Limits, Outcome};

const BRIEF: Limits = Limits { wall_ms: Some(300), ..LIMITS };

pub(super) fn cases() -> Vec<Case> {
    let deaf = "
int main(void) {
    for (int s = 1; s < 65; s++) signal(s, SIG_IGN);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, 0);
    for (;;) sleep(90);
}";
    let stopped = "int main(void) { for (;;) raise(SIGSTOP); }";
    let stopped_child = "int main(void) { if (fork() == 0) raise(SIGSTOP); wait(0); }";
    // Longer than its limit of time, were it waited for.
    let holder = "
int main(void) {
    if (fork() == 0) { setsid(); sleep(90); }
    puts(\"tried\");
}";
    let daemon = "
int main(void) {
    if (fork() == 0) {
        setsid();
        if (fork() == 0) { for (int fd = 0; fd < 3; fd++) close(fd); sleep(90); }
        _exit(0);
    }
    wait(0);
    puts(\"tried\");
}";
    let deaf_daemons = "
int main(void) {
    for (int s = 1; s < 65; s++) signal(s, SIG_IGN);
    for (int i = 0; i < 10; i++) if (fork() == 0) { setsid(); for (;;) sleep(90); }
    puts(\"tried\");
}";
    // Each is gone before it can be listed for long, and has a child that goes on.
    let runners = "
int main(void) {
    signal(SIGCHLD, SIG_IGN);
    for (;;) if (fork() != 0) _exit(0);
}";
    let busy = "int main(void) { fork(); fork(); for (;;); }";
    let busy_thread = "
static void *burn(void *_) { for (;;); }
int main(void) { pthread_t t; pthread_create(&t, 0, burn, 0); pause(); }";
    let busy_orphan = "int main(void) { if (fork() == 0) { if (fork() == 0) for (;;); _exit(0); } wait(0); pause(); }";
    let cpu = Limits { cpu_ms: Some(300), ..LIMITS };
    let burns = |name, source| Case { limits: cpu, ..c(name, source, Ends(Outcome::CpuLimit)) };
    let lasts = |name, source| Case { limits: BRIEF, ..c(name, source, Ends(Outcome::WallLimit)) };
    let leaves = |name, source, leftovers| Case {
        limits: Limits { wall_ms: Some(5_000), ..LIMITS },
        leftovers,
        ..c(name, source, Says("tried\n"))
    };
    vec![
        lasts("sleep", "int main(void) { sleep(90); }"),
        lasts("deaf to signals", deaf),
        lasts("stopped", stopped),
        lasts("a stopped child", stopped_child),
        lasts("deadlock", "int main(void) { int fds[2]; pipe(fds); char byte; read(fds[0], &byte, 1); }"),
        c("input that is never read", "int main(void) { puts(\"tried\"); }", Says("tried\n")),
        leaves("output held open", holder, 1),
        leaves("daemon", daemon, 1),
        leaves("deaf daemons", deaf_daemons, 10),
        // Whoever is the program has ended at once; what it started is swept up with it.
        Case { limits: BRIEF, ..c("runners", runners, Ends(Outcome::Exited(0))) },
        burns("busy", "int main(void) { for (;;); }"),
        burns("busy children", busy),
        burns("a busy thread", busy_thread),
        burns("a busy orphan", busy_orphan),
        Case {
            limits: BRIEF,
            ..python(
                "a busy exit handler",
                "import atexit\n@atexit.register\ndef f():\n  while True: pass",
                Ends(Outcome::WallLimit),
            )
        },
    ]
}
