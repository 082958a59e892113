//! What people see of a batch: a table that moves on a terminal, plain lines elsewhere. All of it on
//! standard error; standard output is for results.

use crate::narrate::{number, times};
use crate::output::{Moving, note};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use perfagent_agent::added_cost;
use perfagent_agent::batch::{Ending, Outline, Summary};
use perfagent_agent::state::{State, Step};
use perfagent_core::event::Record;
use perfagent_core::metric::Metric;
use perfagent_model::budget::Prices;
use perfagent_toolkit::text::cut_middle;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines of the terminal that the table leaves for others.
const SPARE_LINES: usize = 6;
/// Most characters of a name in the table.
const NAME_CHARS: usize = 40;

/// A run under way, as the table shows it.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    step: &'static str,
    iteration: u32,
    iterations: u32,
    best: Option<Metric>,
    best_over_first: Option<f64>,
    tokens: u64,
    cost: Option<f64>,
}

impl Row {
    /// Where the run in `state` is that has cost `cost`.
    fn of(state: &State, cost: Option<f64>) -> Self {
        let spec = &state.started().spec;
        Self {
            step: match state.next() {
                Step::Evaluate { .. } => "judging",
                Step::Confirm { .. } => "measuring again",
                Step::AskModel { .. } => "waiting for the model",
                Step::BuildPrompt { .. } | Step::Extract { .. } | Step::Decide(_) => "working",
                Step::Done(_) => "done",
            },
            iteration: state.iteration(),
            iterations: spec.iteration.max_iterations,
            best: state.best().map(|best| best.evaluation.metric),
            best_over_first: state.best_over_first(),
            tokens: state.usage().total_tokens,
            cost,
        }
    }
}

/// The runs under way, by name. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Rows {
    rows: Arc<Mutex<BTreeMap<String, Row>>>,
    prices: Prices,
}

impl Rows {
    /// No rows yet; models cost `prices`.
    pub(crate) fn new(prices: Prices) -> Self {
        Self { prices, ..Self::default() }
    }

    /// Takes in where the run called `name` is after `record`. All its records come here, those of earlier calls too.
    pub(crate) fn observe(&self, name: &str, record: &Record, state: &State) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let before = rows.get(name).map_or(Some(0.0), |row| row.cost);
        let more = added_cost(record, &state.started().spec.model, &self.prices);
        let cost = before.zip(more).map(|(before, more)| before + more);
        rows.insert(name.to_owned(), Row::of(state, cost));
    }
}

/// Shows a batch.
pub(crate) struct Board {
    /// On a terminal.
    bar: Option<(ProgressBar, Moving)>,
    rows: Rows,
    total: usize,
    begun: Instant,
}

impl Board {
    /// A display of `total` runs on standard error.
    pub(crate) fn new(rows: Rows, total: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(ProgressStyle::with_template("{msg}").expect("the template is valid"));
            let moving = Moving::new(&bar);
            (bar, moving)
        });
        Self { bar, rows, total, begun: Instant::now() }
    }

    /// Since the batch began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// A run has ended; `summary` holds it already.
    pub(crate) fn ended(&self, run: &Outline, summary: &Summary) {
        self.rows.rows.lock().unwrap_or_else(PoisonError::into_inner).remove(&run.name);
        // The table shows the others; of a failure people want to know which and why.
        if self.bar.is_none() || run.ending == Ending::Failed {
            note(&line(run, summary.ended, self.total));
        }
    }

    /// Draws the table as things are now.
    pub(crate) fn draw(&self, summary: &Summary) {
        let Some((bar, _)) = &self.bar else { return };
        let (height, width) = console::Term::stderr().size();
        let rows = self.rows.rows.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = table(&rows, usize::from(height).saturating_sub(SPARE_LINES).max(1));
        let text = format!("{text}\n{}", standing(summary, rows.len(), self.total, self.begun.elapsed()));
        let cut = |line: &str| line.chars().take(usize::from(width)).collect::<String>();
        bar.set_message(text.lines().map(cut).collect::<Vec<_>>().join("\n"));
        bar.tick();
    }

    /// Takes the table away.
    pub(crate) fn finish(&mut self) {
        self.bar = None;
    }
}

