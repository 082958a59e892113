//! Launchers and runs that end before their time.

use super::{Scene, scene, text};
use perfagent_core::execution::{FailureKind, Limits, RunOptions, RunRequest};
use rustix::process::{Pid, Signal};
use std::fs;
use std::time::{Duration, Instant};

/// How long something that is bound to happen is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

const SLEEPS: &str = "import time\nprint('started', flush=True)\ntime.sleep(100)";
const LONG: Limits = Limits {
    wall_ms: Some(200_000),
    cpu_ms: None,
    memory_bytes: None,
    processes: None,
    output_bytes: None,
    file_bytes: None,
};

/// Processes whose file `name` under `/proc` contains `part`.
pub(crate) fn processes(name: &str, part: &str) -> Vec<i32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let shows = |id: &i32| {
        let content = fs::read(format!("/proc/{id}/{name}")).unwrap_or_default();
        text(&content).contains(part)
    };
    numbers.filter(shows).collect()
}

/// Looks again and again until `looked` holds.
pub(crate) async fn until(what: &str, mut looked: impl FnMut() -> bool) {
    let start = Instant::now();
    while !looked() {
        assert!(start.elapsed() < PATIENCE, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

impl Scene {
    /// Its launchers and what they run: their mounts show the scene's own directory.
    fn walled(&self) -> Vec<i32> {
        let name = self.scratch.path().file_name().unwrap().to_str().unwrap();
        processes("mountinfo", name)
    }

    /// Kills its launchers, which must take what they run with them.
    async fn kill_all(&self) {
        let ids = self.walled();
        for id in ids.iter().copied().filter_map(Pid::from_raw) {
            // One may be gone by itself as another one is.
            let _ = rustix::process::kill_process(id, Signal::KILL);
        }
        // Its mounts are gone before its socket is closed, and that before it waits to be waited for.
        let is_dead = |id: &i32| {
            let stat = fs::read(format!("/proc/{id}/stat")).unwrap_or_default();
            stat.is_empty() || text(&stat).contains(") Z ")
        };
        until("the end of the launchers", || ids.iter().all(is_dead)).await;
    }
}

#[tokio::test]
async fn a_run_that_nobody_waits_for_ends() {
    let scene = scene().await;
    let program = scene.compile("python3", SLEEPS).await;
    let mark = format!("mark-{:?}", scene.scratch.path());
    let request = RunRequest { arguments: vec![mark.clone()], limits: LONG, ..RunRequest::default() };
    let sandbox = scene.sandbox.clone();
    let run = tokio::spawn(async move { sandbox.run(&program, vec![request], RunOptions::default()).await });
    until("the run", || !processes("cmdline", &mark).is_empty()).await;
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    until("the end of the run", || processes("cmdline", &mark).is_empty()).await;
    let quick = scene.compile("python3", "print(1)").await;
    for _ in 0..4 {
        assert_eq!(text(&scene.run(&quick, "", Limits::default()).await.output), "1\n");
    }
}

#[tokio::test]
async fn launchers_that_die_are_replaced() {
    let scene = scene().await;
    if scene.sandbox.isolation().tier == 5 {
        println!("skipped: without namespaces a launcher looks like any other process");
        return;
    }
    let quick = scene.compile("python3", "print(1)").await;
    let sleeps = scene.compile("python3", SLEEPS).await;
    let mark = format!("mark-{:?}", scene.scratch.path());
    let request = RunRequest { arguments: vec![mark.clone()], limits: LONG, ..RunRequest::default() };

    // One that waits is replaced without a word.
    scene.run(&quick, "", Limits::default()).await;
    scene.kill_all().await;
    assert_eq!(text(&scene.run(&quick, "", Limits::default()).await.output), "1\n");
    scene.kill_all().await;
    let sandbox = scene.sandbox.clone();
    let run = tokio::spawn(async move { sandbox.run(&sleeps, vec![request], RunOptions::default()).await });
    until("the run", || !processes("cmdline", &mark).is_empty()).await;
    scene.kill_all().await;
    let failure = run.await.unwrap().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Internal);
    assert!(failure.retryable && failure.message.contains("launcher is gone"), "{failure}");
    assert_eq!(text(&scene.run(&quick, "", Limits::default()).await.output), "1\n");
}
