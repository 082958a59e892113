//! What the launcher saw, as reports.

use perfagent_core::execution::{Detail, Failure, FailureKind, Measurement, Outcome, RunReport};
use perfagent_launcher::protocol::{Ending, Finished};
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::fd::OwnedFd;

/// How a run ended.
pub(crate) fn outcome(ending: Ending) -> Outcome {
    match ending {
        Ending::Exited(code) => Outcome::Exited(code),
        Ending::Signaled(signal) => Outcome::Signaled(signal),
        Ending::Wall => Outcome::WallLimit,
        Ending::Cpu => Outcome::CpuLimit,
        Ending::Memory => Outcome::MemoryLimit,
        Ending::Output => Outcome::OutputLimit,
        Ending::File => Outcome::FileLimit,
        Ending::Filter => Outcome::Forbidden(String::new()),
    }
}

/// The whole of a file that the launcher handed over, at most `limit` bytes.
pub(crate) fn content(file: OwnedFd, limit: u64) -> Result<Vec<u8>, Failure> {
    let failed = |error| Failure::new(FailureKind::Internal, format!("a program's output cannot be read: {error}"));
    let mut file = File::from(file);
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.take(limit).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

/// The report of a run, and the files of its products.
pub(crate) fn report(finished: Finished, files: Vec<OwnedFd>) -> Result<(RunReport, Vec<OwnedFd>), Failure> {
    let mut files = files.into_iter();
    let mut stream = |kept: u64| files.next().map_or(Ok(Vec::new()), |file| content(file, kept));
    let output = stream(finished.output.kept)?;
    let error_output = stream(finished.error_output.kept)?;
    let report = RunReport {
        outcome: outcome(finished.ending),
        output,
        output_dropped_bytes: finished.output.dropped,
        error_output,
        error_dropped_bytes: finished.error_output.dropped,
        measurement: measurement(&finished),
    };
    Ok((report, files.collect()))
}

fn measurement(finished: &Finished) -> Measurement {
    let details = [
        ("memory-samples", finished.samples),
        ("leftover-processes", finished.leftovers),
        ("voluntary-switches", finished.voluntary_switches),
        ("involuntary-switches", finished.involuntary_switches),
        ("major-faults", finished.major_faults),
        ("minor-faults", finished.minor_faults),
    ];
    Measurement {
        wall_ns: finished.wall_ns,
        user_ns: finished.user_ns,
        system_ns: finished.system_ns,
        peak_resident_bytes: finished.peak_resident_bytes,
        peak_charged_bytes: finished.peak_charged_bytes,
        memory_byte_seconds: finished.memory_byte_seconds,
        instructions: None,
        details: details.map(|(name, value)| Detail { name: name.to_owned(), value: value.to_string() }).into(),
    }
}
