//! What many instances cost the host: time and memory of a replayed batch, and how little is left to do
//! when it is called again. `cargo xtask bench` builds what it needs and runs it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends at what it did not expect, and prints")]

use perfagent_tests::program::{perfagent, plugin};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
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

/// Highest resident memory of a process so far, MB of 10^6 bytes; nothing of one that has ended.
fn peak_mb(process: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb: Option<f64> = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
    kb.unwrap_or_default() * 1.024e-3
}

/// Elapsed time and highest resident memory, MB of 10^6 bytes.
fn measure(mut command: Command) -> (Duration, f64) {
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut peak = 0.0_f64;
    let code = loop {
        peak = peak.max(peak_mb(child.id()));
        if let Some(code) = child.try_wait().unwrap() {
            break code;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(code.success(), "{code}");
    (begun.elapsed(), peak)
}

/// Highest resident memory, MB of 10^6 bytes, of so many runs that all wait for a model that says nothing.
fn in_flight(home: &Path, instances: usize) -> f64 {
    let server = ModelServer::start(vec![Answer::Hang]);
    let all = instances.to_string();
    let mut command = perfagent(home);
    command.args(["batch", "--sandbox", "best-effort", "--plugin"]).arg(plugin("aime"));
    command.args(["--instances", "set.jsonl", "--model", "any", "--base-dir", "waiting", "--limit", &all]);
    command.args(["--max-parallel", &all, "--llm-api-base", &server.api_base()]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let waiting = || {
        let runs = fs::read_dir(home.join("waiting")).into_iter().flatten().flatten().map(|run| run.path());
        let journal = |run: PathBuf| Some(run.join(run.file_name()?).with_added_extension("journal.jsonl"));
        let journals = runs.filter_map(|run| fs::read_to_string(journal(run)?).ok());
        journals.filter(|journal| journal.contains("prompt_built")).count()
    };
    while waiting() < instances && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(50));
    }
    let peak = peak_mb(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    peak
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
    let flight = in_flight(home.path(), instances);
    println!("{instances} runs that wait for a model: {flight:.0} MB resident  (goal: at most 300 MB)");
}
