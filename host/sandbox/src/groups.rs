//! Control groups: a directory for this sandbox in each hierarchy that the machine lets it use, below
//! it one for each launcher.

use crate::slots::bytes;
use perfagent_launcher::protocol;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Begins the names of sandboxes' groups.
const PREFIX: &str = "perfagent-";
/// The group that this process moves to where it is in the way of controllers.
const HOST: &str = "perfagent-host";
/// How often a group that still has processes is tried again, and after how long: what was killed
/// takes a moment to go.
const REMOVALS: u32 = 100;
const REMOVAL_PAUSE: Duration = Duration::from_millis(2);

/// The control groups of a sandbox, removed with it.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    memory: Option<Group>,
    processes: Option<Group>,
    unified: Option<Group>,
    has_controllers: bool,
    /// Why there is no group, by what it would account for.
    pub(crate) reasons: Reasons,
}

/// Why something is missing; empty where it is not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reasons {
    pub(crate) memory: String,
    pub(crate) processes: String,
    pub(crate) processors: String,
}

/// A directory of a hierarchy, removed with everything below it.
#[derive(Debug)]
struct Group {
    path: PathBuf,
    /// Tells other sandboxes that this one lives.
    _lock: Option<File>,
}

/// The groups of one launcher, removed with it.
#[derive(Debug)]
pub(crate) struct LauncherGroups {
    groups: Vec<Group>,
    pub(crate) setup: protocol::Groups,
    /// Removed after these.
    _all: Arc<Groups>,
}

impl Groups {
    /// Makes groups wherever this process may.
    pub(crate) fn make() -> Self {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let name = format!("{PREFIX}{:016x}", fastrand::u64(..));
        let make = |controller| find(&mounts, &own, controller).and_then(|parent| made(&parent, &name));
        let mut groups = Self::default();
        groups.unified = make(None).map_err(|reason| groups.reasons.processors = reason).ok();
        let controllers = groups.unified.as_ref().map(Group::take_controllers);
        if let Some(Ok(())) = controllers {
            groups.has_controllers = true;
            return groups;
        }
        let unified =
            controllers.and_then(Result::err).map(|error| format!("; version 2 gives no controllers: {error}"));
        let also = unified.unwrap_or_default();
        groups.memory = make(Some("memory")).map_err(|reason| groups.reasons.memory = reason + &also).ok();
        groups.processes = make(Some("pids")).map_err(|reason| groups.reasons.processes = reason + &also).ok();
        groups
    }

    /// Whether the kernel accounts for a run's memory.
    pub(crate) fn charge_memory(&self) -> bool {
        self.memory.is_some() || self.has_controllers
    }

    /// Whether they are those of version 2 throughout.
    pub(crate) fn are_unified(&self) -> bool {
        self.has_controllers
    }

    /// Groups for a launcher, which is the only one of its `number`.
    pub(crate) fn for_launcher(self: &Arc<Self>, number: u32) -> io::Result<LauncherGroups> {
        let setup = protocol::Groups::default();
        let mut made = LauncherGroups { groups: Vec::new(), setup, _all: Arc::clone(self) };
        let mut below = |group: &Option<Group>| -> io::Result<Option<protocol::Bytes>> {
            let Some(group) = group else { return Ok(None) };
            let path = group.path.join(number.to_string());
            fs::create_dir(&path)?;
            let name = bytes(&path);
            made.groups.push(Group { path, _lock: None });
            Ok(Some(name))
        };
        let memory = below(&self.memory)?;
        let processes = below(&self.processes)?;
        let unified = below(&self.unified)?;
        if let (true, Some(group)) = (self.has_controllers, made.groups.last()) {
            enable(&group.path)?;
        }
        made.setup = protocol::Groups { memory, processes, unified, has_controllers: self.has_controllers };
        Ok(made)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for attempt in 0..REMOVALS {
            if attempt > 0 {
                std::thread::sleep(REMOVAL_PAUSE);
            }
            // What cannot be removed now is removed as stale by the next sandbox.
            match remove(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
                _ => return,
            }
        }
    }
}

/// Removes a group and those below it, as far as they are empty.
fn remove(group: &Path) -> io::Result<()> {
    for entry in fs::read_dir(group)?.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove(&entry.path())?;
        }
    }
    // What it still holds of files' contents would keep it alive in the kernel, nameless.
    let _ = fs::write(group.join("memory.force_empty"), "0");
    fs::remove_dir(group)
}

impl Group {
    /// Gives the groups below this one controllers, where this process's own group has them.
    fn take_controllers(&self) -> io::Result<()> {
        delegate(self.path.parent().unwrap_or(&self.path))?;
        enable(&self.path)
    }
}

/// Makes the group `name` in `parent`, after removing those of sandboxes that are gone, or says why not.
fn made(parent: &Path, name: &str) -> Result<Group, String> {
    make_at(parent, name).map_err(|error| format!("no group can be made in {}: {error}", parent.display()))
}

