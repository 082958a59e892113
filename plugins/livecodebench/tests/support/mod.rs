//! What the tests that run programs share: an execution service that really runs the harness, though
//! without a sandbox, and instances.

use perfagent_livecodebench::Livecodebench;
use perfagent_task::testing::{Harness, Script, ended, exited};
use perfagent_task::{CompileRequest, Failure, FailureKind, Outcome, RunReport, RunRequest};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Tried in this order; the second is what may be an interpreter that another user cannot start.
const INTERPRETERS: [&str; 2] = ["/usr/bin/python3", "python3"];
/// Who runs the programs where the tests run as root, for whom nothing is hidden.
const NOBODY: u32 = 65_534;

/// The interpreter, or nothing where the machine has none, which is said and not allowed in CI.
#[expect(clippy::print_stdout, reason = "a skipped test must be seen")]
pub(crate) fn python() -> Option<&'static str> {
    let works = |name: &&str| Command::new(name).arg("-c").arg("import ctypes").status().is_ok_and(|s| s.success());
    let found = INTERPRETERS.into_iter().find(works);
    if found.is_none() {
        println!("skipped: no python3 here");
        assert!(std::env::var_os("CI").is_none(), "python3 is missing, and CI must not skip this");
    }
    found
}

/// A service that runs each request in a process of its own.
pub(crate) fn service(python: &'static str) -> Script {
    Script::new(move |program, request| {
        run(python, program, request).map_err(|error| Failure::new(FailureKind::Internal, error.to_string()))
    })
}

fn run(python: &str, program: &CompileRequest, request: &RunRequest) -> std::io::Result<RunReport> {
    let directory = tempfile::tempdir()?;
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755))?;
    for (path, content) in [("main.py", program.source.as_bytes())]
        .into_iter()
        .chain(program.files.iter().map(|f| (&*f.path, &*f.content)))
    {
        std::fs::write(directory.path().join(path), content)?;
    }
    let mut command = Command::new(python);
    command.arg("-u").arg(directory.path().join("main.py")).args(&request.arguments);
    command.env_clear().env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONHASHSEED", "0").current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).process_group(0);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    wait(&mut command, request)
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|data| std::os::unix::fs::MetadataExt::uid(&data) == 0)
}

fn wait(command: &mut Command, request: &RunRequest) -> std::io::Result<RunReport> {
    let mut child = command.spawn()?;
    let (mut stdin, mut stdout) = (child.stdin.take(), child.stdout.take());
    let input = request.input.clone();
    let feeder = std::thread::spawn(move || stdin.as_mut().map(|stdin| stdin.write_all(&input)));
    let reader = std::thread::spawn(move || {
        let mut output = Vec::new();
        stdout.as_mut().map(|stdout| stdout.read_to_end(&mut output));
        output
    });
    let limit = Duration::from_millis(u64::from(request.limits.wall_ms.unwrap_or(60_000)));
    let start = Instant::now();
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| std::io::Error::other("a process without a number"))?;
    // Its number is not given to another process before the last line here.
    let left = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let mut is_late = false;
    while !is_late && waitid(WaitId::Pid(pid), left)?.is_none() {
        std::thread::sleep(Duration::from_millis(1));
        is_late = start.elapsed() > limit;
    }
    kill_tree(pid);
    let status = child.wait()?;
    drop(feeder.join());
    let output = reader.join().unwrap_or_default();
    Ok(match status.code() {
        _ if is_late => RunReport { output, ..ended(Outcome::WallLimit) },
        Some(code) => exited(code, output),
        None => RunReport { output, ..ended(Outcome::Signaled(status.signal().unwrap_or(0) as u32)) },
    })
}

/// Ends a process, its group and all that descend from it.
fn kill_tree(pid: Pid) {
    let number = pid.as_raw_nonzero();
    let children = std::fs::read_to_string(format!("/proc/{number}/task/{number}/children")).unwrap_or_default();
    // Whoever has ended meanwhile is no error.
    let _ = kill_process(pid, Signal::KILL);
    let _ = kill_process_group(pid, Signal::KILL);
    children.split_whitespace().filter_map(|child| child.parse().ok()).filter_map(Pid::from_raw).for_each(kill_tree);
}

/// An instance; `tests` are inputs and expected outputs, the first of which is public.
#[allow(dead_code, reason = "not every test file makes instances")]
pub(crate) fn instance(function: Option<&str>, tests: &[(String, String)]) -> Vec<u8> {
    let kind = if function.is_some() { "functional" } else { "stdin" };
    let tests: Vec<Value> =
        tests.iter().map(|(input, output)| json!({"input": input, "output": output, "testtype": kind})).collect();
    let (public, private) = tests.split_at(1.min(tests.len()));
    json!({
        "question_title": "T", "question_content": "C", "question_id": "q", "starter_code": "",
        "metadata": json!({"func_name": function}).to_string(),
        "public_test_cases": public, "private_test_cases": private,
    })
    .to_string()
    .into_bytes()
}

/// The artifacts of judging `program`.
pub(crate) fn judge(python: &'static str, data: &[u8], config: &Value, program: &str) -> Value {
    let mut task = Harness::<Livecodebench>::load("q", data, &config.to_string(), &service(python))
        .expect("the instance is right");
    let evaluation = task.evaluate(program, None).expect("the service works");
    let artifacts: Value = serde_json::from_str(&evaluation.artifacts).expect("artifacts are JSON");
    assert_eq!(evaluation.metric, if artifacts["passed"] == true { 1.0 } else { 0.0 });
    artifacts
}
