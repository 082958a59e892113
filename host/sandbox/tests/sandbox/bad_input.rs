//! Requests that make no sense, or that the machine cannot fulfil.

use super::{request, scene, scene_with, text};
use perfagent_core::execution::{
    CompileError, CompileRequest, FailureKind, Limits, Outcome, RunOptions, RunRequest, SourceFile,
};
use perfagent_core::isolation::Strictness;
use perfagent_sandbox::{CorePlan, LanguageTable, Sandbox, SandboxOptions};
use std::process::Command;

#[tokio::test]
async fn a_command_that_is_not_there_is_said_and_the_slot_goes_on() {
    let mut languages = LanguageTable::built_in();
    let mut language = languages.find("python3").unwrap().clone();
    language.name = "gone".into();
    language.aliases.clear();
    language.run = vec!["{program}/nowhere".into()];
    languages.insert(language);
    let scene = scene_with(languages).await;
    let program = scene.compile("gone", "").await;
    for _ in 0..3 {
        let requests = vec![RunRequest::default()];
        let failure = scene.sandbox.run(&program, requests, RunOptions::default()).await.unwrap_err();
        assert_eq!((failure.kind, failure.retryable), (FailureKind::Internal, false));
        assert!(failure.message.contains("exec: No such file"), "{failure}");
    }
    assert_eq!(text(&scene.python("print(1)", Limits::default()).await.output), "1\n");
}

#[tokio::test]
async fn files_may_hold_any_bytes_and_sources_are_text() {
    let scene = scene().await;
    let bytes: Vec<u8> = (0..=255).collect();
    let files = vec![SourceFile { path: "data.bin".into(), content: bytes }];
    let source = "print(sum(open('data.bin', 'rb').read()))";
    let program = scene.sandbox.compile(CompileRequest { files, ..request("python3", source) }).await.unwrap();
    assert_eq!(text(&scene.run(&program, "", Limits::default()).await.output), "32640\n");
    // A null byte is a text's, too; what the interpreter says of it is the program's business.
    let report = scene.python("print(1)\0", Limits::default()).await;
    assert_ne!(report.outcome, Outcome::Exited(0));
}

#[tokio::test]
async fn zero_and_absurd_limits_are_refused_by_name() {
    let scene = scene().await;
    let program = scene.compile("python3", "pass").await;
    for (name, limits) in [
        ("wall-ms", Limits { wall_ms: Some(0), ..Limits::default() }),
        ("cpu-ms", Limits { cpu_ms: Some(u32::MAX), ..Limits::default() }),
        ("memory-bytes", Limits { memory_bytes: Some(u64::MAX), ..Limits::default() }),
        ("processes", Limits { processes: Some(0), ..Limits::default() }),
        ("output-bytes", Limits { output_bytes: Some(u64::MAX), ..Limits::default() }),
        ("file-bytes", Limits { file_bytes: Some(0), ..Limits::default() }),
    ] {
        let run = vec![RunRequest { limits, ..RunRequest::default() }];
        let failure = scene.sandbox.run(&program, run, RunOptions::default()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Refused);
        assert!(failure.message.contains(name), "{failure}");
        let error = scene.sandbox.compile(CompileRequest { limits, ..request("c", "") }).await.unwrap_err();
        assert!(matches!(error, CompileError::Failed(failure) if failure.message.contains(name)), "{name}");
    }
    // The smallest that make sense do what they say.
    let tiny = Limits { wall_ms: Some(1), output_bytes: Some(1), processes: Some(1), ..Limits::default() };
    assert_eq!(scene.run(&program, "", tiny).await.outcome, Outcome::WallLimit);
}

#[tokio::test]
async fn one_program_serves_two_requests_at_once() {
    let scene = scene().await;
    let program = scene.compile("python3", "import time\nn = int(input())\ntime.sleep(0.2)\nprint(n)").await;
    let run = |n: u32| {
        let request = RunRequest { input: n.to_string().into_bytes(), ..RunRequest::default() };
        scene.sandbox.run(&program, vec![request], RunOptions::default())
    };
    let (one, two, three) = tokio::join!(run(1), run(2), run(3));
    for (n, reports) in [(1, one), (2, two), (3, three)] {
        assert_eq!(text(&reports.unwrap()[0].output), format!("{n}\n"));
    }
}

#[tokio::test]
async fn a_full_scratch_disk_is_a_failure_that_says_so() {
    let scratch = tempfile::tempdir().unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(scratch.path()).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        println!("skipped: a small file system cannot be mounted here");
        return;
    }
    let options = SandboxOptions {
        strictness: Strictness::BestEffort,
        scratch: scratch.path().join("scratch"),
        search_path: std::env::var_os("PATH").unwrap(),
        cores: CorePlan::of_machine(),
        slots: Some(1),
        languages: LanguageTable::built_in(),
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let files = vec![SourceFile { path: "large".into(), content: vec![1; 4 << 20] }];
    let error = sandbox.compile(CompileRequest { files, ..request("python3", "print(1)") }).await.unwrap_err();
    let CompileError::Failed(failure) = error else { unreachable!("{error}") };
    assert!(failure.message.contains("No space left"), "{failure}");
    // What was written of it is gone, so that others have room.
    let program = sandbox.compile(request("python3", "print(1)")).await.unwrap();
    let reports = sandbox.run(&program, vec![RunRequest::default()], RunOptions::default()).await.unwrap();
    assert_eq!(text(&reports[0].output), "1\n");
    drop((program, sandbox));
    let unmounted = Command::new("umount").args(["--lazy"]).arg(scratch.path()).status().unwrap();
    assert!(unmounted.success());
}
