//! Programs that want too much.

use super::{Launcher, Report, command, has_python, python};
use perfagent_launcher::protocol::{Bounds, Ending, Run, Walls};

/// Runs a Python program under bounds that `change` makes tighter.
fn run(launcher: &Launcher, source: &str, change: impl FnOnce(&mut Bounds)) -> Report {
    launcher.write("p", "main.py", source);
    let mut run: Run = python("p");
    change(&mut run.bounds);
    launcher.run(&run, b"")
}

fn start() -> Option<Launcher> {
    Launcher::start(Walls::Namespaces).filter(|_| has_python())
}

#[test]
fn time_is_bounded() {
    let Some(launcher) = start() else { return };
    let report = run(&launcher, "import time\ntime.sleep(60)", |bounds| bounds.wall_ns = 300_000_000);
    assert_eq!(report.finished.ending, Ending::Wall);
    assert!(report.finished.wall_ns >= 300_000_000);
    let ignoring = "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('up')\ntime.sleep(60)";
    assert_eq!(run(&launcher, ignoring, |bounds| bounds.wall_ns = 500_000_000).finished.ending, Ending::Wall);
    let report = run(&launcher, "while True: pass", |bounds| bounds.cpu_ns = 300_000_000);
    assert_eq!(report.finished.ending, Ending::Cpu);
    assert!(report.finished.user_ns + report.finished.system_ns >= 300_000_000);
    let children = "import os\nfor _ in range(3): os.fork()\nwhile True: pass";
    assert_eq!(run(&launcher, children, |bounds| bounds.cpu_ns = 500_000_000).finished.ending, Ending::Cpu);
}

#[test]
fn memory_is_bounded() {
    let Some(launcher) = start() else { return };
    let hog = "data = []\nwhile True: data.append(bytearray(1 << 20))";
    let report = run(&launcher, hog, |bounds| bounds.memory_bytes = 100 << 20);
    assert_eq!(report.finished.ending, Ending::Memory);
    assert!(report.finished.peak_resident_bytes > 100 << 20);
    let child = "import os\nif os.fork() == 0:\n data = []\n while True: data.append(bytearray(1 << 20))\nos.wait()";
    let report = run(&launcher, child, |bounds| bounds.memory_bytes = 100 << 20);
    assert_eq!(report.finished.ending, Ending::Memory);
}

#[test]
fn processes_are_bounded() {
    let Some(launcher) = start() else { return };
    let bomb = "import os\nn = 0\ntry:\n  while True:\n    if os.fork() == 0:\n      import time\n      time.sleep(60)\n    n += 1\nexcept OSError: print(n)";
    let report = run(&launcher, bomb, |bounds| bounds.processes = 8);
    assert_eq!((report.finished.ending, report.output.as_str()), (Ending::Exited(0), "7\n"));
    assert_eq!(report.finished.leftovers, 7);
    let endless = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass";
    let report = run(&launcher, endless, |bounds| bounds.cpu_ns = 500_000_000);
    assert_eq!(report.finished.ending, Ending::Cpu);
}

#[test]
fn output_is_bounded() {
    let Some(launcher) = start() else { return };
    let report = run(&launcher, "print('x' * 999)", |bounds| bounds.output_bytes = 100);
    assert_eq!((report.finished.ending, report.output.len()), (Ending::Exited(0), 100));
    assert_eq!((report.finished.output.kept, report.finished.output.dropped), (100, 900));
    for stream in ["stdout", "stderr"] {
        let flood = format!("import sys\nwhile True: sys.{stream}.write('x' * 65536)");
        let report = run(&launcher, &flood, |bounds| bounds.output_bytes = 1000);
        assert_eq!(report.finished.ending, Ending::Output);
    }
}

#[test]
fn files_are_bounded() {
    let Some(launcher) = start() else { return };
    let one = "f = open('big', 'wb')\nwhile True: f.write(b'x' * 65536)";
    assert_eq!(run(&launcher, one, |bounds| bounds.file_bytes = 1 << 20).finished.ending, Ending::File);
    let many = "i = 0\nwhile True:\n  i += 1\n  open(f'{i}', 'wb').write(b'x' * 65536)";
    assert_eq!(run(&launcher, many, |bounds| bounds.file_bytes = 1 << 20).finished.ending, Ending::File);
    let ok = "open('small', 'w').write('x' * 1000)\nprint(open('small').read() == 'x' * 1000)";
    assert_eq!(run(&launcher, ok, |bounds| bounds.file_bytes = 1 << 20).output, "True\n");
}

#[test]
fn memory_is_measured() {
    let Some(launcher) = start() else { return };
    let nothing = run(&launcher, "pass", |_| {}).finished;
    let source =
        "import time\ndata = bytearray(100_000_000)\nfor i in range(0, len(data), 4096): data[i] = 1\ntime.sleep(0.5)";
    let report = run(&launcher, source, |_| {}).finished;
    let peak = (report.peak_resident_bytes - nothing.peak_resident_bytes) as f64;
    assert!((peak / 1e8 - 1.0).abs() < 0.03, "peak {peak}");
    assert!(report.memory_byte_seconds > 0.5 * 1e8, "integral {}", report.memory_byte_seconds);
    assert!(report.memory_byte_seconds < report.wall_ns as f64 / 1e9 * report.peak_resident_bytes as f64);
    assert!(report.samples > 50);
}

#[test]
fn daemons_end_with_the_run() {
    let Some(launcher) = start() else { return };
    let daemon = "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: time.sleep(60)\n  os._exit(0)\nos.wait()\nprint('done')";
    let report = run(&launcher, daemon, |_| {});
    assert_eq!((report.finished.ending, report.output.as_str()), (Ending::Exited(0), "done\n"));
    assert_eq!(report.finished.leftovers, 1);
    assert!(report.finished.wall_ns < 20_000_000_000);
    let tasks = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", launcher.pid())).unwrap();
    assert_eq!(tasks, "");
    assert_eq!(launcher.run(&command("p", &["/usr/bin/true"]), b"").finished.ending, Ending::Exited(0));
}
