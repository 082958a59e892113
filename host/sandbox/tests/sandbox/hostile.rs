//! Programs that mean harm, through the public interface: what each of them gains, which is
//! nothing, and what is left of it, which is nothing either.

use super::{request, scene, scene_with, text};
use perfagent_core::execution::{CompileError, CompileRequest, FailureKind, Limits, Outcome};
use perfagent_sandbox::{Language, LanguageTable};

const CASE_LIMITS: Limits = Limits {
    wall_ms: Some(20_000),
    cpu_ms: None,
    memory_bytes: Some(256 << 20),
    processes: None,
    output_bytes: None,
    file_bytes: None,
};

#[tokio::test]
async fn what_grows_without_end_is_ended() {
    let scene = scene().await;
    let bomb = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass";
    let child = "
import os
if os.fork() == 0:
    x = bytearray(600 << 20)
    for i in range(0, len(x), 4096): x[i] = 1
os.wait()
";
    let deaf = "
import signal, time
for s in range(1, 65):
    try: signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError): pass
time.sleep(90)
";
    let stopped = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)";
    let busy_children = "import os\nos.fork()\nwhile True: pass";
    let error_flood = "import sys\nwhile True: sys.stderr.write('x' * 100000)";
    let wall = Limits { wall_ms: Some(500), ..CASE_LIMITS };
    let cases = [
        (bomb, Limits { memory_bytes: Some(4 << 30), ..wall }, &[Outcome::WallLimit, Outcome::CpuLimit][..]),
        (child, CASE_LIMITS, &[Outcome::MemoryLimit]),
        (deaf, wall, &[Outcome::WallLimit]),
        (stopped, wall, &[Outcome::WallLimit]),
        (busy_children, Limits { cpu_ms: Some(400), ..CASE_LIMITS }, &[Outcome::CpuLimit]),
        (error_flood, CASE_LIMITS, &[Outcome::OutputLimit]),
    ];
    for (source, limits, expected) in cases {
        let report = scene.python(source, limits).await;
        assert!(expected.contains(&report.outcome), "{source}: {:?} {}", report.outcome, text(&report.error_output));
    }
}

#[tokio::test]
async fn no_more_processes_than_granted() {
    let scene = scene().await;
    let source = "
import os, time
n = 0
try:
    while n < 100:
        if os.fork() == 0: time.sleep(30); os._exit(0)
        n += 1
except OSError: pass
print(n)
";
    let report = scene.python(source, Limits { processes: Some(8), ..CASE_LIMITS }).await;
    let started: u32 = text(&report.output).trim().parse().unwrap();
    assert!((1..=8).contains(&started), "{started}");
    assert_eq!(report.outcome, Outcome::Exited(0));
}

#[tokio::test]
async fn compilers_are_held_to_limits() {
    let scene = scene().await;
    for (source, limits) in [
        ("#include \"/dev/zero\"\nint main() {}", Limits { wall_ms: Some(5_000), ..CASE_LIMITS }),
        (
            "template <long N> struct A { static const long v = A<N - 1>::v + A<N - 2>::v * N; };\nlong x = A<1L << 60>::v;\nint main() {}",
            CASE_LIMITS,
        ),
        ("#include \"/etc/shadow\"\nint main() {}", CASE_LIMITS),
    ] {
        let error = scene.sandbox.compile(CompileRequest { limits, ..request("cpp", source) }).await.unwrap_err();
        let CompileError::Rejected(rejection) = error else { unreachable!("{source}: {error}") };
        assert!(!rejection.message.contains("root:"), "{}", rejection.message);
    }
}

#[tokio::test]
async fn input_of_any_size_arrives_and_need_not_be_read() {
    let scene = scene().await;
    let counts =
        scene.compile("python3", "import sys, zlib\nd = sys.stdin.buffer.read()\nprint(len(d), zlib.crc32(d))").await;
    assert_eq!(text(&scene.run(&counts, "", CASE_LIMITS).await.output), "0 0\n");
    let ignores = scene.compile("python3", "print('done')").await;
    let large = "0123456789abcdef".repeat(50 << 16);
    let report = scene.run(&counts, &large, Limits { wall_ms: Some(30_000), ..CASE_LIMITS }).await;
    let output = text(&report.output);
    assert!(output.starts_with(&format!("{} ", large.len())), "{output}");
    assert_eq!(text(&scene.run(&ignores, &large, CASE_LIMITS).await.output), "done\n");
}

#[tokio::test]
async fn an_absent_toolchain_says_what_would_help() {
    let mut languages = LanguageTable::built_in();
    let absent = Language {
        name: "absent".into(),
        run: vec!["no-such-interpreter".into()],
        probe: vec!["no-such-interpreter".into()],
        install_hint: "install it by hand".into(),
        compile: None,
        ..languages.find("python3").unwrap().clone()
    };
    languages.insert(absent);
    let scene = scene_with(languages).await;
    let error = scene.sandbox.compile(request("absent", "")).await.unwrap_err();
    let CompileError::Failed(failure) = error else { unreachable!("{error}") };
    assert_eq!(failure.kind, FailureKind::Unavailable);
    for part in ["absent", "no-such-interpreter is not installed", "install it by hand"] {
        assert!(failure.message.contains(part), "{failure}");
    }
    let toolchains = scene.sandbox.toolchains().await;
    assert!(toolchains.iter().any(|toolchain| toolchain.language == "absent" && toolchain.version.is_err()));
}
