//! `perfagent report`: what runs came to, beside each other.

use crate::args::{Format, ReportArgs};
use crate::board::money;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::narrate::number;
use crate::output::{json, note, print};
use crate::plot::Curves;
use crate::sheet::Sheet;
use perfagent_agent::files;
use perfagent_agent::grading::{PassAt, Score};
use perfagent_agent::report::{Along, Comparison, Height, RunFold, Runs, compare, curve};
use perfagent_core::chat::Usage;
use perfagent_core::task::Ratio;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One directory.
#[derive(Serialize)]
struct Reported {
    /// The directory as the user wrote it.
    name: String,
    score: Score,
    usage: Usage,
    cost: Option<f64>,
    #[serde(flatten)]
    runs: Runs,
}

/// Another directory beside the first.
#[derive(Serialize)]
struct Compared<'a> {
    first: &'a str,
    second: &'a str,
    #[serde(flatten)]
    comparison: Comparison,
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Printed<'a> {
    reports: &'a [Reported],
    comparisons: &'a [Compared<'a>],
}

/// Tells what the runs in some directories came to.
pub(crate) fn report(args: &ReportArgs) -> Result<Exit, Failure> {
    let mut reports = Vec::new();
    for directory in &args.directories {
        let runs = Runs::read(directory)?;
        for line in &runs.skipped {
            note(&format!("left out: {line}"));
        }
        let (name, score) = (directory.display().to_string(), runs.score());
        reports.push(Reported { name, score, usage: runs.usage(), cost: runs.cost(), runs });
    }
    if reports.iter().all(|report| report.runs.runs.is_empty()) {
        let message = "there are no runs; give directories that --base-dir of a run or a batch named";
        return Err(Failure::new(Exit::Files, message));
    }
    let comparisons = comparisons(&reports);
    if let Some(directory) = &args.plots {
        plot(directory, &reports)?;
    }
    let sheets = || sheets(&reports, &comparisons);
    let joined = |parts: Vec<String>| parts.join("\n").trim_end().to_owned();
    print(&match args.format {
        Format::Json => json(&Printed { reports: &reports, comparisons: &comparisons }),
        Format::Table => sheets().iter().map(Sheet::text).collect::<Vec<_>>().join("\n\n"),
        Format::Markdown => joined(sheets().iter().map(Sheet::markdown).collect()),
        Format::Latex => joined(sheets().iter().map(Sheet::latex).collect()),
        Format::Csv => joined(sheets().iter().chain([&single(&reports)]).map(Sheet::csv).collect()),
    })?;
    Ok(Exit::Success)
}

fn comparisons(reports: &[Reported]) -> Vec<Compared<'_>> {
    let Some((first, others)) = reports.split_first() else { return Vec::new() };
    let pair = |second: &'_ Reported| compare(&first.runs, &second.runs);
    let compared = others.iter().filter_map(|second| Some((second, pair(second)?)));
    compared.map(|(second, comparison)| Compared { first: &first.name, second: &second.name, comparison }).collect()
}

