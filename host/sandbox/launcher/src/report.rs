//! What a run comes to: how it ended, from what the kernel says, and what it used.

use crate::control::Times;
use crate::meter::Meter;
use crate::sys::page::Notes;
use crate::sys::process::microseconds;
use perfagent_launcher::protocol::{Bounds, Ending, Finished, Stream};
use std::sync::atomic::Ordering;

/// What the run's control groups say at its end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Charged {
    /// Processor time, that before exec included.
    pub(crate) times: Option<Times>,
    /// Highest memory.
    pub(crate) peak_bytes: Option<u64>,
    /// Whether the kernel killed a process because its memory was used up.
    pub(crate) ran_out: bool,
}

/// All that there is to tell about a run.
pub(crate) struct Seen<'a> {
    pub(crate) notes: &'a Notes,
    pub(crate) bounds: &'a Bounds,
    pub(crate) usage: &'a libc::rusage,
    pub(crate) meter: &'a Meter,
    /// The limit that the launcher ended it for.
    pub(crate) killed: Option<Ending>,
    pub(crate) charged: Charged,
}

/// The report but for outputs and products.
pub(crate) fn finished(seen: &Seen<'_>) -> Finished {
    let Seen { notes, bounds, usage, meter, killed, charged } = *seen;
    let own = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::SeqCst);
    // The group knows of processes that nobody waited for.
    let total_user_ns = charged.times.map_or(microseconds(usage.ru_utime) * 1000, |times| times.user_ns);
    let total_system_ns = charged.times.map_or(microseconds(usage.ru_stime) * 1000, |times| times.system_ns);
    let own_user_us = own(&notes.first_user_us) + own(&notes.program_user_us);
    let own_system_us = own(&notes.first_system_us) + own(&notes.program_system_us);
    let user_ns = total_user_ns.saturating_sub(own_user_us * 1000);
    let system_ns = total_system_ns.saturating_sub(own_system_us * 1000);
    // What rose and fell between two samples is in the kernel's own high-water mark of a process.
    let peak_resident_bytes = meter.peak_bytes().max(own(&notes.peak_kb) * 1024);
    let ending = killed.unwrap_or_else(|| {
        if charged.ran_out || peak_resident_bytes > bounds.memory_bytes {
            Ending::Memory
        } else if user_ns + system_ns > bounds.cpu_ns {
            Ending::Cpu
        } else if meter.wall_ns() > bounds.wall_ns {
            Ending::Wall
        } else {
            by_status(notes.status.load(Ordering::SeqCst) - 1)
        }
    });
    Finished {
        ending,
        output: Stream::default(),
        error_output: Stream::default(),
        wall_ns: meter.wall_ns(),
        user_ns,
        system_ns,
        peak_resident_bytes,
        peak_charged_bytes: charged.peak_bytes,
        memory_byte_seconds: meter.byte_seconds(),
        samples: meter.samples(),
        leftovers: own(&notes.leftovers),
        voluntary_switches: usage.ru_nvcsw as u64,
        involuntary_switches: usage.ru_nivcsw as u64,
        major_faults: usage.ru_majflt as u64,
        minor_faults: usage.ru_minflt as u64,
        products: Vec::new(),
    }
}

/// What a wait status says. The program's own signals tell which limit of its process it met.
fn by_status(status: i64) -> Ending {
    let Ok(status) = i32::try_from(status) else { return Ending::Signaled(libc::SIGKILL as u32) };
    if status >= 0 && libc::WIFEXITED(status) {
        return Ending::Exited(libc::WEXITSTATUS(status));
    }
    match if status >= 0 { libc::WTERMSIG(status) } else { libc::SIGKILL } {
        libc::SIGXFSZ => Ending::File,
        libc::SIGSYS => Ending::Filter,
        signal => Ending::Signaled(signal as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_no_signals() {
        assert_eq!(by_status(137 << 8), Ending::Exited(137));
        assert_eq!(by_status(libc::SIGKILL.into()), Ending::Signaled(9));
        assert_eq!(by_status(libc::SIGXFSZ.into()), Ending::File);
        assert_eq!(by_status(libc::SIGSYS.into()), Ending::Filter);
        assert_eq!(by_status(-1), Ending::Signaled(9));
    }
}
