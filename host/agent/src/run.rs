//! One run, from an instance to its result: fold what the journal holds, then do step after step.

use crate::account::spent;
use crate::error::{RunError, chain, concerns_one_candidate};
use crate::files::RunFiles;
use crate::journal::Journal;
use crate::recorder::{Observer, Recorder};
use crate::state::Step;
use crate::task::Task;
use perfagent_core::chat::{ChatReply, Message};
use perfagent_core::event::{BudgetScope, Record, RunEvent, Started, StopReason};
use perfagent_core::isolation::Isolation;
use perfagent_core::result::AgentResult;
use perfagent_core::secret;
use perfagent_core::spec::RunSpec;
use perfagent_core::task::{Attempt, Extraction, Finding};
use perfagent_model::budget::{Budget, BudgetError, BudgetLimits, Charge, Prices};
use perfagent_model::{CallContext, Model, ModelError};
use perfagent_plugin::PluginError;
use std::time::{Duration, Instant};

/// What a run works with. Handles only: what it is to do stands in its [`RunSpec`].
pub struct Services<'a> {
    /// The instance, loaded into its plugin under `spec.task_config`.
    pub task: &'a mut Task,
    /// The model.
    pub model: &'a Model,
    /// Isolation of the sandbox behind `task`, recorded with the run.
    pub isolation: &'a Isolation,
    /// What the run may spend.
    pub funds: Funds,
    /// Watches the run.
    pub observer: Observer<'a>,
}

/// What a run may spend. Like the endpoint it is no part of the run's identity: with a larger budget the run
/// goes on.
#[derive(Clone, Debug, Default)]
pub struct Funds {
    /// The run's own budget; what earlier processes spent of it, its journal tells.
    pub limits: BudgetLimits,
    /// Budgets that it shares with other runs. What earlier processes spent of those, whoever makes them
    /// must know: [`crate::spent`] tells it of each journal.
    pub shared: Vec<Budget>,
    /// What models cost.
    pub prices: Prices,
}

/// Carries out `spec`, going on from the journal in `files` where an earlier process left one.
///
/// Dropping the future is a safe way to interrupt: whatever had an event is on disk, and the next
/// call goes on from there.
///
/// # Errors
/// See [`RunError`]. The files then hold whatever was done before, and the error.
pub async fn run(spec: &RunSpec, services: Services<'_>, files: &RunFiles) -> Result<AgentResult, RunError> {
    files.create()?;
    let (journal, records) = Journal::open(&files.journal)?;
    let Services { task, model, isolation, funds, observer } = services;
    let mut budgets = vec![Budget::new(BudgetScope::Run, funds.limits, spent(&records, &funds.prices))];
    budgets.extend(funds.shared);
    let own = budgets[0].clone();
    let is_priced = spec.model.models.names().all(|name| funds.prices.of(name).is_some());
    let cost = || is_priced.then(|| own.spent().usd.dollars());
    let mut recorder = match recorded_start(&records) {
        Some(started) => {
            same_request(&started.spec, spec, files)?;
            skip_replied(model, spec, &records);
            Recorder::resume(journal, started.clone(), &records, files, observer)?
        }
        None => {
            let begun = Instant::now();
            let started = start(spec, task, isolation).await?;
            Recorder::start(journal, started, begun.elapsed(), files, observer)?
        }
    };
    let asked = matches!(recorder.state().next(), Step::AskModel { .. });
    let mut driver = Driver { task, model, recorder: &mut recorder, budgets, prices: funds.prices, asked };
    match driver.finish().await {
        Ok(()) => recorder.conclude(None, cost()),
        Err(error) => {
            // The run's own failure is what the user must hear of, not that it could not be noted.
            if let Err(unwritten) = recorder.conclude(Some(chain(&error)), cost()) {
                tracing::warn!("{}", chain(&unwritten));
            }
            Err(error)
        }
    }
}

fn recorded_start(records: &[Record]) -> Option<&Started> {
    match &records.first()?.event {
        RunEvent::Started(started) => Some(started),
        _ => None,
    }
}

/// Tells a replay which calls earlier processes have used.
fn skip_replied(model: &Model, spec: &RunSpec, records: &[Record]) {
    let mut prompt = None;
    for record in records {
        match &record.event {
            RunEvent::PromptBuilt { iteration, messages } => prompt = Some((*iteration, messages)),
            RunEvent::ModelReplied { .. } => {
                if let Some((iteration, messages)) = prompt.take() {
                    model.skip(&spec.model.request(iteration, messages.clone()));
                }
            }
            _ => {}
        }
    }
}

