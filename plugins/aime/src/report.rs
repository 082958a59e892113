//! What an evaluation tells of a verdict.

use crate::judge::{Rule, Verdict};
use perfagent_task::Evaluation;
use perfagent_task::text::cut_middle;
use serde_json::json;

/// What `pred` says where there is no answer, as the grader spells it.
const NO_ANSWER: &str = "[INVALID]";
/// Metric of a right answer, and of anything else.
const CORRECT: f64 = 1.0;
const WRONG: f64 = -1.0;
/// Characters of an answer in the summary.
const SUMMARY_CHARS: usize = 80;

/// The evaluation of a verdict. Nothing in it tells the right answer, unless the solution did.
pub(crate) fn evaluation(rule: Rule, verdict: &Verdict) -> Evaluation {
    let (score, claim) = match verdict {
        Verdict::Correct(claim) => (CORRECT, Some(claim)),
        Verdict::Wrong(claim) => (WRONG, Some(claim)),
        Verdict::NoAnswer => (WRONG, None),
    };
    let is_right = matches!(verdict, Verdict::Correct(_));
    let artifacts = json!({
        "acc": is_right,
        "pred": claim.map_or(NO_ANSWER, |claim| &claim.pred),
        "score": score,
        // Equal answers have equal votes; no answer has none.
        "vote": claim.map(|claim| &claim.vote),
    });
    Evaluation {
        success: is_right,
        artifacts: artifacts.to_string(),
        ..Evaluation::valid(score, summary(rule, verdict))
    }
}

fn summary(rule: Rule, verdict: &Verdict) -> String {
    match (verdict, rule) {
        (Verdict::Correct(_), _) => "right answer".to_owned(),
        (Verdict::Wrong(claim), _) => {
            let shown = claim.pred.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("wrong answer: {}", cut_middle(&shown, SUMMARY_CHARS))
        }
        (Verdict::NoAnswer, Rule::Claim) => "no answer: the last 300 characters hold no `Answer: …`".to_owned(),
        (Verdict::NoAnswer, Rule::StrictBox) => "no answer: the last 100 characters hold no \\boxed{…}".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Key, judge};
    use serde_json::Value;

    fn judged(solution: &str) -> (Evaluation, Value) {
        let evaluation = evaluation(Rule::Claim, &judge(Rule::Claim, &Key::new("73").unwrap(), solution));
        let artifacts = serde_json::from_str(&evaluation.artifacts).unwrap();
        (evaluation, artifacts)
    }

    #[test]
    fn right_and_wrong_have_their_numbers() {
        let (right, artifacts) = judged("Answer: 073");
        assert_eq!((right.metric, right.success), (1.0, true));
        assert_eq!(artifacts, json!({"acc": true, "pred": "073", "score": 1.0, "vote": "73"}));
        let (wrong, artifacts) = judged("Answer: 74.0");
        assert_eq!((wrong.metric, wrong.success), (-1.0, false));
        assert_eq!(artifacts, json!({"acc": false, "pred": "74.0", "score": -1.0, "vote": "74"}));
        assert_eq!(wrong.summary, "wrong answer: 74.0");
        let (none, artifacts) = judged("73");
        assert_eq!((none.metric, none.success), (-1.0, false));
        assert_eq!(artifacts, json!({"acc": false, "pred": "[INVALID]", "score": -1.0, "vote": null}));
    }

    #[test]
    fn what_is_not_right_does_not_tell_what_is() {
        for solution in ["Answer: 74", "", "Answer:"] {
            let (evaluation, _) = judged(solution);
            assert!(!format!("{evaluation:?}").contains("73"), "{evaluation:?}");
        }
    }

    #[test]
    fn a_summary_is_one_short_line() {
        let (evaluation, _) = judged(&format!("Answer: 1\t2{}", "3".repeat(280)));
        assert!(evaluation.summary.chars().count() < 120 && !evaluation.summary.contains(['\t', '\n']));
    }
}
