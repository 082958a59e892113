//! Measurements of programs whose use of memory and time is known.
//!
//! Each number is that of the program less that of the same program which does nothing. Bounds are 2 %
//! or 0.5 MB or 2 ms, whichever is more. A shared machine disturbs now and then, so the best of a few
//! tries counts; the bounds stay.

use super::{Scene, scene, text};
use perfagent_core::execution::{Limits, Measurement, Outcome, Policy, RunOptions, RunRequest};
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const TRIES: usize = 8;
const LIMITS: Limits = Limits {
    wall_ms: Some(30_000),
    cpu_ms: None,
    memory_bytes: Some(3 << 30),
    processes: None,
    output_bytes: None,
    file_bytes: Some(2 << 30),
};

/// Does what its argument says, as large or as long as the second one says.
const ACTS: &str = r#"
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

static void hold(char *at, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 4096) at[i] = 1;
    usleep(20000);
}

static char *map(int file, size_t bytes) {
    if (bytes == 0) return 0;
    if (file >= 0 && ftruncate(file, bytes)) exit(9);
    char *at = mmap(0, bytes, PROT_READ | PROT_WRITE, file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, file, 0);
    if (at == MAP_FAILED) exit(9);
    madvise(at, bytes, MADV_NOHUGEPAGE);
    return at;
}

