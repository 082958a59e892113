//! What a run looks like to people: a line per step while it runs, a table of iterations after it.

use perfagent_agent::excess;
use perfagent_agent::state::{State, Step};
use perfagent_core::event::{Record, RunEvent, Started, StopReason, Verdict};
use perfagent_core::metric::Metric;
use perfagent_core::task::Evaluation;
use perfagent_toolkit::stats;

/// One iteration as the table shows it.
struct Row {
    iteration: u32,
    verdict: Verdict,
    evaluation: Option<Evaluation>,
    over_first: Option<f64>,
    note: String,
}

/// Collects a run's iterations from its events.
#[derive(Default)]
pub(crate) struct Narration {
    rows: Vec<Row>,
    pending: Option<Result<Evaluation, String>>,
    unit: Option<String>,
    metric: String,
    tokens: u64,
    is_warned: bool,
}

impl Narration {
    /// Takes in `record`, after which the run is in `state`, and says in a line what happened,
    /// where that is worth one.
    pub(crate) fn line(&mut self, record: &Record, state: &State) -> Option<String> {
        match &record.event {
            RunEvent::Started(started) => {
                self.unit.clone_from(&started.instance.unit);
                self.metric = started.instance.target.clone().unwrap_or_else(|| started.task.metric.clone());
                Some(heading(started))
            }
            RunEvent::PromptBuilt { .. } => self.check_length(record, state),
            RunEvent::ModelReplied { iteration, reply } => {
                self.tokens += reply.usage.total_tokens;
                let about = if reply.usage.estimated { "about " } else { "" };
                let tokens = reply.usage.completion_tokens;
                Some(format!("[{iteration}] the model replied with {about}{tokens} tokens"))
            }
            RunEvent::Finished { reason: reason @ StopReason::Budget { .. } } => {
                Some(format!("{reason}: the next call to the model could cost more than is left"))
            }
            RunEvent::Evaluated { iteration, result } => {
                self.pending = Some(result.clone());
                let is_unsure = matches!(state.next(), Step::Confirm { .. });
                is_unsure.then(|| format!("[{iteration}] seems better: measuring it again, to keep luck out"))
            }
            RunEvent::Confirmed { result, .. } => {
                self.pending = Some(result.clone());
                None
            }
            RunEvent::Decided { iteration, verdict, .. } if *verdict != Verdict::NotJudged => {
                self.decided(*iteration, *verdict, state)
            }
            _ => None,
        }
    }

    /// Warns, once, of prompts that are longer than the model is to get.
    fn check_length(&mut self, record: &Record, state: &State) -> Option<String> {
        if self.is_warned {
            return None;
        }
        let told = too_long(record, state)?;
        self.is_warned = true;
        tracing::warn!("{told}");
        Some(format!("warning: {told}"))
    }

    fn decided(&mut self, iteration: u32, verdict: Verdict, state: &State) -> Option<String> {
        let (evaluation, note) = match self.pending.take() {
            Some(Ok(evaluation)) => {
                let note = evaluation.summary.clone();
                (Some(evaluation), note)
            }
            Some(Err(error)) => (None, error),
            None => (None, state.current().notes.last().cloned().unwrap_or_default()),
        };
        let over_first = evaluation.as_ref().and_then(|it| over_first(it, verdict, state));
        self.rows.push(Row { iteration, verdict, evaluation, over_first, note: note.clone() });
        Some(format!("[{iteration}] {}: {note}", verdict_text(verdict)))
    }

    /// Tokens of all replies so far.
    pub(crate) fn tokens(&self) -> u64 {
        self.tokens
    }

    /// The table of iterations.
    pub(crate) fn table(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        let unit = self.unit.as_ref().map(|unit| format!(", {unit}")).unwrap_or_default();
        let metric = format!("{}{unit} [95 % interval]", self.metric);
        table.set_header(["#", "verdict", &metric, "vs. first", "what was found"]);
        for row in &self.rows {
            let evaluation = row.evaluation.as_ref();
            table.add_row([
                row.iteration.to_string(),
                verdict_text(row.verdict).to_owned(),
                evaluation.map_or_else(|| "–".to_owned(), metric_text),
                times(row.over_first),
                finding(row),
            ]);
        }
        table.trim_fmt()
    }
}

