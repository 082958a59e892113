//! effibench in its six languages: the real instance's own solutions, and what is told of copies that
//! were spoiled.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at what it did not expect, and says what it skips"
)]

use perfagent_tests::program::{perfagent, plugin, real_instance};
use perfagent_tests::skip;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const LANGUAGES: [&str; 6] = ["python3", "cpp", "java", "javascript", "golang", "ruby"];

/// What stands in front of the first statement of a program, and the status that all of its tests then have.
const SPOILS: [(&str, [&str; 6], &str); 3] = [
    (
        "crash",
        [
            "raise ValueError('x')",
            "__builtin_trap();",
            "if (args != null) throw new RuntimeException();",
            "throw new Error();",
            "if len(os.Args) > 0 { panic(1) };",
            "raise 'x'",
        ],
        "error",
    ),
    (
        "endless loop",
        [
            "while True: pass",
            "for (volatile int i = 0;; i = i) ;",
            "while (args != null) ;",
            "for (;;) ;",
            "for len(os.Args) > 0 { };",
            "loop {}",
        ],
        "timeout",
    ),
    (
        "memory hog",
        [
            "x = [[0] * 1000000 for _ in range(1000)]",
            "for (;;) { volatile char *p = new char[1 << 20]; for (int i = 0; i < 1 << 20; i += 4096) p[i] = 1; }",
            "List<long[]> hog = new ArrayList<>(); while (args != null) hog.add(new long[1 << 18]);",
            "const hog = []; for (;;) hog.push(Buffer.alloc(1 << 20, 1));",
            "var hog [][]byte; for len(os.Args) > 0 { b := make([]byte, 1 << 20); for i := range b { b[i] = 1 }; \
             hog = append(hog, b) };",
            "x = []; loop { x << 'x' * (1 << 20) }",
        ],
        "oom",
    ),
];

/// The last statement of each solution, and what makes it tell one too many.
const OFF_BY_ONE: [(&str, &str); 6] = [
    ("print(ans)", "print(ans + 1)"),
    ("cout << result", "cout << result + 1"),
    ("println(total)", "println(total + 1)"),
    ("console.log(total)", "console.log(total + 1)"),
    ("Println(ans)", "Println(ans + 1)"),
    ("puts result", "puts result + 1"),
];

/// `code` with `spoil` in front of the first statement, that of its main function where it has one.
fn spoiled(language: &str, code: &str, spoil: &str) -> String {
    let main = match language {
        "cpp" => "int main",
        "java" => "void main",
        "golang" => "func main",
        _ => return format!("{spoil}\n{code}"),
    };
    let start = code.find(main).unwrap();
    let (before, after) = code.split_at(start + code[start..].find('{').unwrap() + 1);
    format!("{before}{spoil}{after}")
}

fn evaluate(home: &Path, instance: &Path, language: &str, code: &str, limits: &str) -> Value {
    fs::write(home.join("solution"), code).unwrap();
    let config = format!("task_config:\n  num_runs: 1\n  language: {language}\n{limits}");
    fs::write(home.join("config.yaml"), config).unwrap();
    let mut command = perfagent(home);
    command.args([
        "evaluate",
        "--sandbox",
        "best-effort",
        "--json",
        "--solution",
        "solution",
        "--config",
        "config.yaml",
    ]);
    let output = command.arg("--plugin").arg(plugin("effibench")).arg("--instance").arg(instance).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| unreachable!("{language}: {error}: {output:?}"))
}

/// Whether a language is installed; where it is not, that is said, and a failure where everything must be.
fn has(home: &Path, language: &str) -> bool {
    let report = perfagent(home).args(["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    let languages = report["languages"].as_array().unwrap();
    let version = &languages.iter().find(|one| one["language"] == language).unwrap()["version"];
    let has = version.get("Ok").is_some();
    let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(has || !is_ci, "{language}: {version}");
    if !has {
        println!("skipped: {language}: {version}");
    }
    has
}

#[test]
fn the_own_solutions_of_the_real_instance_pass_in_every_language() {
    let Some(instance) = real_instance() else { return skip("the shared test data is not there") };
    let home = tempfile::tempdir().unwrap();
    let data: Value = serde_json::from_slice(&fs::read(&instance).unwrap()).unwrap();
    for language in LANGUAGES.into_iter().filter(|language| has(home.path(), language)) {
        let code = data["solutions"][language]["code"].as_str().unwrap();
        let judged = evaluate(home.path(), &instance, language, code, "");
        assert_eq!(judged["success"], true, "{language}: {}", judged["summary"]);
        let tests = judged["artifacts"]["benchmark_results"]["first_run_details"].as_array().unwrap();
        assert_eq!(tests.len(), 100);
        assert!(tests.iter().all(|test| test["passed"] == true), "{language}");
    }
}

#[test]
fn spoiled_copies_get_exactly_their_status() {
    let Some(real) = real_instance() else { return skip("the shared test data is not there") };
    let home = tempfile::tempdir().unwrap();
    let mut data: Value = serde_json::from_slice(&fs::read(&real).unwrap()).unwrap();
    let tests: Vec<Value> = match &data["generated_tests"] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        tests => tests.as_array().unwrap().clone(),
    };
    data["generated_tests"] = json!(tests[..2]);
    let instance = home.path().join("few.json");
    fs::write(&instance, data.to_string()).unwrap();
    let statuses = |language: &str, code: &str, limits: &str| {
        let judged = evaluate(home.path(), &instance, language, code, limits);
        assert_eq!(judged["success"], false, "{language}: {judged}");
        let details = judged["artifacts"]["benchmark_results"]["first_run_details"].as_array().unwrap();
        assert!(details.iter().all(|test| test["passed"] == false), "{language}: {judged}");
        details.iter().map(|test| test["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (index, language) in LANGUAGES.into_iter().enumerate().filter(|(_, language)| has(home.path(), language)) {
        let code = data["solutions"][language]["code"].as_str().unwrap();
        for (name, spoils, expected) in SPOILS {
            let limits = if expected == "timeout" { "  time_limit: 2\n" } else { "  memory_limit: 300\n" };
            let found = statuses(language, &spoiled(language, code, spoils[index]), limits);
            assert_eq!(found, [expected; 2], "{language}, {name}");
        }
        let (right, wrong) = OFF_BY_ONE[index];
        assert!(code.contains(right), "{language}");
        assert_eq!(statuses(language, &code.replace(right, wrong), ""), ["done"; 2], "{language}, off by one");

        let is_compiled = ["cpp", "java", "golang"].contains(&language);
        let expected = if is_compiled { "compile_error" } else { "error" };
        let found = statuses(language, &format!("{code}\n)]}} @@"), "");
        assert_eq!(found.first().map(String::as_str), Some(expected), "{language}, not a program");
    }
}
