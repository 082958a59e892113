//! Journals survive crashes at any byte, and refuse what they cannot be.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod common;

use common::{evaluated, record, started};
use perfagent_agent::files::RunFiles;
use perfagent_agent::journal::{Journal, JournalError};
use perfagent_core::event::{Record, RunEvent};
use perfagent_core::result::AgentResult;
use std::fs;

fn records() -> Vec<Record> {
    vec![
        record(RunEvent::Started(Box::new(started(true)))),
        record(evaluated(0, f64::INFINITY, false)),
        record(evaluated(0, 2.5, true)),
    ]
}

fn written(records: &[Record]) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("j");
    let (mut journal, none) = Journal::open(&path).unwrap();
    assert!(none.is_empty());
    for record in records {
        journal.append(record).unwrap();
    }
    fs::read(&path).unwrap()
}

#[test]
fn a_journal_cut_anywhere_gives_its_whole_records_and_goes_on() {
    let records = records();
    let bytes = written(&records);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("j");
    for length in 0..=bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let (mut journal, read) = Journal::open(&path).unwrap();
        let whole = bytes[..length].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(read, records[..whole], "cut at byte {length}");
        for record in &records[whole..] {
            journal.append(record).unwrap();
        }
        drop(journal);
        assert_eq!(fs::read(&path).unwrap(), bytes, "cut at byte {length}");
    }
}

#[test]
fn a_block_of_zeros_at_the_end_is_a_torn_line() {
    let mut bytes = written(&records());
    bytes.extend_from_slice(&[0; 512]);
    bytes.push(b'\n');
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("j");
    fs::write(&path, bytes).unwrap();
    assert_eq!(Journal::open(&path).unwrap().1, records());
}

#[test]
fn a_whole_record_of_a_newer_program_is_refused_and_stays() {
    let mut bytes = written(&records());
    bytes.extend_from_slice(
        b"{\"at\":\"2026-01-01T00:00:00Z\",\"took_ns\":1,\"event\":\"teleported\",\"iteration\":1}\n",
    );
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("j");
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(Journal::open(&path), Err(JournalError::Damaged { line: 4, .. })));
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_run_under_way_is_not_moved_aside() {
    let directory = tempfile::tempdir().unwrap();
    let files = RunFiles::new(directory.path(), "i");
    files.create().unwrap();
    let (journal, _) = Journal::open(&files.journal).unwrap();
    let refused = files.set_aside().unwrap_err();
    assert_eq!(refused.source.to_string(), "another perfagent works in it");
    assert!(files.journal.exists());
    drop(journal);
    assert_eq!(files.set_aside().unwrap(), Some(directory.path().join("i.old-1")));
    assert_eq!(files.set_aside().unwrap(), None);
}

#[test]
fn a_result_may_hold_bare_numbers_that_are_not_finite() {
    let directory = tempfile::tempdir().unwrap();
    let files = RunFiles::new(directory.path(), "i");
    files.create().unwrap();
    let text = serde_json::to_string(&AgentResult::failed("i", "why")).unwrap();
    fs::write(&files.result, text.replace("\"NaN\"", "NaN")).unwrap();
    let read = files.read_result().unwrap();
    assert!(read.metric.0.is_nan() && read.error.as_deref() == Some("why"), "{read:?}");
}

#[test]
fn a_trajectory_that_lies_elsewhere_is_moved_aside_too() {
    let directory = tempfile::tempdir().unwrap();
    let elsewhere = directory.path().join("trajectories");
    let files = RunFiles { trajectory: Some(elsewhere.join("i.traj")), ..RunFiles::new(directory.path(), "i") };
    for number in 1..3 {
        files.create().unwrap();
        fs::write(elsewhere.join("i.traj"), number.to_string()).unwrap();
        assert_eq!(files.set_aside().unwrap(), Some(directory.path().join(format!("i.old-{number}"))));
        assert_eq!(fs::read_to_string(elsewhere.join(format!("i.traj.old-{number}"))).unwrap(), number.to_string());
        assert!(!elsewhere.join("i.traj").exists());
    }
}

#[test]
fn damage_newer_formats_and_strangers_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("j");
    let text = String::from_utf8(written(&records())).unwrap();

    fs::write(&path, text.replacen("\"took_ns\":7", "\"took_ns\":-7", 1)).unwrap();
    assert!(matches!(Journal::open(&path), Err(JournalError::Damaged { line: 1, .. })));

    fs::write(&path, text.replacen("\"format\":1", "\"format\":2,\"unheard_of\":[]", 1)).unwrap();
    assert!(matches!(Journal::open(&path), Err(JournalError::Newer { found: 2, .. })));
    assert!(fs::read_to_string(&path).unwrap().contains("unheard_of"), "a newer journal is never rewritten");

    let without_start: String = text.lines().skip(1).map(|line| format!("{line}\n")).collect();
    fs::write(&path, without_start).unwrap();
    assert!(matches!(Journal::open(&path), Err(JournalError::NoStart { .. })));
}

#[test]
fn one_process_at_a_time_writes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("j");
    let first = Journal::open(&path).unwrap();
    assert!(matches!(Journal::open(&path), Err(JournalError::InUse { .. })));
    drop(first);
    assert!(Journal::open(&path).is_ok());
}
