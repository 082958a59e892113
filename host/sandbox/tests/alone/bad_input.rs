//! Requests that make little sense, and machines that run out of something.

use super::{request, scene, scene_with, skip, start, text};
use perfagent_core::execution::{
    CompileError, CompileRequest, FailureKind, Limits, Outcome, RunOptions, RunRequest, SourceFile,
};
use perfagent_sandbox::{Language, LanguageTable};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const SAYS_HELLO: &str = "print('hello')";

/// An interpreter in `place`, and a table with a language of it.
fn vanishing(place: &Path) -> (PathBuf, LanguageTable) {
    fs::set_permissions(place, fs::Permissions::from_mode(0o755)).unwrap();
    let interpreter = place.join("interpreter");
    fs::write(&interpreter, "#!/bin/sh\necho hello\n").unwrap();
    fs::set_permissions(&interpreter, fs::Permissions::from_mode(0o755)).unwrap();
    let word = interpreter.to_str().unwrap().to_owned();
    let mut languages = LanguageTable::built_in();
    let language = Language {
        name: "vanishing".into(),
        aliases: Vec::new(),
        run: vec![word.clone(), "{program}/main.py".into()],
        probe: vec![word, "--version".into()],
        ..languages.find("python3").unwrap().clone()
    };
    languages.insert(language);
    (interpreter, languages)
}

#[tokio::test]
async fn an_interpreter_that_programs_cannot_see_is_unavailable_and_does_no_harm() {
    let place = tempfile::tempdir_in("/tmp").unwrap();
    let (_, languages) = vanishing(place.path());
    let scene = scene_with(2, languages).await;
    let Err(CompileError::Failed(failure)) = scene.sandbox.compile(request("vanishing", "")).await else {
        panic!("it was found")
    };
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert!(failure.message.contains("files of their own"), "{failure}");
    let other = scene.compile("python3", SAYS_HELLO).await;
    assert_eq!(text(&scene.run(&other, "", Limits::default()).await.output), "hello\n");
    drop(other);
    scene.end().await;
}

#[tokio::test]
async fn an_interpreter_that_vanishes_is_a_failure_that_names_the_step() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let (interpreter, languages) = vanishing(place.path());
    let scene = scene_with(2, languages).await;
    let program = scene.compile("vanishing", "").await;
    assert_eq!(text(&scene.run(&program, "", Limits::default()).await.output), "hello\n");
    fs::remove_file(&interpreter).unwrap();
    for _ in 0..3 {
        let run = scene.sandbox.run(&program, vec![RunRequest::default()], RunOptions::default()).await;
        let failure = run.unwrap_err();
        assert_eq!((failure.kind, failure.retryable), (FailureKind::Internal, false), "{failure}");
        assert!(failure.message.contains("exec"), "{failure}");
    }
    let other = scene.compile("python3", SAYS_HELLO).await;
    assert_eq!(text(&scene.run(&other, "", Limits::default()).await.output), "hello\n");
    drop((program, other));
    scene.end().await;
}

#[tokio::test]
async fn files_of_any_bytes_arrive() {
    let scene = scene(2).await;
    let bytes: Vec<u8> = (0..=255).rev().collect();
    let source = "import sys\nfor name in ['data', 'a b/ü']: sys.stdout.buffer.write(open(name, 'rb').read())";
    let files = ["data", "a b/ü"].map(|path| SourceFile { path: path.into(), content: bytes.clone() }).into();
    let program = scene.sandbox.compile(CompileRequest { files, ..request("python3", source) }).await.unwrap();
    let report = scene.run(&program, "", Limits::default()).await;
    assert_eq!(report.output, [bytes.clone(), bytes.clone()].concat(), "{}", text(&report.error_output));
    // What is no text is no program either, and its compiler says so.
    let files = vec![SourceFile { path: "main.h".into(), content: bytes }];
    let source = "#include \"main.h\"\nint main(void) { return 0; }";
    let error = scene.sandbox.compile(CompileRequest { files, ..request("c", source) }).await.unwrap_err();
    let CompileError::Rejected(rejection) = error else { panic!("{error}") };
    assert_eq!(rejection.outcome, Outcome::Exited(1));
    for source in ["", "\0", "print('\0')", "\u{feff}print(1)", "\u{202e}x", "int main(void) { return 0; }\0"] {
        for language in ["python3", "c"] {
            let compiled = scene.sandbox.compile(request(language, source)).await;
            // Whatever they make of it, the sandbox does not fail.
            match compiled {
                Ok(program) => {
                    let report = scene.run(&program, "", Limits::default()).await;
                    assert!(matches!(report.outcome, Outcome::Exited(_)), "{language} {source:?}: {report:?}");
                }
                Err(error) => assert!(matches!(error, CompileError::Rejected(_)), "{language} {source:?}: {error}"),
            }
        }
    }
    drop(program);
    scene.end().await;
}

