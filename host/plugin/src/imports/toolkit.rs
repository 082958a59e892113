//! The toolkit, for guests that cannot link it.

use crate::bindings::perfagent::task::toolkit as wit;
use crate::services::LogLevel;
use crate::state::State;
use perfagent_toolkit::{edit, fence, stats, template};

/// Variables of a template at most. Each placeholder is looked up among all of them, and nothing
/// interrupts that.
const MAX_VARIABLES: usize = 1_000;

impl wit::Host for State {
    async fn apply_edits(&mut self, program: String, reply: String) -> wit::EditResult {
        // Every line costs memory of the host's.
        let parts =
            [("program", program.len(), self.limits.solution_bytes), ("reply", reply.len(), self.limits.prompt_bytes)];
        if let Some((what, _, most)) = parts.into_iter().find(|(_, bytes, most)| bytes > most) {
            let message = format!("the {what} has more than {most} bytes: no edits are looked for");
            let verdict = wit::EditVerdict { status: wit::EditStatus::Malformed, message, lines: Vec::new() };
            return wit::EditResult { program, verdicts: vec![verdict] };
        }
        let outcome = edit::apply(&program, &reply);
        wit::EditResult { program: outcome.program, verdicts: outcome.verdicts.into_iter().map(verdict).collect() }
    }

    async fn code_blocks(&mut self, text: String) -> Vec<wit::CodeBlock> {
        if text.len() > self.limits.prompt_bytes {
            let message = format!("the text has more than {} bytes: no code is looked for", self.limits.prompt_bytes);
            self.log.write(LogLevel::Warning, &message);
            return Vec::new();
        }
        let blocks = fence::code_blocks(&text).into_iter();
        blocks.map(|block| wit::CodeBlock { language: block.language, code: block.code }).collect()
    }

    async fn render_template(&mut self, template: String, variables: Vec<wit::Variable>) -> Result<String, String> {
        if template.len() > self.limits.prompt_bytes {
            return Err(format!("the template has more than {} bytes", self.limits.prompt_bytes));
        }
        if variables.len() > MAX_VARIABLES {
            return Err(format!("the template has more than {MAX_VARIABLES} variables"));
        }
        let variables: Vec<_> =
            variables.iter().map(|variable| (variable.name.as_str(), variable.value.as_str())).collect();
        template::render(&template, &variables).map_err(|error| error.to_string())
    }

    async fn summarize(&mut self, values: Vec<f64>, trim_ratio: f64) -> Option<wit::SampleSummary> {
        if !self.is_short(&values) {
            return None;
        }
        let summary = stats::summarize(&values, trim_ratio)?;
        Some(wit::SampleSummary {
            original_count: summary.original_count,
            count: summary.count,
            mean: summary.mean,
            deviation: summary.deviation,
            min: summary.min,
            max: summary.max,
            interval: summary.interval,
            trimmed_mean: summary.trimmed_mean,
        })
    }

    async fn compare_pairs(&mut self, candidate: Vec<f64>, incumbent: Vec<f64>, confidence: f64) -> Option<wit::Ratio> {
        if !(self.is_short(&candidate) && self.is_short(&incumbent)) {
            return None;
        }
        let ratio = stats::compare_pairs(&candidate, &incumbent, confidence)?;
        Some(wit::Ratio { estimate: ratio.estimate, low: ratio.low, high: ratio.high, confidence: ratio.confidence })
    }
}

impl State {
    /// Whether `values` may be computed with, which nothing interrupts; the log says so where not.
    fn is_short(&self, values: &[f64]) -> bool {
        let most = self.limits.list_items;
        if values.len() > most {
            self.log.write(LogLevel::Warning, &format!("the sample has more than {most} values: it is not looked at"));
        }
        values.len() <= most
    }
}

fn verdict(verdict: edit::Verdict) -> wit::EditVerdict {
    let status = match verdict.status {
        edit::Status::Applied => wit::EditStatus::Applied,
        edit::Status::AppliedReindented => wit::EditStatus::AppliedReindented,
        edit::Status::NotFound => wit::EditStatus::NotFound,
        edit::Status::Ambiguous => wit::EditStatus::Ambiguous,
        edit::Status::Malformed => wit::EditStatus::Malformed,
    };
    wit::EditVerdict { status, message: verdict.message, lines: verdict.lines }
}