/// What is to be told of a prompt that is longer than the model is to get.
pub(crate) fn too_long(record: &Record, state: &State) -> Option<String> {
    let RunEvent::PromptBuilt { iteration, messages } = &record.event else { return None };
    let spec = &state.started().spec.model;
    let (tokens, most) = (excess(spec, *iteration, messages)?, spec.max_input_tokens?);
    Some(format!(
        "the system prompt and the newest prompt alone have about {tokens} tokens, more than max_input_tokens, \
         {most}; they are sent all the same"
    ))
}

fn heading(started: &Started) -> String {
    let task = &started.task;
    let mut about = vec![format!("{} {}", task.name, task.version), started.metadata.id.clone()];
    about.extend(started.instance.language.clone());
    about.extend(started.instance.target.clone());
    about.push(format!("model {}", started.spec.model.models.names().collect::<Vec<_>>().join(", ")));
    format!("{}\nsandbox: {}", about.join(" · "), started.isolation.summary)
}

fn verdict_text(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::FirstValid => "first valid",
        Verdict::Improved => "improved",
        Verdict::WithinNoise => "within noise",
        Verdict::Unconfirmed => "not confirmed",
        Verdict::NotBetter => "not better",
        Verdict::Failed => "failed",
        Verdict::Unchanged => "unchanged",
        Verdict::NotJudged => "not judged",
    }
}

/// The metric with the interval of the samples that it was made from.
fn metric_text(evaluation: &Evaluation) -> String {
    let samples: Vec<f64> = evaluation.samples.iter().map(|sample| sample.0).collect();
    let value = number(evaluation.metric.0);
    match stats::summarize(&samples, 0.0) {
        Some(summary) if summary.count > 1 => {
            format!("{value} [{}, {}]", number(summary.interval.0), number(summary.interval.1))
        }
        _ => value,
    }
}

/// What the other columns do not say: the measured ratio, or why there is nothing to measure.
fn finding(row: &Row) -> String {
    match row.evaluation.as_ref().filter(|evaluation| evaluation.success) {
        Some(Evaluation { ratio: Some(ratio), .. }) => {
            let [estimate, low, high] = [ratio.estimate, ratio.low, ratio.high].map(number);
            format!("{estimate}× the best before [{low}, {high}]")
        }
        Some(_) => String::new(),
        None => perfagent_toolkit::text::cut_middle(&row.note, 100),
    }
}

/// The metric of what was judged, and is the best by now if `verdict` says so, / the first valid one.
fn over_first(evaluation: &Evaluation, verdict: Verdict, state: &State) -> Option<f64> {
    let quotient = if verdict.is_progress() { state.best_over_first() } else { state.over_first(evaluation) };
    quotient.filter(|_| evaluation.success)
}

/// So many times what it is compared with.
pub(crate) fn times(quotient: Option<f64>) -> String {
    quotient.map_or_else(|| "–".to_owned(), |quotient| format!("{quotient:.3}×"))
}

/// Four significant digits.
pub(crate) fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return Metric(value).to_string();
    }
    #[expect(clippy::cast_possible_truncation, reason = "a decimal exponent of a finite number is below 400")]
    let exponent = value.abs().log10().floor() as i32;
    if !(-4..=15).contains(&exponent) {
        return format!("{value:.3e}");
    }
    let decimals = usize::try_from(3 - exponent).unwrap_or(0);
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_have_four_significant_digits() {
        for (value, text) in [
            (0.0, "0"),
            (1234.5678, "1235"),
            (0.001_234_56, "0.001235"),
            (12.0, "12.00"),
            (f64::INFINITY, "Infinity"),
            (1e-9, "1.000e-9"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
