//! Launchers that are killed at random.

use super::{request, text};
use futures_util::{StreamExt as _, stream};
use perfagent_core::execution::{Failure, Outcome, RunOptions, RunReport, RunRequest};
use perfagent_core::isolation::Strictness;
use perfagent_sandbox::{CorePlan, LanguageTable, Sandbox, SandboxOptions};
use rustix::process::{Pid, Signal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const RUNS: usize = 10_000;
const SLOTS: usize = 4;

/// The answer to the request of this number.
type Answer = (usize, Result<Vec<RunReport>, Failure>);

/// Kills the launchers of the sandbox whose files lie below `mark`, and what they run, one by one and at
/// random, until it is `over`. Says how many.
fn kill(mark: &str, over: &AtomicBool) -> u64 {
    let mut kills = 0;
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(fastrand::u64(1..60)));
        let all = super::lifecycle::processes("mountinfo", mark);
        let chosen = fastrand::choice(all).and_then(Pid::from_raw);
        kills += u64::from(chosen.is_some_and(|id| rustix::process::kill_process(id, Signal::KILL).is_ok()));
    }
    kills
}

/// Checks that each request has one answer, and that the right one where it is none of the kills. Says
/// how many failed.
fn check(answers: Vec<Answer>) -> u64 {
    let mut seen = vec![false; RUNS];
    let mut failed = 0;
    for (n, answer) in answers {
        assert!(!std::mem::replace(&mut seen[n], true), "{n} was answered twice");
        let reports = match answer {
            Ok(reports) => reports,
            Err(failure) => {
                failed += 1;
                assert!(failure.message.contains("launcher") || failure.message.contains("cannot"), "{failure}");
                continue;
            }
        };
        let [report] = reports.as_slice() else { unreachable!("{n}: {} reports", reports.len()) };
        let is_right = text(&report.output) == (n * 2).to_string() && report.outcome == Outcome::Exited(0);
        // A program whose own process was the one that was killed says so.
        let is_killed = report.outcome == Outcome::Signaled(9);
        assert!(is_right || is_killed, "{n}: {:?} {}", report.outcome, text(&report.output));
    }
    assert!(seen.iter().all(|seen| *seen));
    failed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_is_answered_once_whoever_dies() {
    let scratch = tempfile::tempdir().unwrap();
    let options = SandboxOptions {
        strictness: Strictness::BestEffort,
        scratch: scratch.path().join("scratch"),
        search_path: std::env::var_os("PATH").unwrap(),
        cores: CorePlan::of_machine(),
        slots: Some(SLOTS),
        languages: LanguageTable::built_in(),
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    if sandbox.isolation().tier == 5 {
        println!("skipped: without namespaces a launcher looks like any other process");
        return;
    }
    let source = "#include <stdio.h>\nint main(void) { int n; scanf(\"%d\", &n); printf(\"%d\", n * 2); }";
    let program = sandbox.compile(request("c", source)).await.unwrap();
    let run = |n: usize| {
        let (sandbox, program) = (sandbox.clone(), program.clone());
        let request = RunRequest { input: n.to_string().into_bytes(), ..RunRequest::default() };
        async move { (n, sandbox.run(&program, vec![request], RunOptions::default()).await) }
    };
    let mark = scratch.path().file_name().unwrap().to_str().unwrap().to_owned();
    let over = Arc::new(AtomicBool::new(false));
    let is_over = Arc::clone(&over);
    let killer = std::thread::spawn(move || kill(&mark, &is_over));
    let answers: Vec<Answer> = stream::iter((0..RUNS).map(run)).buffer_unordered(2 * SLOTS).collect().await;
    over.store(true, Ordering::Relaxed);
    let kills = killer.join().unwrap();
    let failed = check(answers);
    assert!(kills > 20, "only {kills} were killed");
    assert!(failed <= kills, "{failed} failed after {kills} kills");
    let (_, answer) = run(4).await;
    assert_eq!(text(&answer.unwrap()[0].output), "8");
}