#[tokio::test]
async fn input_is_of_any_size() {
    let scene = scene(2).await;
    let source = "
#include <stdio.h>
static unsigned char block[1 << 16];
int main(void) {
    unsigned long sum = 0, length = 0, got;
    while ((got = fread(block, 1, sizeof block, stdin)) > 0) {
        length += got;
        for (unsigned long i = 0; i < got; i++) sum = sum * 31 + block[i];
    }
    printf(\"%lu %lu\\n\", length, sum);
}";
    let program = scene.compile("c", source).await;
    for length in [0, 1, 65_536, 50_000_000] {
        let input: Vec<u8> = (0..length).map(|n: u32| (n % 251) as u8).collect();
        let sum = input.iter().fold(0_u64, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        // The input is not the program's memory.
        let limits = Limits { memory_bytes: Some(32 << 20), ..Limits::default() };
        let request = RunRequest { input, limits, ..RunRequest::default() };
        let report = scene.sandbox.run(&program, vec![request], RunOptions::default()).await.unwrap().remove(0);
        assert_eq!((report.outcome, text(&report.output)), (Outcome::Exited(0), format!("{length} {sum}\n")));
    }
    assert!(scene.sandbox.run(&program, Vec::new(), RunOptions::default()).await.unwrap().is_empty());
    drop(program);
    scene.end().await;
}

#[tokio::test]
async fn arguments_that_are_too_long_or_no_arguments_are_refused() {
    let scene = scene(2).await;
    let program = scene.compile("c", "int main(int count, char **words) { return count - 1; }").await;
    let run = async |arguments: Vec<String>| {
        let request = RunRequest { arguments, ..RunRequest::default() };
        scene.sandbox.run(&program, vec![request], RunOptions::default()).await
    };
    assert_eq!(run(vec!["x".into(); 100]).await.unwrap()[0].outcome, Outcome::Exited(100));
    assert_eq!(run(vec![String::new(), "ü \n".into()]).await.unwrap()[0].outcome, Outcome::Exited(2));
    for (arguments, kind) in [
        (vec!["x".repeat(10 << 20)], FailureKind::Refused),
        (vec!["x".into(); 1 << 20], FailureKind::Refused),
        (vec!["a\0b".into()], FailureKind::Internal),
    ] {
        let failure = run(arguments).await.unwrap_err();
        assert_eq!((failure.kind, failure.retryable), (kind, false), "{failure}");
        assert_eq!(run(vec!["x".into()]).await.unwrap()[0].outcome, Outcome::Exited(1));
    }
    drop(program);
    scene.end().await;
}

#[tokio::test]
async fn limits_of_nothing_and_of_everything() {
    let scene = scene(2).await;
    let program = scene.compile("c", "int main(void) { return 0; }").await;
    let none = Limits::default();
    let nothing = [
        ("wall-ms", Limits { wall_ms: Some(0), ..none }),
        ("cpu-ms", Limits { cpu_ms: Some(0), ..none }),
        ("memory-bytes", Limits { memory_bytes: Some(0), ..none }),
        ("processes", Limits { processes: Some(0), ..none }),
        ("output-bytes", Limits { output_bytes: Some(0), ..none }),
        ("file-bytes", Limits { file_bytes: Some(0), ..none }),
        ("wall-ms", Limits { wall_ms: Some(u32::MAX), ..none }),
        ("cpu-ms", Limits { cpu_ms: Some(u32::MAX), ..none }),
        ("memory-bytes", Limits { memory_bytes: Some(u64::MAX), ..none }),
        ("processes", Limits { processes: Some(u32::MAX), ..none }),
        ("output-bytes", Limits { output_bytes: Some(u64::MAX), ..none }),
        ("file-bytes", Limits { file_bytes: Some(u64::MAX), ..none }),
    ];
    for (name, limits) in nothing {
        let requests = vec![RunRequest { limits, ..RunRequest::default() }];
        let failure = scene.sandbox.run(&program, requests, RunOptions::default()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Refused);
        assert!(failure.message.contains(name), "{failure}");
        let compiled = scene.sandbox.compile(CompileRequest { limits, ..request("c", "") }).await;
        let Err(CompileError::Failed(failure)) = compiled else { panic!("{name}") };
        assert!(failure.kind == FailureKind::Refused && failure.message.contains(name), "{failure}");
    }
    // As little as there can be: each is met, or is no hindrance.
    let least = [
        (Limits { wall_ms: Some(1), ..none }, [Outcome::WallLimit, Outcome::Exited(0)]),
        (Limits { cpu_ms: Some(1), ..none }, [Outcome::CpuLimit, Outcome::Exited(0)]),
        (Limits { memory_bytes: Some(1), ..none }, [Outcome::MemoryLimit, Outcome::MemoryLimit]),
        (Limits { processes: Some(1), ..none }, [Outcome::Exited(0), Outcome::Exited(0)]),
        (Limits { output_bytes: Some(1), ..none }, [Outcome::Exited(0), Outcome::Exited(0)]),
        (Limits { file_bytes: Some(1), ..none }, [Outcome::Exited(0), Outcome::Exited(0)]),
    ];
    for (limits, outcomes) in least {
        let report = scene.run(&program, "", limits).await;
        assert!(outcomes.contains(&report.outcome), "{limits:?}: {report:?}");
    }
    let most = Limits {
        wall_ms: Some(3_600_000),
        cpu_ms: Some(3_600_000),
        memory_bytes: Some(256 << 30),
        processes: Some(4_096),
        output_bytes: Some(256 << 20),
        file_bytes: Some(16 << 30),
    };
    assert_eq!(scene.run(&program, "", most).await.outcome, Outcome::Exited(0));
    drop(program);
    scene.end().await;
}

#[tokio::test]
async fn one_program_runs_twice_at_once() {
    let scene = scene(2).await;
    // Both write the same names; neither sees the other's.
    let source = "
import os, sys, time
own = sys.stdin.read()
open('x', 'w').write(own)
open('/tmp/x', 'w').write(own)
time.sleep(0.3)
print(open('x').read() + open('/tmp/x').read(), os.listdir('.'), os.listdir('/tmp'))
";
    let program = scene.compile("python3", source).await;
    let once = async |input: &str| scene.run(&program, input, Limits::default()).await;
    let (one, other) = tokio::join!(once("a"), once("b"));
    assert_eq!(text(&one.output), "aa ['x'] ['x']\n", "{}", text(&one.error_output));
    assert_eq!(text(&other.output), "bb ['x'] ['x']\n", "{}", text(&other.error_output));
    // And compiling the same program twice at once makes working ones.
    let source = "#include <stdio.h>\nint main(void) { puts(\"hello\"); }";
    let (one, other) = tokio::join!(scene.compile("c", source), scene.compile("c", source));
    for program in [&one, &other] {
        assert_eq!(text(&scene.run(program, "", Limits::default()).await.output), "hello\n");
    }
    drop((program, one, other));
    scene.end().await;
}

/// A file system that is removed with it.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

#[tokio::test]
async fn a_full_disk_is_a_failure_that_says_so() {
    let _turn = super::turn().await;
    let place = tempfile::tempdir().unwrap();
    let options = ["-t", "tmpfs", "-o", "size=256k,nr_inodes=200", "none"];
    let mounted = Command::new("mount").args(options).arg(place.path()).status();
    if !mounted.is_ok_and(|status| status.success()) {
        return skip("a small file system cannot be mounted");
    }
    let _mounted = Mounted(place.path().to_owned());
    let scratch = place.path().join("scratch");
    let sandbox = start(&scratch, 1, LanguageTable::built_in()).await;
    let program = sandbox.compile(request("python3", SAYS_HELLO)).await.unwrap();
    let large = SourceFile { path: "large".into(), content: vec![1; 1 << 20] };
    let full = CompileRequest { files: vec![large], ..request("python3", SAYS_HELLO) };
    let Err(CompileError::Failed(failure)) = sandbox.compile(full).await else { panic!("it had room") };
    assert!(failure.message.contains("No space left"), "{failure}");
    // What was refused gives its room back.
    let small = "int main(void) { return 7; }";
    let compiled = sandbox.compile(request("c", small)).await.unwrap();
    let run = async |program| sandbox.run(program, vec![RunRequest::default()], RunOptions::default()).await.unwrap();
    assert_eq!(run(&compiled).await[0].outcome, Outcome::Exited(7));
    // With a disk that others fill, what is there already runs, and what is new does not.
    fs::write(place.path().join("filler"), vec![0; 256 << 10]).unwrap_err();
    let Err(CompileError::Failed(failure)) = sandbox.compile(request("c", "int main(void) { return 8; }")).await else {
        panic!("it had room")
    };
    assert!(failure.message.contains("No space left"), "{failure}");
    assert_eq!(text(&run(&program).await[0].output), "hello\n");
    fs::remove_file(place.path().join("filler")).unwrap();
    let again = sandbox.compile(request("c", "int main(void) { return 8; }")).await.unwrap();
    assert_eq!(run(&again).await[0].outcome, Outcome::Exited(8));
    drop((program, compiled, again, sandbox));
    assert_eq!(fs::read_dir(scratch).unwrap().count(), 0);
}
