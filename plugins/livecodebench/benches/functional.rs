//! What judging costs beyond the calls themselves: 100 tests of a function, judged by the real
//! harness though without a sandbox, against one interpreter that makes the same calls.

#[path = "../tests/support/mod.rs"]
mod support;

use serde_json::json;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TESTS: usize = 100;
const ROUNDS: usize = 30;
const PROGRAM: &str = "class Solution:\n    def add(self, a, b):\n        return a + b\n";

#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
fn main() {
    let Some(python) = support::python() else { return };
    let tests: Vec<(String, String)> = (0..TESTS).map(|n| (format!("{n}\n{n}"), format!("{}", 2 * n))).collect();
    let data = support::instance(Some("add"), &tests);
    let calls = format!("{PROGRAM}\nsolution = Solution()\nfor n in range({TESTS}):\n    solution.add(n, n)\n");
    let (mut judged, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        judged.push(timed(|| support::judge(python, &data, &json!({}), PROGRAM)["passed"] == true));
        let mut command = Command::new(python);
        command.args(["-c", &calls]).stdout(Stdio::null());
        bare.push(timed(|| command.status().is_ok_and(|status| status.success())));
    }
    let (judged, bare) = (median(judged), median(bare));
    let ratio = judged.as_secs_f64() / bare.as_secs_f64();
    println!("livecodebench, {TESTS} tests of a function: {judged:.1?}");
    println!("one bare interpreter, the same calls: {bare:.1?}");
    println!("ratio: {ratio:.2} (goal: at most 3)");
}

fn timed(work: impl FnOnce() -> bool) -> Duration {
    let start = Instant::now();
    let is_right = work();
    let elapsed = start.elapsed();
    assert!(is_right, "the program is judged right");
    elapsed
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
