//! Programs that do what they should.

use super::{Launcher, command, has_python, python};
use perfagent_launcher::protocol::{Ending, Purpose, Run, Walls};

#[test]
fn python_prints() {
    let Some(launcher) = Launcher::start(Walls::Namespaces).filter(|_| has_python()) else { return };
    launcher.write(
        "p",
        "main.py",
        "import sys\nprint(sys.stdin.read())\nprint('oh', file=sys.stderr)\nsys.exit(137)\n",
    );
    for _ in 0..3 {
        let report = launcher.run(&python("p"), b"hello");
        assert_eq!(report.finished.ending, Ending::Exited(137), "{}", report.error_output);
        assert_eq!((report.output.as_str(), report.error_output.as_str()), ("hello\n", "oh\n"));
        assert!(report.finished.wall_ns > 0 && report.finished.user_ns + report.finished.system_ns > 0);
        assert!(report.finished.peak_resident_bytes > 4 << 20);
    }
}

#[test]
fn cpp_compiles_and_runs() {
    let Some(launcher) = Launcher::start(Walls::Namespaces) else { return };
    launcher.build_cpp(
        "c",
        "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b; return 3; }",
    );
    let report = launcher.run(&command("c", &["{program}/a.out"]), b"40 2");
    assert_eq!((report.finished.ending, report.output.as_str()), (Ending::Exited(3), "42"));
    assert_eq!(report.finished.leftovers, 0);
}

#[test]
fn compile_errors_come_back() {
    let Some(launcher) = Launcher::start(Walls::Namespaces) else { return };
    launcher.write("c", "main.cpp", "int main() { return x; }");
    let run = Run { purpose: Purpose::Compile, ..command("c", &["/usr/bin/g++", "-o", "{output}/a.out", "main.cpp"]) };
    let report = launcher.run(&run, b"");
    assert_eq!(report.finished.ending, Ending::Exited(1));
    assert!(report.error_output.contains("not declared"), "{}", report.error_output);
    assert!(report.products.is_empty());
}

#[test]
fn a_missing_program_is_a_failure_and_the_launcher_goes_on() {
    let Some(launcher) = Launcher::start(Walls::Namespaces) else { return };
    launcher.write("p", "main.py", "");
    let failure = launcher.try_run(&command("p", &["/usr/bin/no-such-program"]), b"").err();
    assert_eq!(failure.as_deref(), Some("cannot exec: No such file or directory (os error 2)"));
    assert_eq!(launcher.run(&command("p", &["/usr/bin/true"]), b"").finished.ending, Ending::Exited(0));
}
