//! The harness is run by this machine's own python3, in no sandbox: the evaluators here are the
//! tests' own.

use super::*;
use perfagent_task::testing::{Script, ended, exited};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// A service whose programs are run by python3; nothing where the machine has none.
fn python() -> Option<Script> {
    if Command::new("python3").arg("--version").output().is_err() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "python3 is missing");
        println!("skipped: no python3");
        return None;
    }
    Some(Script::new(|program, request| {
        let mut child = Command::new("python3")
            .args(["-c", &program.source])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let bytes = request.input.clone();
        let writer = std::thread::spawn(move || input.write_all(&bytes));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        let mut report = exited(output.status.code().unwrap_or(255), output.stdout);
        report.error_output = output.stderr;
        Ok(report)
    }))
}

/// A service that answers each run of the harness in turn.
fn scripted(answers: Vec<RunReport>) -> Script {
    let mut answers = answers.into_iter();
    Script::new(move |_, _| Ok(answers.next().expect("no further run")))
}

fn judge(script: &Script, evaluator: &str, pairs: &[(&str, &str)]) -> Result<Vec<Verdict>, TaskError> {
    let pairs: Vec<Pair<'_>> = pairs.iter().map(|(expected, output)| Pair { expected, output }).collect();
    Judge::default().verdicts(&script.execution(), evaluator, &pairs)
}

fn not_judged(reason: &str) -> Verdict {
    Verdict::NotJudged(reason.to_owned())
}

#[test]
fn arguments_go_by_name_where_the_names_tell() {
    let Some(python) = python() else { return };
    let named = [
        "expected_output, program_output",
        "program_output, expected_output",
        "actual, expected",
        "output, expected_result, tolerance=1",
        "*, expected, program",
    ];
    for parameters in named {
        let names: Vec<&str> = parameters.split(", ").filter(|name| *name != "*").collect();
        let expected = names.iter().find(|name| name.starts_with("expected")).unwrap();
        let evaluator = format!("def evaluate({parameters}):\n    return {expected} == 'right'\n");
        let verdicts = judge(&python, &evaluator, &[("right", "wrong"), ("wrong", "right")]).unwrap();
        assert_eq!(verdicts, [Verdict::Right, Verdict::Wrong], "{parameters}");
    }
    // Else the program's output comes first.
    for parameters in ["a, b", "a, b, /", "a, *rest"] {
        let evaluator = format!("def evaluate({parameters}):\n    return a == 'right'\n");
        let verdicts = judge(&python, &evaluator, &[("right", "wrong"), ("wrong", "right")]).unwrap();
        assert_eq!(verdicts, [Verdict::Wrong, Verdict::Right], "{parameters}");
    }
}

#[test]
fn prints_and_exceptions_disturb_nothing() {
    let Some(python) = python() else { return };
    let evaluator = r#"
import os, sys
print("loading")
def evaluate(expected_output, program_output):
    print('{"verdict": true}')
    os.write(1, b'{"verdict": true}\n')
    sys.stderr.write("noise")
    if program_output == "exit":
        sys.exit(3)
    if program_output == "raise":
        raise ValueError("not a number")
    if program_output == "die":
        os._exit(7)
    if program_output == "read":
        return sys.stdin.read() == ""
    return [] if program_output == "falsy" else [1]
"#;
    let outputs = ["a", "exit", "raise", "die", "read", "falsy", "\u{1f600}\"\\"];
    let pairs = outputs.map(|output| ("", output));
    let verdicts = judge(&python, evaluator, &pairs).unwrap();
    let expected = [
        Verdict::Right,
        not_judged("the evaluator raised SystemExit: 3"),
        not_judged("the evaluator raised ValueError: not a number"),
        not_judged("the evaluator ended its process (exit code 7)"),
        Verdict::Right,
        Verdict::Wrong,
        Verdict::Right,
    ];
    assert_eq!(verdicts, expected);
}

