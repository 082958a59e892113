//! The loop as a state machine: a fold over [`RunEvent`]s, and the next step that follows from it.
//!
//! Running and resuming are the same thing: fold the events there are, do the next step, append
//! its event. Nothing here does I/O, so every rule of the loop is tested without a model or a plugin.

use crate::compare;
use crate::history::{self, Bound};
use perfagent_core::chat::{ChatReply, FinishReason, Message, Role, Usage};
use perfagent_core::event::{RunEvent, Started, StopReason, Verdict};
use perfagent_core::metric::Metric;
use perfagent_core::spec::{Acceptance, LoopSpec};
use perfagent_core::task::{Attempt, EditStatus, Evaluation, Extraction, Finding};

/// What the run does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Judge `solution`, against the best one where there is one.
    Evaluate {
        /// 0 for the initial solution.
        iteration: u32,
        /// What to judge.
        solution: String,
    },
    /// Judge `solution` once more, for it seems better than the best.
    Confirm {
        /// From 1.
        iteration: u32,
        /// What to judge.
        solution: String,
    },
    /// Compare and decide; needs nothing from outside.
    Decide(RunEvent),
    /// Build the optimisation prompt.
    BuildPrompt {
        /// From 1.
        iteration: u32,
    },
    /// Call the model.
    AskModel {
        /// From 1.
        iteration: u32,
        /// What to send.
        messages: Vec<Message>,
    },
    /// Look for a solution in the reply.
    Extract {
        /// From 1.
        iteration: u32,
        /// The reply's text.
        reply: String,
    },
    /// Nothing: the run is over.
    Done(StopReason),
}

/// The best solution so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// Where it came from; 0 is the initial solution.
    pub iteration: u32,
    /// The solution.
    pub solution: String,
    /// Its evaluation.
    pub evaluation: Evaluation,
}

/// A run up to now.
#[derive(Clone, Debug)]
pub struct State {
    started: Started,
    current: Attempt,
    best: Option<Best>,
    iteration: u32,
    without_improvement: u32,
    /// Prompts and replies of the iterations before this one.
    chat: Vec<Message>,
    last_error: Option<String>,
    first_metric: Option<Metric>,
    best_over_first: Option<f64>,
    usage: Usage,
    next: Step,
    /// The solution under judgement and its evaluation, between extraction and decision.
    candidate: Option<(String, Option<Evaluation>)>,
}

/// An event that cannot follow the events before it.
#[derive(Debug, thiserror::Error)]
#[error("{event} cannot follow here, in iteration {iteration}")]
pub struct OutOfOrder {
    event: &'static str,
    iteration: u32,
}

impl State {
    /// The state after the first event.
    pub fn new(started: Started) -> Self {
        let initial = started.initial.clone();
        let next = if initial.judged {
            Step::Evaluate { iteration: 0, solution: initial.code.clone() }
        } else {
            Step::Decide(RunEvent::Decided { iteration: 0, verdict: Verdict::NotJudged, best: None })
        };
        let current = Attempt { solution: initial.code.clone(), evaluation: None, notes: Vec::new() };
        Self {
            started,
            current,
            best: None,
            iteration: 0,
            without_improvement: 0,
            chat: Vec::new(),
            last_error: None,
            first_metric: None,
            best_over_first: None,
            usage: Usage::default(),
            next,
            candidate: Some((initial.code, None)),
        }
    }

    /// What the run started with.
    pub fn started(&self) -> &Started {
        &self.started
    }

    /// What the next prompt starts from.
    pub fn current(&self) -> &Attempt {
        &self.current
    }

    /// The best solution so far.
    pub fn best(&self) -> Option<&Best> {
        self.best.as_ref()
    }

    /// The iteration under way, or the last one.
    pub fn iteration(&self) -> u32 {
        self.iteration
    }

    /// Iterations that came to a decision.
    pub fn iterations_done(&self) -> u32 {
        match self.next {
            Step::Done(_) => self.iteration,
            _ => self.iteration.saturating_sub(1),
        }
    }

    /// Why the last candidate that failed did so.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// Metric of the first valid solution.
    pub fn first_metric(&self) -> Option<Metric> {
        self.first_metric
    }

    /// The best metric / the first valid one, as [`State::over_first`] has it.
    pub fn best_over_first(&self) -> Option<f64> {
        self.best_over_first
    }

    /// What was judged, and is not the best yet, / the first valid one: what it was measured to be in turn with the
    /// best, of which the same is known. Metrics taken at different times also tell how busy the machine was then,
    /// so they only count where nothing was measured in turn, or raw ones are to. `None` where that is no finite
    /// number.
    pub fn over_first(&self, evaluation: &Evaluation) -> Option<f64> {
        let quotient = match (self.started.spec.iteration.acceptance, evaluation.ratio) {
            (Acceptance::Interval, Some(ratio)) if self.best.is_some() => self.best_over_first? * ratio.estimate,
            _ => evaluation.metric.0 / self.first_metric?.0,
        };
        quotient.is_finite().then_some(quotient)
    }

