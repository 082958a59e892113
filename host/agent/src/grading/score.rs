//! What graded solutions amount to.

use super::{Grade, window};
use serde::Serialize;
use std::collections::BTreeMap;

/// Numbers of attempts for which the chance of a right one is told, as far as there are so many.
const ATTEMPTS: [usize; 4] = [1, 5, 10, 100];

/// What graded solutions amount to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    /// Instances with at least one solution.
    pub instances: usize,
    /// Solutions.
    pub solutions: usize,
    /// Solutions that could not be judged; they count as failed.
    pub errors: usize,
    /// Chance that one of k attempts is right, over all instances.
    pub pass_at: Vec<PassAt>,
    /// The same by what instances belong to: the group's name, its value (of dates the month), the
    /// chances.
    pub groups: Vec<(String, String, Vec<PassAt>)>,
    /// Share of instances whose most frequent answer among the first k is right, where answers can be
    /// counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub majority_at: Vec<PassAt>,
    /// Against the data set's own solutions, by language, and over all languages as the last one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub efficiency: Vec<Efficiency>,
}

/// A share for a number of attempts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PassAt {
    /// Attempts.
    pub k: usize,
    /// From 0 to 1.
    pub share: f64,
    /// Instances that have so many solutions.
    pub instances: usize,
}

/// Means over problems of min(1, own solution / graded one); 0 for a failed one. From 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Efficiency {
    /// `all` is the mean over languages.
    pub language: String,
    /// Problems.
    pub problems: usize,
    /// Runtime (ET).
    pub runtime: f64,
    /// Memory peak (MP).
    pub memory: f64,
    /// Memory-time integral (MI).
    pub integral: f64,
    /// Share that is valid.
    pub pass_rate: f64,
}

/// The score of `grades`, in any order.
pub fn score(grades: &[Grade]) -> Score {
    let mut by_id: BTreeMap<&str, Vec<&Grade>> = BTreeMap::new();
    for grade in grades.iter().filter(|grade| grade.sample.is_some()) {
        by_id.entry(&grade.id).or_default().push(grade);
    }
    for samples in by_id.values_mut() {
        samples.sort_by_key(|grade| grade.sample);
    }
    let all: Vec<&[&Grade]> = by_id.values().map(Vec::as_slice).collect();
    let mut groups: BTreeMap<(&str, &str), Vec<&[&Grade]>> = BTreeMap::new();
    for samples in &all {
        for group in samples.iter().take(1).flat_map(|grade| &grade.groups) {
            groups.entry((&group.name, window::group(&group.value))).or_default().push(samples);
        }
    }
    Score {
        instances: all.len(),
        solutions: all.iter().map(|samples| samples.len()).sum(),
        errors: all.iter().flat_map(|samples| *samples).filter(|grade| grade.error.is_some()).count(),
        pass_at: shares(&all, pass_at),
        groups: groups
            .into_iter()
            .map(|((name, value), members)| (name.to_owned(), value.to_owned(), shares(&members, pass_at)))
            .collect(),
        majority_at: shares(&all, majority_at),
        efficiency: efficiency(grades, &all),
    }
}

/// Means of `share` over the instances that have k samples, for each k.
fn shares(instances: &[&[&Grade]], share: fn(&[&Grade], usize) -> Option<f64>) -> Vec<PassAt> {
    let of = |k: usize| {
        let values: Vec<f64> = instances.iter().filter_map(|samples| share(samples, k)).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (!values.is_empty()).then_some(PassAt { k, share: mean, instances: values.len() })
    };
    ATTEMPTS.into_iter().filter_map(of).collect()
}

/// 1 - C(n - c, k) / C(n, k), as a product that does not overflow: unbiased whatever n is.
fn pass_at(samples: &[&Grade], k: usize) -> Option<f64> {
    let wrong = samples.iter().filter(|grade| !grade.success).count();
    if k > samples.len() {
        return None;
    }
    if wrong < k {
        return Some(1.0);
    }
    let right = samples.len() - wrong;
    let all_wrong: f64 = (samples.len() - right + 1..=samples.len()).map(|n| 1.0 - k as f64 / n as f64).product();
    Some(1.0 - all_wrong)
}

/// Whether the most frequent answer among the first k is right: 1, or 0. Of equally frequent ones the
/// first counts; a sample without an answer is a vote for none.
fn majority_at(samples: &[&Grade], k: usize) -> Option<f64> {
    let first = samples.get(..k)?;
    if first.iter().all(|grade| grade.answer.is_none()) {
        return None;
    }
    let votes = |grade: &Grade| first.iter().filter(|other| other.answer == grade.answer).count();
    let answered = first.iter().filter(|grade| grade.answer.is_some());
    let most = answered.reduce(|best, grade| if votes(grade) > votes(best) { grade } else { best })?;
    Some(f64::from(u8::from(most.success)))
}