#[test]
fn a_bad_evaluator_is_a_bad_instance() {
    let Some(python) = python() else { return };
    let cases = [
        ("x = 1", "evaluator: it does not define a function `evaluate`"),
        ("def evaluate(:", "evaluator: it cannot be loaded: SyntaxError"),
        ("1 / 0", "evaluator: it cannot be loaded: ZeroDivisionError"),
        ("import os\nos._exit(4)", "evaluator: it ended its process while it was loaded (exit code 4)"),
    ];
    for (evaluator, expected) in cases {
        let Err(TaskError::BadInstance(message)) = judge(&python, evaluator, &[("", "")]) else {
            panic!("{evaluator} passes")
        };
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn an_endless_evaluator_costs_its_own_test_only() {
    let Some(python) = python() else { return };
    // Catches whatever is raised in it; the time allowed is shortened, so that the test is quick.
    let source = HARNESS.replace("CALL_SECONDS = 10", "CALL_SECONDS = 2");
    assert_ne!(source, HARNESS);
    let evaluator = r#"
def evaluate(expected_output, program_output):
    while program_output == "loop":
        try:
            while True: pass
        except BaseException: pass
    return True
"#;
    let mut judge = Judge {
        harness: Some(python.execution().compile(&CompileRequest::new(LANGUAGE, source)).unwrap()),
        known: BTreeMap::new(),
    };
    let pairs = ["a", "loop", "b"].map(|output| Pair { expected: "", output });
    let verdicts = judge.verdicts(&python.execution(), evaluator, &pairs).unwrap();
    assert_eq!(verdicts, [Verdict::Right, not_judged("the evaluator took more than 10 s"), Verdict::Right]);
}

#[test]
fn equal_pairs_are_judged_once() {
    let script = scripted(vec![exited(0, "\"ready\"\n{\"verdict\": true}\n{\"verdict\": false}\n")]);
    let mut judge = Judge::default();
    let pair = |expected, output| Pair { expected, output };
    for _ in 0..3 {
        let pairs = [pair("1", "1"), pair("1", "2"), pair("1", "1")];
        let verdicts = judge.verdicts(&script.execution(), "", &pairs).unwrap();
        assert_eq!(verdicts, [Verdict::Right, Verdict::Wrong, Verdict::Right]);
    }
    assert!(judge.verdicts(&script.execution(), "", &[]).unwrap().is_empty());
}

#[test]
fn runs_that_stop_early_go_on_in_another() {
    let ready = |rest: &str| exited(0, format!("\"ready\"\n{rest}"));
    let stuck = RunReport { output: b"\"ready\"\n{\"verd".to_vec(), ..ended(Outcome::WallLimit) };
    let watchdog = RunReport { error_output: b"Timeout (0:00:13)!".to_vec(), ..exited(1, "\"ready\"\n") };
    let script = scripted(vec![
        ready("{\"verdict\": true}\n\"pause\"\n"),
        ready("\"timeout\"\n"),
        stuck,
        ready("{\"verdict\": false}\n\"timeout\"\n"),
    ]);
    let pairs = ["a", "b", "c", "d", "e", "f"].map(|output| ("", output));
    let late = not_judged("the evaluator took more than 10 s");
    let rest = not_judged("not judged: the evaluator timed out 3 times");
    let expected = [Verdict::Right, late.clone(), late.clone(), Verdict::Wrong, late.clone(), rest];
    assert_eq!(judge(&script, "", &pairs).unwrap(), expected);
    assert_eq!(judge(&scripted(vec![watchdog]), "", &[("", "")]).unwrap(), [late]);
}

#[test]
fn a_harness_that_cannot_start_is_the_services_fault() {
    let broken = RunReport { error_output: b"ModuleNotFoundError".to_vec(), ..exited(1, "") };
    let error = judge(&scripted(vec![broken]), "", &[("", "")]).unwrap_err();
    assert!(matches!(error, TaskError::Execution(ref message) if message.contains("ModuleNotFound")), "{error:?}");
    let slow = exited(0, "\"timeout\"\n");
    let error = judge(&scripted(vec![slow]), "", &[("", "")]).unwrap_err();
    assert_eq!(error, TaskError::BadInstance("evaluator: it takes more than 10 s to load".to_owned()));
}
