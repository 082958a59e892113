//! What a run in the sandbox costs beyond a plain fork and exec of the same program, beside what other
//! launchers cost, in one run: `cargo bench -p perfagent-sandbox`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends at what it did not expect, and prints")]

mod rivals;

use perfagent_core::execution::{CompileRequest, Outcome, RunOptions, RunRequest};
use perfagent_core::isolation::Strictness;
use perfagent_sandbox::{CorePlan, LanguageTable, Program, Sandbox, SandboxOptions};
use rivals::{RIVALS, Rival, quiet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Rounds for each program: in a round each launcher runs it once.
const ROUNDS: usize = 200;

const C_SOURCE: &str = "int main(void) { return 0; }\n";

#[tokio::main]
async fn main() {
    // `cargo test --benches` only wants to know that it starts.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { ROUNDS } else { 3 };
    let scratch = tempfile::tempdir().unwrap();
    let options = SandboxOptions {
        strictness: Strictness::BestEffort,
        scratch: scratch.path().join("scratch"),
        search_path: std::env::var_os("PATH").unwrap(),
        cores: CorePlan::of_machine(),
        slots: Some(1),
        told_to_wait: |_| {},
        languages: LanguageTable::built_in(),
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    println!("{}; {rounds} rounds, milliseconds; in brackets above plain fork and exec", sandbox.isolation().summary);
    for (name, language, source) in [("C, return 0", "c", C_SOURCE), ("python3, pass", "python3", "pass\n")] {
        let Some(words) = plain(language, source, scratch.path()) else {
            println!("skipped: {name}: no toolchain");
            continue;
        };
        let request = CompileRequest {
            language: language.into(),
            source: source.into(),
            files: Vec::new(),
            limits: Default::default(),
        };
        let program = sandbox.compile(request).await.unwrap();
        println!("{name:<16}{:>16}{:>20}", "median", "lower decile");
        let mut contenders = contenders(&words, scratch.path());
        let times = measure(&sandbox, &program, &mut contenders, rounds).await;
        let base = &times[0].1;
        for (launcher, times) in &times {
            // Where others use the machine, the lower decile says more than the median.
            let cell = |rank: usize| {
                let [own, plain] = [times, base].map(|times| times[rank].as_secs_f64() * 1e3);
                format!("{own:.2} [{:+.2}]", own - plain)
            };
            println!("  {launcher:<14}{:>16}{:>20}", cell(rounds / 2), cell(rounds / 10));
        }
    }
}

/// The same program without a sandbox, and the interpreter itself rather than a script before it.
fn plain(language: &str, source: &str, directory: &Path) -> Option<Vec<String>> {
    let file = directory.join(format!("plain.{language}"));
    std::fs::write(&file, source).unwrap();
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    if language == "c" {
        let program = directory.join("plain");
        let compiled = Command::new("gcc").args(["-std=c17", "-O2", "-o"]).args([&program, &file]).status().ok()?;
        return compiled.success().then(|| vec![text(program)]);
    }
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().ok()?;
    Some(vec![String::from_utf8(asked.stdout).ok()?.trim().to_owned(), "-u".to_owned(), text(file)])
}

/// What runs `words` outside, by name: nothing but fork and exec, and those rivals that work here.
fn contenders(words: &[String], scratch: &Path) -> Vec<(&'static str, Command)> {
    let mut all = vec![("plain", quiet(words))];
    for Rival { name, command } in RIVALS {
        let Some(mut command) = command(words, scratch) else { continue };
        match command.output() {
            Ok(output) if output.status.success() => all.push((name, command)),
            Ok(output) => {
                let error = String::from_utf8_lossy(&output.stderr).into_owned();
                println!("  {name} does not run here: {}", error.lines().next_back().unwrap_or_default());
            }
            Err(_) => println!("  {name} is not installed"),
        }
    }
    all
}

/// Times from short to long; all launchers in turn, so that they meet the same disturbances.
async fn measure(
    sandbox: &Sandbox,
    program: &Program,
    contenders: &mut [(&'static str, Command)],
    rounds: usize,
) -> Vec<(&'static str, Vec<Duration>)> {
    let mut times: Vec<(&'static str, Vec<Duration>)> =
        contenders.iter().map(|(name, _)| (*name, Vec::new())).chain([("this sandbox", Vec::new())]).collect();
    for _ in 0..rounds {
        for ((_, command), (_, times)) in contenders.iter_mut().zip(&mut times) {
            let start = Instant::now();
            assert!(quiet_again(command).status().unwrap().success());
            times.push(start.elapsed());
        }
        let start = Instant::now();
        let reports = sandbox.run(program, vec![RunRequest::default()], RunOptions::default()).await.unwrap();
        times.last_mut().unwrap().1.push(start.elapsed());
        assert_eq!(reports[0].outcome, Outcome::Exited(0));
    }
    for (_, times) in &mut times {
        times.sort_unstable();
    }
    times
}

/// `output` connects pipes; the measured runs have none.
fn quiet_again(command: &mut Command) -> &mut Command {
    use std::process::Stdio;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}
