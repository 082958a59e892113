//! `perfagent evaluate --instances …`: solutions of whole data sets.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::program::{perfagent, plugin, workspace};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;

const INSTANCES: &str = r#"{"ID": "sum", "Problem": "What is 1 + 1?", "Answer": 2}
{"ID": "bad", "Problem": "There is no answer."}

{"ID": "product", "Problem": "What is 3 * 25?", "Answer": "075"}
"#;

const SOLUTIONS: &str =
    r#"{"sum": ["Answer: 2", "Answer: 3", "Answer: 3", "Answer: 2", "Answer: 2"], "product": "Answer: 76"}"#;

fn evaluate(home: &Path, words: &[&str]) -> Output {
    let mut command = perfagent(home);
    command.args(["evaluate", "--sandbox", "best-effort", "--plugin"]).arg(plugin("aime"));
    command.args(["--instances", "set.jsonl", "--solutions", "solutions.json"]).args(words).output().unwrap()
}

#[test]
fn every_solution_is_judged_and_a_bad_instance_stops_no_other() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("set.jsonl"), INSTANCES).unwrap();
    fs::write(home.path().join("solutions.json"), SOLUTIONS).unwrap();
    let output = evaluate(home.path(), &["--json"]);
    let printed: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| unreachable!("{error}: {output:?}"));
    let score = &printed["score"];
    assert_eq!((&score["instances"], &score["solutions"]), (&2.into(), &6.into()), "{score}");
    assert_eq!(score["pass_at"][0]["share"], 0.3, "{score}");
    assert_eq!((&score["majority_at"][1]["k"], &score["majority_at"][1]["share"]), (&5.into(), &1.0.into()), "{score}");
    let refused = printed["refused"][0].as_str().unwrap();
    assert!(refused.starts_with("set.jsonl, line 2: ") && refused.contains("answer"), "{refused}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_was_judged_before_is_not_judged_again() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("set.jsonl"), INSTANCES).unwrap();
    fs::write(home.path().join("solutions.json"), SOLUTIONS).unwrap();
    let first = evaluate(home.path(), &["--base-dir", "out"]);
    assert!(String::from_utf8_lossy(&first.stdout).contains("2 instances, 6 solutions"), "{first:?}");
    let file = home.path().join("out/grades.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 6);
    // As after a kill: two whole lines and a torn one.
    let kept: String = text.lines().take(2).map(|line| format!("{line}\n")).collect();
    fs::write(&file, format!("{kept}{{\"id\": \"su")).unwrap();
    let second = evaluate(home.path(), &["--base-dir", "out"]);
    assert!(String::from_utf8_lossy(&second.stderr).contains("2 solutions have been judged before"), "{second:?}");
    assert_eq!(second.stdout, first.stdout);
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 6);
    let score: Value = serde_json::from_slice(&fs::read(home.path().join("out/score.json")).unwrap()).unwrap();
    assert_eq!(score["solutions"], 6);
}

#[test]
fn a_window_of_dates_leaves_the_others_out() {
    let home = tempfile::tempdir().unwrap();
    let line = |id: &str, date: Value| {
        serde_json::json!({
            "question_id": id, "question_title": id, "question_content": "Print 1.", "platform": "atcoder",
            "contest_id": "c", "contest_date": date, "starter_code": "", "difficulty": "easy", "metadata": "{}",
            "public_test_cases": [{"input": "", "output": "1", "testtype": "stdin"}], "private_test_cases": [],
        })
        .to_string()
    };
    let set = [
        line("before", "2024-01-30T00:00:00".into()),
        line("first", "2024-01-31T00:00:00".into()),
        line("last", "2024-02-29T10:00:00".into()),
        line("after", "2024-03-01T00:00:00".into()),
        line("undated", Value::Null),
    ];
    fs::write(home.path().join("set.jsonl"), set.join("\n")).unwrap();
    let solutions: String = ["before", "first", "last", "after", "undated"]
        .map(|id| format!("{{\"question_id\": \"{id}\", \"code_list\": [\"print({})\"]}}\n", u8::from(id != "last")))
        .concat();
    fs::write(home.path().join("solutions.jsonl"), solutions).unwrap();
    let mut command = perfagent(home.path());
    command.args(["evaluate", "--sandbox", "best-effort", "--json", "--plugin"]).arg(plugin("livecodebench"));
    command.args(["--instances", "set.jsonl", "--solutions", "solutions.jsonl"]);
    let output = command.args(["--start-date", "2024-01-31", "--end-date", "2024-02-29"]).output().unwrap();
    let printed: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| unreachable!("{error}: {output:?}"));
    let ids: Vec<_> = printed["grades"].as_array().unwrap().iter().map(|grade| &grade["id"]).collect();
    assert_eq!(ids, ["first", "last"]);
    assert_eq!(printed["score"]["pass_at"][0]["share"], 0.5);
    let groups = printed["score"]["groups"].to_string();
    assert!(groups.contains("\"contest_date\",\"2024-01\"") && groups.contains("\"2024-02\""), "{groups}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("3 instances have no date"), "{output:?}");

    let wrong = command.args(["--start-date", "2024-13-01"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn efficiency_is_told_against_the_own_solutions() {
    let home = tempfile::tempdir().unwrap();
    let instance = workspace().join("plugins/effibench/examples/pair-sums.json");
    let data: Value = serde_json::from_slice(&fs::read(&instance).unwrap()).unwrap();
    let code = data["solutions"]["python3"]["code"].as_str().unwrap();
    fs::create_dir(home.path().join("set")).unwrap();
    fs::copy(&instance, home.path().join("set/pair-sums.json")).unwrap();
    // As EffiBench-X writes it.
    let solutions = serde_json::json!({"pair-sums": {"python": format!("{code}\n"), "cpp": "int main() {"}});
    fs::write(home.path().join("solutions.json"), solutions.to_string()).unwrap();
    fs::write(home.path().join("config.yaml"), "task_config:\n  num_runs: 2\n  language: python3\n").unwrap();
    let mut command = perfagent(home.path());
    command.args(["evaluate", "--sandbox", "best-effort", "--json", "--config", "config.yaml", "--plugin"]);
    command.arg(plugin("effibench")).args(["--instances", "set", "--solutions", "solutions.json"]);
    let output = command.output().unwrap();
    let printed: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| unreachable!("{error}: {output:?}"));
    let all = printed["score"]["efficiency"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&all["language"], &all["pass_rate"], &all["problems"]),
        (&"all".into(), &1.0.into(), &1.into()),
        "{all}"
    );
    for measure in ["runtime", "memory", "integral"] {
        let share = all[measure].as_f64().unwrap();
        assert!(share > 0.5 && share <= 1.0, "{measure}: {share}");
    }
}

#[test]
fn files_that_are_no_solutions_are_named() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("set.jsonl"), INSTANCES).unwrap();
    for (text, expected) in
        [("{\"sum\": 7}", "the solutions of sum are a number"), ("[1]", "no question_id"), ("{", "no JSON")]
    {
        fs::write(home.path().join("solutions.json"), text).unwrap();
        let output = evaluate(home.path(), &[]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("solutions.json: ") && error.contains(expected), "{error}");
        assert_eq!(output.status.code(), Some(7));
    }
}
