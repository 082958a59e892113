//! Options that several commands share, each group with what it changes in the settings.

use super::values::{count, number, seconds};
use crate::config::{ConfigError, Echo, Environment, KeySource, Settings, bounds};
use clap::{Args, ValueEnum};
use perfagent_core::isolation::Strictness;
use perfagent_core::spec::Models;
use perfagent_model::ApiKey;
use perfagent_plugin::Grant;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tracing::level_filters::LevelFilter;

/// Names the configuration where `--config` does not.
const CONFIG_VARIABLE: &str = "PERFAGENT_CONFIG";

/// Names the backends where the configuration names none, as for EffiBench-X's own tools.
const BACKENDS_VARIABLE: &str = "BACKEND_BASE_URL";

/// Writes `given` over `target`, where it is given.
fn set<T: Clone>(target: &mut T, given: Option<&T>) {
    if let Some(given) = given {
        target.clone_from(given);
    }
}

/// Writes `given` over `target`, where it is given.
fn set_some<T: Clone>(target: &mut Option<T>, given: Option<&T>) {
    if given.is_some() {
        *target = given.cloned();
    }
}

/// Which configuration is read.
#[derive(Debug, Args)]
pub(crate) struct ConfigOptions {
    /// Configuration in YAML; flags win over it [env: PERFAGENT_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigOptions {
    /// The settings of the configuration, or the defaults where there is none.
    pub(super) fn load(&self, environment: &Environment<'_>) -> Result<Settings, ConfigError> {
        let named = environment(CONFIG_VARIABLE).filter(|path| !path.is_empty());
        let path = self.config.as_deref().or(named.as_deref().map(Path::new));
        let mut settings = path.map_or_else(|| Ok(Settings::default()), |path| Settings::load(path, environment))?;
        if settings.backends.is_empty() {
            let urls = environment(BACKENDS_VARIABLE).unwrap_or_default();
            let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
            let backends = urls.map(str::parse).collect::<Result<_, _>>();
            settings.backends =
                backends.map_err(|source| ConfigError::Backends { variable: BACKENDS_VARIABLE.to_owned(), source })?;
        }
        Ok(settings)
    }
}

/// What every task of this kind has.
#[derive(Debug, Args)]
pub(crate) struct TaskOptions {
    /// Language of the program (task_config.language)
    #[arg(long, value_name = "NAME")]
    language: Option<String>,
    /// What to optimise (task_config.target)
    #[arg(long, value_name = "TARGET", value_parser = ["runtime", "memory", "integral"])]
    opt_target: Option<String>,
}

impl TaskOptions {
    /// Puts them into the settings.
    pub(super) fn apply(&self, settings: &mut Settings) {
        for (key, value) in [("language", &self.language), ("target", &self.opt_target)] {
            if let Some(value) = value {
                settings.task_config.insert(key.to_owned(), value.as_str().into());
            }
        }
    }
}

/// What plugin and programs may do.
#[derive(Debug, Args)]
pub(crate) struct SandboxOptions {
    /// How programs are isolated: fully or not at all run (strict, the default), or as well as this
    /// machine can
    #[arg(long, value_name = "MODE")]
    sandbox: Option<SandboxMode>,
    /// Let the plugin use more than the default: clock, random; may be repeated
    #[arg(long = "allow", value_name = "GRANT")]
    allow: Vec<Grant>,
    /// Show the plugin's log, and where it was when it trapped, on standard error
    #[arg(long)]
    plugin_debug: bool,
}

/// `--sandbox`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SandboxMode {
    Strict,
    BestEffort,
}

impl SandboxMode {
    /// What it means.
    pub(super) fn strictness(self) -> Strictness {
        match self {
            Self::Strict => Strictness::Strict,
            Self::BestEffort => Strictness::BestEffort,
        }
    }
}

impl SandboxOptions {
    /// Puts them into the settings.
    pub(super) fn apply(&self, settings: &mut Settings) {
        let strictness = self.sandbox.map(SandboxMode::strictness);
        set(&mut settings.sandbox, strictness.as_ref());
        settings.grants.extend(&self.allow);
        if self.plugin_debug {
            settings.echo = Echo::Plugin;
        }
    }
}