    /// Tokens of all replies so far.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// What the run does next.
    pub fn next(&self) -> &Step {
        &self.next
    }

    /// The messages of this iteration, given its optimisation prompt.
    pub fn messages(&self, prompt: String) -> Vec<Message> {
        let spec = &self.started.spec;
        let system = Message::new(Role::System, self.started.system_prompt.clone());
        let turns = if spec.iteration.include_all_history { self.chat.as_slice() } else { &[] };
        history::assemble(system, turns, Message::new(Role::User, prompt), Bound::of(&spec.model, self.iteration))
    }

    /// Takes the next event in.
    ///
    /// # Errors
    /// An event that cannot follow.
    pub fn apply(&mut self, event: &RunEvent) -> Result<(), OutOfOrder> {
        match (event, &self.next) {
            (RunEvent::Evaluated { iteration, result }, Step::Evaluate { iteration: expected, .. })
                if iteration == expected =>
            {
                self.evaluated(result);
            }
            (RunEvent::Confirmed { iteration, result }, Step::Confirm { iteration: expected, .. })
                if iteration == expected =>
            {
                self.confirmed(result);
            }
            // Earlier programs decided without confirmation.
            (RunEvent::Decided { iteration, verdict, .. }, Step::Decide(_) | Step::Confirm { .. })
                if *iteration == self.iteration =>
            {
                self.decided(*verdict);
            }
            (RunEvent::PromptBuilt { iteration, messages }, Step::BuildPrompt { iteration: expected })
                if iteration == expected =>
            {
                self.next = Step::AskModel { iteration: *iteration, messages: messages.clone() };
            }
            (RunEvent::ModelReplied { iteration, reply }, Step::AskModel { iteration: expected, messages })
                if iteration == expected =>
            {
                self.chat.extend(history::newest(messages, self.chat.len()));
                self.replied(reply);
            }
            (RunEvent::Extracted { iteration, extraction }, Step::Extract { iteration: expected, .. })
                if iteration == expected =>
            {
                self.extracted(extraction);
            }
            (
                RunEvent::Resumed { iteration } | RunEvent::CallFailed { iteration, .. },
                Step::AskModel { iteration: expected, .. },
            ) if iteration == expected => {}
            (RunEvent::Finished { .. }, Step::Done(_)) => {}
            // With a larger budget the run goes on and asks.
            (RunEvent::Finished { reason: StopReason::Budget { .. } }, Step::AskModel { .. }) => {}
            _ => return Err(OutOfOrder { event: name(event), iteration: self.iteration }),
        }
        Ok(())
    }

    fn replied(&mut self, reply: &ChatReply) {
        self.chat.push(Message::new(Role::Assistant, reply.content.clone()));
        self.usage += reply.usage;
        self.current.notes.clear();
        if reply.finish_reason == FinishReason::Length {
            self.current.notes.push(
                "Your last reply was cut off because it reached the output limit. Keep the next one shorter."
                    .to_owned(),
            );
        }
        self.next = Step::Extract { iteration: self.iteration, reply: reply.content.clone() };
    }

    fn extracted(&mut self, extraction: &Extraction) {
        self.current.notes.extend(verdict_notes(extraction));
        let unchanged = match &extraction.finding {
            Finding::Changed(solution) => {
                self.candidate = Some((solution.clone(), None));
                self.next = Step::Evaluate { iteration: self.iteration, solution: solution.clone() };
                return;
            }
            Finding::NoSolution(reason) => format!("No solution was found in your last reply: {reason}."),
            Finding::EditsFailed(reason) => {
                format!("None of the edits in your last reply could be applied: {reason}.")
            }
            Finding::Identical => "Your last reply did not change the program.".to_owned(),
            Finding::Other(reason) => format!("Your last reply changed nothing: {reason}."),
        };
        self.current.notes.push(unchanged);
        self.next = self.decision(Verdict::Unchanged);
    }

    fn evaluated(&mut self, result: &Result<Evaluation, String>) {
        let verdict = self.judged(result);
        let acceptance = self.started.spec.iteration.acceptance;
        match (&self.candidate, result) {
            (Some((solution, _)), Ok(evaluation)) if compare::wants_confirmation(evaluation, verdict, acceptance) => {
                self.next = Step::Confirm { iteration: self.iteration, solution: solution.clone() };
            }
            _ => self.next = self.decision(verdict),
        }
    }

    /// Takes the second evaluation in the place of the first: of many candidates those are measured again
    /// that came out well, by merit or by luck, so the first measurement of them is too good on average. Both
    /// together would keep half of that luck; the second alone, which chose nothing, has next to none.
    fn confirmed(&mut self, result: &Result<Evaluation, String>) {
        let verdict = compare::confirmed(self.judged(result));
        self.next = self.decision(verdict);
    }

