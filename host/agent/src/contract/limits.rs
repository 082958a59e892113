//! How far the task stayed from its limits.

use super::Suite;
use super::ledger::{Verdict, fault};

/// A task that uses more of a limit than this, for its own examples or for 10 MB of what is none, has too
/// little room for others.
const ROOM: f64 = 0.9;

/// Compares what all calls of the suite used with what a task may use.
pub(super) fn check(suite: &Suite<'_>) -> Verdict {
    let (used, limits) = (suite.plugin.peak_usage(), suite.plugin.inspect().limits);
    let megabytes = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    let told = format!(
        "at most {:.3} of {} s of processor time in a call, {:.1} of {} MB of memory",
        used.cpu_time.as_secs_f64(),
        limits.cpu_time.as_secs_f64(),
        megabytes(used.memory_bytes),
        megabytes(limits.memory_bytes),
    );
    let is_near = used.cpu_time.as_secs_f64() > ROOM * limits.cpu_time.as_secs_f64()
        || megabytes(used.memory_bytes) > ROOM * megabytes(limits.memory_bytes);
    if is_near {
        let expected = "a tenth of each limit is left";
        return Err(fault(expected, told, "do less in one call, or keep less at the same time"));
    }
    Ok(told)
}
