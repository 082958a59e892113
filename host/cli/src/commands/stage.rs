//! One instance, its plugin and all that its runs need, for the commands that run a single one.

use crate::args::TapeOptions;
use crate::config::{LogSettings, Settings};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logging;
use crate::narrate::Narration;
use crate::opening::{Instance, OpenPlugin, open_source, refuse_direction, wanted_plugin};
use crate::output::note;
use crate::progress::Progress;
use crate::runner::Runner;
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::files::{self, RunFiles, run_name};
use perfagent_agent::{Funds, Services, Task};
use perfagent_core::result::AgentResult;
use perfagent_model::{Client, IoLogSettings, IterationIndex, LogSettings as ModelLogs, Model};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is to be run.
pub(super) struct Order<'a> {
    /// What `--plugin` says.
    pub(super) plugin: Option<&'a str>,
    /// File of the instance.
    pub(super) instance: &'a Path,
    /// Where the files go.
    pub(super) place: Place<'a>,
    /// Directory of the programs to start from.
    pub(super) initial_code_dir: Option<&'a Path>,
    /// Runs of the instance.
    pub(super) samples: u32,
    /// Whether earlier runs are moved aside.
    pub(super) fresh: bool,
    /// Cassettes of the model.
    pub(super) tapes: Tapes<'a>,
}

/// Where a run's files go.
pub(super) enum Place<'a> {
    /// In a directory of the run's name below this one.
    Below(&'a Path),
    /// In this directory.
    At(&'a Path),
    /// In a directory below this one that is named after the run and all that is asked of it.
    OfRequest(&'a Path),
}

impl Place<'_> {
    /// What helps where an earlier run that lies there is in the way.
    pub(super) fn way_out(&self) -> &'static str {
        match self {
            Self::Below(_) => {
                "; choose another --base-dir, or start over with --fresh, which keeps the old files aside"
            }
            Self::At(_) => "; name another output_dir in the request, or move the files in this one away",
            Self::OfRequest(_) => "; name an output_dir in the request, or move the files in that directory away",
        }
    }
}

/// Cassettes of the model: `--record` and `--replay`.
#[derive(Clone, Copy, Default)]
pub(super) struct Tapes<'a> {
    /// Where calls are recorded.
    pub(super) record: Option<&'a Path>,
    /// Where replies come from.
    pub(super) replay: Option<&'a Path>,
}

impl<'a> Tapes<'a> {
    /// Those that the command line names.
    pub(super) fn of(TapeOptions { record, replay }: &'a TapeOptions) -> Self {
        Self { record: record.as_deref(), replay: replay.as_deref() }
    }
}

/// What all samples share.
pub(super) struct Stage<'a> {
    order: Order<'a>,
    settings: Settings,
    plugin: OpenPlugin,
    instance: Instance,
    runner: Runner,
    /// Made for the first sample.
    pub(super) model: Option<Model>,
}

/// A run that came to its end.
pub(super) struct Done {
    /// Its result.
    pub(super) result: AgentResult,
    /// What people are told of it.
    pub(super) narration: Narration,
    /// Its files.
    pub(super) files: RunFiles,
}

/// A run that did not.
pub(super) struct Undone {
    /// Why.
    pub(super) failure: Failure,
    /// What it had come to, where it had begun.
    pub(super) result: Option<AgentResult>,
}

impl<'a> Stage<'a> {
    /// Opens everything, and the log.
    pub(super) async fn open(
        order: Order<'a>,
        settings: Settings,
        surroundings: &Surroundings,
    ) -> Result<Self, Failure> {
        let wanted = wanted_plugin(order.plugin, &settings)?;
        let plugin = OpenPlugin::load_for(wanted, &settings, surroundings).await?;
        let instance = Instance::read(order.instance)?;
        let files = files_of(&order, &settings, (&plugin, &instance), 1)?;
        prepare(&files, order.fresh)?;
        let log = log_dir(&settings, &files.directory)?.join("perfagent.log");
        logging::start(&log, settings.logging.level, settings.echo)?;
        let runner = Runner::start(&settings, surroundings).await?;
        Ok(Self { order, settings, plugin, instance, runner, model: None })
    }

    /// Runs one sample.
    pub(super) async fn run(&mut self, sample: u32) -> Result<Done, Undone> {
        let files = self.files(sample)?;
        let mut task = self.task().await?;
        let Self { order, settings, plugin, instance, runner, .. } = &*self;
        let initial_code = match order.initial_code_dir {
            Some(directory) => {
                files::initial_code(directory, &instance.name, &task.summary().extension).map_err(Failure::from)?
            }
            None => None,
        };
        let spec = settings.run_spec(plugin.named(), instance.named(), initial_code).map_err(Failure::from)?;
        let spec = spec.of_sample(sample);
        let (isolation, funds) = (runner.isolation().clone(), funds(settings));
        let model = self.model(sample, &files)?;
        let mut goes_on = files.journal.exists();
        let mut progress = Progress::new();
        let services = Services {
            task: &mut task,
            model: &model,
            isolation: &isolation,
            funds,
            observer: &mut |record, state| {
                // The journal was found to be one of this request.
                if std::mem::take(&mut goes_on) {
                    note(&format!("going on from {}", files.journal.display()));
                }
                progress.observe(record, state);
            },
        };
        let result = perfagent_agent::run(&spec, services, &files).await;
        let narration = progress.finish();
        match result {
            Ok(result) => Ok(Done { result, narration, files }),
            Err(error) => {
                let result = files.failed_result(&error);
                let hint = error.is_of_earlier_run().then(|| self.order.place.way_out());
                let mut failure = self.instance.blame(error);
                failure.message.push_str(hint.unwrap_or_default());
                tracing::error!("{}", failure.message);
                Err(Undone { failure, result })
            }
        }
    }

