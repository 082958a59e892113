//! Judged cases, one a line in `data/cases.jsonl`: a model's reply or a solution, the right answer,
//! the verdict, and why.

use perfagent_aime::Aime;
use perfagent_task::testing::{Harness, Script, exited};
use perfagent_task::{Evaluation, Finding};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct Case {
    #[serde(flatten)]
    text: Text,
    answer: String,
    verdict: Verdict,
    why: String,
    #[serde(default)]
    strict: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Text {
    /// The solution is taken from it first.
    Reply(String),
    /// It is judged as it is.
    Solution(String),
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Correct,
    Wrong,
    None,
}

impl Verdict {
    /// What an evaluation says, held against everything else that it says.
    fn of(evaluation: &Evaluation) -> Self {
        let artifacts: Value = serde_json::from_str(&evaluation.artifacts).expect("the harness checked it");
        let is_right = evaluation.metric == 1.0;
        assert_eq!(artifacts["score"], json!(evaluation.metric));
        assert_eq!(artifacts["acc"], json!(is_right));
        assert_eq!(evaluation.success, is_right);
        assert!(is_right || evaluation.metric == -1.0, "{}", evaluation.metric);
        match artifacts["vote"].is_null() {
            true => {
                assert_eq!(artifacts["pred"], json!("[INVALID]"));
                Self::None
            }
            false if is_right => Self::Correct,
            false => Self::Wrong,
        }
    }
}

fn judged(case: &Case) -> Verdict {
    let instance = json!({"problem": "p", "answer": case.answer}).to_string();
    let config = json!({"strict_box_verify": case.strict}).to_string();
    let script = Script::new(|_, _| Ok(exited(0, "")));
    let mut task = Harness::<Aime>::load("case", instance.as_bytes(), &config, &script).expect(&case.why);
    let solution = match &case.text {
        Text::Solution(solution) => solution.clone(),
        Text::Reply(reply) => {
            let finding = task.extract(reply, "No answer yet.").expect(&case.why).finding;
            let found = if let Finding::Changed(solution) = finding { Some(solution) } else { None };
            found.expect(&case.why)
        }
    };
    let evaluation = task.evaluate(&solution, None).expect(&case.why);
    assert_eq!(script.calls(), [], "nothing is run");
    Verdict::of(&evaluation)
}

#[test]
fn every_case_gets_its_verdict() {
    let lines: BTreeSet<&str> = include_str!("data/cases.jsonl").lines().collect();
    let cases: Vec<Case> = lines.iter().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert!(cases.len() >= 150, "only {} different cases", cases.len());
    let mut differences = Vec::new();
    for case in &cases {
        let found = judged(case);
        if found != case.verdict {
            differences.push(format!("{} ({}): {found:?}, not {:?}", case.why, case.answer, case.verdict));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
