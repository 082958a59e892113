//! What a sandbox leaves behind when it ends: nothing.

use super::{Scene, scene, text};
use perfagent_core::execution::{Outcome, RunOptions, RunRequest};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long something that is bound to go is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What there is of a sandbox on the machine. Other sandboxes may live beside this one, in other
/// processes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Traces {
    processes: BTreeSet<String>,
    mounts: BTreeSet<String>,
    groups: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
    descriptors: Vec<String>,
}

impl Traces {
    /// Those of sandboxes of this process with their files below `scratch`.
    pub(crate) fn find(scratch: &Path) -> Self {
        let name = scratch.file_name().unwrap().to_str().unwrap();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        Self {
            processes: processes(name),
            mounts: mounts.lines().filter(|line| line.contains(name)).map(str::to_owned).collect(),
            groups: groups(&mounts),
            files: below(&scratch.join("scratch")),
            descriptors: descriptors(),
        }
    }
}

/// Descendants of this process, and whatever sees mounts of the directory `name`.
fn processes(name: &str) -> BTreeSet<String> {
    let own = std::process::id().to_string();
    let mut found = BTreeSet::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let id = entry.file_name().to_string_lossy().into_owned();
        if id == own || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let read = |name: &str| text(&fs::read(entry.path().join(name)).unwrap_or_default());
        let is_child = read("status").lines().any(|line| line.strip_prefix("PPid:").is_some_and(|id| id.trim() == own));
        if is_child || read("mountinfo").contains(name) {
            found.insert(format!("{id} {}", read("comm").trim()));
        }
    }
    found
}

/// Control groups of sandboxes that nobody holds any more, in every hierarchy.
fn groups(mounts: &str) -> BTreeSet<PathBuf> {
    let hierarchies = mounts.lines().filter(|line| line.contains(" - cgroup"));
    let mut directories: Vec<PathBuf> =
        hierarchies.filter_map(|line| line.split(' ').nth(4)).map(PathBuf::from).collect();
    let mut found = BTreeSet::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with("perfagent-") {
                directories.push(path);
            } else if name != "perfagent-host" && File::open(&path).is_ok_and(|group| group.try_lock().is_ok()) {
                found.insert(path);
            }
        }
    }
    found
}

fn below(directory: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| !is_turn(path)).collect()
}

/// Whether `path` is what processes lock while they measure on a core. There is one for each core, it is
/// empty, and it stays.
fn is_turn(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("core-"))
}

/// What the descriptors of this process are. Those of event loops belong to the tests that wait, and so do
/// temporary directories that are being made or removed.
fn descriptors() -> Vec<String> {
    let targets = fs::read_dir("/proc/self/fd").unwrap().flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    // Launchers are spoken to through sockets that keep messages apart; those of streams wake the event
    // loops of other tests, which come and go.
    let sockets = fs::read_to_string("/proc/self/net/unix").unwrap_or_default();
    let is_stream = |inode: &str| {
        let fields = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        fields.into_iter().any(|fields| fields.get(4) == Some(&"0001") && fields.get(6) == Some(&inode))
    };
    let is_launchers = |target: &PathBuf| {
        let target = target.to_string_lossy();
        let inode = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'));
        !inode.is_some_and(is_stream)
    };
    let kind = |target: PathBuf| {
        let target = target.to_string_lossy().into_owned();
        // Numbers in brackets say which one it is, not what.
        target
            .split_once(":[")
            .filter(|(kind, _)| *kind != "anon_inode")
            .map_or(target.clone(), |(kind, _)| kind.to_owned())
    };
    let is_own = |target: &String| {
        !target.contains("[eventpoll]")
            && !target.contains("/.tmp")
            && !target.contains("[eventfd]")
            && !target.contains("/fd")
    };
    let mut kinds: Vec<String> = targets.filter(is_launchers).map(kind).filter(is_own).collect();
    kinds.sort();
    kinds
}

impl Scene {
    /// Ends the sandbox and waits until all is as it was before it began.
    pub(crate) async fn end(self) {
        let Self { sandbox, scratch, before, _turn } = self;
        let during = Traces::find(scratch.path());
        assert!(
            during.processes != before.processes
                && during.files != before.files
                && during.descriptors != before.descriptors,
            "traces are seen while there are some: {during:?}"
        );
        drop(sandbox);
        let start = Instant::now();
        let mut now = Traces::find(scratch.path());
        while now != before && start.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(20)).await;
            now = Traces::find(scratch.path());
        }
        assert_eq!(now, before, "left behind");
    }
}

#[tokio::test]
async fn five_thousand_runs_leave_nothing() {
    let scene = scene(4).await;
    let program =
        scene.compile("c", "int main(int count, char **words) { return count == 2 ? words[1][0] - '0' : 99; }").await;
    let batch = |count: usize| {
        (0..count).map(|n| RunRequest { arguments: vec![(n % 10).to_string()], ..RunRequest::default() }).collect()
    };
    let mut during = None;
    for _ in 0..5 {
        let reports = scene.sandbox.run(&program, batch(1_000), RunOptions::default()).await.unwrap();
        assert_eq!(reports.len(), 1_000);
        for (n, report) in reports.iter().enumerate() {
            assert_eq!(report.outcome, Outcome::Exited((n % 10) as i32));
        }
        // While it lives it does not grow either.
        let now = Traces::find(scene.scratch.path());
        assert_eq!(during.get_or_insert_with(|| Traces::find(scene.scratch.path())), &now);
        assert!(now.processes.len() <= 4 && !now.processes.is_empty(), "{now:?}");
    }
    drop(program);
    scene.end().await;
}