fn efficiency(grades: &[Grade], all: &[&[&Grade]]) -> Vec<Efficiency> {
    let own: BTreeMap<(&str, &Option<String>), [f64; 3]> = grades
        .iter()
        .filter(|grade| grade.sample.is_none())
        .filter_map(|grade| Some(((grade.id.as_str(), &grade.language), grade.measures?)))
        .collect();
    let mut languages: BTreeMap<&str, Vec<[f64; 4]>> = BTreeMap::new();
    for grade in all.iter().filter_map(|samples| samples.first()) {
        let Some(own) = own.get(&(grade.id.as_str(), &grade.language)) else { continue };
        let ratio = |index: usize| match grade.measures {
            Some(measures) if grade.success => (own[index] / measures[index]).min(1.0),
            _ => 0.0,
        };
        let language = grade.language.as_deref().unwrap_or("none");
        let row = [ratio(0), ratio(1), ratio(2), f64::from(u8::from(grade.success))];
        languages.entry(language).or_default().push(row);
    }
    let mean = |language: &str, rows: &[[f64; 4]], problems: usize| {
        let of = |index: usize| rows.iter().map(|row| row[index]).sum::<f64>() / rows.len() as f64;
        Efficiency {
            language: language.to_owned(),
            problems,
            runtime: of(0),
            memory: of(1),
            integral: of(2),
            pass_rate: of(3),
        }
    };
    let mut means: Vec<Efficiency> =
        languages.iter().map(|(language, rows)| mean(language, rows, rows.len())).collect();
    if !means.is_empty() {
        let rows: Vec<[f64; 4]> =
            means.iter().map(|mean| [mean.runtime, mean.memory, mean.integral, mean.pass_rate]).collect();
        means.push(mean("all", &rows, means.iter().map(|mean| mean.problems).sum()));
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_core::digest::Digest;
    use perfagent_core::execution::Detail;
    use perfagent_core::metric::Metric;

    fn grade(id: &str, sample: Option<u32>, success: bool) -> Grade {
        Grade {
            id: id.to_owned(),
            sample,
            digest: Digest::of(b""),
            language: Some("cpp".to_owned()),
            groups: vec![Detail {
                name: "difficulty".to_owned(),
                value: if id < "m" { "easy" } else { "hard" }.to_owned(),
            }],
            metric: Metric(0.0),
            success,
            summary: String::new(),
            measures: None,
            answer: None,
            error: None,
        }
    }

    #[test]
    fn the_chance_of_a_right_attempt_is_unbiased() {
        let samples: Vec<Grade> = (0..10).map(|n| grade("a", Some(n), n < 3)).collect();
        let references: Vec<&Grade> = samples.iter().collect();
        assert!((pass_at(&references, 1).unwrap() - 0.3).abs() < 1e-12);
        // 1 - C(7, 5) / C(10, 5) = 1 - 21 / 252.
        assert!((pass_at(&references, 5).unwrap() - (1.0 - 21.0 / 252.0)).abs() < 1e-12);
        assert_eq!(pass_at(&references, 10), Some(1.0));
        assert_eq!(pass_at(&references, 11), None);
    }

    #[test]
    fn groups_and_errors_are_counted() {
        let mut failed = grade("z", Some(0), false);
        failed.error = Some("no".to_owned());
        let score = score(&[grade("b", Some(0), true), failed, grade("b", None, true)]);
        assert_eq!((score.instances, score.solutions, score.errors), (2, 2, 1));
        assert_eq!(score.pass_at, [PassAt { k: 1, share: 0.5, instances: 2 }]);
        let of = |index: usize| (score.groups[index].1.as_str(), score.groups[index].2[0].share);
        assert_eq!((of(0), of(1)), (("easy", 1.0), ("hard", 0.0)));
    }

    #[test]
    fn the_most_frequent_answer_counts() {
        let answers = ["7", "8", "8", "7", "8"].map(|answer| {
            let mut grade = grade("a", Some(0), answer == "8");
            grade.answer = Some(answer.to_owned());
            grade
        });
        let references: Vec<&Grade> = answers.iter().collect();
        assert_eq!((majority_at(&references, 1), majority_at(&references, 5)), (Some(0.0), Some(1.0)));
        assert_eq!(majority_at(&references[..4], 5), None);
    }

    #[test]
    fn efficiency_is_against_the_own_solution_and_a_failure_is_nothing() {
        let measured =
            |id: &str, sample, success, measures| Grade { measures: Some(measures), ..grade(id, sample, success) };
        let score = score(&[
            measured("a", None, true, [1.0, 10.0, 2.0]),
            measured("a", Some(0), true, [2.0, 5.0, 2.0]),
            measured("b", None, true, [1.0, 1.0, 1.0]),
            grade("b", Some(0), false),
        ]);
        let [cpp, all] = score.efficiency.as_slice() else { unreachable!("{score:?}") };
        assert_eq!((cpp.runtime, cpp.memory, cpp.integral, cpp.pass_rate), (0.25, 0.5, 0.5, 0.5));
        assert_eq!((all.language.as_str(), all.problems, all.runtime), ("all", 2, 0.25));
    }
}
