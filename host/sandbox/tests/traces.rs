//! What sandboxes leave on the machine: nothing. Alone in this program, and after the others, so that
//! all that is found is theirs.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_core::execution::{CompileRequest, Limits, Outcome, RunOptions, RunRequest};
use perfagent_core::isolation::Strictness;
use perfagent_sandbox::{CorePlan, LanguageTable, Program, Sandbox, SandboxOptions};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a sandbox could leave.
#[derive(Debug, PartialEq, Eq)]
struct State {
    /// Processes that see its directory among their mounts.
    processes: usize,
    mounts: BTreeSet<String>,
    groups: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
    descriptors: usize,
}

impl State {
    fn of(scratch: &Path) -> Self {
        let mark = scratch.file_name().unwrap().to_str().unwrap();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        Self {
            processes: fs::read_dir("/proc")
                .unwrap()
                .flatten()
                .filter(|entry| {
                    fs::read_to_string(entry.path().join("mountinfo")).is_ok_and(|text| text.contains(mark))
                })
                .count(),
            mounts: mounts.lines().filter(|line| line.contains(mark)).map(str::to_owned).collect(),
            groups: groups(&mounts),
            files: below(scratch),
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
        }
    }
}

/// Everything below `directory`.
fn below(directory: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        found.insert(entry.path());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(below(&entry.path()));
        }
    }
    found
}

/// Control groups that sandboxes made.
fn groups(mounts: &str) -> BTreeSet<PathBuf> {
    let hierarchies = mounts.lines().filter(|line| line.contains(" - cgroup"));
    let all = hierarchies.flat_map(|line| below(Path::new(line.split(' ').nth(4).unwrap())));
    all.filter(|path| path.is_dir() && path.to_string_lossy().contains("/perfagent-")).collect()
}

async fn sandbox() -> (Sandbox, TempDir) {
    let scratch = tempfile::tempdir().unwrap();
    let options = SandboxOptions {
        strictness: Strictness::BestEffort,
        scratch: scratch.path().join("scratch"),
        search_path: std::env::var_os("PATH").unwrap(),
        cores: CorePlan::of_machine(),
        slots: None,
        languages: LanguageTable::built_in(),
    };
    (Sandbox::start(options).await.unwrap(), scratch)
}

async fn compile(sandbox: &Sandbox, language: &str, source: &str) -> Program {
    let request = CompileRequest {
        language: language.into(),
        source: source.into(),
        files: Vec::new(),
        limits: Limits::default(),
    };
    sandbox.compile(request).await.unwrap()
}

fn batch(count: usize) -> Vec<RunRequest> {
    (0..count).map(|n| RunRequest { input: n.to_string().into_bytes(), ..RunRequest::default() }).collect()
}

#[tokio::test]
async fn five_thousand_runs_and_an_end_leave_nothing() {
    let nothing = tempfile::tempdir().unwrap();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    // A living sandbox holds a lock on its groups; what nobody holds was left behind.
    for group in groups(&mounts) {
        let lost = fs::File::open(&group).is_ok_and(|group| group.try_lock().is_ok());
        let outermost = !group.parent().unwrap().to_string_lossy().contains("/perfagent-");
        assert!(!(lost && outermost), "{} was left by another sandbox", group.display());
    }
    let untouched = State::of(nothing.path());

    let (sandbox, scratch) = sandbox().await;
    let source = "#include <stdio.h>\nint main(void) { int n; scanf(\"%d\", &n); printf(\"%d\", n + 1); }";
    let program = compile(&sandbox, "c", source).await;
    // Launchers start when they are needed, and stay.
    sandbox.run(&program, batch(50), RunOptions::default()).await.unwrap();
    let before = State::of(scratch.path());
    let reports = sandbox.run(&program, batch(5_000), RunOptions::default()).await.unwrap();
    for (n, report) in reports.iter().enumerate() {
        let output = String::from_utf8_lossy(&report.output);
        assert_eq!((output.as_ref(), &report.outcome), ((n + 1).to_string().as_str(), &Outcome::Exited(0)));
    }
    assert_eq!(State::of(scratch.path()), before);

    for hostile in
        ["import os, time\nif os.fork() == 0: time.sleep(60)", "open('x', 'w').write('x')", "while True: pass"]
    {
        let program = compile(&sandbox, "python3", hostile).await;
        let limits = Limits { wall_ms: Some(200), ..Limits::default() };
        let request = RunRequest { limits, ..RunRequest::default() };
        sandbox.run(&program, vec![request], RunOptions::default()).await.unwrap();
    }
    drop((sandbox, program));
    // Killed processes take a moment to go.
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let state = State::of(&scratch.path().join("scratch"));
        let after = State { files: BTreeSet::new(), ..state };
        if after == (State { files: BTreeSet::new(), ..State::of(nothing.path()) }) && after.groups == untouched.groups
        {
            break;
        }
        assert!(Instant::now() < deadline, "{after:#?} is not as before: {untouched:#?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(below(&scratch.path().join("scratch")).is_empty());
    assert_eq!(State::of(nothing.path()).descriptors, untouched.descriptors);
}
