//! `perfagent sandbox …` and what `perfagent doctor` says of isolation.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::program::{executable, perfagent};
use perfagent_tests::skip;
use serde_json::Value;
use std::fs::{self, DirBuilder, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

fn write(directory: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn sandbox(home: &Path, words: &[&str]) -> Command {
    let mut command = perfagent(home);
    command.arg("sandbox").args(words).args(["--sandbox", "best-effort"]);
    command
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| unreachable!("{error}: {output:?}"))
}

#[test]
fn run_passes_on_what_the_program_reads_and_writes() {
    let home = tempfile::tempdir().unwrap();
    let program =
        write(&home, "echo.py", "import sys\nprint(input()[::-1], *sys.argv[1:])\nsys.stderr.write('aside\\n')");
    let mut command = sandbox(home.path(), &["run"]);
    // Whatever others measure meanwhile, there is nothing more to tell.
    command.arg(&program).args(["--", "one", "two words"]).env("TMPDIR", home.path());
    let output = run(&mut command, "abc\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "cba one two words\n");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.starts_with("aside\nexit code 0 · wall ") && errors.contains(" of 5"), "{errors}");
    assert_eq!(output.status.code(), Some(0));
}

/// Whoever waits for the measuring core of another process is told so, once, and then measures.
#[test]
fn waiting_for_a_core_that_another_process_measures_on_is_told() {
    let home = tempfile::tempdir().unwrap();
    let program = write(&home, "p.py", "print(1)");
    let scratch = home.path().join(format!("perfagent-{}", fs::metadata(home.path()).unwrap().uid()));
    DirBuilder::new().mode(0o711).create(&scratch).unwrap();
    // Whichever cores the program would measure on.
    let held: Vec<File> = (0..256)
        .map(|core| {
            let file = File::create(scratch.join(format!("core-{core}"))).unwrap();
            file.try_lock().unwrap();
            file
        })
        .collect();
    let mut command = sandbox(home.path(), &["compare"]);
    command.args([&program, &program]).args(["--pairs", "2"]).env("TMPDIR", home.path()).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(|line| line.unwrap());
    let is_told = |line: &String| line.starts_with("waiting: another perfagent measures on core ");
    assert!(lines.any(|line| is_told(&line)));
    drop(held);
    assert!(!lines.any(|line| is_told(&line)));
    assert!(child.wait().unwrap().success());
}

#[test]
fn run_tells_limits_from_failures() {
    let home = tempfile::tempdir().unwrap();
    for (source, expected) in [
        ("import time\ntime.sleep(60)", "wall_limit"),
        ("x = bytearray(400 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1", "memory_limit"),
    ] {
        let program = write(&home, "p.py", source);
        let limits = ["--time-limit", "2", "--memory-limit", "100", "--json"];
        let output = run(sandbox(home.path(), &["run"]).arg(&program).args(limits), "");
        assert_eq!(json(&output)["outcome"], expected, "{output:?}");
        assert_eq!(output.status.code(), Some(1));
    }
    let program = write(&home, "p.py", "raise SystemExit(137)");
    let output = run(sandbox(home.path(), &["run", "--json"]).arg(&program), "");
    assert_eq!(json(&output)["outcome"]["exited"], 137);
}

#[test]
fn run_says_what_is_wrong_with_a_program() {
    let home = tempfile::tempdir().unwrap();
    let strange = write(&home, "p.xyz", "");
    let output = run(sandbox(home.path(), &["run"]).arg(&strange), "");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("its language is not known; name it with --lang: python3, cpp"), "{error}");
    assert_eq!(output.status.code(), Some(2));
    let broken = write(&home, "p.cc", "int main( {");
    let output = run(sandbox(home.path(), &["run"]).arg(&broken), "");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("main.cpp:1") && error.contains("the compiler does not accept it"), "{error}");
    let binary = home.path().join("p.py");
    fs::write(&binary, b"\xff\xfe").unwrap();
    let output = run(sandbox(home.path(), &["run"]).arg(&binary), "");
    assert!(String::from_utf8_lossy(&output.stderr).contains("invalid utf-8"), "{output:?}");
}