/// The tables that have rows.
fn sheets(reports: &[Reported], comparisons: &[Compared<'_>]) -> Vec<Sheet> {
    let all = [overall(reports), languages(reports), groups(reports), improvements(reports), compared(comparisons)];
    all.into_iter().filter(|sheet| !sheet.rows.is_empty()).collect()
}

/// Chooses the shares for numbers of attempts from a score.
type SharesOf = fn(&Score) -> &[PassAt];

fn overall(reports: &[Reported]) -> Sheet {
    let mut sheet = Sheet::new("Runs", &["directory", "model", "runs", "ended", "valid"]);
    let shares: [(&str, SharesOf); 2] = [("pass", |score| &score.pass_at), ("maj", |score| &score.majority_at)];
    let attempts = |of: SharesOf| -> BTreeSet<usize> {
        reports.iter().flat_map(|report| of(&report.score)).map(|at| at.k).collect()
    };
    for (name, of) in shares {
        sheet.header.extend(attempts(of).iter().map(|k| format!("{name}@{k}, %")));
    }
    sheet.header.extend(["improvements", "best / first", "tokens", "cost"].map(str::to_owned));
    for report in reports {
        let runs = &report.runs.runs;
        let count = |one: fn(&RunFold) -> bool| runs.iter().filter(|run| one(run)).count().to_string();
        let models: BTreeSet<&str> = runs.iter().map(|run| run.model.as_str()).collect();
        let models = models.into_iter().collect::<Vec<_>>().join(", ");
        let mut row = vec![report.name.clone(), models, runs.len().to_string()];
        row.extend([count(|run| run.ended), count(|run| run.grade.success)]);
        for (_, of) in shares {
            let found = |k| of(&report.score).iter().find(|at| at.k == k).map(|at| at.share);
            row.extend(attempts(of).into_iter().map(|k| found(k).map_or_else(nothing, percent)));
        }
        row.push(runs.iter().map(|run| run.improvements.len()).sum::<usize>().to_string());
        row.push(geometric_mean(runs.iter().filter_map(|run| run.best_over_first)).map_or_else(nothing, number));
        row.extend([report.usage.total_tokens.to_string(), money(report.cost)]);
        sheet.rows.push(row);
    }
    sheet
}

/// ET, MP, MI and pass rate; the latter alone of tasks that do not measure.
fn languages(reports: &[Reported]) -> Sheet {
    let mut sheet =
        Sheet::new("Languages", &["directory", "language", "problems", "ET, %", "MP, %", "MI, %", "pass, %"]);
    for report in reports {
        for found in &report.score.efficiency {
            let shares = [found.runtime, found.memory, found.integral, found.pass_rate].map(percent);
            let start = [report.name.clone(), found.language.clone(), found.problems.to_string()];
            sheet.rows.push(start.into_iter().chain(shares).collect());
        }
        if !report.score.efficiency.is_empty() {
            continue;
        }
        let mut by_language: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
        for run in report.runs.runs.iter().filter(|run| run.ended) {
            if let Some(language) = &run.grade.language {
                by_language.entry(language).or_default().push(run.grade.success);
            }
        }
        for (language, valid) in by_language {
            let share = valid.iter().filter(|is_valid| **is_valid).count() as f64 / valid.len() as f64;
            let start = [report.name.clone(), language.to_owned(), valid.len().to_string()];
            sheet.rows.push(start.into_iter().chain([nothing(), nothing(), nothing(), percent(share)]).collect());
        }
    }
    sheet
}

fn groups(reports: &[Reported]) -> Sheet {
    let mut sheet = Sheet::new("Groups", &["directory", "group", "instances", "pass@1, %"]);
    for report in reports {
        for (name, value, shares) in &report.score.groups {
            let Some(first) = shares.first() else { continue };
            let cells = [format!("{name} {value}"), first.instances.to_string(), percent(first.share)];
            sheet.rows.push(std::iter::once(report.name.clone()).chain(cells).collect());
        }
    }
    sheet
}

fn improvements(reports: &[Reported]) -> Sheet {
    let header = ["directory", "run", "iteration", "metric", "value", "/ the best before", "interval"];
    let mut sheet = Sheet::new("Accepted improvements", &header);
    for report in reports {
        for run in &report.runs.runs {
            for found in &run.improvements {
                let [ratio, interval] = with_interval(found.ratio.as_ref());
                sheet.rows.push(vec![
                    report.name.clone(),
                    run.name.clone(),
                    found.iteration.to_string(),
                    run.metric.clone(),
                    number(found.metric.0),
                    ratio,
                    interval,
                ]);
            }
        }
    }
    sheet
}

fn compared(comparisons: &[Compared<'_>]) -> Sheet {
    let header =
        ["second / first", "pairs", "both valid", "best metric", "interval", "valid runs, % points", "95 % interval"];
    let mut sheet = Sheet::new("Compared in pairs", &header);
    for Compared { first, second, comparison } in comparisons {
        let [ratio, interval] = with_interval(comparison.ratio.as_ref());
        let [more, low, high] = comparison.valid_difference.map(|share| format!("{:+.2}", share * 100.0));
        sheet.rows.push(vec![
            format!("{second} / {first}"),
            comparison.pairs.to_string(),
            comparison.both_valid.to_string(),
            ratio,
            interval,
            more,
            format!("[{low}, {high}]"),
        ]);
    }
    sheet
}

/// A line for each run.
fn single(reports: &[Reported]) -> Sheet {
    let header = [
        "directory",
        "run",
        "id",
        "sample",
        "language",
        "metric",
        "ended",
        "valid",
        "first",
        "best",
        "best / first",
        "iterations",
        "improvements",
        "tokens",
        "cost",
    ];
    let mut sheet = Sheet::new("Single runs", &header);
    for report in reports {
        for run in &report.runs.runs {
            sheet.rows.push(vec![
                report.name.clone(),
                run.name.clone(),
                run.grade.id.clone(),
                run.sample.to_string(),
                run.grade.language.clone().unwrap_or_default(),
                run.metric.clone(),
                run.ended.to_string(),
                run.grade.success.to_string(),
                run.first_metric.map_or_else(String::new, |first| first.to_string()),
                run.grade.metric.to_string(),
                run.best_over_first.map_or_else(String::new, |quotient| quotient.to_string()),
                run.iterations.to_string(),
                run.improvements.len().to_string(),
                run.usage.total_tokens.to_string(),
                run.cost.map_or_else(String::new, |cost| cost.to_string()),
            ]);
        }
    }
    sheet
}

/// A ratio, and its interval with its confidence.
fn with_interval(ratio: Option<&Ratio>) -> [String; 2] {
    ratio.map_or_else(
        || [nothing(), nothing()],
        |Ratio { estimate, low, high, confidence }| {
            let confidence = format!("{:.1}", confidence * 100.0);
            let confidence = confidence.trim_end_matches(".0");
            [format!("{}×", number(*estimate)), format!("[{}, {}], {confidence} %", number(*low), number(*high))]
        },
    )
}

fn nothing() -> String {
    "–".to_owned()
}

fn percent(share: f64) -> String {
    format!("{:.2}", share * 100.0)
}

fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<f64> = values.filter(|value| *value > 0.0).map(f64::ln).collect();
    (!logarithms.is_empty()).then(|| (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp())
}

fn plot(directory: &Path, reports: &[Reported]) -> Result<(), Failure> {
    std::fs::create_dir_all(directory)
        .map_err(|error| Failure::from_error(Exit::Files, &error).of(directory.display()))?;
    let all: Vec<_> = reports.iter().map(|report| &report.runs).collect();
    // Both kinds in one plot would have no common axis.
    let height = Height::of(&all);
    let y = match height {
        Height::Ratio => "best metric / first valid one, geometric mean of the runs",
        Height::Valid => "share of runs with a valid solution",
    };
    for (along, file, x) in
        [(Along::Iterations, "iterations.svg", "iteration"), (Along::Tokens, "tokens.svg", "tokens of a run")]
    {
        let drawn = reports.iter().map(|report| (report.name.as_str(), curve(&report.runs, along, height)));
        let lines: Vec<_> = drawn.filter(|(_, steps)| !steps.is_empty()).collect();
        let svg = Curves { x, y, lines: &lines }.svg();
        let svg = svg.map_err(|error| Failure::from_error(Exit::Internal, error.as_ref()).of("the plot"))?;
        files::write(&directory.join(file), svg.as_bytes())?;
    }
    Ok(())
}