static double own_ms(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void *burn(void *ms) {
    double end = own_ms(CLOCK_THREAD_CPUTIME_ID) + *(double *)ms;
    while (own_ms(CLOCK_THREAD_CPUTIME_ID) < end) ;
    return 0;
}

int main(int count, char **words) {
    const char *act = words[1];
    size_t bytes = atof(words[2]) * 1000000;
    double ms = atof(words[2]);
    if (!strcmp(act, "own")) hold(map(-1, bytes), bytes);
    if (!strcmp(act, "child")) {
        if (!fork()) { hold(map(-1, bytes), bytes); _exit(0); }
        wait(0);
    }
    if (!strcmp(act, "memfd")) { int f = memfd_create("x", 0); if (f < 0) return 7; hold(map(f, bytes), bytes); }
    if (!strcmp(act, "file")) { int f = open("x", O_RDWR | O_CREAT, 0600); hold(map(f, bytes), bytes); }
    if (!strcmp(act, "teeth"))
        for (int i = 0; i < 5; i++) { char *at = map(-1, bytes); hold(at, bytes); if (bytes) munmap(at, bytes); }
    if (!strcmp(act, "burn")) burn(&ms);
    if (!strcmp(act, "thread")) { pthread_t t; pthread_create(&t, 0, burn, &ms); pthread_join(t, 0); }
    if (!strcmp(act, "child-burn")) { if (!fork()) { burn(&ms); _exit(0); } wait(0); }
    if (!strcmp(act, "orphan") || !strcmp(act, "ignored")) {
        int ends[2];
        char byte;
        if (pipe(ends)) return 9;
        if (!strcmp(act, "ignored")) signal(SIGCHLD, SIG_IGN);
        if (!fork()) {
            if (!strcmp(act, "orphan") && fork()) _exit(0);
            burn(&ms);
            _exit(0);
        }
        close(ends[1]);
        if (read(ends[0], &byte, 1)) return 9;
    }
    if (!strcmp(act, "sleep")) usleep(ms * 1000);
    if (!strcmp(act, "area")) {
        char *at = map(-1, 100000000);
        double start = own_ms(CLOCK_MONOTONIC);
        for (size_t i = 0; i < 100000000; i += 4096) at[i] = 1;
        double full = own_ms(CLOCK_MONOTONIC);
        usleep(ms * 1000);
        double end = own_ms(CLOCK_MONOTONIC);
        printf("%f\n", 100.0 * ((full - start) / 2 + (end - full)) / 1e3);
    }
    return count == 3 ? 0 : 9;
}
"#;

struct Acts {
    scene: Scene,
    program: perfagent_sandbox::Program,
}

impl Acts {
    async fn new() -> Self {
        let scene = scene().await;
        let program = scene.compile("c", ACTS).await;
        Self { scene, program }
    }

    async fn act(&self, act: &str, amount: f64) -> (Measurement, String) {
        let arguments = vec![act.to_owned(), amount.to_string()];
        let request = RunRequest { input: Vec::new(), arguments, limits: LIMITS };
        let options = RunOptions { policy: Policy::Measure, max_parallel: None };
        let report = self.scene.sandbox.run(&self.program, vec![request], options).await.unwrap().remove(0);
        assert_eq!(report.outcome, Outcome::Exited(0), "{act} {amount}");
        (report.measurement, text(&report.output))
    }

    /// Asserts that `measure` tells `amount` of `act` to within 2 % or `least`.
    async fn tells(&self, act: &str, amount: f64, least: f64, measure: impl Fn(&Measurement) -> f64) {
        let bound = (amount * 0.02).max(least);
        let mut best = f64::INFINITY;
        for _ in 0..TRIES {
            let without = measure(&self.act(act, 0.0).await.0);
            let with = measure(&self.act(act, amount).await.0);
            let error = with - without - amount;
            if error.abs() < f64::abs(best) {
                best = error;
            }
            if best.abs() <= bound {
                return;
            }
        }
        assert!(best.abs() <= bound, "{act} of {amount}: off by {best}, more than {bound}");
    }
}

fn resident_mb(measurement: &Measurement) -> f64 {
    measurement.peak_resident_bytes as f64 / 1e6
}

fn cpu_ms(measurement: &Measurement) -> f64 {
    (measurement.user_ns + measurement.system_ns) as f64 / 1e6
}

#[tokio::test]
async fn memory_of_every_kind_is_told() {
    let acts = Acts::new().await;
    for megabytes in [10.0, 100.0, 1000.0] {
        for act in ["own", "child", "file"] {
            acts.tells(act, megabytes, 0.5, resident_mb).await;
        }
        if acts.scene.sandbox.isolation().tier < 4 {
            let charged = |measurement: &Measurement| measurement.peak_charged_bytes.unwrap_or(0) as f64 / 1e6;
            // Tables of pages are charged too: one page for each two megabytes.
            acts.tells("memfd", megabytes, 0.5, charged).await;
            acts.tells("memfd", megabytes, 0.5, resident_mb).await;
        }
    }
    acts.tells("teeth", 100.0, 0.5, resident_mb).await;
}

#[tokio::test]
async fn processor_time_is_told_whoever_uses_it() {
    let acts = Acts::new().await;
    for act in ["burn", "thread", "child-burn", "orphan"] {
        acts.tells(act, 100.0, 2.0, cpu_ms).await;
    }
    if acts.scene.sandbox.isolation().tier < 4 {
        // Nobody waits for it: only a group knows.
        acts.tells("ignored", 100.0, 2.0, cpu_ms).await;
    }
}

#[tokio::test]
async fn elapsed_time_is_told() {
    let acts = Acts::new().await;
    acts.tells("sleep", 200.0, 2.0, |measurement| measurement.wall_ns as f64 / 1e6).await;
    acts.tells("sleep", 200.0, 200.0 + 2.0, cpu_ms).await;
}

#[tokio::test]
async fn the_area_under_memory_is_told() {
    let acts = Acts::new().await;
    let mut best = f64::INFINITY;
    for _ in 0..TRIES {
        let (measurement, output) = acts.act("area", 300.0).await;
        let told: f64 = output.trim().parse().unwrap();
        // What it holds beside: about a megabyte, for as long.
        let beside = measurement.wall_ns as f64 / 1e9 * 1.0;
        let error = (measurement.memory_byte_seconds / 1e6 - told - beside).abs() / told;
        best = best.min(error);
    }
    assert!(best < 0.02, "off by {best}");
}

/// A trace of the kernel's own events, taken away again when it is dropped.
struct Trace {
    mount: tempfile::TempDir,
}

impl Trace {
    fn start() -> Option<Self> {
        let trace = Self { mount: tempfile::tempdir().unwrap() };
        let done = Command::new("mount").args(["-t", "tracefs", "nodev"]).arg(trace.mount.path()).output().ok()?;
        let begin = || {
            fs::create_dir(trace.instance())?;
            fs::write(trace.instance().join("buffer_size_kb"), "32768")?;
            fs::write(trace.instance().join("trace_clock"), "mono")?;
            fs::write(trace.instance().join("events/kmem/rss_stat/enable"), "1")
        };
        (done.status.success() && begin().is_ok()).then_some(trace)
    }

    fn instance(&self) -> PathBuf {
        self.mount.path().join("instances").join(format!("exactness-{}", std::process::id()))
    }

    /// Area under the resident memory of all processes called `name`, MB·s.
    fn area(&self, name: &str) -> f64 {
        let text = fs::read_to_string(self.instance().join("trace")).unwrap();
        // By address space: what it holds of each kind, and since when.
        let mut spaces: HashMap<&str, (HashMap<&str, f64>, f64)> = HashMap::new();
        let mut area = 0.0;
        for line in text.lines().filter(|line| line.trim_start().starts_with(&format!("{name}-"))) {
            let Some((before, event)) = line.split_once(": rss_stat: ") else { continue };
            let time: f64 = before.rsplit(' ').next().unwrap().parse().unwrap();
            let field = |key: &str| event.split(' ').find_map(|part| part.strip_prefix(key)).unwrap();
            let bytes: f64 = field("size=").trim_end_matches('B').parse().unwrap();
            let (kinds, since) = spaces.entry(field("mm_id=")).or_insert((HashMap::new(), time));
            area += kinds.values().sum::<f64>() * (time - *since);
            *since = time;
            kinds.insert(field("type="), bytes.max(0.0));
        }
        area / 1e6
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        let _ = fs::write(self.instance().join("events/kmem/rss_stat/enable"), "0");
        let _ = fs::remove_dir(self.instance());
        let _ = Command::new("umount").args(["--lazy"]).arg(self.mount.path()).status();
    }
}

#[tokio::test]
async fn the_area_agrees_with_the_kernels_events() {
    let acts = Acts::new().await;
    let mut best = f64::INFINITY;
    for _ in 0..TRIES {
        let Some(trace) = Trace::start() else {
            println!("skipped: the kernel's events cannot be traced here");
            return;
        };
        // Measuring warms up with one run, which is traced too.
        let (measurement, _) = acts.act("area", 300.0).await;
        let told = measurement.memory_byte_seconds / 1e6;
        let traced = trace.area("a.out") / 2.0;
        assert!(traced > 10.0, "the trace has an area of {traced} MB·s");
        best = best.min((told - traced).abs() / traced);
    }
    assert!(best < 0.02, "off by {best}");
}
