//! Measurements of programs that are known to use what they use.

use super::{Scene, scene, skip, text};
use perfagent_core::execution::{Limits, Measurement, Outcome, Policy, RunOptions, RunRequest};
use perfagent_sandbox::Program;

const LIMITS: Limits = Limits {
    wall_ms: Some(60_000),
    cpu_ms: None,
    memory_bytes: Some(3 << 30),
    processes: Some(16),
    output_bytes: None,
    file_bytes: Some(2 << 30),
};

/// How often time is measured where others use the machine, too; the best one counts.
const ATTEMPTS: usize = 5;

/// How often charged memory is measured where the kernel's batches matter; the middle one counts.
const CHARGED_ATTEMPTS: usize = 5;

/// Bounds of the difference: the larger of both holds.
const SHARE: f64 = 0.02;
const MEMORY_BYTES: f64 = 0.5e6;
const CPU_NS: f64 = 2e6;

/// What begins every program: its arguments are a way and a number.
const PRELUDE: &str = "
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static double now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}
/* Stays for some samples. */
static void stay(void) { usleep(20000); }
static volatile char *map(size_t bytes, int flags, int fd) {
    if (bytes == 0) return 0;
    volatile char *at = mmap(0, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (at == MAP_FAILED) exit(3);
    madvise((void *)at, bytes, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < bytes; i += 4096) at[i] = 1;
    return at;
}
";

const MEMORY: &str = r#"
static char block[1 << 20];
static void fill(int fd, size_t bytes) {
    for (size_t i = 0; i < bytes; i += sizeof block) if (write(fd, block, sizeof block) < 0) exit(4);
}
int main(int count, char **words) {
    size_t bytes = atol(words[2]) * 1000000 / 4096 * 4096;
    int own = MAP_PRIVATE | MAP_ANONYMOUS;
    memset(block, 1, sizeof block);
    if (!strcmp(words[1], "own")) { map(bytes, own, -1); stay(); }
    else if (!strcmp(words[1], "brief")) map(bytes, own, -1);
    else if (!strcmp(words[1], "child")) {
        if (fork() == 0) { map(bytes, own, -1); stay(); _exit(0); }
        wait(0);
    } else if (!strcmp(words[1], "shared")) { map(bytes, MAP_SHARED | MAP_ANONYMOUS, -1); stay(); }
    else if (!strcmp(words[1], "memfd")) {
        int fd = memfd_create("x", 0);
        ftruncate(fd, bytes);
        for (size_t done = 0; done < bytes; done += 4096) pwrite(fd, block, 4096, done);
        stay();
    } else if (!strcmp(words[1], "file")) {
        int fd = open("x", O_RDWR | O_CREAT, 0600);
        ftruncate(fd, bytes);
        map(bytes, MAP_SHARED, fd);
        stay();
    } else if (!strcmp(words[1], "saw")) {
        for (int i = 0; i < 4; i++) {
            volatile char *at = map(bytes, own, -1);
            usleep(5000);
            if (bytes) munmap((void *)at, bytes);
            usleep(5000);
        }
    } else return 2;
}
"#;

const BURN: &str = r#"
/* Until this thread has used so much. */
static void burn(double seconds) { while (now(CLOCK_THREAD_CPUTIME_ID) < seconds); }
static void *thread(void *seconds) { burn(*(double *)seconds); return 0; }
static void daemonize(double seconds, int ignore) {
    int fds[2];
    pipe(fds);
    if (ignore) signal(SIGCHLD, SIG_IGN);
    if (fork() == 0) {
        if (!ignore) setsid();
        if (ignore || fork() == 0) { close(fds[0]); if (seconds > 0) burn(seconds); _exit(0); }
        _exit(0);
    }
    close(fds[1]);
    char byte;
    read(fds[0], &byte, 1);
    /* The end of its pipe is not yet its own end. */
    usleep(10000);
}
int main(int count, char **words) {
    double seconds = atof(words[2]) / 1000;
    if (!strcmp(words[1], "own")) { double start = now(CLOCK_THREAD_CPUTIME_ID); burn(seconds > 0 ? start + seconds : 0); }
    else if (!strcmp(words[1], "thread")) {
        pthread_t t;
        pthread_create(&t, 0, thread, &seconds);
        pthread_join(t, 0);
    } else if (!strcmp(words[1], "child")) {
        if (fork() == 0) { burn(seconds); _exit(0); }
        wait(0);
    } else if (!strcmp(words[1], "orphan")) daemonize(seconds, 0);
    else if (!strcmp(words[1], "ignored")) daemonize(seconds, 1);
    else if (!strcmp(words[1], "sleep")) { if (seconds > 0) usleep(seconds * 1e6); }
    else return 2;
}
"#;

/// Says what the memory that it fills, holds and lets go comes to over time, byte seconds.
const HOLD: &str = r#"
enum { STEPS = 100 };
int main(int count, char **words) {
    size_t bytes = atol(words[2]) * 1000000 / STEPS / 4096 * 4096;
    volatile char *parts[STEPS];
    double area = 0, before = now(CLOCK_MONOTONIC), after;
    for (int i = 0; i < STEPS; i++, before = after) {
        parts[i] = map(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);
        after = now(CLOCK_MONOTONIC);
        area += (after - before) * bytes * (i + 0.5);
    }
    usleep(300000);
    after = now(CLOCK_MONOTONIC);
    area += (after - before) * bytes * STEPS;
    for (int i = STEPS - 1; i >= 0; i--) {
        before = after;
        if (bytes) munmap((void *)parts[i], bytes);
        after = now(CLOCK_MONOTONIC);
        area += (after - before) * bytes * (i + 0.5);
    }
    printf("%.0f\n", area);
}
"#;

impl Scene {
    /// Runs `program` in the way it is told, alone on a core.
    async fn measured(&self, program: &Program, way: &str, amount: u32) -> (Measurement, String) {
        let arguments = vec![way.to_owned(), amount.to_string()];
        let request = RunRequest { input: Vec::new(), arguments, limits: LIMITS };
        let options = RunOptions { policy: Policy::Measure, max_parallel: None };
        let report = self.sandbox.run(program, vec![request], options).await.unwrap().remove(0);
        assert_eq!(report.outcome, Outcome::Exited(0), "{way} {amount}: {}", text(&report.error_output));
        (report.measurement, text(&report.output))
    }
}

/// What a measurement exceeded that of the same program with nothing to do by, and should have.
#[derive(Clone, Copy, Debug)]
struct Difference {
    measured: f64,
    expected: f64,
    /// How far it may be off where that is more than its share.
    least: f64,
}

impl Difference {
    fn error(self) -> f64 {
        (self.measured - self.expected).abs()
    }

    fn is_close(self) -> bool {
        self.error() <= (self.expected * SHARE).max(self.least)
    }
}

fn cpu_ns(measurement: &Measurement) -> f64 {
    (measurement.user_ns + measurement.system_ns) as f64
}

/// Whether `what` tells the memory that is taken in each of the `ways`, in the middle of so many
/// attempts.
async fn check_memory(ways: &[&str], attempts: usize, what: impl Fn(&Measurement) -> u64) {
    let scene = scene(2).await;
    let program = scene.compile("c", &format!("{PRELUDE}{MEMORY}")).await;
    let mut wrong = Vec::new();
    for way in ways {
        for megabytes in [10, 100, 1000] {
            let expected = f64::from(megabytes) * 1e6;
            let mut differences = Vec::new();
            for _ in 0..if megabytes == 10 { attempts } else { 1 } {
                let nothing = what(&scene.measured(&program, way, 0).await.0) as f64;
                let all = what(&scene.measured(&program, way, megabytes).await.0) as f64;
                differences.push(Difference { measured: all - nothing, expected, least: MEMORY_BYTES });
            }
            differences.sort_by(|one, other| one.measured.total_cmp(&other.measured));
            let difference = differences[differences.len() / 2];
            if !difference.is_close() {
                wrong.push(format!("{way} {megabytes} MB: {difference:?}"));
            }
        }
    }
    drop(program);
    scene.end().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn resident_memory_is_exact() {
    check_memory(&["own", "brief", "child", "file", "saw"], 1, |seen| seen.peak_resident_bytes).await;
}

#[tokio::test]
async fn charged_memory_is_exact() {
    {
        let scene = scene(1).await;
        if scene.sandbox.isolation().tier > 3 {
            return skip("the kernel does not account for memory here");
        }
    }
    // The kernel charges 64 pages at a time on each core, before they are used: the start and the peak
    // of a run may each be off by that. It is off at random, which the middle of some is not.
    check_memory(&["own", "child", "memfd", "file"], CHARGED_ATTEMPTS, |seen| seen.peak_charged_bytes.unwrap()).await;
}

#[tokio::test]
async fn processor_time_is_exact() {
    let scene = scene(2).await;
    let program = scene.compile("c", &format!("{PRELUDE}{BURN}")).await;
    let mut wrong = Vec::new();
    for (way, milliseconds, expected) in [
        ("own", 100, 1e8),
        ("thread", 100, 1e8),
        ("child", 100, 1e8),
        ("orphan", 100, 1e8),
        ("ignored", 100, 1e8),
        ("sleep", 200, 0.0),
    ] {
        if way == "ignored" && scene.sandbox.isolation().tier > 3 {
            skip("the time of children that nobody waits for is known to control groups alone");
            continue;
        }
        let mut attempts = Vec::new();
        while attempts.len() < ATTEMPTS && !attempts.iter().any(|seen: &Difference| seen.is_close()) {
            let nothing = cpu_ns(&scene.measured(&program, way, 0).await.0);
            let all = cpu_ns(&scene.measured(&program, way, milliseconds).await.0);
            attempts.push(Difference { measured: all - nothing, expected, least: CPU_NS });
        }
        if !attempts.last().is_some_and(|last| last.is_close()) {
            wrong.push(format!("{way} {milliseconds} ms: {attempts:?}"));
        }
    }
    drop(program);
    scene.end().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn wall_time_holds_what_was_slept() {
    let scene = scene(2).await;
    let program = scene.compile("c", &format!("{PRELUDE}{BURN}")).await;
    let (seen, _) = scene.measured(&program, "sleep", 200).await;
    // How much longer it takes is the machine's affair.
    assert!(seen.wall_ns >= 200_000_000, "{}", seen.wall_ns);
    drop(program);
    scene.end().await;
}

#[tokio::test]
async fn memory_over_time_is_exact() {
    let scene = scene(2).await;
    let program = scene.compile("c", &format!("{PRELUDE}{HOLD}")).await;
    let mut attempts = Vec::new();
    while attempts.len() < ATTEMPTS && !attempts.iter().any(|seen: &Difference| seen.is_close()) {
        let (nothing, _) = scene.measured(&program, "hold", 0).await;
        let (all, said) = scene.measured(&program, "hold", 100).await;
        // Its own memory for as long as this one lived: both runs held that all the time.
        let rate = nothing.memory_byte_seconds / nothing.wall_ns as f64;
        let measured = all.memory_byte_seconds - rate * all.wall_ns as f64;
        attempts.push(Difference { measured, expected: said.trim().parse().unwrap(), least: 0.0 });
    }
    assert!(attempts.last().is_some_and(|last| last.is_close()), "{attempts:?}");
    drop(program);
    scene.end().await;
}
