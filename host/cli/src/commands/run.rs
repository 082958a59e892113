//! `perfagent` without a command: optimises one instance.

use crate::args::RunArgs;
use crate::config::{LogSettings, Settings};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logging;
use crate::narrate::{Narration, number};
use crate::opening::{Instance, OpenPlugin, open_task, read_text, wanted_plugin};
use crate::output::{json, note, print};
use crate::progress::Progress;
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::files::{self, RunFiles};
use perfagent_agent::{Services, Task};
use perfagent_core::result::AgentResult;
use perfagent_model::{Client, IoLogSettings, Model};
use std::path::{Path, PathBuf};

/// Optimises one instance.
pub(crate) async fn run(args: &RunArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let settings = args.settings(&variable)?;
    for warning in &settings.warnings {
        note(&format!("warning: {warning}"));
    }
    let plugin = OpenPlugin::load(wanted_plugin(args.plugin.as_deref(), &settings)?, surroundings).await?;
    let instance = Instance::read(&args.instance)?;
    let files = run_files(&args.base_dir, &settings.logging, &instance.name);
    if args.fresh
        && let Some(aside) = files.set_aside()?
    {
        note(&format!("the earlier run is now in {}", aside.display()));
    }
    files.create()?;
    let log_dir = log_dir(&settings, &files.directory)?;
    logging::start(&log_dir.join("perfagent.log"), settings.logging.level)?;

    let (mut task, runner) = open_task(&plugin, &instance, &settings, surroundings).await?;
    let initial_code = initial_code(args, &task, &instance.name)?;
    let spec = settings.run_spec(plugin.named(), instance.named(), initial_code)?;
    let model = model([args.record.as_deref(), args.replay.as_deref()], &settings, &log_dir)?;
    if files.journal.exists() {
        note(&format!("going on from {}", files.journal.display()));
    }

    let mut progress = Progress::new();
    let services = Services {
        task: &mut task,
        model: &model,
        isolation: runner.isolation(),
        observer: &mut |record, state| progress.observe(record, state),
    };
    let result = perfagent_agent::run(&spec, services, &files).await;
    let narration = progress.finish();
    let result = result.map_err(|error| {
        let failure = instance.blame(error);
        tracing::error!("{}", failure.message);
        failure
    })?;

    if let Some(path) = &args.output {
        files::write(path, json(&result).as_bytes())?;
    }
    let text = if args.json { json(&result) } else { report(&narration, &result, &files) };
    print(&text)?;
    Ok(if result.success { Exit::Success } else { Exit::NoSolution })
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

/// The model that `settings` describe, or a replay of it.
pub(super) fn model(
    [record, replay]: [Option<&Path>; 2],
    settings: &Settings,
    log_dir: &Path,
) -> Result<Model, Failure> {
    if let Some(cassette) = replay {
        return Ok(Model::replay(cassette)?);
    }
    let mut client = settings.model.client(&variable)?;
    let sanitize = settings.model.log_sanitize;
    let logs = |wanted: bool, file: &str, more: &str| {
        let own = wanted.then(|| log_dir.join(file));
        own.into_iter().chain(variable(more).filter(|path| !path.is_empty()).map(PathBuf::from)).collect::<Vec<_>>()
    };
    let io_logs = logs(settings.model.log_inputs_outputs, "llm_io.jsonl", "SE_LLM_IO_LOG_PATH");
    client.io_logs = io_logs.into_iter().map(|path| IoLogSettings { path, sanitize }).collect();
    client.usage_logs = logs(true, "llm_usage.jsonl", "SE_TOKEN_LOG_PATH");
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
    lines.push("files:".to_owned());
    let present = [Some(&files.prediction), Some(&files.result), files.trajectory.as_ref(), Some(&files.journal)];
    for path in present.into_iter().flatten().filter(|path| path.exists()) {
        lines.push(format!("  {}", path.display()));
    }
    lines.join("\n")
}
