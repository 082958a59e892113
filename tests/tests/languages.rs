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

/// What is put in front of the first statement of a program, and the status of its tests then.
const SPOILS: [(&str, [&str; 6], &str); 4] = [
    (
        "off by one",
        [
            "print(1)",
            "std::cout << 1 << std::endl;",
            "System.out.println(1);",
            "console.log(1);",
            "println(1); print(\"\"); os.Stdout.WriteString(\"1\\n\");",
            "puts 1",
        ],
        "done",
    ),
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
            "java.util.List<long[]> hog = new java.util.ArrayList<>(); while (args != null) hog.add(new long[1 << 18]);",
            "const hog = []; for (;;) hog.push(Buffer.alloc(1 << 20, 1));",
            "var hog [][]byte; for len(os.Args) > 0 { b := make([]byte, 1 << 20); for i := range b { b[i] = 1 }; hog = append(hog, b) };",
            "x = []; loop { x << 'x' * (1 << 20) }",
        ],
        "oom",
    ),
];

/// Where the first statement of a program's main function is, or that of the program.
fn spoiled(language: &str, code: &str, spoil: &str) -> String {
    let after = |mark: &str| {
        let start = code.find(mark).unwrap_or_else(|| unreachable!("{language}: {mark} is not there"));
        let at = start + code[start..].find('{').unwrap() + 1;
        format!("{}{spoil}{}", &code[..at], &code[at..])
    };
    match language {
        "cpp" => format!("#include <iostream>\n{}", after("int main")),
        "java" => after("void main"),
        "golang" => {
            let with_os = if code.contains("\"os\"") {
                code.to_owned()
            } else {
                code.replacen("import (", "import (\n\"os\"", 1)
            };
            let start = with_os.find("func main()").unwrap();
            let at = start + with_os[start..].find('{').unwrap() + 1;
            format!("{}{spoil}{}", &with_os[..at], &with_os[at..])
        }
        _ => format!("{spoil}\n{code}"),
    }
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
    for (index, language) in LANGUAGES.into_iter().enumerate().filter(|(_, language)| has(home.path(), language)) {
        let code = data["solutions"][language]["code"].as_str().unwrap();
        for (name, spoils, expected) in SPOILS {
            let limits = if expected == "timeout" { "  time_limit: 2\n" } else { "  memory_limit: 300\n" };
            let judged = evaluate(home.path(), &instance, language, &spoiled(language, code, spoils[index]), limits);
            let details = judged["artifacts"]["benchmark_results"]["first_run_details"].as_array().unwrap();
            assert_eq!((details.len(), &judged["success"]), (2, &false.into()), "{language} {name}: {judged}");
            for test in details {
                assert_eq!(
                    (&test["status"], &test["passed"]),
                    (&expected.into(), &false.into()),
                    "{language}, {name}: {}",
                    judged["summary"]
                );
            }
        }
        let broken = format!("{code}\n)]}} @@");
        let judged = evaluate(home.path(), &instance, language, &broken, "");
        let status = &judged["artifacts"]["benchmark_results"]["first_run_details"][0]["status"];
        let expected = if ["cpp", "java", "golang"].contains(&language) { "compile_error" } else { "error" };
        assert_eq!(status, expected, "{language}: {}", judged["summary"]);
    }
}
