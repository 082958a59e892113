//! Launchers that are killed at any moment.

use super::{Scene, scene, text};
use futures_util::{StreamExt as _, stream};
use perfagent_core::execution::{FailureKind, Limits, Outcome, RunOptions, RunRequest};
use perfagent_sandbox::Program;
use rustix::process::{Pid, Signal};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const RUNS: usize = 10_000;
const SLOTS: usize = 4;
/// How often a launcher is killed.
const PAUSE: Duration = Duration::from_millis(25);
/// Longest time that all of it may take before it is taken to hang.
const PATIENCE: Duration = Duration::from_secs(500);

/// Squares a number, and takes long enough to be interrupted.
const SQUARES: &str = "
#include <stdio.h>
#include <unistd.h>
int main(void) { long n; if (scanf(\"%ld\", &n) != 1) return 1; if (n % 8 == 0) usleep(2000); printf(\"%ld\\n\", n * n); }";

/// Children of this process. All of them are launchers.
fn launchers() -> Vec<i32> {
    let own = std::process::id();
    let tasks = std::fs::read_dir(format!("/proc/{own}/task")).unwrap().flatten();
    let children = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    children.flat_map(|list| list.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<_>>()).collect()
}

impl Scene {
    /// Whether this run was answered, rightly.
    async fn squares(&self, program: &Program, number: usize) -> bool {
        let request = RunRequest { input: number.to_string().into(), ..RunRequest::default() };
        match self.sandbox.run(program, vec![request], RunOptions::default()).await {
            Ok(reports) => {
                assert_eq!(reports.len(), 1);
                let report = &reports[0];
                let said = (text(&report.output), report.outcome.clone());
                assert_eq!(said, (format!("{}\n", number * number), Outcome::Exited(0)), "{report:?}");
                true
            }
            Err(failure) => {
                assert!(failure.retryable && failure.kind == FailureKind::Internal, "{failure:?}");
                false
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_run_is_answered_once_whoever_dies() {
    let scene = scene(SLOTS).await;
    let program = scene.compile("c", SQUARES).await;
    let (over, killed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let kills = async {
        while !over.load(Ordering::Relaxed) {
            tokio::time::sleep(PAUSE).await;
            let Some(id) = fastrand::choice(launchers()).and_then(Pid::from_raw) else { continue };
            // It may have ended by itself.
            if rustix::process::kill_process(id, Signal::KILL).is_ok() {
                killed.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    let runs = async {
        let runs = stream::iter(0..RUNS).map(|number| scene.squares(&program, number)).buffer_unordered(SLOTS * 2);
        let answers: Vec<bool> = runs.collect().await;
        over.store(true, Ordering::Relaxed);
        answers
    };
    let (answers, ()) = tokio::time::timeout(PATIENCE, async { tokio::join!(runs, kills) }).await.unwrap();
    let (right, killed) = (answers.iter().filter(|&&answered| answered).count(), killed.into_inner());
    println!("{killed} launchers killed, {right} of {RUNS} runs answered");
    assert!(killed > 10, "{killed}");
    // A launcher that dies takes no more with it than its own run.
    assert!(RUNS - right <= killed, "{right} of {RUNS}, {killed} launchers killed");
    for number in 0..SLOTS * 4 {
        // The last one that was killed may still have taken a request with it.
        assert!(scene.squares(&program, number).await || scene.squares(&program, number).await, "{number}");
    }
    let report = scene.run(&program, "12", Limits::default()).await;
    assert_eq!(text(&report.output), "144\n");
    drop(program);
    scene.end().await;
}
