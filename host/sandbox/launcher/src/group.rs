//! The processes of a run: which there are, and what they use.

use crate::sys::file;
use crate::sys::process;
use std::collections::HashMap;
use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;

/// Offset in a proc directory from which on processes are listed.
const FIRST_PROCESS: i64 = 256;

/// What all processes of a run use at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Use {
    pub(crate) resident_bytes: u64,
    pub(crate) cpu_ns: u64,
}

/// How the processes of a run are found.
enum Listing {
    /// The run's own proc, which shows no others.
    Proc(OwnedFd),
    /// Children of children, from the first process on, in the proc that the launcher sees.
    Tree(i32),
}

/// Files of one process, kept open: reading them again is ten times cheaper than opening them.
struct Watched {
    memory: OwnedFd,
    times: OwnedFd,
    seen: u64,
}

/// The processes of a run.
pub(crate) struct Group {
    listing: Listing,
    watched: HashMap<i32, Watched>,
    round: u64,
    page_bytes: u64,
    tick_ns: u64,
    buffer: Vec<u8>,
}

impl Group {
    /// The group whose first process is `first`, in a pid namespace of its own or not.
    pub(crate) fn new(first: i32, namespaces: bool) -> io::Result<Self> {
        let listing = if namespaces {
            Listing::Proc(File::open(format!("/proc/{first}/root/proc"))?.into())
        } else {
            Listing::Tree(first)
        };
        let (page_bytes, tick_ns) = process::units();
        Ok(Self { listing, watched: HashMap::new(), round: 0, page_bytes, tick_ns, buffer: vec![0; 16 << 10] })
    }

    /// What the group uses now. The first process is the launcher's own and counts for the time of
    /// those that it has waited for alone.
    pub(crate) fn sample(&mut self) -> Use {
        self.round += 1;
        let mut total = Use::default();
        for pid in self.list() {
            let Some(one) = self.read(pid) else { continue };
            total.cpu_ns += one.cpu_ns;
            if !self.is_first(pid) {
                total.resident_bytes += one.resident_bytes;
            }
        }
        let round = self.round;
        self.watched.retain(|_, watched| watched.seen == round);
        total
    }

    fn is_first(&self, pid: i32) -> bool {
        match self.listing {
            Listing::Proc(_) => pid == 1,
            Listing::Tree(first) => pid == first,
        }
    }

    fn list(&mut self) -> Vec<i32> {
        let mut pids = Vec::new();
        match &self.listing {
            Listing::Proc(directory) => {
                // Whatever cannot be listed is gone; the next sample says so.
                let _ = file::for_each_entry(directory.as_fd(), FIRST_PROCESS, &mut self.buffer, |name| {
                    pids.extend(name.to_str().ok().and_then(|name| name.parse::<i32>().ok()));
                });
            }
            Listing::Tree(first) => pids = descendants(*first),
        }
        pids
    }

    fn read(&mut self, pid: i32) -> Option<Use> {
        if !self.watched.contains_key(&pid) {
            let watched = self.open(pid)?;
            self.watched.insert(pid, watched);
        }
        let first = self.is_first(pid);
        let watched = self.watched.get_mut(&pid)?;
        watched.seen = self.round;
        let mut text = [0; 512];
        let length = file::read_start(watched.memory.as_fd(), &mut text).ok()?;
        let resident = std::str::from_utf8(&text[..length]).ok()?.split(' ').nth(1)?.parse::<u64>().ok()?;
        let length = file::read_start(watched.times.as_fd(), &mut text).ok()?;
        let ticks = ticks(&text[..length], first)?;
        Some(Use { resident_bytes: resident * self.page_bytes, cpu_ns: ticks * self.tick_ns })
    }

    fn open(&self, pid: i32) -> Option<Watched> {
        let open = |name: &str| match &self.listing {
            Listing::Proc(directory) => {
                let path = CString::new(format!("{pid}/{name}")).ok()?;
                file::open_at(directory.as_fd(), &path).ok()
            }
            Listing::Tree(_) => File::open(format!("/proc/{pid}/{name}")).ok().map(OwnedFd::from),
        };
        Some(Watched { memory: open("statm")?, times: open("stat")?, seen: 0 })
    }
}

/// Processor time in the kernel's ticks, out of a `stat` file: a process's own and that of the
/// children it has waited for; of the run's first process the children's alone.
fn ticks(stat: &[u8], children_alone: bool) -> Option<u64> {
    let text = String::from_utf8_lossy(stat);
    // The name stands in parentheses and may hold anything; the fields behind it are numbers.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    // Fields 14 to 17 of the manual page: user, system, children's user, children's system.
    let numbers = fields.get(11..15)?.iter().map(|field| field.parse::<u64>().unwrap_or(0));
    Some(numbers.skip(if children_alone { 2 } else { 0 }).sum())
}

/// `first` and everything that descends from it.
fn descendants(first: i32) -> Vec<i32> {
    let mut found = vec![first];
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        next += 1;
        let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        for thread in threads.flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
        }
    }
    found
}

/// Ends every process below this one and waits for it, whatever became of those in between.
pub(crate) fn end_descendants() {
    let own = std::process::id() as i32;
    loop {
        kill_descendants(own);
        if process::wait(-1, 0).is_err() {
            return;
        }
    }
}

/// Processes and threads of `user`.
pub(crate) fn count_of_user(user: u32) -> u64 {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    // What vanishes meanwhile counts for nothing.
    let own = entries.filter(|entry| entry.metadata().is_ok_and(|metadata| metadata.uid() == user));
    own.map(|entry| fs::read_dir(entry.path().join("task")).map_or(0, |threads| threads.count() as u64)).sum()
}

/// Kills everything that descends from `first`, but not that process itself. Stopped first, so that
/// none of them makes another one meanwhile.
pub(crate) fn kill_descendants(first: i32) {
    for signal in [libc::SIGSTOP, libc::SIGKILL] {
        for pid in descendants(first).into_iter().skip(1) {
            // What is gone already needs no signal.
            let _ = process::signal(pid, signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_behind_a_name_that_looks_like_fields() {
        let stat = b"7 (a) R 1 2 3) S 1 7 7 0 -1 4194304 1 2 3 4 10 20 300 4000 20 0 1 0";
        assert_eq!(ticks(stat, false), Some(4330));
        assert_eq!(ticks(stat, true), Some(4300));
        assert_eq!(ticks(b"7 (cut", false), None);
    }

    #[test]
    fn counts_the_processes_of_a_user() {
        let user = process::own_ids().0;
        assert!(count_of_user(user) >= 1);
        assert_eq!(count_of_user(u32::MAX - 1), 0);
    }
}
