//! `perfagent batch`: optimises many instances.

use super::stage::{Place, Tapes, log_dir, model_logs, open_model, run_files, tell_leftover};
use crate::args::BatchArgs;
use crate::board::{Board, Rows, endings, money, span};
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::{Failure, run_exit};
use crate::interrupt::{Signals, Wish};
use crate::logging;
use crate::narrate::too_long;
use crate::opening::{OpenPlugin, placed, refuse_direction, services, wanted_plugin, warn};
use crate::output::{json, note, print};
use crate::runner::Runner;
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::batch::{
    Batch, BatchError, Ended, Ending, ModelOf, Outline, Plan, Shared, Summary, Unfinished, elapsed_before,
    keep_elapsed, spent_before, write_predictions,
};
use perfagent_agent::dataset::Dataset;
use perfagent_agent::files::{self, FileError};
use perfagent_agent::{Funds, chain};
use perfagent_core::digest::Digest;
use perfagent_core::event::{BudgetScope, StopReason};
use perfagent_core::result::AgentResult;
use perfagent_core::spec::Named;
use perfagent_model::budget::{Budget, BudgetLimits, Spent};
use perfagent_model::{LogSettings, Model};
use serde::Serialize;
use std::time::Duration;

/// How often the table is drawn.
const TICK: Duration = Duration::from_millis(250);
/// How often it is kept how long the batch has taken: so much of its time a kill can make it forget.
const KEEP: Duration = Duration::from_secs(10);

/// A line of what `--json` prints.
#[derive(Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
enum Printed<'a> {
    Run(&'a Outline),
    Summary(&'a Summary),
}

/// Why no more runs are begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Those under way may come to their end.
    Soon,
    /// They are dropped.
    Now,
}

/// A batch on its way.
struct Course<'a> {
    args: &'a BatchArgs,
    model_name: String,
    model: Model,
    /// Of all runs together.
    budget: Budget,
    batch: Batch,
    board: Board,
    summary: Summary,
    /// Of the first run that failed.
    exit: Option<Exit>,
    /// Whether the budget of all runs is used up.
    is_spent: bool,
}

/// Optimises many instances.
pub(crate) async fn batch(args: &BatchArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let settings = args.loop_args.settings(&variable)?;
    warn(&settings);
    let mut course = signals.or_interrupted(open(args, &settings, surroundings)).await?;
    let stop = course.follow(&mut signals).await?;
    course.board.finish();
    course.conclude(&settings, stop)
}

/// Opens all that the runs share.
async fn open<'a>(
    args: &'a BatchArgs,
    settings: &Settings,
    surroundings: &Surroundings,
) -> Result<Course<'a>, Failure> {
    let wanted = wanted_plugin(args.plugin.as_deref(), settings)?;
    let plugin = OpenPlugin::load_for(wanted, settings, surroundings).await?;
    // Stands for the one that each run has.
    let instance = Named { name: String::new(), digest: Digest::of(&[]) };
    let spec = settings.run_spec(plugin.named(), instance, None)?;
    let model_name = spec.model.models.label();
    let dataset = dataset(args)?;
    let failed = |source| FileError { action: "create", path: args.base_dir.clone(), source };
    std::fs::create_dir_all(&args.base_dir).map_err(failed)?;
    let log_dir = log_dir(settings, &args.base_dir)?;
    logging::start(&log_dir.join("perfagent.log"), settings.logging.level, settings.echo)?;
    let rows = Rows::new(settings.prices.clone());
    let (watched, base_dir, logging) = (rows.clone(), args.base_dir.clone(), settings.logging.clone());
    let (of_runs, runner) = (settings.clone(), Runner::start(settings, surroundings).await?);
    let model = open_model(Tapes::of(&args.loop_args.tapes), settings, LogSettings::default())?;
    let budget = budget(args, settings)?;
    let (limits, prices) = (settings.budget.clone(), settings.prices.clone());
    let shared = Shared {
        plugin: plugin.plugin,
        isolation: runner.isolation().clone(),
        services: Box::new(move || services(&of_runs, &runner)),
        model: model_of(model.clone(), settings),
        funds: Funds { limits, shared: vec![budget.clone()], prices },
        spec,
        initial_code_dir: args.loop_args.initial_code_dir.clone(),
        files: Box::new(move |name| run_files(&base_dir, &logging, name)),
        fresh: args.fresh,
        watch: Box::new(move |name, record, state| {
            if let Some(told) = too_long(record, state) {
                tracing::warn!("{told}");
            }
            watched.observe(name, record, state);
        }),
    };
    let description = shared.check().await.map_err(|error| placed(error, settings))?;
    refuse_direction(&description, settings)?;
    note(&format!("sandbox: {}", shared.isolation.summary));
    let plan = Plan { dataset, samples: args.samples, parallel: args.max_parallel as usize };
    let batch = Batch::new(shared, plan);
    let board = Board::new(rows, batch.count_left());
    Ok(Course {
        args,
        model_name,
        model,
        budget,
        batch,
        board,
        summary: Summary::default(),
        exit: None,
        is_spent: false,
    })
}