    fn files(&self, sample: u32) -> Result<RunFiles, Failure> {
        let files = files_of(&self.order, &self.settings, (&self.plugin, &self.instance), sample)?;
        if sample > 1 {
            prepare(&files, self.order.fresh)?;
        }
        Ok(files)
    }

    async fn task(&self) -> Result<Task, Failure> {
        let source = (self.instance.name.as_str(), Arc::clone(&self.instance.data));
        let opened = open_source(&self.plugin, source, &self.settings, &self.runner).await;
        let task = opened.map_err(|error| self.instance.blame(error))?;
        refuse_direction(task.description(), &self.settings)?;
        Ok(task)
    }

    /// The model, with the logs of this sample.
    fn model(&mut self, sample: u32, files: &RunFiles) -> Result<Model, Failure> {
        let run = (self.order.samples > 1).then(|| run_name(&self.instance.name, sample));
        let logs = model_logs(&self.settings, &log_dir(&self.settings, &files.directory)?, run);
        Ok(match &mut self.model {
            Some(model) => model.with_logs(&logs)?,
            None => self.model.insert(open_model(self.order.tapes, &self.settings, logs)?).clone(),
        })
    }
}

impl From<Failure> for Undone {
    fn from(failure: Failure) -> Self {
        Self { failure, result: None }
    }
}

fn funds(settings: &Settings) -> Funds {
    Funds { limits: settings.budget.clone(), shared: Vec::new(), prices: settings.prices.clone() }
}

/// The files of a sample of what is ordered.
fn files_of(
    order: &Order<'_>,
    settings: &Settings,
    (plugin, instance): (&OpenPlugin, &Instance),
    sample: u32,
) -> Result<RunFiles, Failure> {
    /// Enough to tell requests apart.
    const DIGITS: usize = 12;
    let name = run_name(&instance.name, sample);
    let files = match order.place {
        Place::Below(base) => RunFiles::new(base, &name),
        Place::At(directory) => RunFiles::at(directory.to_owned(), &name),
        Place::OfRequest(base) => {
            let spec = settings.run_spec(plugin.named(), instance.named(), None)?;
            let digest = spec.digest();
            RunFiles::at(base.join(format!("{name}.request-{}", &digest.hex()[..DIGITS])), &name)
        }
    };
    Ok(with_trajectory(files, &settings.logging, &name))
}

/// Makes the directories of a run, with an earlier run moved aside where that is wanted.
fn prepare(files: &RunFiles, fresh: bool) -> Result<(), Failure> {
    if fresh && let Some(aside) = files.set_aside()? {
        note(&format!("the earlier run is now in {}", aside.display()));
    }
    Ok(files.create()?)
}

/// The files of the run called `name` below `base_dir`.
pub(super) fn run_files(base_dir: &Path, logging: &LogSettings, name: &str) -> RunFiles {
    with_trajectory(RunFiles::new(base_dir, name), logging, name)
}

fn with_trajectory(mut files: RunFiles, logging: &LogSettings, name: &str) -> RunFiles {
    if let Some(directory) = &logging.trajectory_dir {
        files.trajectory = Some(directory.join(format!("{name}.traj")));
    }
    if !logging.save_trajectory {
        files.trajectory = None;
    }
    files
}

/// The directory for logs, made where it is missing.
pub(super) fn log_dir(settings: &Settings, output_dir: &Path) -> Result<PathBuf, Failure> {
    let directory = settings.logging.log_dir.as_deref().unwrap_or(output_dir).to_owned();
    std::fs::create_dir_all(&directory).map_err(|error| {
        Failure::from_error(Exit::Files, &error).of(format!("cannot create the log directory {}", directory.display()))
    })?;
    Ok(directory)
}

/// Where calls to the model are logged, for a run whose logs go to `directory`. `run` names it where others
/// write to the same logs.
pub(super) fn model_logs(settings: &Settings, directory: &Path, run: Option<String>) -> ModelLogs {
    let sanitize = settings.model.log_sanitize;
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    let logs = |wanted: bool, file: &str, more: &str| {
        let own = wanted.then(|| directory.join(file));
        own.into_iter().chain(given(more).map(PathBuf::from)).collect::<Vec<_>>()
    };
    let io = logs(settings.model.log_inputs_outputs, "llm_io.jsonl", "SE_LLM_IO_LOG_PATH");
    ModelLogs {
        io: io.into_iter().map(|path| IoLogSettings { path, sanitize }).collect(),
        usage: logs(true, "llm_usage.jsonl", "SE_TOKEN_LOG_PATH"),
        run,
        iteration_index: given("SE_ITERATION_INDEX").map(IterationIndex::from),
    }
}

/// The model that `settings` describe, or a replay of it.
pub(super) fn open_model(tapes: Tapes<'_>, settings: &Settings, logs: ModelLogs) -> Result<Model, Failure> {
    if let Some(cassette) = tapes.replay {
        return Ok(Model::replay(cassette)?);
    }
    let mut client = settings.model.client(&variable)?;
    client.logs = logs;
    let client = Client::new(client)?;
    Ok(match tapes.record {
        Some(cassette) => Model::record(client, cassette)?,
        None => Model::live(client),
    })
}

/// Says which recorded calls a replay had no use for: it was not the run that was recorded.
pub(super) fn tell_leftover(model: Option<&Model>) {
    if let Some(leftover) = model.and_then(Model::leftover) {
        note(&format!("note: {leftover}"));
        tracing::warn!("{leftover}");
    }
}
