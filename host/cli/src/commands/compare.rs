//! `perfagent sandbox compare`: two programs, measured in turn.

use super::sandbox_run::{compile, ending, language_of, open, sandbox_failed, standard_input};
use crate::args::CompareArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::read;
use crate::output::{json, note, print};
use crate::pairs::{Finding, LOOKS, Measure, Verdict, finding, shown};
use crate::plot::Ratios;
use crate::surroundings::Surroundings;
use perfagent_core::execution::{Outcome, Policy, Round, RunOptions, RunReport, RunRequest};
use perfagent_core::isolation::Isolation;
use perfagent_sandbox::{Program, Sandbox};
use serde::Serialize;
use std::path::Path;

const MEASURED: RunOptions = RunOptions { policy: Policy::Measure, max_parallel: None };

/// What `--json` prints.
#[derive(Serialize)]
struct Printed<'a> {
    first: &'a Path,
    second: &'a Path,
    pairs: usize,
    /// Pairs that were run again because something disturbed them.
    repeated: usize,
    confidence: f64,
    measures: &'a [Finding],
    rounds: &'a [Round],
    isolation: &'a Isolation,
}

/// Measures two programs against each other.
pub(crate) async fn compare(args: &CompareArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let (sandbox, language) = open(&args.hold, &args.first, surroundings).await?;
    let other = language_of(&sandbox, &args.hold, &args.second);
    let first = compile(&sandbox, &args.first, &language).await?;
    let second = compile(&sandbox, &args.second, other.as_deref().unwrap_or(&language)).await?;
    let requests = requests(args)?;
    check(args, &sandbox, [&first, &second], &requests).await?;
    let (rounds, confidence) = measure(args, &sandbox, [&first, &second], &requests).await?;
    let findings: Vec<Finding> =
        Measure::ALL.into_iter().filter_map(|measure| finding(measure, &rounds, confidence)).collect();
    if let Some(path) = &args.plot {
        plot(path, &rounds, &findings)?;
    }
    let repeated = rounds.iter().flat_map(|round| &round.candidate).filter(|report| was_repeated(report)).count();
    if args.hold.json() {
        print(&json(&Printed {
            first: &args.first,
            second: &args.second,
            pairs: rounds.len(),
            repeated,
            confidence,
            measures: &findings,
            rounds: &rounds,
            isolation: sandbox.isolation(),
        }))?;
    } else {
        print(&text(args, rounds.len(), repeated, &findings))?;
        note(&sandbox.isolation().summary);
    }
    Ok(Exit::Success)
}

fn requests(args: &CompareArgs) -> Result<Vec<RunRequest>, Failure> {
    let limits = args.hold.limits();
    let request = |input| RunRequest { input, arguments: Vec::new(), limits };
    if args.inputs.is_empty() {
        return Ok(vec![request(standard_input()?)]);
    }
    args.inputs.iter().map(|path| read(path, "input").map(request)).collect()
}

/// Refuses programs that fail; warns where they answer differently.
async fn check(
    args: &CompareArgs,
    sandbox: &Sandbox,
    programs: [&Program; 2],
    requests: &[RunRequest],
) -> Result<(), Failure> {
    let mut answers = Vec::new();
    for (program, path) in programs.into_iter().zip([&args.first, &args.second]) {
        let reports = sandbox.run(program, requests.to_vec(), RunOptions::default()).await.map_err(sandbox_failed)?;
        if let Some(report) = reports.iter().find(|report| report.outcome != Outcome::Exited(0)) {
            let errors = String::from_utf8_lossy(&report.error_output);
            let last = errors.lines().next_back().unwrap_or_default();
            let message = format!("{}: {} {last}", path.display(), ending(&report.outcome));
            return Err(Failure::new(Exit::NoSolution, message.trim_end().to_owned()));
        }
        answers.push(reports.into_iter().map(|report| report.output).collect::<Vec<_>>());
    }
    if answers.first() != answers.last() {
        note("warning: the two programs write different outputs");
    }
    Ok(())
}

/// Measures pairs until a difference of processor time shows, and says at which confidence that was
/// looked for: each look is one more chance to be wrong.
async fn measure(
    args: &CompareArgs,
    sandbox: &Sandbox,
    [first, second]: [&Program; 2],
    requests: &[RunRequest],
) -> Result<(Vec<Round>, f64), Failure> {
    let looks: Vec<u32> = args.pairs.map_or_else(|| LOOKS.to_vec(), |pairs| vec![pairs]);
    let confidence = 1.0 - (1.0 - args.confidence) / looks.len() as f64;
    let mut rounds: Vec<Round> = Vec::new();
    for look in looks {
        let more = look - u32::try_from(rounds.len()).unwrap_or(look);
        let measured = sandbox.compare(second, first, requests.to_vec(), more, MEASURED).await;
        rounds.extend(measured.map_err(sandbox_failed)?);
        let found = finding(Measure::CpuTime, &rounds, confidence);
        if found.is_some_and(|found| found.verdict != Verdict::NoDifference) {
            break;
        }
    }
    Ok((rounds, confidence))
}

fn was_repeated(report: &RunReport) -> bool {
    report.measurement.details.iter().any(|detail| detail.name == "repeated")
}

fn plot(path: &Path, rounds: &[Round], findings: &[Finding]) -> Result<(), Failure> {
    let Some(main) = findings.first() else { return Ok(()) };
    let [first, second] = main.measure.values(rounds);
    let values: Vec<f64> = second.iter().zip(&first).map(|(second, first)| second / first).collect();
    let title = format!("{}: second / first", main.measure.name());
    let ratios = Ratios { title: &title, values: &values, estimate: main.ratio, interval: main.interval };
    let svg = ratios.svg().map_err(|error| Failure::from_error(Exit::Internal, error.as_ref()).of("the plot"))?;
    std::fs::write(path, svg).map_err(|error| Failure::from_error(Exit::Files, &error).of(path.display()))
}

fn text(args: &CompareArgs, pairs: usize, repeated: usize, findings: &[Finding]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["", "first", "second", "second / first", "interval", "second needs"]);
    for found in findings {
        let [low, high] = found.interval;
        table.add_row([
            format!("{}, {}", found.measure.name(), found.unit),
            shown(found.first),
            shown(found.second),
            format!("{:.4}", found.ratio),
            format!("[{low:.4}, {high:.4}]"),
            match found.verdict {
                Verdict::Less => "less",
                Verdict::More => "more",
                Verdict::NoDifference => "as much",
            }
            .to_owned(),
        ]);
    }
    let verdict = match findings.first() {
        Some(Finding { verdict: Verdict::Less, ratio, .. }) => {
            format!("{} is {:.2} times as fast as {}", args.second.display(), 1.0 / ratio, args.first.display())
        }
        Some(Finding { verdict: Verdict::More, ratio, .. }) => {
            format!("{} takes {:.2} times as long as {}", args.second.display(), ratio, args.first.display())
        }
        _ => "no difference shows".to_owned(),
    };
    let again =
        if repeated > 0 { format!(", {repeated} runs repeated because they were disturbed") } else { String::new() };
    format!(
        "first:  {}\nsecond: {}\n{pairs} pairs{again}\n\n{table}\n\n{verdict}",
        args.first.display(),
        args.second.display()
    )
}
