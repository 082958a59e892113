//! What else happened on a core while programs were measured on it.

use perfagent_core::execution::RunReport;
use std::fs;

/// Times that a core may be taken from a program by others: per second, and in any case.
const SWITCHES_PER_SECOND: u64 = 30;
const SWITCHES_ALWAYS: u64 = 5;

/// Why a measurement is not to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disturbance {
    /// The machine below took the core away.
    Steal,
    /// Another process ran on the core.
    Switches,
}

/// Watches a core from before a pair of runs until after it.
pub(crate) struct Watcher {
    core: Option<u32>,
    steal: u64,
}

impl Watcher {
    /// Starts to watch.
    pub(crate) fn start(core: Option<u32>) -> Self {
        Self { core, steal: core.and_then(steal).unwrap_or(0) }
    }

    /// What disturbed these runs, by a rule that treats them alike.
    pub(crate) fn seen(&self, reports: &[RunReport]) -> Option<Disturbance> {
        if self.core.and_then(steal).unwrap_or(0) > self.steal {
            return Some(Disturbance::Steal);
        }
        reports.iter().any(was_switched).then_some(Disturbance::Switches)
    }
}

fn was_switched(report: &RunReport) -> bool {
    let details = &report.measurement.details;
    let switches = details.iter().find(|detail| detail.name == "involuntary-switches");
    let switches = switches.and_then(|detail| detail.value.parse::<u64>().ok()).unwrap_or(0);
    switches > SWITCHES_ALWAYS + report.measurement.wall_ns * SWITCHES_PER_SECOND / 1_000_000_000
}

/// Time stolen from a core since the machine started, in the kernel's ticks.
fn steal(core: u32) -> Option<u64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let name = format!("cpu{core}");
    let line = text.lines().find(|line| line.split(' ').next() == Some(&name))?;
    // user, nice, system, idle, iowait, irq, softirq, steal
    line.split_whitespace().nth(8)?.parse().ok()
}

/// Processes that ran or waited to run, on average over the last minute.
pub(crate) fn load() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_core::execution::{Detail, Measurement, Outcome};

    fn report(wall_ns: u64, switches: u64) -> RunReport {
        let details = vec![Detail { name: "involuntary-switches".to_owned(), value: switches.to_string() }];
        RunReport {
            outcome: Outcome::Exited(0),
            output: Vec::new(),
            output_dropped_bytes: 0,
            error_output: Vec::new(),
            error_dropped_bytes: 0,
            measurement: Measurement { wall_ns, details, ..Measurement::default() },
        }
    }

    #[test]
    fn either_side_disturbs_the_pair() {
        let watcher = Watcher { core: None, steal: 0 };
        assert_eq!(watcher.seen(&[report(1_000_000, 5), report(1_000_000, 0)]), None);
        assert_eq!(watcher.seen(&[report(1_000_000, 6), report(1_000_000, 0)]), Some(Disturbance::Switches));
        assert_eq!(watcher.seen(&[report(1_000_000, 0), report(1_000_000, 6)]), Some(Disturbance::Switches));
        assert_eq!(watcher.seen(&[report(2_000_000_000, 60), report(1, 0)]), None);
    }

    #[test]
    fn the_first_core_has_a_number_for_steal() {
        if fs::read_to_string("/proc/stat").is_ok_and(|text| text.contains("\ncpu0 ")) {
            assert!(steal(0).is_some());
        }
        assert_eq!(steal(u32::MAX), None);
    }
}