#[test]
fn compare_finds_the_leaner_program_and_draws_it() {
    let home = tempfile::tempdir().unwrap();
    let slow = write(&home, "slow.py", "print(sum(i * i for i in range(300000)))");
    let quick = write(&home, "quick.py", "n = 299999\nprint(n * (n + 1) * (2 * n + 1) // 6)");
    let plot = home.path().join("plot.svg");
    let mut command = sandbox(home.path(), &["compare", "--pairs", "10", "--json"]);
    let output = run(command.arg("--plot").arg(&plot).args([&slow, &quick]), "");
    let printed = json(&output);
    let time = &printed["measures"][0];
    assert_eq!((&time["measure"], &time["verdict"]), (&"cpu_time".into(), &"less".into()), "{time}");
    assert!(time["interval"][1].as_f64().unwrap() < 1.0, "{time}");
    assert_eq!(printed["pairs"], 10);
    assert_eq!(fs::read_to_string(plot).unwrap().matches("<circle").count(), 10);

    let wrong = write(&home, "wrong.py", "raise ValueError('no')");
    let output = run(sandbox(home.path(), &["compare"]).args([&slow, &wrong]), "");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("wrong.py: exit code 1 ValueError: no"), "{error}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn calibrate_says_what_the_machine_can_tell() {
    let home = tempfile::tempdir().unwrap();
    let output = run(&mut sandbox(home.path(), &["calibrate", "--lang", "c", "--pairs", "7", "--json"]), "");
    let printed = json(&output);
    let first = &printed["resolutions"][0];
    assert_eq!((&first["language"], &first["measure"]), (&"c".into(), &"cpu_time".into()), "{printed}");
    assert!(first["smallest"].as_f64().is_some_and(|smallest| smallest > 0.0 && smallest < 1.0), "{first}");
    let output = run(&mut sandbox(home.path(), &["calibrate", "--lang", "cobol"]), "");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_language_from_the_configuration_runs() {
    let home = tempfile::tempdir().unwrap();
    let config = "languages:\n  - name: shell\n    file_name: main.sh\n    extension: sh\n    run: [sh, \"{program}/main.sh\"]\n    probe: [sh, -c, echo 1]\n    install_hint: none\n";
    let config = write(&home, "config.yaml", config);
    let program = write(&home, "p.sh", "read line; echo \"got $line\"");
    let output = run(sandbox(home.path(), &["run"]).arg(&program).arg("--config").arg(&config), "this\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "got this\n", "{output:?}");
    let config = write(&home, "bad.yaml", "languages:\n  - name: shell\n");
    let output = run(sandbox(home.path(), &["run"]).arg(&program).arg("--config").arg(&config), "");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("languages") && error.contains("file_name"), "{error}");
    assert_eq!(output.status.code(), Some(2));
}

/// What `perfagent doctor` says when it is started by `wrapper`; `None` where that does not work here.
fn doctor(wrapper: &[&str]) -> Option<Value> {
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    // Other users may not look into the checkout.
    let program = home.path().join("perfagent");
    fs::copy(executable(), &program).unwrap();
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(&program).args(["doctor", "--json"]);
    command
        .env_clear()
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    let output = command.output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

fn is_active(report: &Value, feature: &str) -> bool {
    let features = report["isolation"]["features"].as_array().unwrap();
    features.iter().any(|one| one["name"] == feature && one["active"] == true)
}

fn note<'a>(report: &'a Value, feature: &str) -> &'a str {
    let features = report["isolation"]["features"].as_array().unwrap();
    features.iter().find(|one| one["name"] == feature).unwrap()["note"].as_str().unwrap()
}

/// Moves the shell into groups that belong to nobody, and goes on as nobody.
const DELEGATE: &str = r#"
for name in memory pids unified; do
  [ $name = unified ] && key= || key=$name
  own=$(sed -n "s/^[0-9]*:$key://p" /proc/self/cgroup)
  group=/sys/fs/cgroup/$name$own/delegated-test
  mkdir -p "$group" && chown 65534:65534 "$group" "$group/cgroup.procs" && echo $$ > "$group/cgroup.procs" || exit 1
done
exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@""#;

/// Removes those groups.
const TAKE_BACK: &str = "find /sys/fs/cgroup -depth -type d -path '*/delegated-test*' -exec rmdir {} \\;";

#[test]
fn doctor_tells_the_tier_and_what_would_bring_the_next() {
    let Some(whole) = doctor(&["env"]) else { return skip("the doctor does not start") };
    let tier = whole["isolation"]["tier"].as_u64().unwrap();
    assert!((1..=5).contains(&tier));
    if tier > 2 {
        return skip("this machine has no control groups to take away");
    }
    assert!(is_active(&whole, "memory accounting"));

    // Control groups out of sight.
    let hide = "mount -t tmpfs none /sys/fs/cgroup && exec \"$@\"";
    let Some(hidden) = doctor(&["unshare", "--mount", "sh", "-c", hide, "sh"]) else {
        return skip("mounts cannot be hidden here");
    };
    assert_eq!(hidden["isolation"]["tier"], 4, "{hidden}");
    assert!(is_active(&hidden, "pid namespace") && !is_active(&hidden, "memory accounting"));
    assert!(note(&hidden, "memory accounting").contains("systemd-run"), "{hidden}");

    // Without privileges.
    let Some(user) = doctor(&["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]) else {
        return skip("privileges cannot be dropped here");
    };
    assert_eq!(user["isolation"]["tier"], 4, "{user}");
    assert!(is_active(&user, "user namespace") && is_active(&user, "system-call filter"));

    // Without privileges, but with control groups of its own.
    let delegated = doctor(&["sh", "-c", DELEGATE, "sh"]);
    doctor(&["sh", "-c", TAKE_BACK, "sh"]);
    let Some(delegated) = delegated else { return skip("control groups cannot be delegated here") };
    assert_eq!(delegated["isolation"]["tier"], 3, "{delegated}");
    assert!(is_active(&delegated, "memory accounting") && is_active(&delegated, "processor accounting"));

    // Without namespaces: as a user whose limit on them is zero.
    let none = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set -all --inh-caps -all \"$@\"";
    let Some(none) = doctor(&["unshare", "--user", "--map-root-user", "sh", "-c", none, "sh"]) else {
        return skip("namespaces cannot be taken away here");
    };
    assert_eq!(none["isolation"]["tier"], 5, "{none}");
    assert!(!is_active(&none, "pid namespace") && is_active(&none, "landlock"));
}