/// Refuses to go on from the journal of another request, and says what differs.
fn same_request(recorded: &RunSpec, wanted: &RunSpec, files: &RunFiles) -> Result<(), RunError> {
    if recorded == wanted {
        return Ok(());
    }
    let value = |spec| serde_json::to_value(spec).expect("specifications have string keys");
    let mut differences = Vec::new();
    difference("", &value(recorded), &value(wanted), &mut differences);
    Err(RunError::DifferentRequest { directory: files.directory.clone(), differences: differences.join("; ") })
}

fn difference(path: &str, recorded: &serde_json::Value, wanted: &serde_json::Value, found: &mut Vec<String>) {
    use serde_json::Value;
    if recorded == wanted {
        return;
    }
    let (Value::Object(left), Value::Object(right)) = (recorded, wanted) else {
        let short = |value: &Value| {
            // Of the other settings no name means a secret, but any text may hold a URL.
            let below = path.strip_prefix("task_config").unwrap_or_default();
            perfagent_toolkit::text::cut_middle(&secret::masked_at(below, value).to_string(), 80)
        };
        found.push(format!("{path} was {}, is now {}", short(recorded), short(wanted)));
        return;
    };
    let keys = left.keys().chain(right.keys().filter(|key| !left.contains_key(*key)));
    for key in keys {
        let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let side = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
        difference(&below, &side(left), &side(right), found);
    }
}

/// Asks the task for everything that the first event holds. Both prompts are built once, so that a
/// wrong template is told before anything costs time or money.
async fn start(spec: &RunSpec, task: &mut Task, isolation: &Isolation) -> Result<Started, RunError> {
    let mut initial = task.initial_solution().await?;
    if let Some(code) = &spec.initial_code {
        initial.code.clone_from(code);
        initial.judged = true;
    }
    let system_prompt = task.system_prompt(&spec.prompts).await?;
    let attempt = Attempt { solution: initial.code.clone(), evaluation: None, notes: Vec::new() };
    task.optimization_prompt(&spec.prompts, &attempt).await?;
    Ok(Started {
        spec: spec.clone(),
        task: task.description().clone(),
        metadata: task.metadata().clone(),
        instance: task.summary().clone(),
        isolation: isolation.clone(),
        system_prompt,
        initial,
    })
}

struct Driver<'a, 'r> {
    task: &'a mut Task,
    model: &'a Model,
    recorder: &'a mut Recorder<'r>,
    budgets: Vec<Budget>,
    prices: Prices,
    /// Whether an earlier process may have asked what is to be asked next.
    asked: bool,
}

impl Driver<'_, '_> {
    /// Does step after step until the run is over.
    async fn finish(&mut self) -> Result<(), RunError> {
        loop {
            let step = self.recorder.state().next().clone();
            let begun = Instant::now();
            let event = match step {
                Step::Done(reason) => return self.end(reason),
                step => match self.perform(step).await {
                    Ok(event) => event,
                    Err(RunError::Model(ModelError::Budget(error))) => return self.out_of_budget(error),
                    Err(error) => return Err(error),
                },
            };
            self.recorder.record(event, begun.elapsed())?;
        }
    }

    fn end(&mut self, reason: StopReason) -> Result<(), RunError> {
        if self.recorder.finished() == Some(reason) {
            return Ok(());
        }
        self.recorder.record(RunEvent::Finished { reason }, Duration::ZERO)
    }

    /// A used-up budget is an end like others; one that cannot hold is a mistake of whoever set it.
    fn out_of_budget(&mut self, error: BudgetError) -> Result<(), RunError> {
        match error {
            BudgetError::Exhausted { scope, resource, .. } => {
                tracing::warn!("{error}");
                let reason = StopReason::Budget { scope, resource };
                if self.recorder.finished() != Some(reason) {
                    self.resume()?;
                }
                self.end(reason)
            }
            BudgetError::Unpriced { .. } => Err(RunError::Model(error.into())),
        }
    }

    /// Notes that what an earlier process may have asked is lost.
    fn resume(&mut self) -> Result<(), RunError> {
        if std::mem::take(&mut self.asked) {
            let iteration = self.recorder.state().iteration();
            self.recorder.record(RunEvent::Resumed { iteration }, Duration::ZERO)?;
        }
        Ok(())
    }

