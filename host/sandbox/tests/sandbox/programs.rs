//! What programs come to: their answers, their limits and their measures.

use super::{Scene, request, scene, text};
use perfagent_core::execution::{
    CompileError, CompileRequest, FailureKind, Limits, Outcome, Policy, RunOptions, RunRequest, SourceFile,
};

#[tokio::test]
async fn programs_of_both_languages_answer() {
    let scene = scene().await;
    let doubled = scene.compile("py", "print(int(input()) * 2)").await;
    assert_eq!(text(&scene.run(&doubled, "21\n", Limits::default()).await.output), "42\n");
    let source = "#include <iostream>\nint main() { long n; std::cin >> n; std::cout << n * 2 << '\\n'; return 3; }\n";
    let doubled = scene.compile("c++", source).await;
    let report = scene.run(&doubled, "21\n", Limits::default()).await;
    assert_eq!((text(&report.output), report.outcome), ("42\n".to_owned(), Outcome::Exited(3)));
    assert!(report.measurement.wall_ns > 0 && report.measurement.peak_resident_bytes > 0);
}

#[tokio::test]
async fn reports_come_in_the_order_of_the_requests() {
    let scene = scene().await;
    let program = scene.compile("python3", "import time\nn = int(input())\ntime.sleep(n % 3 / 50)\nprint(n)").await;
    let requests = (0..9).map(|n| RunRequest { input: format!("{n}\n").into(), ..RunRequest::default() }).collect();
    let reports = scene.sandbox.run(&program, requests, RunOptions::default()).await.unwrap();
    let answers: Vec<_> = reports.iter().map(|report| text(&report.output)).collect();
    assert_eq!(answers, (0..9).map(|n| format!("{n}\n")).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_cannot_be_compiled_says_why() {
    let scene = scene().await;
    let error = scene.sandbox.compile(request("cpp", "int main() { return x; }")).await.unwrap_err();
    let CompileError::Rejected(rejection) = error else { unreachable!("{error}") };
    assert!(rejection.message.contains("was not declared"), "{}", rejection.message);
    let error = scene.sandbox.compile(request("cobol", "")).await.unwrap_err();
    let CompileError::Failed(failure) = error else { unreachable!("{error}") };
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert!(failure.message.contains("cobol") && failure.message.contains("python3"), "{failure}");
    for path in ["../x", "/etc/x", "a/../../b", "", "a/"] {
        let files = vec![SourceFile { path: path.into(), content: Vec::new() }];
        let error = scene.sandbox.compile(CompileRequest { files, ..request("python3", "") }).await.unwrap_err();
        assert!(
            matches!(&error, CompileError::Failed(failure) if failure.kind == FailureKind::Refused),
            "{path}: {error}"
        );
    }
}

#[tokio::test]
async fn each_limit_has_its_outcome() {
    let scene = scene().await;
    let limited = Limits { wall_ms: Some(3_000), memory_bytes: Some(256 << 20), ..Limits::default() };
    let cases = [
        ("import time\ntime.sleep(9)", Limits { wall_ms: Some(300), ..limited }, Outcome::WallLimit),
        ("while True: pass", Limits { cpu_ms: Some(300), ..limited }, Outcome::CpuLimit),
        ("x = bytearray(600 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1", limited, Outcome::MemoryLimit),
        ("while True: print('x' * 100000)", limited, Outcome::OutputLimit),
        (
            "with open('big', 'wb') as f:\n  for _ in range(64): f.write(bytes(1 << 20))",
            Limits { file_bytes: Some(8 << 20), ..limited },
            Outcome::FileLimit,
        ),
        ("import sys\nsys.exit(137)", limited, Outcome::Exited(137)),
        ("import os\nos.abort()", limited, Outcome::Signaled(6)),
    ];
    for (source, limits, outcome) in cases {
        let report = scene.python(source, limits).await;
        assert_eq!(report.outcome, outcome, "{source}: {}", text(&report.error_output));
    }
}

#[tokio::test]
async fn output_beyond_its_limit_is_dropped_and_counted() {
    let scene = scene().await;
    let limits = Limits { output_bytes: Some(1_000), ..Limits::default() };
    let report = scene.python("print('x' * 4999)", limits).await;
    assert_eq!((report.output.len(), report.output_dropped_bytes), (1_000, 4_000));
    assert_eq!(report.outcome, Outcome::Exited(0));
}

#[tokio::test]
async fn output_of_all_runs_of_a_call_is_bounded() {
    let scene = scene().await;
    let program = scene.compile("python3", "import sys\nsys.stdout.write('x' * (100 << 20))").await;
    let limits = Limits { output_bytes: Some(100 << 20), ..Limits::default() };
    let requests = |count: usize| vec![RunRequest { limits, ..RunRequest::default() }; count];
    for policy in [Policy::Check, Policy::Measure] {
        let options = RunOptions { policy, max_parallel: Some(1) };
        let reports = scene.sandbox.run(&program, requests(2), options).await.unwrap();
        assert!(reports.iter().all(|report| report.output.len() == 100 << 20), "{policy:?}");
        drop(reports);
        // Thousands more would be run if the third did not end it.
        let failure = scene.sandbox.run(&program, requests(10_000), options).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Exhausted);
        assert!(failure.message.contains("more than 256 MiB together"), "{failure}");
    }
    let failure =
        scene.sandbox.compare(&program, &program, requests(1), 10_000, RunOptions::default()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Exhausted);
}

#[tokio::test]
async fn nothing_of_the_host_can_be_reached() {
    let scene = scene().await;
    let source = "
import os, socket
print(sorted(os.environ))
for path in ['/etc/shadow', '/root/.bashrc', '/home', '/var', '/proc/1/environ']:
    try: open(path).read() if not os.path.isdir(path) else os.listdir(path); print('reached', path)
    except OSError: pass
for path in ['/usr/x', '/program/x', '/x', os.path.dirname(os.path.abspath(__file__)) + '/x']:
    try: open(path, 'w'); print('wrote', path)
    except OSError: pass
try: socket.create_connection(('127.0.0.1', 9), 1); print('connected')
except ConnectionRefusedError: print('there is a loopback')
except OSError: pass
";
    let report = scene.python(source, Limits::default()).await;
    assert_eq!(report.outcome, Outcome::Exited(0), "{}", text(&report.error_output));
    let expected = "['HOME', 'LANG', 'LC_CTYPE', 'PATH', 'PYTHONDONTWRITEBYTECODE', 'PYTHONHASHSEED', 'PYTHONNOUSERSITE', 'TMPDIR', 'TZ']\n";
    assert_eq!(text(&report.output).replace("'LC_CTYPE', ", ""), expected.replace("'LC_CTYPE', ", ""));
}

#[tokio::test]
async fn nothing_is_kept_from_run_to_run_and_nothing_is_left() {
    let scene = scene().await;
    let source = "
import os, sys
print(os.listdir('.'), os.path.exists('/tmp/mark'))
open('mark', 'w'); open(os.path.join(os.environ['TMPDIR'], 'mark2'), 'w')
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        import time
        time.sleep(60)
    os._exit(0)
";
    let program = scene.compile("python3", source).await;
    for _ in 0..3 {
        let report = scene.run(&program, "", Limits::default()).await;
        assert_eq!(text(&report.output), "[] False\n", "{}", text(&report.error_output));
        assert_eq!(report.outcome, Outcome::Exited(0));
        assert!(report.measurement.wall_ns < 30_000_000_000, "the daemon does not hold the run up");
    }
    let Scene { sandbox, scratch } = scene;
    drop((program, sandbox));
    let left: Vec<_> = std::fs::read_dir(scratch.path().join("scratch")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn absurd_limits_are_refused() {
    let scene = scene().await;
    let program = scene.compile("python3", "").await;
    let limits = Limits { processes: Some(1 << 30), ..Limits::default() };
    let requests = vec![RunRequest { limits, ..RunRequest::default() }];
    let failure = scene.sandbox.run(&program, requests, RunOptions::default()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(failure.message.contains("processes"), "{failure}");
}

#[tokio::test]
async fn memory_is_measured() {
    let scene = scene().await;
    let source = "import time\nx = bytearray(100 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\ntime.sleep(0.2)";
    let measurement = scene.python(source, Limits::default()).await.measurement;
    let bare = scene.python("import time\ntime.sleep(0.2)", Limits::default()).await.measurement;
    let more = measurement.peak_resident_bytes - bare.peak_resident_bytes;
    assert!(more.abs_diff(100 << 20) < 4 << 20, "{more}");
    assert!(measurement.memory_byte_seconds > 0.2 * 100e6, "{}", measurement.memory_byte_seconds);
}

#[tokio::test]
async fn pairs_are_measured_in_turn() {
    let scene = scene().await;
    let (one, two) = (scene.compile("python3", "print(1)").await, scene.compile("python3", "print(2)").await);
    let requests = vec![RunRequest::default(), RunRequest::default()];
    let rounds = scene.sandbox.compare(&one, &two, requests, 2, RunOptions::default()).await.unwrap();
    assert_eq!(rounds.len(), 2);
    for round in rounds {
        assert!(round.candidate.iter().all(|report| report.output == b"1\n"));
        assert!(round.incumbent.iter().all(|report| report.output == b"2\n"));
        assert_eq!((round.candidate.len(), round.incumbent.len()), (2, 2));
    }
}
