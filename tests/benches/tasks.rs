//! What judging costs beside the programs themselves, for each task that ships: ratios, and judgements
//! a second. `cargo xtask bench` builds what it needs and runs it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends at what it did not expect, and prints")]

use perfagent_agent::{SandboxExecution, Task};
use perfagent_core::isolation::Strictness;
use perfagent_plugin::{Grants, HostOptions, PluginHost, Services};
use perfagent_sandbox::{CorePlan, LanguageTable, Sandbox, SandboxOptions};
use perfagent_tests::program::{compiler, plugin, real_instance};
use serde_json::{Map, Value, json};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Times that each side of a ratio is taken; the two in turn, and the least counts.
const ROUNDS: usize = 5;
const JUDGEMENTS: u32 = 20_000;
const TESTS: usize = 100;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // `cargo test --benches` only wants to know that it starts.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { ROUNDS } else { 1 };
    let scratch = tempfile::tempdir().unwrap();
    let options = SandboxOptions {
        strictness: Strictness::BestEffort,
        scratch: scratch.path().join("scratch"),
        search_path: std::env::var_os("PATH").unwrap(),
        cores: CorePlan::of_machine(),
        slots: None,
        told_to_wait: |_| {},
        languages: LanguageTable::built_in(),
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    aime(&sandbox).await;
    livecodebench(&sandbox, &scratch, rounds).await;
    match real_instance() {
        Some(instance) => {
            for (language, goal) in [("python3", 1.25), ("cpp", 1.6)] {
                effibench(&sandbox, &instance, (language, goal), &scratch, rounds).await;
            }
        }
        None => println!("skipped: effibench: the shared test data is not there"),
    }
}