/// The model, asked by all runs alike, with logs of each run among its files or where all logs go.
fn model_of(model: Model, settings: &Settings) -> ModelOf {
    let settings = settings.clone();
    Box::new(move |files| {
        let directory = settings.logging.log_dir.as_ref().unwrap_or(&files.directory);
        let name = files.directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        model.with_logs(&model_logs(&settings, directory, Some(name)))
    })
}

/// What all runs together may spend; earlier calls have spent of that.
fn budget(args: &BatchArgs, settings: &Settings) -> Result<Budget, FileError> {
    let limits = settings.batch_budget.clone();
    let mut before = Spent::default();
    if !args.fresh {
        // What nobody asks for need not be read: it stands in the journals.
        if limits != BudgetLimits::default() {
            before = spent_before(&args.base_dir, &settings.prices)?;
        }
        before.wall_time = match elapsed_before(&args.base_dir) {
            Err(error) if limits.wall_time.is_none() => {
                tracing::warn!("{}; it is counted anew", chain(&error));
                Duration::ZERO
            }
            elapsed => elapsed?,
        };
    }
    Ok(Budget::new(BudgetScope::Batch, limits, before))
}

fn dataset(args: &BatchArgs) -> Result<Dataset, FileError> {
    let mut dataset = Dataset::open(&args.instances)?;
    if let Some(seed) = args.shuffle {
        dataset = dataset.shuffled(seed);
    }
    Ok(match args.limit {
        Some(limit) => dataset.limited(limit as usize),
        None => dataset,
    })
}