/// Bounds of the loop.
#[derive(Debug, Args)]
#[command(next_help_heading = "Loop")]
pub(crate) struct LoopOptions {
    /// Ask the model at most N times [default: 10]
    #[arg(long, value_name = "N", value_parser = count(bounds::ITERATIONS))]
    max_iterations: Option<u32>,
    /// Stop after N iterations in a row without improvement; 0: never [default: 0]
    #[arg(long, value_name = "N", value_parser = count(bounds::ITERATIONS))]
    early_stop_no_improve: Option<u32>,
}

impl LoopOptions {
    /// Puts them into the settings.
    pub(super) fn apply(&self, settings: &mut Settings) {
        let target = &mut settings.iteration;
        set(&mut target.max_iterations, self.max_iterations.as_ref());
        set(&mut target.early_stop_no_improve, self.early_stop_no_improve.as_ref());
    }
}

/// The model and how it is asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelOptions {
    /// The model's name at its provider
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// URL of an OpenAI-compatible interface, such as http://127.0.0.1:8000/v1
    #[arg(long, value_name = "URL")]
    llm_api_base: Option<String>,
    /// The provider's key; others can see it here, so better set OPENAI_API_KEY, OPENROUTER_API_KEY or
    /// the variable that model.api_key_env names
    #[arg(long, value_name = "KEY", value_parser = |key: &str| Ok::<_, std::convert::Infallible>(ApiKey::new(key)))]
    llm_api_key: Option<ApiKey>,
    /// Sampling temperature, 0 to 2 [default: 0.1]
    #[arg(long, value_name = "T", value_parser = number(bounds::TEMPERATURE))]
    llm_temp: Option<f64>,
    /// Most tokens of a reply [default: 4000]
    #[arg(long, value_name = "TOKENS", value_parser = count(bounds::TOKENS))]
    llm_max_output: Option<u32>,
    /// Longest wait for a reply [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = seconds(bounds::TIMEOUT_SECONDS))]
    llm_timeout: Option<Duration>,
    /// Longest time of a call with all its retries [default: 3600]
    #[arg(long, value_name = "SECONDS", value_parser = seconds(bounds::TIMEOUT_SECONDS))]
    llm_total_timeout: Option<Duration>,
    /// Seed of the model's sampling, and of the choice among several models
    #[arg(long, value_name = "SEED", value_parser = count(bounds::SEED))]
    llm_seed: Option<u64>,
    /// Send a failed request at most N times more [default: 10]
    #[arg(long, value_name = "N", value_parser = count(bounds::RETRIES))]
    llm_max_retries: Option<u32>,
    /// Wait before the first retry [default: 2]
    #[arg(long, value_name = "SECONDS", value_parser = seconds(bounds::DELAY_SECONDS))]
    llm_retry_delay: Option<Duration>,
    /// Multiply each further wait by FACTOR [default: 2]
    #[arg(long, value_name = "FACTOR", value_parser = number(bounds::BACKOFF_FACTOR))]
    llm_retry_backoff: Option<f64>,
    /// Add a random time of up to SECONDS to each wait [default: 0.5]
    #[arg(long, value_name = "SECONDS", value_parser = seconds(bounds::DELAY_SECONDS))]
    llm_retry_jitter: Option<Duration>,
    /// Write requests and replies to llm_io.jsonl
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    llm_log_io: Option<bool>,
    /// Redact keys, authorisation headers and the endpoint's host there [default: true]
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    llm_log_sanitize: Option<bool>,
}

