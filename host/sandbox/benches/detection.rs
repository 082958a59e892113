//! How often equal programs seem different, and how often a true difference is found, on this machine
//! as it is now: `cargo bench -p perfagent-sandbox --bench detection`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends at what it did not expect, and prints")]

use perfagent_core::execution::{CompileRequest, Policy, Round, RunOptions, RunReport, RunRequest};
use perfagent_core::isolation::Strictness;
use perfagent_sandbox::{CorePlan, LanguageTable, Program, Sandbox, SandboxOptions};
use perfagent_toolkit::stats::compare_pairs;

/// The confidence that tasks use.
const CONFIDENCE: f64 = 0.99;
/// Differences below this share are none, as in the tasks.
const LEAST_EFFECT: f64 = 0.01;
/// Work of the first program, which takes about 5 ms.
const WORK: f64 = 4_000_000.0;

/// Comparisons of a program with one that does `more` times the work.
struct Trial {
    name: &'static str,
    more: f64,
    pairs: u32,
    comparisons: u32,
    goal: &'static str,
}

const TRIALS: [Trial; 3] = [
    Trial { name: "equal programs seem different", more: 1.0, pairs: 10, comparisons: 300, goal: "at most 2 %" },
    Trial { name: "5 % more work is found", more: 1.05, pairs: 10, comparisons: 100, goal: "at least 90 %" },
    Trial { name: "2 % more work is found", more: 1.02, pairs: 40, comparisons: 50, goal: "at least 90 %" },
];

#[tokio::main]
async fn main() {
    // `cargo test --benches` only wants to know that it starts.
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let cores = CorePlan::of_machine();
    let all = cores.clone();
    let scratch = tempfile::tempdir().unwrap();
    let options = SandboxOptions {
        strictness: Strictness::BestEffort,
        scratch: scratch.path().join("scratch"),
        search_path: std::env::var_os("PATH").unwrap(),
        cores,
        slots: None,
        told_to_wait: |_| {},
        languages: LanguageTable::built_in(),
    };
    all.keep_off();
    let sandbox = Sandbox::start(options).await.unwrap();
    let first = program(&sandbox, 1.0).await;
    println!("{:<32}{:>7}{:>13}{:>9}   goal", "", "pairs", "comparisons", "share");
    for trial in TRIALS {
        let second = program(&sandbox, trial.more).await;
        let comparisons = if is_bench { trial.comparisons } else { 2 };
        let mut different = 0;
        for _ in 0..comparisons {
            different += u32::from(seem_different(&sandbox, [&first, &second], trial.pairs).await);
        }
        let share = f64::from(different) / f64::from(comparisons) * 100.0;
        println!("{:<32}{:>7}{comparisons:>13}{share:>7.1} %   {}", trial.name, trial.pairs, trial.goal);
    }
}

async fn program(sandbox: &Sandbox, more: f64) -> Program {
    let source = format!(
        "int main(void) {{ volatile unsigned x = 1; for (long i = 0; i < {}L; i++) x = x * 1103515245u + 12345u; return 0; }}",
        (WORK * more) as u64
    );
    let request = CompileRequest { language: "c".into(), source, files: Vec::new(), limits: Default::default() };
    sandbox.compile(request).await.unwrap()
}

async fn seem_different(sandbox: &Sandbox, [first, second]: [&Program; 2], pairs: u32) -> bool {
    let options = RunOptions { policy: Policy::Measure, max_parallel: None };
    let rounds = sandbox.compare(second, first, vec![RunRequest::default()], pairs, options).await.unwrap();
    let time = |reports: &[RunReport]| (reports[0].measurement.user_ns + reports[0].measurement.system_ns) as f64;
    let side = |of: fn(&Round) -> &[RunReport]| rounds.iter().map(|round| time(of(round))).collect::<Vec<f64>>();
    let (candidate, incumbent) = (side(|round| &round.candidate), side(|round| &round.incumbent));
    let ratio = compare_pairs(&candidate, &incumbent, CONFIDENCE).unwrap();
    (ratio.estimate - 1.0).abs() >= LEAST_EFFECT && (ratio.low > 1.0 || ratio.high < 1.0)
}