    /// Asks the model, within the budgets.
    async fn ask(&mut self, iteration: u32, messages: Vec<Message>) -> Result<ChatReply, RunError> {
        let begun = Instant::now();
        let request = self.recorder.state().started().spec.model.request(iteration, messages);
        let mut charge = Charge::reserve(&self.budgets, &request, &self.prices).await.map_err(ModelError::from)?;
        self.resume()?;
        let error = match self.model.complete(&request, CallContext { iteration }, &mut charge).await {
            Ok(reply) => return Ok(reply),
            Err(error) => error,
        };
        let failed = RunEvent::CallFailed { iteration, lost: charge.lost() };
        // The model's failure is what the user must hear of, not that it could not be noted.
        if let Err(unwritten) = self.recorder.record(failed, begun.elapsed()) {
            tracing::warn!("{}", chain(&unwritten));
        }
        Err(error.into())
    }

    async fn perform(&mut self, step: Step) -> Result<RunEvent, RunError> {
        let state = self.recorder.state();
        Ok(match step {
            Step::Evaluate { iteration, solution } => {
                let incumbent = state.best().map(|best| best.solution.clone());
                let result = self.evaluate(&solution, incumbent.as_deref()).await?;
                RunEvent::Evaluated { iteration, result }
            }
            Step::Confirm { iteration, solution } => {
                let incumbent = state.best().map(|best| best.solution.clone());
                let result = self.evaluate(&solution, incumbent.as_deref()).await?;
                RunEvent::Confirmed { iteration, result }
            }
            Step::BuildPrompt { iteration } => {
                let prompts = &state.started().spec.prompts;
                let prompt = self.task.optimization_prompt(prompts, state.current()).await?;
                let messages = state.messages(prompt);
                RunEvent::PromptBuilt { iteration, messages }
            }
            Step::AskModel { iteration, messages } => {
                RunEvent::ModelReplied { iteration, reply: self.ask(iteration, messages).await? }
            }
            Step::Extract { iteration, reply } => {
                let extracted = self.task.extract(&reply, &state.current().solution).await;
                RunEvent::Extracted { iteration, extraction: found(extracted)? }
            }
            Step::Decide(event) => event,
            Step::Done(reason) => RunEvent::Finished { reason },
        })
    }

    /// A plugin that fails on one candidate has not judged it; the loop goes on. A sandbox that is
    /// not there fails every candidate alike, so that ends the run.
    async fn evaluate(
        &mut self,
        solution: &str,
        incumbent: Option<&str>,
    ) -> Result<Result<perfagent_core::task::Evaluation, String>, RunError> {
        match self.task.evaluate(solution, incumbent).await {
            Ok(evaluation) => Ok(Ok(evaluation)),
            Err(error) if concerns_one_candidate(&error) => Ok(Err(chain(&error))),
            Err(error) => Err(error.into()),
        }
    }
}

/// What was found in a reply. A plugin that fails on one has found nothing in it; the loop goes on.
fn found(extracted: Result<Extraction, PluginError>) -> Result<Extraction, RunError> {
    match extracted {
        Err(error) if concerns_one_candidate(&error) => {
            Ok(Extraction { finding: Finding::Other(chain(&error)), verdicts: Vec::new() })
        }
        extracted => Ok(extracted?),
    }
}

#[cfg(test)]
mod tests {
    use super::difference;
    use serde_json::json;

    #[test]
    fn what_differs_is_told_without_secrets() {
        let spec = |key: &str| {
            json!({
                "model": {"max_output_tokens": key.len()},
                "task_config": {"keys": {"a": key}, "runs": key.len(), "more": {"token": key}, "only": [key]},
            })
        };
        let mut recorded = spec("hidden");
        recorded["task_config"]["more"] = "none".into();
        recorded["task_config"]["only"] = json!(["x"]);
        let mut wanted = spec("hidden too");
        wanted["task_config"]["only"] = json!(["x"]);
        let mut found = Vec::new();
        difference("", &recorded, &wanted, &mut found);
        assert_eq!(
            found,
            [
                "model.max_output_tokens was 6, is now 10",
                "task_config.keys.a was \"***\", is now \"***\"",
                "task_config.runs was 6, is now 10",
                "task_config.more was \"none\", is now {\"token\":\"***\"}",
            ]
        );
    }
}
