//! Bounds of runs: what a request leaves open, and what it may ask for at most.

use perfagent_core::execution::{Failure, FailureKind, Limits};
use perfagent_launcher::protocol::Bounds;

/// What holds where a request says nothing.
pub(crate) struct Defaults {
    wall_ms: u32,
    memory_bytes: u64,
    processes: u32,
    output_bytes: u64,
    file_bytes: u64,
}

/// Elapsed time of a run that asks for no other limit, milliseconds.
pub const DEFAULT_WALL_MS: u32 = 10_000;
/// Memory of a run that asks for no other limit, bytes.
pub const DEFAULT_MEMORY_BYTES: u64 = 1 << 30;

/// Defaults of a run.
pub(crate) const RUN: Defaults = Defaults {
    wall_ms: DEFAULT_WALL_MS,
    memory_bytes: DEFAULT_MEMORY_BYTES,
    processes: 64,
    output_bytes: 1 << 20,
    file_bytes: 64 << 20,
};

/// Defaults of a compilation.
pub(crate) const COMPILE: Defaults =
    Defaults { wall_ms: 60_000, memory_bytes: 2 << 30, processes: 64, output_bytes: 256 << 10, file_bytes: 256 << 20 };

/// Processor time beyond the wall time's worth that is granted where a request says nothing: it is
/// counted more coarsely.
const CPU_SLACK_MS: u32 = 1_000;

/// A stream is drained and dropped up to this many times what is kept of it, and at least
/// [`FLOOD_BYTES`]; beyond that the run is killed.
const FLOOD_FACTOR: u64 = 16;
const FLOOD_BYTES: u64 = 64 << 20;

/// The most that a request may ask for.
const MOST: Limits = Limits {
    wall_ms: Some(3_600_000),
    cpu_ms: Some(3_600_000 * 4),
    memory_bytes: Some(256 << 30),
    processes: Some(4_096),
    output_bytes: Some(256 << 20),
    file_bytes: Some(16 << 30),
};

/// The bounds that `limits` and `defaults` give.
pub(crate) fn bounds(limits: &Limits, defaults: &Defaults) -> Result<Bounds, Failure> {
    let wall_ms = checked("wall-ms", limits.wall_ms, MOST.wall_ms)?.unwrap_or(defaults.wall_ms);
    let cpu_ms = checked("cpu-ms", limits.cpu_ms, MOST.cpu_ms)?.unwrap_or(wall_ms.saturating_add(CPU_SLACK_MS));
    let output_bytes =
        checked("output-bytes", limits.output_bytes, MOST.output_bytes)?.unwrap_or(defaults.output_bytes);
    Ok(Bounds {
        wall_ns: u64::from(wall_ms) * 1_000_000,
        cpu_ns: u64::from(cpu_ms) * 1_000_000,
        memory_bytes: checked("memory-bytes", limits.memory_bytes, MOST.memory_bytes)?.unwrap_or(defaults.memory_bytes),
        processes: checked("processes", limits.processes, MOST.processes)?.unwrap_or(defaults.processes),
        output_bytes,
        flood_bytes: output_bytes.saturating_mul(FLOOD_FACTOR).max(FLOOD_BYTES),
        file_bytes: checked("file-bytes", limits.file_bytes, MOST.file_bytes)?.unwrap_or(defaults.file_bytes),
    })
}

fn checked<T>(name: &str, wanted: Option<T>, most: Option<T>) -> Result<Option<T>, Failure>
where
    T: Copy + PartialOrd + Default + std::fmt::Display,
{
    let refused = |message: String| Err(Failure::new(FailureKind::Refused, message));
    match (wanted, most) {
        (Some(wanted), _) if wanted <= T::default() => {
            refused(format!("the limit {name} is {wanted}; it must be positive"))
        }
        (Some(wanted), Some(most)) if wanted > most => {
            refused(format!("the limit {name} is {wanted}, more than {most}, the most that is granted"))
        }
        _ => Ok(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_in_and_refuses() {
        let bounds_of = |limits: Limits| bounds(&limits, &RUN);
        let default = bounds_of(Limits::default()).unwrap();
        assert_eq!((default.wall_ns, default.cpu_ns), (10_000_000_000, 11_000_000_000));
        let own = bounds_of(Limits { wall_ms: Some(5), output_bytes: Some(8 << 20), ..Limits::default() }).unwrap();
        assert_eq!((own.wall_ns, own.flood_bytes), (5_000_000, 128 << 20));
        let zero = bounds_of(Limits { wall_ms: Some(0), ..Limits::default() }).unwrap_err();
        assert!(zero.message.contains("wall-ms is 0"), "{zero}");
        let absurd = bounds_of(Limits { memory_bytes: Some(u64::MAX), ..Limits::default() }).unwrap_err();
        assert_eq!(absurd.kind, FailureKind::Refused);
    }
}
