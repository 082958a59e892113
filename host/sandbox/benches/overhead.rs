//! What a run in the sandbox costs beyond a plain fork and exec of the same program, side by side:
//! `cargo bench -p perfagent-sandbox`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends at what it did not expect, and prints")]

use perfagent_core::execution::{CompileRequest, Outcome, RunOptions, RunRequest};
use perfagent_core::isolation::Strictness;
use perfagent_sandbox::{CorePlan, LanguageTable, Program, Sandbox, SandboxOptions};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Pairs of runs for each program.
const PAIRS: usize = 300;

const C_SOURCE: &str = "int main(void) { return 0; }\n";

#[tokio::main]
async fn main() {
    // `cargo test --benches` only wants to know that it starts.
    let pairs = if std::env::args().any(|argument| argument == "--bench") { PAIRS } else { 3 };
    let scratch = tempfile::tempdir().unwrap();
    let options = SandboxOptions {
        strictness: Strictness::BestEffort,
        scratch: scratch.path().join("scratch"),
        search_path: std::env::var_os("PATH").unwrap(),
        cores: CorePlan::of_machine(),
        slots: Some(1),
        languages: LanguageTable::built_in(),
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    println!("{}; {pairs} pairs, milliseconds", sandbox.isolation().summary);
    println!("{:<14}{:<14}{:>9}{:>9}{:>9}", "program", "", "plain", "sandbox", "more");
    for (name, language, source) in [("C, return 0", "c", C_SOURCE), ("python3, pass", "python3", "pass\n")] {
        let Some(plain) = plain_command(language, source, scratch.path()) else {
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
        let (outside, inside) = measure(&sandbox, &program, plain, pairs).await;
        // Where others use the machine, the lower decile says more than the median.
        for (which, rank) in [("median", pairs / 2), ("lower decile", pairs / 10)] {
            let [outside, inside] = [&outside, &inside].map(|times| times[rank].as_secs_f64() * 1e3);
            println!("{name:<14}{which:<14}{outside:>9.2}{inside:>9.2}{:>9.2}", inside - outside);
        }
    }
}

/// The same program without a sandbox, and the interpreter itself rather than a script before it.
fn plain_command(language: &str, source: &str, directory: &Path) -> Option<Command> {
    let file = directory.join(format!("plain.{language}"));
    std::fs::write(&file, source).unwrap();
    let mut command = if language == "c" {
        let program = directory.join("plain");
        let compiled = Command::new("gcc").args(["-std=c17", "-O2", "-o"]).args([&program, &file]).status().ok()?;
        compiled.success().then(|| Command::new(program))?
    } else {
        let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().ok()?;
        let mut python = Command::new(String::from_utf8(asked.stdout).ok()?.trim());
        python.arg("-u").arg(file).env("PYTHONNOUSERSITE", "1");
        python
    };
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Some(command)
}

/// Times outside and inside, from short to long; the two in turn, so that both meet the same
/// disturbances.
async fn measure(
    sandbox: &Sandbox,
    program: &Program,
    mut plain: Command,
    pairs: usize,
) -> (Vec<Duration>, Vec<Duration>) {
    let (mut outside, mut inside) = (Vec::new(), Vec::new());
    for _ in 0..pairs {
        let start = Instant::now();
        assert!(plain.status().unwrap().success());
        outside.push(start.elapsed());
        let start = Instant::now();
        let reports = sandbox.run(program, vec![RunRequest::default()], RunOptions::default()).await.unwrap();
        inside.push(start.elapsed());
        assert_eq!(reports[0].outcome, Outcome::Exited(0));
    }
    outside.sort_unstable();
    inside.sort_unstable();
    (outside, inside)
}
