//! The client against this project's own server.

use super::{Backend, sandbox};
use perfagent_agent::SandboxExecution;
use perfagent_core::execution::{
    CompileRequest, Limits, Outcome, Policy, RunOptions, RunReport, RunRequest, SourceFile,
};
use perfagent_plugin::{Execution as _, ProgramId};
use perfagent_server::effibench_x::{Backends, ClientSettings, RemoteExecution, ServerSettings};
use std::sync::Arc;
use std::time::Duration;

/// As patient as a test can be.
pub(super) fn impatient() -> ClientSettings {
    ClientSettings {
        recheck: Duration::from_secs(60),
        backoff: Duration::from_millis(10),
        backoff_most: Duration::from_millis(20),
        retries: 2,
        poll: Duration::from_millis(5),
        // A busy machine is not what is tried here.
        health_timeout: Duration::from_secs(60),
        ..ClientSettings::default()
    }
}

pub(super) async fn execution(urls: &[&str], scratch: &tempfile::TempDir) -> RemoteExecution {
    let urls: Vec<_> = urls.iter().map(|url| url.parse().unwrap()).collect();
    let backends = Backends::new(&urls, impatient()).unwrap();
    RemoteExecution::new(Arc::new(backends), SandboxExecution::new(sandbox(scratch).await))
}

pub(super) async fn compile(execution: &RemoteExecution, source: &str) -> ProgramId {
    compile_with(execution, source, Vec::new()).await
}

async fn compile_with(execution: &RemoteExecution, source: &str, files: Vec<SourceFile>) -> ProgramId {
    let request =
        CompileRequest { language: "python3".into(), source: source.into(), files, limits: Limits::default() };
    execution.compile(request).await.unwrap()
}

pub(super) fn inputs(count: usize) -> Vec<RunRequest> {
    (0..count).map(|number| RunRequest { input: number.to_string().into_bytes(), ..RunRequest::default() }).collect()
}

pub(super) fn outputs(reports: &[RunReport]) -> Vec<String> {
    reports.iter().map(|report| String::from_utf8_lossy(&report.output).trim().to_owned()).collect()
}

pub(super) const MEASURE: RunOptions = RunOptions { policy: Policy::Measure, max_parallel: None };

#[tokio::test]
async fn programs_run_there_and_come_back_in_order() {
    let (one, other) =
        (Backend::start(ServerSettings::default()).await, Backend::start(ServerSettings::default()).await);
    let scratch = tempfile::tempdir().unwrap();
    let execution = execution(&[&one.url, &other.url], &scratch).await;
    let program = compile(&execution, "print(int(input()) * 2)").await;
    let reports = execution.run(program, inputs(20), RunOptions::default()).await.unwrap();
    assert_eq!(outputs(&reports), (0..20).map(|number| (number * 2).to_string()).collect::<Vec<_>>());
    assert!(reports.iter().all(|report| report.measurement.wall_ns > 0));

    let limits = Limits { wall_ms: Some(300), ..Limits::default() };
    let slow = compile(&execution, "import time\ntime.sleep(5)").await;
    let reports = execution.run(slow, vec![RunRequest { limits, ..RunRequest::default() }], MEASURE).await.unwrap();
    assert_eq!(reports[0].outcome, Outcome::WallLimit);

    let failing = compile(&execution, "import sys\nsys.exit('why')").await;
    let reports = execution.run(failing, inputs(1), RunOptions::default()).await.unwrap();
    assert_eq!((&reports[0].outcome, reports[0].error_output.trim_ascii()), (&Outcome::Exited(1), &b"why"[..]));
}

#[tokio::test]
async fn both_sides_of_a_comparison_meet_the_same_requests() {
    let backend = Backend::start(ServerSettings::default()).await;
    let scratch = tempfile::tempdir().unwrap();
    let execution = execution(&[&backend.url], &scratch).await;
    let candidate = compile(&execution, "print('c' + input())").await;
    let incumbent = compile(&execution, "print('i' + input())").await;
    let rounds = execution.compare(candidate, incumbent, inputs(3), 2, MEASURE).await.unwrap();
    assert_eq!(rounds.len(), 2);
    for round in rounds {
        assert_eq!(outputs(&round.candidate), ["c0", "c1", "c2"]);
        assert_eq!(outputs(&round.incumbent), ["i0", "i1", "i2"]);
    }
}

#[tokio::test]
async fn what_the_protocol_cannot_carry_runs_here() {
    let scratch = tempfile::tempdir().unwrap();
    // Nobody listens there.
    let execution = execution(&["http://127.0.0.1:9"], &scratch).await;
    let file = SourceFile { path: "beside.txt".into(), content: b"beside".to_vec() };
    let program = compile_with(&execution, "print(open('beside.txt').read())", vec![file]).await;
    let reports = execution.run(program, inputs(1), RunOptions::default()).await.unwrap();
    assert_eq!(outputs(&reports), ["beside"]);

    let program = compile(&execution, "import sys\nprint(sys.argv[1:], sys.stdin.buffer.read())").await;
    let arguments = RunRequest { arguments: vec!["x".into()], ..RunRequest::default() };
    let binary = RunRequest { input: vec![0xff], ..RunRequest::default() };
    let reports = execution.run(program, vec![arguments, binary], RunOptions::default()).await.unwrap();
    assert_eq!(outputs(&reports), ["['x'] b''", "[] b'\\xff'"]);
    execution.release(program);

    let program = compile(&execution, "print()").await;
    let failure = execution.run(program, inputs(1), RunOptions::default()).await.unwrap_err();
    assert!(failure.retryable && failure.message.contains("execution.backends"), "{failure}");
}

#[tokio::test]
async fn a_backend_that_refuses_is_heard() {
    let backend = Backend::start(ServerSettings { body_bytes: 1000, ..ServerSettings::default() }).await;
    let scratch = tempfile::tempdir().unwrap();
    let execution = execution(&[&backend.url], &scratch).await;
    let program = compile(&execution, &"#".repeat(2000)).await;
    let failure = execution.run(program, inputs(1), RunOptions::default()).await.unwrap_err();
    assert!(failure.message.contains("refuses the program"), "{failure}");
}

#[tokio::test]
async fn nothing_runs_on_for_a_call_that_was_dropped() {
    let backend = Backend::start(ServerSettings::default()).await;
    let scratch = tempfile::tempdir().unwrap();
    let execution = execution(&[&backend.url], &scratch).await;
    let program = compile(&execution, "while True: pass").await;
    let limits = Limits { wall_ms: Some(600_000), ..Limits::default() };
    let request = RunRequest { limits, ..RunRequest::default() };
    tokio::select! {
        _ = execution.run(program, vec![request; 3], RunOptions::default()) => unreachable!("it never ends"),
        () = async { while backend.get("health").await.1["queue_size"] != 2 {} } => {}
    }
    // Another one's turn comes.
    let ids = backend.submit(&["print(1)"]).await;
    assert_eq!(backend.ended(ids[0]).await["text"], "1\n");
}