    /// Compares the candidate under judgement with the best.
    fn judged(&mut self, result: &Result<Evaluation, String>) -> Verdict {
        if let Some((_, slot)) = &mut self.candidate {
            *slot = result.as_ref().ok().cloned();
        }
        let LoopSpec { acceptance, .. } = self.started.spec.iteration;
        let best = self.best.as_ref().map(|best| &best.evaluation);
        let verdict = result.as_ref().map_or(Verdict::Failed, |evaluation| {
            compare::verdict(evaluation, best, self.started.task.direction, acceptance)
        });
        if verdict == Verdict::Failed {
            self.last_error = Some(match result {
                Ok(evaluation) => evaluation.summary.clone(),
                Err(error) => error.clone(),
            });
        }
        verdict
    }

    fn decision(&self, verdict: Verdict) -> Step {
        let best =
            if verdict.is_progress() { Some(self.iteration) } else { self.best.as_ref().map(|best| best.iteration) };
        Step::Decide(RunEvent::Decided { iteration: self.iteration, verdict, best })
    }

    fn decided(&mut self, verdict: Verdict) {
        if let (true, Some((solution, Some(evaluation)))) = (verdict.is_progress(), &self.candidate) {
            self.first_metric.get_or_insert(evaluation.metric);
            self.best_over_first = self.over_first(evaluation);
            self.best =
                Some(Best { iteration: self.iteration, solution: solution.clone(), evaluation: evaluation.clone() });
        }
        self.adopt(verdict);
        if verdict.is_progress() {
            self.without_improvement = 0;
        } else if self.iteration > 0 {
            self.without_improvement += 1;
        }
        self.next = self.after_decision();
    }

    /// Chooses what the next prompt starts from.
    fn adopt(&mut self, verdict: Verdict) {
        let Some((solution, evaluation)) = self.candidate.take() else { return };
        let keep_best = self.started.spec.iteration.adopt_only_if_improved && !verdict.is_progress();
        match &self.best {
            Some(best) if keep_best => {
                let summary = evaluation.map_or_else(|| self.last_error.clone().unwrap_or_default(), |it| it.summary);
                let why = match verdict {
                    Verdict::Failed => "failed",
                    Verdict::WithinNoise => "was not clearly better",
                    Verdict::Unconfirmed => "seemed better, but not when it was measured again,",
                    _ => "was not better",
                };
                self.current.solution.clone_from(&best.solution);
                self.current.evaluation = Some(best.evaluation.clone());
                self.current.notes.push(format!("Your last change {why} and was taken back: {summary}."));
            }
            _ => {
                if evaluation.is_none() && verdict == Verdict::Failed {
                    self.current
                        .notes
                        .push(format!("It could not be judged: {}.", self.last_error.as_deref().unwrap_or_default()));
                }
                self.current.solution = solution;
                self.current.evaluation = evaluation;
            }
        }
    }

    fn after_decision(&mut self) -> Step {
        let bounds = &self.started.spec.iteration;
        let patience = bounds.early_stop_no_improve;
        if patience > 0 && self.without_improvement >= patience {
            return Step::Done(StopReason::NoImprovement);
        }
        if self.iteration >= bounds.max_iterations {
            return Step::Done(StopReason::MaxIterations);
        }
        self.iteration += 1;
        Step::BuildPrompt { iteration: self.iteration }
    }
}

/// Tells the model about the edit blocks, unless all applied as they were written.
fn verdict_notes(extraction: &Extraction) -> impl Iterator<Item = String> + '_ {
    let is_clean = extraction.verdicts.iter().all(|verdict| verdict.status == EditStatus::Applied);
    let told = if is_clean { &[] } else { extraction.verdicts.as_slice() };
    told.iter().zip(1..).map(|(verdict, number): (_, usize)| {
        let status = match verdict.status {
            EditStatus::Applied => return format!("Edit block {number} was applied."),
            EditStatus::AppliedReindented => "applied with its indentation adjusted",
            EditStatus::NotFound => "not applied, its SEARCH text was not found",
            EditStatus::Ambiguous => "not applied, its SEARCH text occurs several times",
            EditStatus::Malformed => "not applied, it is malformed",
        };
        format!("Edit block {number} was {status}: {}", verdict.message)
    })
}

fn name(event: &RunEvent) -> &'static str {
    match event {
        RunEvent::Started(_) => "started",
        RunEvent::PromptBuilt { .. } => "prompt_built",
        RunEvent::Resumed { .. } => "resumed",
        RunEvent::CallFailed { .. } => "call_failed",
        RunEvent::ModelReplied { .. } => "model_replied",
        RunEvent::Extracted { .. } => "extracted",
        RunEvent::Evaluated { .. } => "evaluated",
        RunEvent::Confirmed { .. } => "confirmed",
        RunEvent::Decided { .. } => "decided",
        RunEvent::Finished { .. } => "finished",
    }
}
