//! The walls of a launcher, built once: a private root for all runs, or, where a machine allows no
//! namespaces, what a process may do to itself.

use crate::control::Control;
use crate::fault::{Fault, during};
use crate::filter::Filters;
use crate::sys::page::{self, Notes};
use crate::sys::{mount, process};
use perfagent_launcher::protocol::{self, Bytes, Fact, Setup};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, symlink};
use std::path::{Path, PathBuf};

/// The program's directory inside the walls.
pub(crate) const PROGRAM: &str = "/program";
/// Where all programs lie inside a launcher's root, until a run hides the others.
pub(crate) const PROGRAMS: &str = "/programs";
/// A run's own file system inside the walls: working directory, temporary files, shared memory.
pub(crate) const BOX: &str = "/box";
/// The working directory.
pub(crate) const WORK: &str = "/box/work";

/// Devices that programs may use.
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];

/// Walls that stand.
pub(crate) struct Walls {
    pub(crate) kind: protocol::Walls,
    /// Id of programs outside their own user namespace, where they have one.
    pub(crate) program_id: Option<u32>,
    /// Directory of this launcher's runs, where there are no namespaces.
    pub(crate) place: PathBuf,
    /// Directory with all programs, where there are no namespaces.
    pub(crate) programs: PathBuf,
    /// What else programs may read, where there are no namespaces.
    pub(crate) visible: Vec<PathBuf>,
    /// The cores that the launcher and its runs may use.
    pub(crate) cores: Vec<u32>,
    /// What a run's own processes note.
    pub(crate) notes: &'static Notes,
    /// What accounts for runs as a whole.
    pub(crate) control: Control,
    /// What programs may ask of the kernel.
    pub(crate) filters: Filters,
}

pub(crate) fn path(bytes: &Bytes) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(&bytes.0))
}

fn fact(name: &str, missing: Option<String>) -> Fact {
    Fact { name: name.to_owned(), missing }
}

impl Walls {
    /// Builds the walls around this process.
    pub(crate) fn build(setup: Setup) -> Result<(Self, Vec<Fact>), Fault> {
        let control = Control::open(&setup.groups)?;
        let walls = Self {
            filters: Filters::build(setup.walls == protocol::Walls::Namespaces, control.charges_memory()),
            kind: setup.walls,
            program_id: setup.program_id,
            place: path(&setup.place),
            programs: path(&setup.programs),
            visible: setup.visible.iter().map(path).collect(),
            cores: process::own_cores().map_err(during("list cores"))?,
            notes: page::shared_notes().map_err(during("share a page"))?,
            control,
        };
        let facts = match setup.walls {
            protocol::Walls::Namespaces => walls.build_namespaces()?,
            protocol::Walls::SelfRestraint => walls.restrain()?,
        };
        Ok((walls, facts))
    }

    fn build_namespaces(&self) -> Result<Vec<Fact>, Fault> {
        let shared = libc::CLONE_NEWNS | libc::CLONE_NEWNET | libc::CLONE_NEWUTS | libc::CLONE_NEWCGROUP;
        if self.program_id.is_some() {
            process::drop_groups().map_err(during("drop groups"))?;
            process::unshare(shared).map_err(during("make namespaces"))?;
        } else {
            let (user, group) = process::own_ids();
            process::unshare(libc::CLONE_NEWUSER | shared).map_err(during("make a user namespace"))?;
            map_self(user, group).map_err(during("map the user"))?;
        }
        mount::make_private().map_err(during("separate mounts"))?;
        self.build_root().map_err(during("build a private root"))?;
        mount::change_root(&self.place).map_err(during("change the root"))?;
        let names = [
            "user namespace",
            "mount namespace",
            "pid namespace",
            "network namespace",
            "ipc namespace",
            "uts namespace",
            "cgroup namespace",
            "system-call filter",
        ];
        Ok(names.into_iter().map(|name| fact(name, None)).collect())
    }

    /// Puts together what programs see, and nothing else.
    fn build_root(&self) -> io::Result<()> {
        let root = self.place.as_path();
        mount::mount_new("tmpfs", root, "mode=755,size=1m,nr_inodes=4k")?;
        for directory in ["proc", "dev", "box", "program", "programs", "etc"] {
            fs::DirBuilder::new().mode(0o755).create(root.join(directory))?;
        }
        symlink("box/tmp", root.join("tmp"))?;
        symlink("/box/shm", root.join("dev/shm"))?;
        symlink("/proc/self/fd", root.join("dev/fd"))?;
        for device in DEVICES {
            let target = root.join("dev").join(device);
            fs::File::create(&target)?;
            mount::bind(&Path::new("/dev").join(device), &target)?;
        }
        // A new proc may be mounted by who sees a whole one; each run covers this with its own.
        mount::bind(Path::new("/proc"), &root.join("proc"))?;
        mount::bind(&self.programs, &root.join("programs"))?;
        mount::protect(&root.join("programs"))?;
        for source in &self.visible {
            show(source, root)?;
        }
        fs::write(root.join("etc/passwd"), "program:x:1000:1000::/box/work:/bin/false\n")?;
        fs::write(root.join("etc/group"), "program:x:1000:\n")?;
        mount::protect_one(root)
    }

    /// Where namespaces are not to be had: what remains is checked, and the rest said to be missing.
    fn restrain(&self) -> Result<Vec<Fact>, Fault> {
        process::adopt_orphans().map_err(during("adopt orphans"))?;
        // Between namespaces the kernel keeps processes of one user apart by itself.
        process::hide().map_err(during("hide from programs"))?;
        let why = || Some("this machine allows no namespaces".to_owned());
        let landlock = crate::landlock::version();
        let mut facts: Vec<_> = [
            "user namespace",
            "mount namespace",
            "pid namespace",
            "network namespace",
            "ipc namespace",
            "uts namespace",
        ]
        .into_iter()
        .map(|name| fact(name, why()))
        .collect();
        facts.push(fact("landlock", (landlock == 0).then(|| "the kernel has no Landlock".to_owned())));
        facts.push(fact("system-call filter", None));
        Ok(facts)
    }
}

/// Maps the one user of a new namespace that nobody privileged helps with.
fn map_self(user: u32, group: u32) -> io::Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {group} 1"))
}

/// Shows `source` at the same path below `root`, read-only. What is not there is left out; a
/// symbolic link stays one.
fn show(source: &Path, root: &Path) -> io::Result<()> {
    let Ok(metadata) = fs::symlink_metadata(source) else { return Ok(()) };
    let target = root.join(source.strip_prefix("/").unwrap_or(source));
    if let Some(parent) = target.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o755).create(parent)?;
    }
    if metadata.is_symlink() {
        return match symlink(fs::read_link(source)?, &target) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            result => result,
        };
    }
    if metadata.is_dir() {
        fs::DirBuilder::new().recursive(true).mode(0o755).create(&target)?;
    } else if !target.exists() {
        fs::File::create(&target)?;
    }
    mount::bind(source, &target)?;
    mount::protect(&target)
}
