//! Control groups: memory and processors as the kernel accounts for them, of the whole run,
//! whatever its processes do to look smaller.
//!
//! The launcher lives in its groups itself, because joining one costs ten milliseconds after a quiet
//! moment, and starting in one a quarter of a millisecond; what it uses is taken off. Where version 2 has
//! controllers each run starts in a group of its own, for their high-water marks cannot be set back.

use crate::fault::{Fault, during};
use crate::sys::{directory, file, process};
use crate::walls::path;
use perfagent_launcher::protocol::{Bounds, Groups};
use std::ffi::CStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// What the kernel charges for a run beyond its memory: page tables, stacks in the kernel, buffers.
const SLACK_BYTES: u64 = 8 << 20;
/// The same in proportion: one part in so many.
const SLACK_SHARE: u64 = 16;
/// The launcher's own processes in a group that it shares with the run.
const OWN_PROCESSES: u32 = 2;
/// The group of a run below the launcher's, in version 2.
const RUN: &CStr = c"run";

/// Processor time of a group, nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) user_ns: u64,
    pub(crate) system_ns: u64,
}

impl Times {
    /// What was used after `before`.
    fn since(self, before: Self) -> Self {
        Self {
            user_ns: self.user_ns.saturating_sub(before.user_ns),
            system_ns: self.system_ns.saturating_sub(before.system_ns),
        }
    }
}

/// What the launcher itself has used so far.
fn own_times() -> Times {
    let usage = process::own_usage();
    Times {
        user_ns: process::microseconds(usage.ru_utime) * 1000,
        system_ns: process::microseconds(usage.ru_stime) * 1000,
    }
}

/// The groups of a launcher.
pub(crate) struct Control {
    memory: Option<Memory>,
    /// Most processes, where the launcher shares the group.
    processes: Option<File>,
    unified: Option<Unified>,
}

/// The memory controller of version 1.
struct Memory {
    limit: File,
    peak: File,
    usage: File,
    events: File,
}

/// Version 2.
enum Unified {
    /// The launcher is in the group with its runs; the file counts their processor time.
    Shared(File),
    /// Each run has a group of its own in this directory, with controllers.
    PerRun(OwnedFd),
}

/// The groups of one run.
#[derive(Default)]
pub(crate) struct RunGroups {
    /// In which the run starts, where that is not the launcher's.
    pub(crate) start_in: Option<OwnedFd>,
    times: Option<File>,
    times_before: Times,
    /// What the launcher had used itself, where it is in the group.
    own_before: Option<Times>,
    kills_before: u64,
    memory_before: u64,
}

impl Control {
    /// Opens the groups and joins those of version 1.
    pub(crate) fn open(groups: &Groups) -> Result<Self, Fault> {
        let memory = groups.memory.as_ref().map(|at| Memory::join(&path(at)));
        let processes = groups.processes.as_ref().map(|at| join(&path(at)).and_then(|()| edit(&path(at), "pids.max")));
        let unified = groups.unified.as_ref().map(|at| Unified::open(&path(at), groups.has_controllers));
        Ok(Self {
            memory: memory.transpose().map_err(during("join its memory control group"))?,
            processes: processes.transpose().map_err(during("join its process control group"))?,
            unified: unified.transpose().map_err(during("open its control group"))?,
        })
    }

    /// Whether the kernel charges memory to the run that belongs to none of its processes.
    pub(crate) fn charges_memory(&self) -> bool {
        self.memory.is_some() || matches!(self.unified, Some(Unified::PerRun(_)))
    }

    /// Sets the bounds of the next run.
    pub(crate) fn prepare(&self, bounds: &Bounds) -> Result<RunGroups, Fault> {
        self.try_prepare(bounds).map_err(during("set up the run's control group"))
    }

    fn try_prepare(&self, bounds: &Bounds) -> io::Result<RunGroups> {
        let mut groups = RunGroups::default();
        let most = bounds.memory_bytes.saturating_add(bounds.memory_bytes / SLACK_SHARE).saturating_add(SLACK_BYTES);
        if let Some(memory) = &self.memory {
            groups.memory_before = memory.reset()?;
            groups.kills_before = memory.kills()?;
            // Output is kept in memory that the launcher is charged for.
            let own = groups.memory_before.saturating_add(bounds.output_bytes.saturating_mul(2));
            write(&memory.limit, most.saturating_add(own))?;
        }
        if let Some(processes) = &self.processes {
            write(processes, u64::from(bounds.processes.saturating_add(OWN_PROCESSES)))?;
        }
        match &self.unified {
            Some(Unified::PerRun(directory)) => {
                let group = new_run(directory, bounds, most)?;
                groups.times = Some(open(&group, c"cpu.stat")?);
                groups.start_in = Some(group);
            }
            Some(Unified::Shared(times)) => {
                groups.times = Some(times.try_clone()?);
                groups.own_before = Some(own_times());
            }
            None => {}
        }
        groups.times_before = groups.times()?.unwrap_or_default();
        Ok(groups)
    }

    /// Highest memory that was charged to the run beyond what the launcher holds, bytes.
    pub(crate) fn peak_charged_bytes(&self, groups: &RunGroups) -> io::Result<Option<u64>> {
        if let Some(memory) = &self.memory {
            return Ok(Some(number(&memory.peak)?.saturating_sub(groups.memory_before)));
        }
        match &groups.start_in {
            Some(group) => number(&open(group, c"memory.peak")?).map(Some),
            None => Ok(None),
        }
    }

