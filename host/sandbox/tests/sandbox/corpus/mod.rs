//! Hostile programs: what each one comes to, that it gained nothing, and that a well-behaved program
//! beside it answers and measures as before.
//!
//! A program that reaches what it should not prints `gained` and what it was.

mod cheating;
mod compilers;
mod escape;
mod kernel;
mod resources;
mod time;

use super::{Scene, scene, text};
use perfagent_core::execution::{Limits, Outcome, RunReport};

/// Limits that every program here meets soon.
const TIGHT: Limits = Limits {
    wall_ms: Some(2_000),
    cpu_ms: Some(2_000),
    memory_bytes: Some(128 << 20),
    processes: Some(32),
    output_bytes: Some(64 << 10),
    file_bytes: Some(16 << 20),
};

/// A program and what must come of it.
struct Case {
    name: &'static str,
    language: &'static str,
    source: &'static str,
    limits: Limits,
    /// Any of these.
    expected: &'static [Outcome],
}

/// A Python program under [`TIGHT`] limits.
const fn python(name: &'static str, source: &'static str, expected: &'static [Outcome]) -> Case {
    Case { name, language: "python3", source, limits: TIGHT, expected }
}

/// A C program under [`TIGHT`] limits.
const fn c(name: &'static str, source: &'static str, expected: &'static [Outcome]) -> Case {
    Case { name, language: "c", source, limits: TIGHT, expected }
}

/// The program that is measured beside the hostile ones: 20 MB, and some tens of milliseconds.
const NEIGHBOUR: &str = "#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
    char *held = malloc(20000000);
    memset(held, 1, 20000000);
    volatile unsigned long sum = 0;
    for (unsigned long i = 0; i < 30000000; i++) sum += i ^ held[i % 20000000];
    printf(\"%lu\\n\", sum % 1000);
}
";

async fn neighbour(scene: &Scene) -> RunReport {
    let program = scene.compile("c", NEIGHBOUR).await;
    let report = scene.run(&program, "", Limits::default()).await;
    assert_eq!(report.outcome, Outcome::Exited(0), "{}", text(&report.error_output));
    report
}

/// Runs every case, and after each one the neighbour.
async fn try_all(cases: &[Case]) {
    let scene = scene().await;
    let before = neighbour(&scene).await;
    for case in cases {
        let program = scene.compile(case.language, case.source).await;
        let report = scene.run(&program, "", case.limits).await;
        let (output, errors) = (text(&report.output), text(&report.error_output));
        let name = case.name;
        assert!(case.expected.contains(&report.outcome), "{name}: {:?}\n{output}\n{errors}", report.outcome);
        assert!(!output.contains("gained"), "{name}: {output}");
        let after = neighbour(&scene).await;
        assert_eq!(after.output, before.output, "after {name}");
        let [first, second] = [&before, &after].map(|report| report.measurement.peak_resident_bytes as f64);
        assert!((second / first - 1.0).abs() < 0.02, "after {name}: {first} bytes became {second}");
        let [first, second] = [&before, &after].map(|report| report.measurement.user_ns as f64);
        // A machine with other work is slower at times, but not by such a factor.
        assert!(second < first * 5.0 + 1e8, "after {name}: {first} ns became {second}");
    }
}
