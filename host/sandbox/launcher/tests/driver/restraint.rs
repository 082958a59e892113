//! Programs on a machine without namespaces: less is kept from them, but limits hold.

use super::{Launcher, has_python, python};
use perfagent_launcher::protocol::{Bounds, Ending, Purpose, Run, Walls};

fn start() -> Option<Launcher> {
    Launcher::start(Walls::SelfRestraint).filter(|_| has_python())
}

fn run(launcher: &Launcher, source: &str, change: impl FnOnce(&mut Bounds)) -> super::Report {
    launcher.write("p", "main.py", source);
    let mut run: Run = python("p");
    change(&mut run.bounds);
    launcher.run(&run, b"in")
}

#[test]
fn programs_run_and_compile() {
    let Some(launcher) = start() else { return };
    let source = "import os, sys\nopen('kept', 'w').write('x')\nprint(sys.stdin.read(), os.listdir('.'))";
    for _ in 0..2 {
        let report = run(&launcher, source, |_| {});
        assert_eq!((report.output.as_str(), report.error_output.as_str()), ("in ['kept']\n", ""));
        assert_eq!(report.finished.ending, Ending::Exited(0));
    }
    launcher.build_cpp("c", "#include <cstdio>\nint main() { puts(\"hi\"); return 3; }");
    let report = launcher.run(&super::command("c", &["{program}/a.out"]), b"");
    assert_eq!((report.finished.ending, report.output.as_str()), (Ending::Exited(3), "hi\n"));
}

#[test]
fn limits_hold() {
    let Some(launcher) = start() else { return };
    let sleep = run(&launcher, "import time\ntime.sleep(60)", |bounds| bounds.wall_ns = 300_000_000);
    assert_eq!(sleep.finished.ending, Ending::Wall);
    let busy = "import os\nfor _ in range(2): os.fork()\nwhile True: pass";
    assert_eq!(run(&launcher, busy, |bounds| bounds.cpu_ns = 500_000_000).finished.ending, Ending::Cpu);
    let hog = "import os\nos.fork()\ndata = []\nwhile True: data.append(bytearray(1 << 20))";
    assert_eq!(run(&launcher, hog, |bounds| bounds.memory_bytes = 100 << 20).finished.ending, Ending::Memory);
    let bomb = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass";
    assert_ne!(run(&launcher, bomb, |bounds| bounds.wall_ns = 1_000_000_000).finished.ending, Ending::Exited(0));
    let file = "f = open('big', 'wb')\nwhile True: f.write(b'x' * 65536)";
    assert_eq!(run(&launcher, file, |bounds| bounds.file_bytes = 1 << 20).finished.ending, Ending::File);
    let many = "i = 0\nwhile True:\n  i += 1\n  open(f'/proc/self/cwd/{i}', 'wb').write(b'x' * 65536)";
    let many = many.replace("/proc/self/cwd/", "");
    assert_eq!(run(&launcher, &many, |bounds| bounds.file_bytes = 1 << 20).finished.ending, Ending::File);
}

#[test]
fn daemons_end_with_the_run() {
    let Some(launcher) = start() else { return };
    let daemon = "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: time.sleep(60)\n  os._exit(0)\nos.wait()\nprint('done')";
    let report = run(&launcher, daemon, |_| {});
    assert_eq!((report.finished.ending, report.output.as_str()), (Ending::Exited(0), "done\n"));
    assert_eq!(report.finished.leftovers, 1);
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", launcher.pid())).unwrap();
    assert_eq!(children, "");
}

#[test]
fn files_of_the_host_are_closed_where_there_is_landlock() {
    let Some(launcher) = start() else { return };
    if launcher.facts.iter().any(|fact| fact.name == "landlock" && fact.missing.is_some()) {
        return println!("skipped: the kernel has no Landlock");
    }
    for attempt in [
        "open('/etc/passwd')",
        "os.listdir('/root')",
        "open('/usr/x', 'w')",
        "socket.socket()",
        "open('/program/x', 'w')",
        "open('/proc/1/environ')",
    ] {
        let source = format!("import os, socket\ntry: print({attempt})\nexcept OSError as e: print('refused')");
        assert_eq!(run(&launcher, &source, |_| {}).output, "refused\n", "{attempt}");
    }
}

#[test]
fn a_compiler_cannot_write_its_sources() {
    let Some(launcher) = start() else { return };
    launcher.write("p", "main.py", "try: open('main.py', 'w')\nexcept OSError: print('refused')");
    let run = Run { purpose: Purpose::Compile, ..python("p") };
    assert_eq!(launcher.run(&run, b"").output, "refused\n");
}

#[test]
fn signals_to_all_are_refused() {
    let Some(launcher) = start() else { return };
    let source = "import os\ntry: os.kill(-1, 9)\nexcept PermissionError: print('refused')";
    assert_eq!(run(&launcher, source, |_| {}).output, "refused\n");
}
