//! Programs made by the task, compiled and run by this machine's own toolchains, in no sandbox: they
//! are the instances' own.

use perfagent_effibench::Effibench;
use perfagent_task::testing::{Harness, Script, exited};
use perfagent_task::{CompileError, CompileRequest, Outcome, Rejection, RunReport, RunRequest};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use tempfile::TempDir;

/// How a language's programs are compiled and run in the directory that holds them.
struct Toolchain {
    language: &'static str,
    file: &'static str,
    compile: &'static str,
    run: &'static str,
}

/// Go without goimports: what is imported must be right as it is.
const TOOLCHAINS: [Toolchain; 8] = [
    Toolchain { language: "python3", file: "main.py", compile: "", run: "python3 main.py" },
    Toolchain { language: "cpp", file: "main.cpp", compile: "g++ -std=c++20 main.cpp", run: "./a.out" },
    Toolchain { language: "java", file: "Main.java", compile: "javac Main.java", run: "java Main" },
    Toolchain { language: "javascript", file: "main.js", compile: "", run: "node main.js" },
    Toolchain { language: "golang", file: "main.go", compile: "go build -o a.out main.go", run: "./a.out" },
    Toolchain { language: "ruby", file: "main.rb", compile: "", run: "ruby main.rb" },
    Toolchain { language: "c", file: "main.c", compile: "gcc main.c", run: "./a.out" },
    Toolchain { language: "rust", file: "main.rs", compile: "rustc --edition 2021 -o a.out main.rs", run: "./a.out" },
];

impl Toolchain {
    fn of(language: &str) -> &'static Self {
        TOOLCHAINS.iter().find(|toolchain| toolchain.language == language).expect("the language is known")
    }

    /// The first word of the command that needs the toolchain.
    fn program(&self) -> &'static str {
        let command = if self.compile.is_empty() { self.run } else { self.compile };
        command.split(' ').next().unwrap_or_default()
    }

    #[expect(clippy::print_stdout, reason = "a skipped test says so")]
    fn is_there(&self) -> bool {
        let version = if self.program() == "go" { "version" } else { "--version" };
        let is_there = Command::new(self.program()).arg(version).output().is_ok_and(|output| output.status.success());
        if !is_there {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{} is missing", self.program());
            println!("skipped: no {}", self.program());
        }
        is_there
    }
}

/// The directories of compiled programs, by source.
type Programs = Rc<std::cell::RefCell<HashMap<String, TempDir>>>;

/// Runs a command in `directory`: its exit code, and what it wrote to the two outputs.
fn execute(command: &str, directory: &Path, input: &[u8]) -> (i32, Vec<u8>, Vec<u8>) {
    let words: Vec<&str> = command.split(' ').collect();
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .env("GO111MODULE", "off")
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program is there");
    let mut pipe = child.stdin.take().expect("it is piped");
    let bytes = input.to_vec();
    let writer = std::thread::spawn(move || pipe.write_all(&bytes));
    let output = child.wait_with_output().expect("it ends");
    // One that does not read its input is no failure of the test.
    let _ = writer.join().expect("writing does not panic");
    (output.status.code().unwrap_or(255), output.stdout, output.stderr)
}

fn compile(programs: &Programs, request: &CompileRequest) -> Result<(), CompileError> {
    let toolchain = Toolchain::of(&request.language);
    let directory = TempDir::new().expect("there is room");
    fs::write(directory.path().join(toolchain.file), &request.source).expect("it can be written");
    if !toolchain.compile.is_empty() {
        let (code, _, message) = execute(toolchain.compile, directory.path(), b"");
        if code != 0 {
            let message = String::from_utf8_lossy(&message).into_owned();
            return Err(CompileError::Rejected(Rejection { outcome: Outcome::Exited(code), message }));
        }
    }
    programs.borrow_mut().insert(request.source.clone(), directory);
    Ok(())
}

fn run(programs: &Programs, program: &CompileRequest, request: &RunRequest) -> RunReport {
    let programs = programs.borrow();
    let directory = programs[&program.source].path();
    let (code, output, error_output) = execute(Toolchain::of(&program.language).run, directory, &request.input);
    RunReport { error_output, ..exited(code, output) }
}

fn machine() -> Script {
    let programs = Programs::default();
    let compiled = Rc::clone(&programs);
    Script::new(move |program, request| Ok(run(&programs, program, request)))
        .compiling(move |request| compile(&compiled, request))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instances")
}

/// Judges a program of an instance with its small tests, and expects it to pass.
fn check(name: &str, language: &str, source: &str) {
    let data = fs::read(folder().join(name).with_extension("json")).expect("the instance is there");
    let mut instance: Value = serde_json::from_slice(&data).expect("it is JSON");
    let tests: Vec<Value> =
        serde_json::from_str(instance["generated_tests"].as_str().expect("it is a text")).expect("tests");
    instance["generated_tests"] = tests
        .into_iter()
        .filter(|test| test["input"].as_str().is_some_and(|input| input.len() < 500))
        .take(2)
        .collect();
    let config = json!({"language": language, "num_runs": 1}).to_string();
    let mut task =
        Harness::<Effibench>::load(name, instance.to_string().as_bytes(), &config, &machine()).expect(language);
    let evaluation = task.evaluate(source, None).expect("the evaluator works");
    assert!(evaluation.success, "{name}, {language}: {}\n{}", evaluation.summary, evaluation.artifacts);
}

fn source(name: &str, file: &str) -> String {
    fs::read_to_string(folder().join(name).join(file)).expect("the program is there")
}

#[test]
fn functional_solutions_run_in_six_languages() {
    for toolchain in TOOLCHAINS[..6].iter().filter(|toolchain| toolchain.is_there()) {
        let extension = toolchain.file.rsplit('.').next().unwrap();
        for name in ["count-inversions", "distinct-window"] {
            check(name, toolchain.language, &source(name, &format!("fast.{extension}")));
        }
    }
}

#[test]
fn whole_programs_run_in_eight_languages() {
    for toolchain in TOOLCHAINS.iter().filter(|toolchain| toolchain.is_there()) {
        let extension = toolchain.file.rsplit('.').next().unwrap();
        check("range-queries", toolchain.language, &source("range-queries", &format!("slow.{extension}")));
    }
}

#[test]
fn imports_may_stand_anywhere_and_be_said_twice() {
    for toolchain in TOOLCHAINS[..6].iter().filter(|toolchain| toolchain.is_there()) {
        let extension = toolchain.file.rsplit('.').next().unwrap();
        let solution = source("../tests/solutions", &format!("imports.{extension}"));
        check("count-inversions", toolchain.language, &solution);
    }
}