impl Course<'_> {
    /// Takes in runs as they end, until there are no more, and says whether and how it was interrupted.
    async fn follow(&mut self, signals: &mut Signals) -> Result<Option<Stop>, Failure> {
        let mut stop = None;
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut keeps = tokio::time::interval(KEEP);
        keeps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                wish = signals.next() => match (wish, stop) {
                    (Wish::Interrupt, None) => {
                        stop = Some(Stop::Soon);
                        self.batch.stop();
                        let in_flight = self.batch.in_flight();
                        note(&format!(
                            "finishing the {in_flight} runs under way; press Ctrl-C again to stop now"
                        ));
                    }
                    _ => return Ok(Some(Stop::Now)),
                },
                _ = ticks.tick() => self.board.draw(&self.summary),
                _ = keeps.tick() => self.keep_elapsed(),
                ended = self.batch.next() => match ended {
                    Some(ended) => self.ended(&ended)?,
                    None => return Ok(stop),
                },
            }
        }
    }

    /// Keeps how long all calls have taken by now. That it cannot be kept is no reason to end the runs.
    fn keep_elapsed(&self) {
        if let Err(error) = keep_elapsed(&self.args.base_dir, self.budget.spent().wall_time) {
            tracing::warn!("{}", chain(&error));
        }
    }

    fn ended(&mut self, ended: &Ended) -> Result<(), Failure> {
        let mut run = Outline::new(ended);
        if let Ok(AgentResult { stop_reason: Some(reason @ StopReason::Budget { scope, .. }), .. }) = &ended.result {
            self.exit.get_or_insert(Exit::Budget);
            if *scope == BudgetScope::Batch && !self.is_spent {
                self.is_spent = true;
                note(&format!("{reason}: no further run begins; with more, the same command goes on from here"));
                self.batch.stop();
            }
        }
        if let Err(Unfinished { error, .. }) = &ended.result {
            self.exit.get_or_insert(exit(error));
            if matches!(error, BatchError::Run(error) if error.is_of_earlier_run()) {
                run.error = run.error.map(|told| told + Place::Below(&self.args.base_dir).way_out());
            }
            tracing::error!("{}: {}", run.name, run.error.as_deref().unwrap_or_default());
        }
        if self.args.json {
            print(&line(&Printed::Run(&run)))?;
        }
        self.summary.add(run);
        let run = self.summary.runs.last().expect("one was just added");
        self.board.ended(run, &self.summary);
        Ok(())
    }

    /// Writes what the batch came to, and prints it.
    fn conclude(self, settings: &Settings, stop: Option<Stop>) -> Result<Exit, Failure> {
        self.keep_elapsed();
        let Self { args, model_name, model, batch, board, mut summary, exit, .. } = self;
        summary.left = batch.count_left() + batch.in_flight();
        summary.seconds = board.elapsed().as_secs_f64();
        let (base, logging) = (&args.base_dir, &settings.logging);
        files::write(&base.join("summary.json"), json(&summary).as_bytes())?;
        if stop != Some(Stop::Now) {
            let files = |name: &str| run_files(base, logging, name);
            write_predictions(&base.join("preds.json"), &summary.runs, files, &model_name)?;
        }
        // Of runs that an earlier call finished, it is not known which calls they used.
        if stop.is_none() && summary.runs.iter().all(|run| !run.is_earlier) {
            tell_leftover(Some(&model));
        }
        let text = text(&summary, args);
        // Each run had its line before.
        summary.runs = Vec::new();
        print(&if args.json { line(&Printed::Summary(&summary)) } else { text })?;
        if stop.is_some() && summary.left > 0 {
            let message = format!("interrupted with {} runs left", summary.left);
            return Err(Failure::new(Exit::Interrupted, message));
        }
        Ok(match exit {
            Some(exit) => exit,
            None if summary.valid == 0 => Exit::NoSolution,
            None => Exit::Success,
        })
    }
}

/// What a script is told of a run that failed.
fn exit(error: &BatchError) -> Exit {
    match error {
        BatchError::Run(error) => run_exit(error),
        BatchError::Name => Exit::Usage,
        BatchError::Bug(_) => Exit::Internal,
    }
}

fn line(printed: &Printed<'_>) -> String {
    serde_json::to_string(printed).expect("all printed data has string keys")
}

fn text(summary: &Summary, args: &BatchArgs) -> String {
    let mut lines = vec![format!("{} runs: {}", summary.ended, endings(summary))];
    if summary.left > 0 {
        lines.push(format!("left: {}", summary.left));
    }
    let improved = summary.runs.iter().filter(|run| run.ending == Ending::Valid && run.metric != run.first_metric);
    lines.push(format!("improved over their first valid solution: {}", improved.count()));
    lines.push(format!("tokens: {}, cost: {}", summary.usage.total_tokens, money(summary.cost)));
    lines.push(format!("time: {}", span(Duration::from_secs_f64(summary.seconds))));
    lines.push("files:".to_owned());
    for name in ["summary.json", "preds.json"] {
        lines.push(format!("  {}", args.base_dir.join(name).display()));
    }
    lines.join("\n")
}
