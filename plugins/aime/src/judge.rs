//! Judges a solution: the answer that it gives against the right one.

use crate::boxed::last_boxed;
use crate::canonical::canonical;
use crate::claim::last_claim;
use crate::normalize::normalize;

/// Characters at a solution's end that are looked at.
pub const WINDOW_CHARS: usize = 300;
/// Characters at its end in which a strict box must lie.
pub const STRICT_WINDOW_CHARS: usize = 100;

/// What counts as an answer, and when it is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The last `Answer:` of the last 300 characters, compared in normal form and by value.
    Claim,
    /// The last `\boxed{…}` of the last 100 characters, compared as text.
    StrictBox,
}

/// The right answer in all forms that are compared.
///
/// Its parts never leave this module but for emptiness: nothing here may reach a prompt.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    text: String,
    normal: String,
    canonical: String,
}

impl Key {
    /// The key of a right answer as the instance writes it; none where nothing is left of it in
    /// normal form, so that no solution could be right.
    pub fn new(answer: &str) -> Option<Self> {
        let key = Self { text: answer.to_owned(), normal: normalize(answer), canonical: canonical(answer) };
        (!key.normal.is_empty() && !key.canonical.is_empty()).then_some(key)
    }
}

impl std::fmt::Debug for Key {
    /// Without the answer, which so gets into no message by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

/// The answer that a solution gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// In the grader's normal form, or as written where the rule compares text.
    pub pred: String,
    /// What answers that are equal have in common: see [`canonical`]; as written where the rule
    /// compares text.
    pub vote: String,
}

/// What became of a solution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It gives the right answer.
    Correct(Claim),
    /// It gives another one.
    Wrong(Claim),
    /// It gives none where the rule looks for one.
    NoAnswer,
}

impl Claim {
    /// The answer that `solution` gives under a rule. Takes no longer for long solutions than for
    /// short ones.
    pub fn of(rule: Rule, solution: &str) -> Option<Self> {
        match rule {
            Rule::Claim => {
                let said = last_claim(last_chars(solution, WINDOW_CHARS))?;
                let claim = Self { pred: normalize(said), vote: canonical(said) };
                (!claim.pred.is_empty() || !claim.vote.is_empty()).then_some(claim)
            }
            Rule::StrictBox => {
                let content = last_boxed(last_chars(solution, STRICT_WINDOW_CHARS))?;
                Some(Self { pred: content.to_owned(), vote: content.to_owned() })
            }
        }
    }
}

/// Judges a solution. Under [`Rule::Claim`] it is right if the grader's normal forms are the same,
/// or else the canonical spellings: the grader's yes is never overruled.
pub fn judge(rule: Rule, key: &Key, solution: &str) -> Verdict {
    let Some(claim) = Claim::of(rule, solution) else { return Verdict::NoAnswer };
    let is_right = match rule {
        Rule::Claim => claim.pred == key.normal || claim.vote == key.canonical,
        Rule::StrictBox => claim.pred == key.text,
    };
    if is_right { Verdict::Correct(claim) } else { Verdict::Wrong(claim) }
}

/// The last `count` characters of `text`; all of a shorter one.
pub(crate) fn last_chars(text: &str, count: usize) -> &str {
    let start = text.char_indices().rev().nth(count - 1).map_or(0, |(at, _)| at);
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn verdict(rule: Rule, answer: &str, solution: &str) -> Verdict {
        judge(rule, &Key::new(answer).unwrap(), solution)
    }

    #[test]
    fn windows_are_counted_in_characters() {
        assert_eq!(last_chars("héé", 2), "éé");
        assert_eq!(last_chars("hé", 9), "hé");
        let answer_at = |distance: usize| format!("Answer: 5\n{}", "é".repeat(distance - "Answer: 5\n".len()));
        assert!(matches!(verdict(Rule::Claim, "5", &answer_at(300)), Verdict::Correct(_)));
        assert_eq!(verdict(Rule::Claim, "5", &answer_at(308)), Verdict::NoAnswer);
        let boxed_at = |distance: usize| format!("{}{}", r"\boxed{5}", "é".repeat(distance - 9));
        assert!(matches!(verdict(Rule::StrictBox, "5", &boxed_at(100)), Verdict::Correct(_)));
        assert_eq!(verdict(Rule::StrictBox, "5", &boxed_at(101)), Verdict::NoAnswer);
    }

    #[test]
    fn a_strict_box_is_compared_as_text() {
        assert!(matches!(verdict(Rule::StrictBox, "073", r"\boxed{073}"), Verdict::Correct(_)));
        for solution in [r"\boxed{73}", r"\boxed{ 073}", r"\boxed{073.0}"] {
            assert!(matches!(verdict(Rule::StrictBox, "073", solution), Verdict::Wrong(_)), "{solution}");
        }
        assert_eq!(verdict(Rule::StrictBox, "073", "Answer: 073"), Verdict::NoAnswer);
    }

    #[test]
    fn votes_merge_what_is_equal() {
        let vote = |solution: &str| Claim::of(Rule::Claim, solution).unwrap().vote;
        assert_eq!(vote("Answer: 073"), vote("so\nAnswer: $73.0$."));
        assert_ne!(vote("Answer: 73"), vote("Answer: -73"));
        assert_eq!(Claim::of(Rule::Claim, "Answer: 073").unwrap().pred, "073");
    }

    #[test]
    fn a_key_keeps_its_answer_to_itself() {
        let shown = format!("{:?}", Key::new("4711").unwrap());
        assert!(!shown.contains("4711"), "{shown}");
        assert_eq!(Key::new(r"\text{ cm }"), None);
        assert_eq!(Key::new("x ="), None);
    }

    proptest! {
        #[test]
        fn every_answer_is_right_for_itself(answer in r"[0-9a-z\\{}()^+*/,.-]{1,20}") {
            if let Some(key) = Key::new(&answer) {
                let solution = format!("Answer: {answer}");
                let verdict = judge(Rule::Claim, &key, &solution);
                prop_assert!(matches!(verdict, Verdict::Correct(_)), "{verdict:?}");
            }
        }

        #[test]
        fn what_the_grader_holds_for_equal_is_right(one in r"[ 0-9,=$.%a{}\\]{0,8}", other in r"[ 0-9,=$.%a{}\\]{0,8}") {
            if let Some(key) = Key::new(&one) && normalize(&one) == normalize(other.trim()) && !other.trim().is_empty() {
                let verdict = judge(Rule::Claim, &key, &format!("Answer: {other}"));
                prop_assert!(matches!(verdict, Verdict::Correct(_)), "{verdict:?}");
            }
        }
    }
}