    /// Whether the kernel killed a process of the run because its memory was used up.
    pub(crate) fn ran_out_of_memory(&self, groups: &RunGroups) -> io::Result<bool> {
        if let Some(memory) = &self.memory {
            return Ok(memory.kills()? > groups.kills_before);
        }
        match &groups.start_in {
            Some(group) => {
                let events = text(&open(group, c"memory.events")?)?;
                Ok(field(&events, "oom_kill").unwrap_or(0) > 0)
            }
            None => Ok(false),
        }
    }
}

impl RunGroups {
    /// Processor time of the run so far; `None` where no group counts it.
    pub(crate) fn used(&self) -> io::Result<Option<Times>> {
        let own = self.own_before.map(|before| own_times().since(before)).unwrap_or_default();
        Ok(self.times()?.map(|now| now.since(self.times_before).since(own)))
    }

    fn times(&self) -> io::Result<Option<Times>> {
        let Some(file) = &self.times else { return Ok(None) };
        let stat = text(file)?;
        let read = |name| field(&stat, name).unwrap_or(0) * 1000;
        Ok(Some(Times { user_ns: read("user_usec"), system_ns: read("system_usec") }))
    }
}

impl Memory {
    fn join(at: &Path) -> io::Result<Self> {
        join(at)?;
        // The kernel ends a process of the run, never the launcher.
        let _ = fs::write("/proc/self/oom_score_adj", "-1000");
        let memory = Self {
            limit: edit(at, "memory.limit_in_bytes")?,
            peak: edit(at, "memory.max_usage_in_bytes")?,
            usage: File::open(at.join("memory.usage_in_bytes"))?,
            events: File::open(at.join("memory.oom_control"))?,
        };
        Ok(memory)
    }

    /// Starts a new high-water mark, and says what is in use.
    fn reset(&self) -> io::Result<u64> {
        write(&self.peak, 0)?;
        number(&self.usage)
    }

    fn kills(&self) -> io::Result<u64> {
        Ok(field(&text(&self.events)?, "oom_kill").unwrap_or(0))
    }
}

impl Unified {
    fn open(at: &Path, has_controllers: bool) -> io::Result<Self> {
        let directory = OwnedFd::from(File::open(at)?);
        if has_controllers {
            directory::make(directory.as_fd(), RUN)?;
            return Ok(Self::PerRun(directory));
        }
        join(at)?;
        open(&directory, c"cpu.stat").map(Self::Shared)
    }
}

/// A new group for a run, below a launcher's.
fn new_run(launchers: &OwnedFd, bounds: &Bounds, most_bytes: u64) -> io::Result<OwnedFd> {
    directory::remove(launchers.as_fd(), RUN)?;
    directory::make(launchers.as_fd(), RUN)?;
    let group = file::open_at(launchers.as_fd(), RUN)?;
    let set = |name: &CStr, value: u64| write(&File::from(directory::open_to_write(group.as_fd(), name)?), value);
    set(c"memory.max", most_bytes)?;
    set(c"memory.oom.group", 1)?;
    set(c"pids.max", u64::from(bounds.processes.saturating_add(1)))?;
    // A kernel without swap has no such file, and needs none.
    match set(c"memory.swap.max", 0) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(group),
    }
}

/// Moves this process into the group at `at`.
fn join(at: &Path) -> io::Result<()> {
    fs::write(at.join("cgroup.procs"), "0")
}

fn edit(at: &Path, name: &str) -> io::Result<File> {
    File::options().read(true).write(true).open(at.join(name))
}

fn open(group: &OwnedFd, name: &CStr) -> io::Result<File> {
    Ok(file::open_at(group.as_fd(), name)?.into())
}

fn write(file: &File, value: u64) -> io::Result<()> {
    file.write_all_at(value.to_string().as_bytes(), 0)
}

/// A file's text from its start: the kernel writes it anew for each reading.
fn text(file: &File) -> io::Result<String> {
    let mut buffer = [0; 2048];
    let length = file.read_at(&mut buffer, 0)?;
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

fn number(file: &File) -> io::Result<u64> {
    text(file)?.trim().parse().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The number behind `name` in a text of lines `name number`.
fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let stat = "usage_usec 30\nuser_usec 20\nsystem_usec 10\ncore_sched.force_idle_usec 0\n";
        assert_eq!(field(stat, "user_usec"), Some(20));
        assert_eq!(field(stat, "usec"), None);
        assert_eq!(field("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n", "oom_kill"), Some(3));
    }

    #[test]
    fn without_groups_nothing_is_counted_and_nothing_claimed() {
        let control = Control::open(&Groups::default()).unwrap();
        let bounds = Bounds {
            wall_ns: 1,
            cpu_ns: 1,
            memory_bytes: 1,
            processes: 1,
            output_bytes: 1,
            flood_bytes: 1,
            file_bytes: 1,
        };
        let groups = control.prepare(&bounds).unwrap();
        assert!(!control.charges_memory() && groups.start_in.is_none());
        assert_eq!(groups.used().unwrap(), None);
        assert_eq!(control.peak_charged_bytes(&groups).unwrap(), None);
        assert!(!control.ran_out_of_memory(&groups).unwrap());
    }
}