/// The interpreter itself: the name may be a version manager's script, which costs more than the runs.
fn python3() -> String {
    let output = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn task(sandbox: &Sandbox, name: &str, instance: &Value, config: Value) -> Task {
    let host = PluginHost::new(HostOptions::new(compiler())).unwrap();
    let plugin = host.load_file(&plugin(name), || {}).await.unwrap();
    let services = Services {
        execution: std::sync::Arc::new(SandboxExecution::new(sandbox.clone())),
        grants: Grants::default(),
        log: std::sync::Arc::new(|_| {}),
    };
    let config: Map<String, Value> = config.as_object().unwrap().clone();
    Task::open(&plugin, services, "bench", instance.to_string().into_bytes().into(), &config).await.unwrap()
}

async fn aime(sandbox: &Sandbox) {
    let instance = json!({"id": "bench", "problem": "What is 3 * 25?", "answer": "75"});
    let mut task = task(sandbox, "aime", &instance, json!({})).await;
    let start = Instant::now();
    for number in 0..JUDGEMENTS {
        let evaluation = task.evaluate(&format!("Answer: \\frac{{{}}}{{2}}", number * 2), None).await.unwrap();
        assert_eq!(evaluation.success, number == 75);
    }
    let rate = f64::from(JUDGEMENTS) / start.elapsed().as_secs_f64();
    println!("aime: {rate:.0} judgements a second  (goal: at least 10000)");
}

async fn livecodebench(sandbox: &Sandbox, scratch: &TempDir, rounds: usize) {
    let tests: Vec<Value> = (0..TESTS)
        .map(|n| json!({"input": format!("{n}\n[1, 2, {n}]"), "output": (n + n + 3).to_string(), "testtype": "functional"}))
        .collect();
    let instance = json!({
        "question_id": "bench", "question_title": "sum", "question_content": "Add.", "platform": "leetcode",
        "contest_id": "1", "contest_date": "2024-01-01T00:00:00", "difficulty": "easy",
        "starter_code": "class Solution:\n    def add(self, n, numbers):\n        ",
        "public_test_cases": tests, "private_test_cases": [], "metadata": {"func_name": "add"},
    });
    let solution = "class Solution:\n    def add(self, n, numbers):\n        return n + sum(numbers)\n";
    let calls =
        format!("{solution}\nsolution = Solution()\nfor n in range({TESTS}):\n    print(solution.add(n, [1, 2, n]))\n");
    let script = scratch.path().join("calls.py");
    fs::write(&script, calls).unwrap();
    let mut task = task(sandbox, "livecodebench", &instance, json!({})).await;
    let mut least = [Duration::MAX; 2];
    for _ in 0..rounds {
        let start = Instant::now();
        assert!(Command::new(python3()).arg(&script).stdout(Stdio::null()).status().unwrap().success());
        least[0] = least[0].min(start.elapsed());
        let start = Instant::now();
        let evaluation = task.evaluate(solution, None).await.unwrap();
        least[1] = least[1].min(start.elapsed());
        assert!(evaluation.success, "{}", evaluation.summary);
    }
    report("livecodebench, 100 functional tests / one bare interpreter", least, "at most 3");
}

async fn effibench(sandbox: &Sandbox, path: &Path, (language, goal): (&str, f64), scratch: &TempDir, rounds: usize) {
    let instance: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let code = instance["solutions"][language]["code"].as_str().unwrap();
    let tests: Vec<Value> = match &instance["generated_tests"] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        tests => tests.as_array().unwrap().clone(),
    };
    let directory = scratch.path().join(language);
    fs::create_dir(&directory).unwrap();
    for (number, test) in tests.iter().enumerate() {
        fs::write(directory.join(format!("{number}.in")), test["input"].as_str().unwrap()).unwrap();
    }
    let program = match language {
        "cpp" => {
            fs::write(directory.join("main.cpp"), code).unwrap();
            let mut compiler = Command::new("g++");
            compiler.args(["-std=c++20", "-O2", "-o", "a.out", "main.cpp"]).current_dir(&directory);
            assert!(compiler.status().unwrap().success());
            "./a.out".to_owned()
        }
        _ => {
            fs::write(directory.join("main.py"), code).unwrap();
            format!("{} -u main.py", python3())
        }
    };
    fs::write(directory.join("loop.sh"), format!("for input in *.in; do {program} < $input > /dev/null; done\n"))
        .unwrap();
    let mut task = task(sandbox, "effibench", &instance, json!({"language": language, "num_runs": 1})).await;
    // Wrong outputs end the cascade after the first run of all tests.
    let wrong = code.replace("<< result", "<< result + 1").replace("print(ans)", "print(ans + 1)");
    assert_ne!(code, wrong);
    let (mut once, mut measured) = ([Duration::MAX; 2], [Duration::MAX; 2]);
    for _ in 0..rounds {
        let start = Instant::now();
        let shell =
            Command::new("sh").arg("loop.sh").current_dir(&directory).stdin(File::open("/dev/null").unwrap()).status();
        assert!(shell.unwrap().success());
        once[0] = once[0].min(start.elapsed());
        let start = Instant::now();
        let evaluation = task.evaluate(&wrong, None).await.unwrap();
        once[1] = once[1].min(start.elapsed());
        assert!(!evaluation.success, "{}", evaluation.summary);
        let start = Instant::now();
        let evaluation = task.evaluate(code, None).await.unwrap();
        measured[1] = measured[1].min(start.elapsed().saturating_sub(once[1]));
        assert!(evaluation.success, "{}", evaluation.summary);
    }
    measured[0] = once[0];
    report(&format!("effibench, 100 tests in {language}, one run / a shell loop"), once, &format!("at most {goal}"));
    report("effibench, the same measured, on a core of its own / a shell loop", measured, "none");
}

fn report(what: &str, [plain, judged]: [Duration; 2], goal: &str) {
    let ratio = judged.as_secs_f64() / plain.as_secs_f64();
    println!("{what}: {ratio:.2}  ({:.0} ms, {:.0} ms; goal: {goal})", ms(judged), ms(plain));
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
