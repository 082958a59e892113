//! A run that is killed at any moment leaves whole files and goes on to the same end, paying for no reply
//! twice but for the one in flight.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::marathon::{ITERATIONS, Marathon, Moment, Outcome, aime, seed};
use perfagent_tests::scene::Scene;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Runs that are killed once.
const KILLED: u64 = 200;

/// Runs that are killed again and again, and how often.
const HAUNTED: u64 = 4;
const KILLS: u64 = 20;

/// One test at a time: the programs of one are measured, and the runs of the others keep every core busy.
static ALONE: Mutex<()> = Mutex::new(());

/// Carries out the run that is not killed; gives what it came to, how long it took and how long its journal is.
fn undisturbed(marathon: &Marathon) -> (Outcome, Duration, u64) {
    // Another one compiles the plugin.
    assert_eq!(marathon.finish("warm").code, Some(0));
    let begun = Instant::now();
    let printed = marathon.finish("whole");
    let took = begun.elapsed();
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(marathon.calls("whole"), ITERATIONS);
    let length = fs::metadata(marathon.file("whole", "run.journal.jsonl")).unwrap().len();
    (marathon.outcome("whole"), took, length)
}

/// Calls `work` with 0 to `count`, several at a time.
fn side_by_side(count: u64, work: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < count) {
                    work(number);
                }
            });
        }
    });
}

#[test]
fn two_hundred_kills_change_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let marathon = aime();
    let (expected, took, length) = undisturbed(&marathon);
    let seed = seed();
    // Where the kills fell: the last event before each.
    let fallen = Mutex::new(BTreeMap::<String, u32>::new());
    side_by_side(KILLED, |number| {
        let mut random = fastrand::Rng::with_seed(seed.wrapping_add(number));
        // By time most fall where time goes; by bytes they fall into every iteration, however fast it is.
        let moment = if number % 2 == 0 {
            Moment::After(took.mul_f64(1.1 * random.f64()))
        } else {
            Moment::Journal(random.u64(0..=length), Duration::from_micros(random.u64(0..3_000)))
        };
        let name = format!("kill-{number}");
        let told = format!("PERFAGENT_SEED={seed}, {name} at {moment:?}");
        let is_killed = marathon.kill(&name, moment);
        marathon.trajectory(&name);
        let last = marathon.events(&name).last().map_or("nothing".to_owned(), |event| event["event"].to_string());
        *fallen.lock().unwrap().entry(if is_killed { last } else { "its end".to_owned() }).or_default() += 1;

        let printed = marathon.finish(&name);
        assert_eq!(printed.code, Some(0), "{told}: {}", printed.err);
        assert_eq!(marathon.outcome(&name), expected, "{told}");
        let calls = marathon.calls(&name);
        assert!((ITERATIONS..=ITERATIONS + usize::from(is_killed)).contains(&calls), "{told}: {calls} calls");
    });
    let fallen = fallen.into_inner().unwrap();
    println!("last event before the kill: {fallen:?}, undisturbed {took:?}");
    for event in ["prompt_built", "model_replied", "extracted", "evaluated", "decided"] {
        assert!(
            fallen.contains_key(&format!("\"{event}\"")),
            "PERFAGENT_SEED={seed}: no kill after {event}: {fallen:?}"
        );
    }
}

#[test]
fn one_run_killed_again_and_again_comes_to_its_end() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let marathon = aime();
    let (expected, took, length) = undisturbed(&marathon);
    let seed = seed();
    side_by_side(HAUNTED, |number| {
        let mut random = fastrand::Rng::with_seed(seed.wrapping_add(number));
        let name = format!("haunted-{number}");
        let told = format!("PERFAGENT_SEED={seed}, {name}");
        let journal = marathon.file(&name, "run.journal.jsonl");
        let mut killed = 0;
        for _ in 0..KILLS {
            let now = fs::metadata(&journal).map_or(0, |journal| journal.len());
            let moment = if random.bool() {
                Moment::Journal(now + random.u64(0..length / KILLS * 2), Duration::from_micros(random.u64(0..2_000)))
            } else {
                Moment::After(took.mul_f64(random.f64()))
            };
            killed += usize::from(marathon.kill(&name, moment));
            marathon.trajectory(&name);
        }
        let printed = marathon.finish(&name);
        assert_eq!(printed.code, Some(0), "{told}: {}", printed.err);
        assert_eq!(marathon.outcome(&name), expected, "{told}");
        let calls = marathon.calls(&name);
        assert!((ITERATIONS..=ITERATIONS + killed).contains(&calls), "{told}: {calls} calls, {killed} kills");
    });
}

/// Runs of effibench, with a program that wastes most of its time until the third reply.
fn effibench() -> Marathon {
    let mut instance: Value = serde_json::from_slice(&fs::read(Scene::shipped_instance()).unwrap()).unwrap();
    let program = instance["solutions"]["python3"]["code"].as_str().unwrap();
    let waste = "    for _ in range(6000000):\n        pass\n";
    let program = program.replacen("    data =", &format!("{waste}    data ="), 1);
    instance["id"] = "run".into();
    instance["solutions"] = json!({"python3": {"code": program}});
    instance["generated_tests"].as_array_mut().unwrap().truncate(2);
    let settings = "adopt_only_if_improved: true\ntask_config: {num_runs: 3, code_generation_mode: diff}\n";
    Marathon::new("effibench", &instance, settings, move |iteration| match iteration {
        1 => edit("    nothing", "    something"),
        3 => edit(waste.trim_end(), "    # Nothing is wasted."),
        4 => edit("    pairs = 0", "    pairs = 1"),
        _ => "I have no idea.".to_owned(),
    })
}

fn edit(search: &str, replace: &str) -> String {
    format!("<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n")
}

#[test]
fn kills_while_programs_run_are_no_different() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let marathon = effibench();
    let (expected, took, _) = undisturbed(&marathon);
    let expected = expected.unmeasured();
    let confirmed = |name: &str| marathon.events(name).iter().filter(|event| event["event"] == "confirmed").count();
    assert_eq!(confirmed("whole"), 1, "a better program is measured twice");
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut killed = 0;
    for _ in 0..12 {
        killed += usize::from(marathon.kill("haunted", Moment::After(took.mul_f64(0.7 * random.f64()))));
        marathon.trajectory("haunted");
    }
    let printed = marathon.finish("haunted");
    assert_eq!(printed.code, Some(0), "PERFAGENT_SEED={seed}: {}", printed.err);
    assert_eq!(marathon.outcome("haunted").unmeasured(), expected, "PERFAGENT_SEED={seed}");
    let calls = marathon.calls("haunted");
    assert!(
        (ITERATIONS..=ITERATIONS + killed).contains(&calls),
        "PERFAGENT_SEED={seed}: {calls} calls, {killed} kills"
    );
}
