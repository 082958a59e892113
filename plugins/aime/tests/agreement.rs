//! Agreement with the DAPO grader, on solutions that it judged (see `data/agreement.py`).

use perfagent_aime::{Claim, Key, Rule, Verdict, judge, normalize};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What the grader reports where it finds no answer.
const NO_ANSWER: &str = "[INVALID]";

#[derive(Deserialize)]
struct Judged {
    answer: String,
    solution: String,
    acc: bool,
    pred: String,
    strict_acc: bool,
    /// Null where it finds no box.
    strict_pred: Option<String>,
}

#[derive(Deserialize)]
struct Normal {
    text: String,
    normal: String,
}

fn lines<T: DeserializeOwned>(text: &str) -> Vec<T> {
    text.lines().map(|line| serde_json::from_str(line).expect("the script writes JSON")).collect()
}

fn outcome(rule: Rule, case: &Judged) -> (bool, String) {
    let key = Key::new(&case.answer).expect("the script makes no empty answer");
    let pred = |claim: Claim| claim.pred;
    match judge(rule, &key, &case.solution) {
        Verdict::Correct(claim) => (true, pred(claim)),
        Verdict::Wrong(claim) => (false, pred(claim)),
        Verdict::NoAnswer => (false, NO_ANSWER.to_owned()),
    }
}

#[test]
fn verdicts_and_answers_are_the_graders() {
    let cases: Vec<Judged> = lines(include_str!("data/agreement.jsonl"));
    assert!(cases.len() >= 300 && cases.iter().filter(|case| case.acc).count() * 4 > cases.len());
    for case in &cases {
        let (answer, solution) = (&case.answer, &case.solution);
        let expected = (case.acc, case.pred.clone());
        assert_eq!(outcome(Rule::Claim, case), expected, "{answer}: {solution}");
        let expected = (case.strict_acc, case.strict_pred.clone().unwrap_or_else(|| NO_ANSWER.to_owned()));
        assert_eq!(outcome(Rule::StrictBox, case), expected, "strict, {answer}: {solution}");
    }
}

#[test]
fn normal_forms_are_the_graders_for_any_text() {
    let cases: Vec<Normal> = lines(include_str!("data/normal.jsonl"));
    assert!(cases.len() >= 300);
    for case in &cases {
        assert_eq!(normalize(&case.text), case.normal, "{}", case.text);
    }
}
