//! `perfagent` without a command: optimises one instance.

use crate::args::{LoopArgs, RunArgs};
use crate::config::{LogSettings, Settings};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logging;
use crate::narrate::{Narration, number};
use crate::opening::{Instance, OpenPlugin, check_direction, open_source, read_text, wanted_plugin, warn};
use crate::output::{json, note, print};
use crate::progress::Progress;
use crate::runner::Runner;
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::files::{self, RunFiles, run_name};
use perfagent_agent::{Funds, Services, Task};
use perfagent_core::event::StopReason;
use perfagent_core::result::AgentResult;
use perfagent_model::{Client, IoLogSettings, Model};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Optimises one instance, once for each sample.
pub(crate) async fn run(args: &RunArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let settings = args.loop_args.settings(&variable)?;
    warn(&settings);
    let wanted = wanted_plugin(args.plugin.as_deref(), &settings)?;
    let plugin = OpenPlugin::load_for(wanted, &settings, surroundings).await?;
    let instance = Instance::read(&args.instance)?;
    let files = prepare(args, &settings, &run_name(&instance.name, 1))?;
    logging::start(&log_dir(&settings, &files.directory)?.join("perfagent.log"), settings.logging.level)?;
    let runner = Runner::start(&settings, surroundings).await?;
    let mut stage = Stage { args, settings, plugin, instance, runner, model: None };
    let mut results = Vec::new();
    for sample in 1..=args.samples {
        if args.samples > 1 {
            note(&format!("sample {sample} of {}", args.samples));
        }
        results.push(stage.run(sample).await?);
    }

    let text = match results.as_slice() {
        [result] => json(result),
        results => json(&results),
    };
    if let Some(path) = &args.output {
        files::write(path, text.as_bytes())?;
    }
    if args.json {
        print(&text)?;
    }
    Ok(exit(&results))
}

/// How the runs with these results ended together.
fn exit(results: &[AgentResult]) -> Exit {
    let out_of_budget = |result: &AgentResult| matches!(result.stop_reason, Some(StopReason::Budget { .. }));
    if results.iter().any(out_of_budget) {
        Exit::Budget
    } else if results.iter().any(|result| result.success) {
        Exit::Success
    } else {
        Exit::NoSolution
    }
}

/// What all samples share.
struct Stage<'a> {
    args: &'a RunArgs,
    settings: Settings,
    plugin: OpenPlugin,
    instance: Instance,
    runner: Runner,
    /// Made for the first sample.
    model: Option<Model>,
}

impl Stage<'_> {
    /// Runs one sample, and prints its table where people read.
    async fn run(&mut self, sample: u32) -> Result<AgentResult, Failure> {
        let Self { args, settings, plugin, instance, runner, model: shared } = self;
        let name = run_name(&instance.name, sample);
        let files = if sample == 1 {
            run_files(&args.base_dir, &settings.logging, &name)
        } else {
            prepare(args, settings, &name)?
        };
        let source = (instance.name.as_str(), Arc::clone(&instance.data));
        let opened = open_source(plugin, source, settings, runner).await;
        let mut task = opened.map_err(|error| instance.blame(error))?;
        check_direction(&task, settings)?;
        let initial_code = initial_code(args, &task, &instance.name)?;
        let spec = settings.run_spec(plugin.named(), instance.named(), initial_code)?.of_sample(sample);
        let logs = Logs::new(settings, &log_dir(settings, &files.directory)?);
        let model = match shared {
            Some(model) => model.with_logs(&logs.io, &logs.usage)?,
            None => shared.insert(open_model(&args.loop_args, settings, logs)?).clone(),
        };
        if files.journal.exists() {
            note(&format!("going on from {}", files.journal.display()));
        }

        let mut progress = Progress::new();
        let services = Services {
            task: &mut task,
            model: &model,
            isolation: runner.isolation(),
            funds: Funds { limits: settings.budget.clone(), shared: Vec::new(), prices: settings.prices.clone() },
            observer: &mut |record, state| progress.observe(record, state),
        };
        let result = perfagent_agent::run(&spec, services, &files).await;
        let narration = progress.finish();
        let result = result.map_err(|error| {
            let failure = instance.blame(error);
            tracing::error!("{}", failure.message);
            failure
        })?;
        if !args.json {
            print(&report(&narration, &result, &files))?;
        }
        Ok(result)
    }
}

