//! Finds the solution in a model's reply.

use crate::boxed::last_boxed;
use crate::claim::last_claim;
use crate::judge::{Claim, Rule, STRICT_WINDOW_CHARS, last_chars};
use perfagent_task::{Extraction, Finding};

/// Bytes of an answer. Hosts take solutions of 1 MB; judging looks at the last few hundred characters.
const MAX_ANSWER_BYTES: usize = 100_000;

/// Finds the answer in `reply` and writes it as a solution: `Answer: X`.
///
/// X is what the last `\boxed{…}` holds, else what the last `Answer: …` says, else the whole reply.
/// Where only strict boxes count, one that does is kept with its box.
pub(crate) fn extract(rule: Rule, reply: &str, current: &str) -> Extraction {
    let Some(solution) = solution(rule, reply) else {
        return Extraction::new(Finding::NoSolution("the reply is empty; expected an answer in \\boxed{…}".to_owned()));
    };
    let is_same = solution == current || has_same_answer(rule, &solution, current);
    Extraction::new(if is_same { Finding::Identical } else { Finding::Changed(solution) })
}

fn has_same_answer(rule: Rule, one: &str, other: &str) -> bool {
    match (Claim::of(rule, one), Claim::of(rule, other)) {
        (Some(one), Some(other)) => one.vote == other.vote,
        _ => false,
    }
}

/// The end of `answer`, which is all that is judged, where the whole would be more than a solution may be.
fn bounded(answer: &str) -> &str {
    answer.get(answer.ceil_char_boundary(answer.len().saturating_sub(MAX_ANSWER_BYTES))..).unwrap_or(answer)
}

/// The solution that a reply holds; none if it is blank.
pub(crate) fn solution(rule: Rule, reply: &str) -> Option<String> {
    if rule == Rule::StrictBox
        && let Some(content) = last_boxed(last_chars(reply, STRICT_WINDOW_CHARS))
    {
        return Some(format!("Answer: \\boxed{{{content}}}"));
    }
    let answer = match last_boxed(reply).or_else(|| last_claim(reply)) {
        // On one line, so that all of it is judged.
        Some(answer) => answer.split_whitespace().collect::<Vec<_>>().join(" "),
        None => reply.trim().to_owned(),
    };
    (!answer.is_empty()).then(|| format!("Answer: {}", bounded(&answer)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Key, Verdict, judge};
    use proptest::prelude::*;

    fn lenient(reply: &str) -> Option<String> {
        solution(Rule::Claim, reply)
    }

    #[test]
    fn an_endless_reply_keeps_its_end() {
        for reply in [format!("{}the end", "é".repeat(1 << 20)), format!("\\boxed{{{}the end}}", "x".repeat(1 << 20))]
        {
            let solution = lenient(&reply).unwrap();
            assert!(solution.starts_with("Answer: ") && solution.ends_with("the end"));
            assert!((99_900..=100_008).contains(&solution.len()), "{}", solution.len());
        }
    }

    #[test]
    fn a_box_comes_before_a_line_and_a_line_before_the_reply() {
        let cases = [
            ("so \\boxed{5}\nAnswer: 6", "Answer: 5"),
            ("\\boxed{5} or \\boxed{6", "Answer: 5"),
            ("\\boxed{\n  \\frac{1}{2}\n}", "Answer: \\frac{1}{2}"),
            ("I think.\n**Answer:** 6\nBye", "Answer: 6"),
            ("  six, I think \n", "Answer: six, I think"),
            ("one\ntwo", "Answer: one\ntwo"),
        ];
        for (reply, expected) in cases {
            assert_eq!(lenient(reply).as_deref(), Some(expected), "{reply}");
        }
        assert_eq!(lenient(" \n"), None);
    }

    #[test]
    fn a_strict_box_is_kept_only_where_it_counts() {
        let strict = |reply: &str| solution(Rule::StrictBox, reply).unwrap();
        assert_eq!(strict("so \\boxed{ 5}."), "Answer: \\boxed{ 5}");
        let far = format!("\\boxed{{5}}{}", " words".repeat(20));
        assert_eq!(strict(&far), "Answer: 5");
        assert_eq!(judge(Rule::StrictBox, &Key::new("5").unwrap(), &strict(&far)), Verdict::NoAnswer);
        assert_eq!(strict("Answer: 6"), "Answer: 6");
    }

    #[test]
    fn the_same_answer_again_is_identical() {
        let finding = |rule, reply: &str, current: &str| extract(rule, reply, current).finding;
        assert_eq!(finding(Rule::Claim, "\\boxed{073}", "Answer: 73"), Finding::Identical);
        assert_eq!(finding(Rule::StrictBox, "\\boxed{5}", "Answer: \\boxed{5}"), Finding::Identical);
        assert_eq!(
            finding(Rule::StrictBox, "\\boxed{05}", "Answer: \\boxed{5}"),
            Finding::Changed("Answer: \\boxed{05}".to_owned())
        );
        assert_eq!(finding(Rule::Claim, "Answer: 74", "Answer: 73"), Finding::Changed("Answer: 74".to_owned()));
        assert!(matches!(finding(Rule::Claim, "", "Answer: 73"), Finding::NoSolution(_)));
    }

    proptest! {
        #[test]
        fn a_boxed_answer_is_judged_as_it_is(
            before in "[a-z:\\\\{}\n ]{0,40} ", answer in "[0-9]{1,90}", after in "[a-z. \n]{0,9}"
        ) {
            let key = Key::new(&answer).unwrap();
            let reply = format!("{before}\\boxed{{{answer}}}{after}");
            for rule in [Rule::Claim, Rule::StrictBox] {
                let Finding::Changed(solution) = extract(rule, &reply, "").finding else {
                    return Err(TestCaseError::fail("no solution"));
                };
                let has_box = answer.len() + after.len() + "\\boxed{}".len() <= STRICT_WINDOW_CHARS;
                let verdict = judge(rule, &key, &solution);
                match rule {
                    Rule::StrictBox if !has_box => prop_assert_eq!(verdict, Verdict::NoAnswer),
                    _ => prop_assert!(matches!(verdict, Verdict::Correct(_)), "{:?}", verdict),
                }
            }
        }

        #[test]
        fn what_is_extracted_has_an_answer_to_judge(reply in "(Answer|:|\\\\boxed|\\{|\\}| |\n|é|5|x){0,40}") {
            if let Some(solution) = lenient(&reply) {
                prop_assert!(solution.starts_with("Answer: "));
                prop_assert!(last_claim(&solution).is_some() || reply.trim() == solution["Answer: ".len()..].trim());
            }
        }
    }
}
