//! What many instances cost the host: time and memory of a replayed batch, and how little is left to do
//! when it is called again. `cargo xtask bench` builds what it needs and runs it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends at what it did not expect, and prints")]

use perfagent_tests::program::{perfagent, plugin};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const INSTANCES: usize = 1_000;
const PARALLEL: &str = "100";

/// A batch in `home` that leaves its outputs in `out`, so many instances of it.
fn batch(home: &Path, instances: usize, out: &str, more: &[&str]) -> Command {
    let mut command = perfagent(home);
    command.args(["batch", "--sandbox", "best-effort", "--plugin"]).arg(plugin("aime"));
    command.args(["--instances", "set.jsonl", "--model", "any", "--max-iterations", "1", "--base-dir", out]);
    command.args(["--limit", &instances.to_string(), "--max-parallel", PARALLEL]).args(more);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Elapsed time and highest resident memory, MB of 10^6 bytes.
fn measure(mut command: Command) -> (Duration, f64) {
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kb = 0.0_f64;
    let code = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kb = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
        peak_kb = peak_kb.max(kb.unwrap_or_default());
        if let Some(code) = child.try_wait().unwrap() {
            break code;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(code.success(), "{code}");
    (begun.elapsed(), peak_kb * 1.024e-3)
}

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    let instances = if std::env::args().any(|argument| argument == "--bench") { INSTANCES } else { 10 };
    let home = tempfile::tempdir().unwrap();
    let line = |number: usize| {
        let problem = format!("Find the remainder when {number}007 is divided by 1000.");
        format!("{}\n", json!({"id": format!("problem-{number}"), "problem": problem, "answer": 7}))
    };
    fs::write(home.path().join("set.jsonl"), (0..instances).map(line).collect::<String>()).unwrap();
    let server = ModelServer::start(vec![Answer::Plain("It is what it is.\n\nAnswer: 7".to_owned())]);
    let record = ["--record", "calls.jsonl", "--llm-api-base", &server.api_base()];
    measure(batch(home.path(), instances, "recorded", &record));

    let replay = ["--replay", "calls.jsonl"];
    let (time, memory) = measure(batch(home.path(), instances, "replayed", &replay));
    println!(
        "{instances} replayed aime instances: {:.1} s, {memory:.0} MB resident  (goal: at most 20 s, 300 MB)",
        time.as_secs_f64()
    );
    let (time, again) = measure(batch(home.path(), instances, "replayed", &replay));
    println!("the same again, all done before: {:.2} s, {again:.0} MB resident", time.as_secs_f64());
    let (_, few) = measure(batch(home.path(), (instances / 5).max(1), "few", &replay));
    println!("resident with five times as many instances: {:.2} times as much", memory / few);
}
