//! The area under a program's memory, against the kernel's own events.

use super::{scene, text};
use perfagent_core::execution::{Limits, Outcome, RunOptions, RunRequest};
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A shared machine disturbs now and then, so the best of a few tries counts; the bound stays.
const TRIES: usize = 8;

/// Fills 100 MB and holds them for a while.
const HOLDS: &str = r#"
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
    char *at = mmap(0, 100000000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(at, 100000000, MADV_NOHUGEPAGE);
    for (long i = 0; i < 100000000; i += 4096) at[i] = 1;
    usleep(300000);
    return 0;
}
"#;

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
        self.mount.path().join("instances").join(format!("area-{}", std::process::id()))
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
    let scene = scene().await;
    let program = scene.compile("c", HOLDS).await;
    let mut best = f64::INFINITY;
    for _ in 0..TRIES {
        let Some(trace) = Trace::start() else {
            println!("skipped: the kernel's events cannot be traced here");
            return;
        };
        // One run alone: measuring would warm up with another one.
        let request = RunRequest { limits: Limits::default(), ..RunRequest::default() };
        let report = scene.sandbox.run(&program, vec![request], RunOptions::default()).await.unwrap().remove(0);
        assert_eq!(report.outcome, Outcome::Exited(0), "{}", text(&report.error_output));
        let told = report.measurement.memory_byte_seconds / 1e6;
        let traced = trace.area("a.out");
        assert!(traced > 10.0, "the trace has an area of {traced} MB·s");
        best = best.min((told - traced).abs() / traced);
    }
    assert!(best < 0.02, "off by {best}");
}