/// The runs under way, at most `most` of them.
fn table(rows: &BTreeMap<String, Row>, most: usize) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["run", "state", "iteration", "best", "vs. first", "tokens", "cost"]);
    for (name, row) in rows.iter().take(most) {
        table.add_row([
            cut_middle(name, NAME_CHARS),
            row.step.to_owned(),
            format!("{}/{}", row.iteration, row.iterations),
            row.best.map_or_else(|| "–".to_owned(), |best| number(best.0)),
            times(row.best_over_first),
            row.tokens.to_string(),
            money(row.cost),
        ]);
    }
    let mut text = table.trim_fmt();
    if rows.len() > most {
        let _ = write!(text, "\n … and {} more", rows.len() - most);
    }
    text
}

/// Where the batch stands, in a line.
fn standing(summary: &Summary, in_flight: usize, total: usize, elapsed: Duration) -> String {
    let mut parts = vec![format!("{} of {total} done, {in_flight} under way", summary.ended), endings(summary)];
    parts.push(format!("{} tokens", summary.usage.total_tokens));
    parts.push(format!("cost {}", money(summary.cost)));
    let now = summary.ended - summary.earlier;
    if let Some(each) = (now > 0).then(|| elapsed.as_secs_f64() / now as f64) {
        let left = each * total.saturating_sub(summary.ended) as f64;
        parts.push(format!("about {} left", span(Duration::from_secs_f64(left))));
    }
    parts.join(" · ")
}

/// How the runs ended.
pub(crate) fn endings(summary: &Summary) -> String {
    let mut parts = vec![format!("{} valid", summary.valid)];
    for (count, what) in
        [(summary.no_solution, "without a solution"), (summary.failed, "failed"), (summary.earlier, "done before")]
    {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join(", ")
}

fn line(run: &Outline, number_of: usize, total: usize) -> String {
    let mut parts = Vec::new();
    match (run.ending, &run.error) {
        (Ending::Failed, Some(error)) => parts.push(format!("failed: {error}")),
        (Ending::Valid, _) => parts.push(format!("valid, {}", run.metric.map_or_else(String::new, |it| number(it.0)))),
        (_, Some(error)) => parts.push(format!("no valid solution: {error}")),
        (_, None) => parts.push("no valid solution".to_owned()),
    }
    parts.extend(run.best_over_first.map(|it| format!("{it:.3}× the first")));
    if run.ending != Ending::Failed {
        parts.push(format!("{} iterations, {} tokens", run.iterations, run.usage.total_tokens));
    }
    parts.extend(run.is_earlier.then(|| "done before".to_owned()));
    format!("[{number_of}/{total}] {}: {}", run.name, parts.join(" · "))
}

/// An amount of US dollars.
pub(crate) fn money(cost: Option<f64>) -> String {
    cost.map_or_else(|| "–".to_owned(), |cost| format!("${cost:.4}"))
}

/// A time for people.
pub(crate) fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_core::chat::Usage;

    #[test]
    fn the_table_shows_so_many_rows_and_says_what_is_left() {
        let row = |step, best, best_over_first| Row {
            step,
            iteration: 2,
            iterations: 10,
            best,
            best_over_first,
            tokens: 865,
            cost: None,
        };
        let (best, over_first) = (Some(Metric(0.592)), Some(0.768));
        let rows = BTreeMap::from([
            ("pair-sums".to_owned(), row("judging", best, over_first)),
            ("range-queries".to_owned(), row("waiting for the model", None, None)),
            ("zeta".to_owned(), row("working", None, None)),
        ]);
        let mut summary = Summary::default();
        for (name, ending) in [("a", Ending::Valid), ("b", Ending::Failed), ("c", Ending::NoSolution)] {
            let usage = Usage { total_tokens: 100, ..Usage::default() };
            let error = (ending != Ending::Valid).then(|| "set.jsonl, line 2: it is bad".to_owned());
            let run = Outline {
                name: name.to_owned(),
                sample: 1,
                ending,
                instance_id: None,
                metric: best,
                first_metric: Some(Metric(0.7711)),
                best_over_first: over_first.filter(|_| ending == Ending::Valid),
                iterations: 3,
                usage,
                cost: None,
                is_earlier: name == "a",
                error,
            };
            summary.add(run);
        }
        let lines = summary.runs.iter().map(|run| line(run, 1, 9)).collect::<Vec<_>>().join("\n");
        let standing = standing(&summary, 3, 9, Duration::from_secs(60));
        insta::assert_snapshot!(format!("{}\n{standing}\n\n{lines}", table(&rows, 2)));
    }
}
