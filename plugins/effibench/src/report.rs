//! What the runs of a candidate amount to: its metric, its summary and its artifacts.

mod details;

use crate::comparison;
use crate::config::{Config, Target};
use crate::evaluate::Measured;
use crate::instance::Test;
use crate::language::Language;
use crate::number::{rounded, to_json};
use crate::run::Run;
use crate::status::Status;
use perfagent_task::stats::{self, Summary};
use perfagent_task::text::cut_middle;
use perfagent_task::{Direction, Evaluation, Ratio};
use serde_json::{Map, Value, json};

/// What `runtime` counts: time that other load on the machine does not lengthen.
const RUNTIME_CLOCK: &str = "cpu";

/// Characters of a reason in a summary.
const REASON_CHARS: usize = 200;

/// Everything that was found of a candidate.
pub(crate) struct Report<'a> {
    pub(crate) config: &'a Config,
    pub(crate) language: &'static Language,
    pub(crate) tests: &'a [Test],
    /// The run that decides whether the candidate is correct.
    pub(crate) first: Run,
    pub(crate) measured: Measured,
}

impl Report<'_> {
    /// The evaluation that the host is given.
    pub(crate) fn evaluation(&self) -> Evaluation {
        let samples = self.samples(self.config.target);
        let metric = self.value(self.config.target);
        let base = if metric.is_finite() {
            Evaluation::valid(metric, self.summary())
        } else {
            Evaluation::invalid(Direction::Minimize, self.summary())
        };
        Evaluation { artifacts: self.artifacts().to_string(), samples, ratio: self.ratio(), ..base }
    }

    /// The measured runs; none of a candidate that is not correct.
    fn measured(&self) -> &[Run] {
        match &self.measured {
            Measured::Not => &[],
            Measured::Alone(runs) => runs,
            Measured::Compared(comparison) => &comparison.candidate,
        }
    }

    /// The runs that count for the pass rate.
    fn judged(&self) -> &[Run] {
        if self.measured().is_empty() { std::slice::from_ref(&self.first) } else { self.measured() }
    }

    /// Candidate / incumbent, where both were measured in turn.
    fn ratio(&self) -> Option<Ratio> {
        match &self.measured {
            Measured::Compared(comparison) => comparison.ratio(self.config.target),
            _ => None,
        }
    }

    /// The pass rate of most runs; of several, the lowest.
    fn pass_rate(&self) -> f64 {
        let rates: Vec<f64> = self.judged().iter().map(Run::pass_rate).collect();
        let count = |rate: f64| rates.iter().filter(|other| **other == rate).count();
        let better = |best: f64, rate: f64| match count(rate).cmp(&count(best)) {
            std::cmp::Ordering::Greater => rate,
            std::cmp::Ordering::Equal => best.min(rate),
            std::cmp::Ordering::Less => best,
        };
        rates.iter().copied().reduce(better).unwrap_or(0.0)
    }

    fn has_passed(&self) -> bool {
        self.first.has_passed() && !self.measured().is_empty() && self.pass_rate() == 1.0
    }

    /// A value per measured run in which every test passed.
    fn samples(&self, target: Target) -> Vec<f64> {
        if !self.has_passed() {
            return Vec::new();
        }
        self.measured().iter().filter(|run| run.has_passed()).map(|run| run.value(target)).collect()
    }

    fn analysed(&self, target: Target) -> Option<Summary> {
        stats::summarize(&self.samples(target), self.config.trim_ratio)
    }

    /// The trimmed mean, or infinity where the candidate is not correct.
    fn value(&self, target: Target) -> f64 {
        self.analysed(target).map_or(f64::INFINITY, |summary| summary.trimmed_mean)
    }

    /// The run that shows what failed: the first that is not wholly passed, else the first.
    fn shown(&self) -> &Run {
        std::iter::once(&self.first).chain(self.measured()).find(|run| !run.has_passed()).unwrap_or(&self.first)
    }

    /// One line for people.
    fn summary(&self) -> String {
        let target = self.config.target;
        let Some(summary) = self.analysed(target) else { return self.failure_summary() };
        let total = self.tests.len();
        let (low, high) = summary.interval;
        let mut line = format!(
            "{total}/{total} tests passed, {} {} {} [{}, {}]",
            target.name(),
            rounded(summary.trimmed_mean),
            target.unit(),
            rounded(low),
            rounded(high),
        );
        if let Some(ratio) = self.ratio() {
            line += &format!(
                ", {}× the incumbent [{}, {}]",
                rounded(ratio.estimate),
                rounded(ratio.low),
                rounded(ratio.high)
            );
        }
        if self.config.include_other_metrics_in_summary {
            for other in Target::ALL.into_iter().filter(|other| *other != target) {
                line += &format!(", {} {} {}", other.name(), rounded(self.value(other)), other.unit());
            }
        }
        line
    }

    fn failure_summary(&self) -> String {
        let run = self.shown();
        let failed = run.tests.iter().enumerate().find(|(_, test)| !test.has_passed());
        let (number, reason) =
            failed.map_or((0, "unknown"), |(index, test)| (index + 1, test.reason.as_deref().unwrap_or_default()));
        if failed.is_some_and(|(_, test)| test.status == Status::CompileError) {
            // Compilers begin with where they are; the first error says more.
            let telling = reason.lines().find(|line| line.contains("error")).or(reason.lines().next());
            return format!("does not compile: {}", cut_middle(telling.unwrap_or_default(), REASON_CHARS));
        }
        let reason = cut_middle(reason.lines().next().unwrap_or_default(), REASON_CHARS);
        format!("{}/{} tests passed, the first that failed is number {number}: {reason}", run.passed(), run.tests.len())
    }

    fn artifacts(&self) -> Value {
        let mut artifacts = json!({
            "language": self.language.name,
            "optimization_target": self.config.target.name(),
            "performance_unit": self.config.target.unit(),
            "runtime_clock": RUNTIME_CLOCK,
            "pass_rate": self.pass_rate(),
            "benchmark_results": {
                "performance_analysis": self.performance_analysis(),
                "first_run_details": details::all(&self.first),
                "failed_test_details": details::failed(self.shown(), self.tests),
                "pass_rates": self.judged().iter().map(Run::pass_rate).collect::<Vec<_>>(),
                "pass_rate_consistent": self.is_consistent(),
            },
            "final_metrics": self.by_target(|target| to_json(self.value(target))),
        });
        if let Some(ratio) = self.ratio() {
            artifacts["ratio_to_incumbent"] = comparison::to_value(&ratio);
        }
        if let Measured::Compared(comparison) = &self.measured {
            artifacts["comparison"] = comparison.describe(self.config.target);
        }
        artifacts
    }

    fn is_consistent(&self) -> bool {
        let runs = self.judged();
        runs.iter().all(|run| run.pass_rate() == runs[0].pass_rate())
    }

    fn performance_analysis(&self) -> Value {
        let mut analysis = Map::new();
        analysis.insert("original_n".to_owned(), json!(self.judged().len()));
        analysis.insert("n".to_owned(), json!(self.analysed(self.config.target).map_or(0, |summary| summary.count)));
        analysis.extend(self.by_target(|target| to_json(self.value(target))));
        analysis.insert("pass_rate".to_owned(), json!(self.pass_rate()));
        analysis.insert("passed".to_owned(), json!(self.has_passed()));
        analysis.insert("analysis".to_owned(), self.by_target(|target| described(self.analysed(target))).into());
        analysis.into()
    }

    fn by_target(&self, value: impl Fn(Target) -> Value) -> Map<String, Value> {
        Target::ALL.iter().map(|target| (target.name().to_owned(), value(*target))).collect()
    }
}

/// Statistics in the artifacts' names; infinities where there are none.
fn described(summary: Option<Summary>) -> Value {
    let summary = summary.unwrap_or(Summary {
        original_count: 0,
        count: 0,
        mean: f64::INFINITY,
        deviation: f64::INFINITY,
        min: f64::INFINITY,
        max: f64::INFINITY,
        interval: (f64::INFINITY, f64::INFINITY),
        trimmed_mean: f64::INFINITY,
    });
    let span = if summary.max.is_finite() { summary.max - summary.min } else { f64::INFINITY };
    json!({
        "original_n": summary.original_count,
        "n": summary.count,
        "mean": to_json(summary.mean),
        "std": to_json(summary.deviation),
        "min": to_json(summary.min),
        "max": to_json(summary.max),
        "max_diff": to_json(span),
        "95%_CI": [to_json(summary.interval.0), to_json(summary.interval.1)],
        "trimmed_mean": to_json(summary.trimmed_mean),
    })
}