/// The files of the run called `name`, with an earlier run moved aside where that is wanted.
fn prepare(args: &RunArgs, settings: &Settings, name: &str) -> Result<RunFiles, Failure> {
    let files = run_files(&args.base_dir, &settings.logging, name);
    if args.fresh
        && let Some(aside) = files.set_aside()?
    {
        note(&format!("the earlier run is now in {}", aside.display()));
    }
    files.create()?;
    Ok(files)
}

/// The files of the run called `name`.
pub(super) fn run_files(base_dir: &Path, logging: &LogSettings, name: &str) -> RunFiles {
    let mut files = RunFiles::new(base_dir, name);
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

/// The program that the user starts from, where there is one.
fn initial_code(args: &RunArgs, task: &Task, name: &str) -> Result<Option<String>, Failure> {
    let Some(directory) = &args.initial_code_dir else { return Ok(None) };
    let path = directory.join(format!("{name}.{}", task.summary().extension));
    if path.exists() { read_text(&path, "initial program").map(Some) } else { Ok(None) }
}

/// Where calls to the model are logged.
pub(super) struct Logs {
    pub(super) io: Vec<IoLogSettings>,
    pub(super) usage: Vec<PathBuf>,
}

impl Logs {
    /// Those of a run whose logs go to `directory`.
    pub(super) fn new(settings: &Settings, directory: &Path) -> Self {
        let sanitize = settings.model.log_sanitize;
        let logs = |wanted: bool, file: &str, more: &str| {
            let own = wanted.then(|| directory.join(file));
            own.into_iter().chain(variable(more).filter(|path| !path.is_empty()).map(PathBuf::from)).collect::<Vec<_>>()
        };
        let io = logs(settings.model.log_inputs_outputs, "llm_io.jsonl", "SE_LLM_IO_LOG_PATH");
        Self {
            io: io.into_iter().map(|path| IoLogSettings { path, sanitize }).collect(),
            usage: logs(true, "llm_usage.jsonl", "SE_TOKEN_LOG_PATH"),
        }
    }
}

/// The model that `settings` describe, or a replay of it.
pub(super) fn open_model(
    LoopArgs { record, replay, .. }: &LoopArgs,
    settings: &Settings,
    logs: Logs,
) -> Result<Model, Failure> {
    if let Some(cassette) = replay {
        return Ok(Model::replay(cassette)?);
    }
    let mut client = settings.model.client(&variable)?;
    (client.io_logs, client.usage_logs) = (logs.io, logs.usage);
    let client = Client::new(client)?;
    Ok(match record {
        Some(cassette) => Model::record(client, cassette)?,
        None => Model::live(client),
    })
}

/// The table of iterations, and where everything is.
fn report(narration: &Narration, result: &AgentResult, files: &RunFiles) -> String {
    let mut lines = vec![narration.table(), String::new()];
    match (&result.error, result.success) {
        (Some(error), _) => lines.push(format!("no valid solution: {error}")),
        (None, _) => lines.push(format!("best: {}", number(result.metric.0))),
    }
    let tokens = narration.tokens();
    if tokens > 0 {
        lines.push(format!("tokens: {tokens}"));
    }
    if let Some(reason @ StopReason::Budget { .. }) = result.stop_reason {
        lines.push(format!("{reason}: with more, the same command goes on from here"));
    }
    lines.push("files:".to_owned());
    let present = [Some(&files.prediction), Some(&files.result), files.trajectory.as_ref(), Some(&files.journal)];
    for path in present.into_iter().flatten().filter(|path| path.exists()) {
        lines.push(format!("  {}", path.display()));
    }
    lines.join("\n")
}
