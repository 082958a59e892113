//! A disk that is full, a file that may not grow, and a journal whose last line is torn: the run says so,
//! keeps whole files, and goes on to the same end once it can.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::marathon::{ITERATIONS, Marathon, Moment, Outcome, aime, seed};
use perfagent_tests::scene::{Printed, finish};
use rustix::process::{Pid, Resource, Rlimit};
use std::fs;
use std::process::Command;
use std::time::Duration;

const FILES: i32 = 7;

/// Carries out a run that nothing stops.
fn undisturbed(marathon: &Marathon) -> Outcome {
    let printed = marathon.finish("whole");
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    marathon.outcome("whole")
}

/// The command of the run called `name` under another program with these arguments.
fn under(marathon: &Marathon, name: &str, program: &str, arguments: &[&str]) -> Command {
    let run = marathon.command(name);
    let mut command = Command::new(program);
    command.args(arguments).arg(run.get_program()).args(run.get_args());
    command.env_clear().env("HOME", marathon.scene.path()).env("PATH", std::env::var_os("PATH").unwrap());
    command.current_dir(marathon.scene.path());
    command
}

/// Holds the run called `name`, which ended for want of room with `printed`, to what must hold, and carries it
/// on to its end.
fn goes_on(marathon: &Marathon, name: &str, printed: &Printed, (expected, told): (&Outcome, &str)) {
    assert_eq!(printed.code, Some(FILES), "{told}: {}", printed.err);
    assert_eq!(printed.err.matches("error: ").count(), 1, "{told}: {}", printed.err);
    marathon.trajectory(name);
    let lines = fs::read(marathon.file(name, "run.journal.jsonl")).unwrap_or_default();
    let whole = lines.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(marathon.events(name).len(), whole, "{told}: each line of the journal is an event");
    assert!(lines.is_empty() || lines.ends_with(b"\n"), "{told}: no half line is left");

    let printed = marathon.finish(name);
    assert_eq!(printed.code, Some(0), "{told}: {}", printed.err);
    assert_eq!(&marathon.outcome(name), expected, "{told}");
    let calls = marathon.calls(name);
    assert!((ITERATIONS..=ITERATIONS + 1).contains(&calls), "{told}: {calls} calls");
}

#[test]
fn a_file_that_may_not_grow_ends_the_run_cleanly() {
    let marathon = aime();
    let expected = undisturbed(&marathon);
    let longest = fs::metadata(marathon.file("whole", "run.traj")).unwrap().len();
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut stopped = 0;
    for number in 0..30 {
        let limit = random.u64(0..longest);
        let name = format!("limit-{number}");
        let told = format!("PERFAGENT_SEED={seed}, {name}, {limit} bytes");
        // Not from the start: the launcher of the sandbox is a longer file than all of the run's.
        let (child, _) = marathon.start_until(&name, Moment::Journal(1, Duration::ZERO));
        let limits = Rlimit { current: Some(limit), maximum: Some(limit) };
        rustix::process::prlimit(Some(Pid::from_child(&child)), Resource::Fsize, limits).unwrap();
        let printed = Printed::from(child.wait_with_output().unwrap());
        if printed.code == Some(0) {
            // It was quicker than this test.
            continue;
        }
        stopped += 1;
        assert!(printed.err.contains("File too large"), "{told}: {}", printed.err);
        goes_on(&marathon, &name, &printed, (&expected, &told));
    }
    assert!(stopped >= 10, "only {stopped} runs met their limit");
}

#[test]
fn a_full_disk_ends_the_run_cleanly() {
    let marathon = aime();
    let expected = undisturbed(&marathon);
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    for number in 0..10 {
        // Pages of 4 KiB; all files together have some 30 of them.
        let pages = random.u32(3..24);
        let name = format!("disk-{number}");
        let told = format!("PERFAGENT_SEED={seed}, {name}, {pages} pages");
        fs::create_dir(marathon.scene.path().join(&name)).unwrap();
        // A small file system of its own, whose content is copied out before it goes.
        let script = format!(
            "mount -t tmpfs -o nr_blocks={pages} none {name} || exit 99; \"$@\"; code=$?; cp -r {name} kept; exit $code"
        );
        let arguments = ["--map-root-user", "--mount", "sh", "-c", &script, "sh"];
        let printed = finish(&mut under(&marathon, &name, "unshare", &arguments));
        if printed.code == Some(99) || printed.err.starts_with("unshare") {
            perfagent_tests::skip(&format!("no mount namespace here: {}", printed.err));
            assert!(std::env::var_os("CI").is_none(), "CI has mount namespaces");
            return;
        }
        fs::remove_dir(marathon.scene.path().join(&name)).unwrap();
        fs::rename(marathon.scene.path().join("kept"), marathon.scene.path().join(&name)).unwrap();
        assert!(printed.err.contains("No space left on device"), "{told}: {}", printed.err);
        goes_on(&marathon, &name, &printed, (&expected, &told));
    }
}

#[test]
fn a_journal_torn_anywhere_goes_on_from_its_last_whole_line() {
    let marathon = aime();
    let expected = undisturbed(&marathon);
    let path = marathon.file("whole", "run.journal.jsonl");
    let whole = fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    for number in 0..40 {
        // Half of them in the last line.
        let length = random.usize(if number % 2 == 0 { last } else { 1 }..whole.len());
        let told = format!("PERFAGENT_SEED={seed}, {length} of {} bytes", whole.len());
        fs::write(&path, &whole[..length]).unwrap();
        let replied = marathon.events("whole").iter().filter(|event| event["event"] == "model_replied").count();
        let before = marathon.calls("whole");
        let printed = marathon.finish("whole");
        assert_eq!(printed.code, Some(0), "{told}: {}", printed.err);
        assert_eq!(marathon.outcome("whole"), expected, "{told}");
        assert_eq!(marathon.calls("whole") - before, ITERATIONS - replied, "{told}");
    }
}