fn make_at(parent: &Path, name: &str) -> io::Result<Group> {
    // A group without its lock yet must not look like one that nobody needs.
    let turn = File::open(parent)?;
    turn.lock()?;
    for entry in fs::read_dir(parent)?.flatten() {
        let name = entry.file_name();
        let ours = name.to_string_lossy().starts_with(PREFIX) && name != HOST;
        if ours && File::open(entry.path()).is_ok_and(|group| group.try_lock().is_ok()) {
            let _ = remove(&entry.path());
        }
    }
    let path = parent.join(name);
    fs::create_dir(&path)?;
    let lock = File::open(&path)?;
    lock.lock()?;
    let group = Group { path, _lock: Some(lock) };
    // Swapping would hide memory from its limit. Version 2 has a limit for each run instead.
    let swappiness = group.path.join("memory.swappiness");
    if swappiness.exists() {
        fs::write(swappiness, "0")?;
    }
    Ok(group)
}

/// Gives the groups below `parent` controllers. A group with controllers below it may hold no
/// processes, so this one moves to a group of its own.
fn delegate(parent: &Path) -> io::Result<()> {
    match enable(parent) {
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
        result => return result,
    }
    let host = parent.join(HOST);
    match fs::create_dir(&host) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    fs::write(host.join("cgroup.procs"), "0")?;
    enable(parent).inspect_err(|_| {
        // Others live there too: back to them.
        let _ = fs::write(parent.join("cgroup.procs"), "0");
        let _ = fs::remove_dir(&host);
    })
}

/// Gives groups below `group` the controllers of memory and processes.
fn enable(group: &Path) -> io::Result<()> {
    let given = fs::read_to_string(group.join("cgroup.controllers"))?;
    for controller in ["memory", "pids"] {
        if !given.split_whitespace().any(|name| name == controller) {
            return Err(io::Error::other(format!("{} has no {controller} controller", group.display())));
        }
    }
    fs::write(group.join("cgroup.subtree_control"), "+memory +pids")
}

/// Where this process is in the hierarchy of `controller`, or of version 2 with `None`, from the texts
/// of `/proc/self/mountinfo` and `/proc/self/cgroup`.
fn find(mounts: &str, own: &str, controller: Option<&str>) -> Result<PathBuf, String> {
    let named = controller.unwrap_or("version 2");
    let missing = || format!("the hierarchy of {named} is not mounted");
    let (root, mount_point) = mounts.lines().find_map(|line| mount(line, controller)).ok_or_else(missing)?;
    let mut lines = own.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let is_it = |controllers: &str| match controller {
        None => controllers.is_empty(),
        Some(controller) => controllers.split(',').any(|name| name == controller),
    };
    let (_, path) = lines.find(|(controllers, _)| is_it(controllers)).ok_or_else(missing)?;
    // In a container the mount may show a part of the hierarchy alone.
    let relative = Path::new(path).strip_prefix(root).unwrap_or(Path::new(""));
    Ok(Path::new(mount_point).join(relative))
}

/// Root and mount point of a line of `mountinfo`, where it is the hierarchy asked for.
fn mount<'a>(line: &'a str, controller: Option<&str>) -> Option<(&'a str, &'a str)> {
    let (before, after) = line.split_once(" - ")?;
    let mut fields = before.split(' ').skip(3);
    let (root, mount_point) = (fields.next()?, fields.next()?);
    let mut fields = after.split(' ');
    let (kind, options) = (fields.next()?, fields.nth(1)?);
    let is_it = match controller {
        None => kind == "cgroup2",
        Some(controller) => kind == "cgroup" && options.split(',').any(|option| option == controller),
    };
    is_it.then_some((root, mount_point))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
33 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
34 25 0:30 /jobs/7 /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
42 25 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
";
    const OWN: &str = "7:memory:/jobs/7/step\n2:cpu,cpuacct:/\n0::/user.slice/a b.scope\n";

    #[test]
    fn finds_its_place_in_each_hierarchy() {
        let place = |controller| find(MOUNTS, OWN, controller);
        assert_eq!(place(None), Ok("/sys/fs/cgroup/unified/user.slice/a b.scope".into()));
        assert_eq!(place(Some("memory")), Ok("/sys/fs/cgroup/memory/step".into()));
        assert_eq!(place(Some("pids")), Err("the hierarchy of pids is not mounted".to_owned()));
    }

    #[test]
    fn a_machine_without_groups_says_so() {
        let reason = find("", "", Some("memory")).unwrap_err();
        assert!(reason.contains("memory is not mounted"), "{reason}");
        let reason = made(Path::new("/proc/self/nowhere"), "x").unwrap_err();
        assert!(reason.contains("/proc/self/nowhere"), "{reason}");
    }
}