impl ModelOptions {
    /// Puts them into the settings.
    pub(super) fn apply(&self, settings: &mut Settings) {
        let target = &mut settings.model;
        if let Some(name) = self.model.clone().filter(|name| !name.is_empty()) {
            target.models = Some(Models::One { name });
        }
        set_some(&mut target.seed, self.llm_seed.as_ref());
        set(&mut target.total_timeout, self.llm_total_timeout.as_ref());
        set_some(&mut target.api_base, self.llm_api_base.as_ref().filter(|url| !url.is_empty()));
        set(&mut target.temperature, self.llm_temp.as_ref());
        set(&mut target.max_output_tokens, self.llm_max_output.as_ref());
        set(&mut target.request_timeout, self.llm_timeout.as_ref());
        set(&mut target.retry.max_retries, self.llm_max_retries.as_ref());
        set(&mut target.retry.delay, self.llm_retry_delay.as_ref());
        set(&mut target.retry.backoff_factor, self.llm_retry_backoff.as_ref());
        set(&mut target.retry.jitter, self.llm_retry_jitter.as_ref());
        set(&mut target.log_inputs_outputs, self.llm_log_io.as_ref());
        set(&mut target.log_sanitize, self.llm_log_sanitize.as_ref());
        if let Some(key) = self.llm_api_key.as_ref().filter(|key| !key.is_empty()) {
            target.key = KeySource::Literal(key.clone());
            settings.warnings.push(
                "--llm-api-key: the list of processes shows the key to others; better set it in the environment"
                    .to_owned(),
            );
        }
    }
}

/// What is logged, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Logging")]
pub(crate) struct LogOptions {
    /// Where the trajectory goes, instead of the output directory
    #[arg(long, value_name = "DIR")]
    trajectory_dir: Option<PathBuf>,
    /// Where the logs go, instead of the output directory
    #[arg(long, value_name = "DIR")]
    log_dir: Option<PathBuf>,
    /// Least important messages in the log [default: INFO]
    #[arg(long, value_name = "LEVEL", ignore_case = true)]
    log_level: Option<Level>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Level {
    Debug,
    Info,
    Warning,
    Error,
}

impl LogOptions {
    /// Puts them into the settings.
    pub(super) fn apply(&self, settings: &mut Settings) {
        let level = self.log_level.map(|level| match level {
            Level::Debug => LevelFilter::DEBUG,
            Level::Info => LevelFilter::INFO,
            Level::Warning => LevelFilter::WARN,
            Level::Error => LevelFilter::ERROR,
        });
        let target = &mut settings.logging;
        set_some(&mut target.trajectory_dir, self.trajectory_dir.as_ref());
        set_some(&mut target.log_dir, self.log_dir.as_ref());
        set(&mut target.level, level.as_ref());
    }
}

/// What a run of the loop takes, alone or in a batch.
#[derive(Debug, Args)]
pub(crate) struct LoopArgs {
    #[command(flatten)]
    config: ConfigOptions,
    #[command(flatten)]
    task: TaskOptions,
    #[command(flatten)]
    sandbox: SandboxOptions,
    #[command(flatten)]
    iteration: LoopOptions,
    #[command(flatten)]
    model: ModelOptions,
    #[command(flatten)]
    logging: LogOptions,
    /// Start from DIR/NAME.EXT, where that exists; NAME is the instance's, EXT the language's extension
    #[arg(long, value_name = "DIR", help_heading = "Input and output")]
    pub(crate) initial_code_dir: Option<PathBuf>,
    /// Record every call to the model in FILE
    #[arg(long, value_name = "FILE", help_heading = "Model")]
    pub(crate) record: Option<PathBuf>,
    /// Answer from the calls recorded in FILE; needs no network and no key
    #[arg(long, value_name = "FILE", help_heading = "Model", conflicts_with = "record")]
    pub(crate) replay: Option<PathBuf>,
}

impl LoopArgs {
    /// The configuration with these arguments on top.
    pub(crate) fn settings(&self, environment: &Environment<'_>) -> Result<Settings, ConfigError> {
        let mut settings = self.config.load(environment)?;
        self.task.apply(&mut settings);
        self.sandbox.apply(&mut settings);
        self.iteration.apply(&mut settings);
        self.model.apply(&mut settings);
        self.logging.apply(&mut settings);
        settings.check_prices()?;
        Ok(settings)
    }
}
