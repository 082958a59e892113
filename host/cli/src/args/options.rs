//! Options that several commands share, each group with what it changes in the settings.

use super::values::{count, number, seconds};
use crate::config::{ConfigError, Echo, Environment, KeySource, SettingOrigin, Settings, bounds};
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

/// Writes what an option gives over the setting called `key`, and notes that it comes from there.
fn set<T>(
    settings: &mut Settings,
    (flag, key): (&'static str, &str),
    given: Option<T>,
    at: fn(&mut Settings) -> &mut T,
) {
    if let Some(given) = given {
        *at(settings) = given;
        settings.origins.insert(key.to_owned(), SettingOrigin::Flag(flag));
    }
}

/// Which configuration is read.
#[derive(Debug, Args)]
pub(crate) struct ConfigOptions {
    /// Configuration, in YAML or in a .json file; flags win over it [env: PERFAGENT_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigOptions {
    /// The settings of the configuration, or the defaults where there is none.
    pub(super) fn load(&self, environment: &Environment<'_>) -> Result<Settings, ConfigError> {
        let named = environment(CONFIG_VARIABLE).filter(|path| !path.is_empty());
        let path = self.config.as_deref().or(named.as_deref().map(Path::new));
        path.map_or_else(|| Ok(Settings::default()), |path| Settings::load(path, environment))?.complete(environment)
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
        let given = [("--language", "language", &self.language), ("--opt-target", "target", &self.opt_target)];
        for (flag, key, value) in given {
            if let Some(value) = value {
                settings.task_config.insert(key.to_owned(), value.as_str().into());
                settings.origins.insert(format!("task_config.{key}"), SettingOrigin::Flag(flag));
            }
        }
    }
}

/// What plugin and programs may do.
#[derive(Debug, Args)]
pub(crate) struct SandboxOptions {
    /// strict (the default) runs programs only where they are fully isolated, best-effort with what isolation
    /// this machine has
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
        set(settings, ("--sandbox", "sandbox"), self.sandbox.map(SandboxMode::strictness), |s| &mut s.sandbox);
        if !self.allow.is_empty() {
            settings.grants.extend(&self.allow);
            settings.origins.insert("grants".to_owned(), SettingOrigin::Flag("--allow"));
        }
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
        set(settings, ("--max-iterations", "max_iterations"), self.max_iterations, |s| &mut s.iteration.max_iterations);
        set(settings, ("--early-stop-no-improve", "early_stop_no_improve"), self.early_stop_no_improve, |s| {
            &mut s.iteration.early_stop_no_improve
        });
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
    /// Redact keys, authorisation headers and the endpoint's host in llm_io.jsonl [default: true]
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    llm_log_sanitize: Option<bool>,
}

impl ModelOptions {
    /// Puts them into the settings.
    pub(super) fn apply(&self, settings: &mut Settings) {
        let text = |given: &Option<String>| given.clone().filter(|text| !text.is_empty());
        let models = text(&self.model).map(|name| Some(Models::One { name }));
        set(settings, ("--model", "model.name"), models, |s| &mut s.model.models);
        set(settings, ("--llm-api-base", "model.api_base"), text(&self.llm_api_base).map(Some), |s| {
            &mut s.model.api_base
        });
        set(settings, ("--llm-temp", "model.temperature"), self.llm_temp, |s| &mut s.model.temperature);
        set(settings, ("--llm-max-output", "model.max_output_tokens"), self.llm_max_output, |s| {
            &mut s.model.max_output_tokens
        });
        set(settings, ("--llm-seed", "model.seed"), self.llm_seed.map(Some), |s| &mut s.model.seed);
        self.apply_requests(settings);
        if let Some(key) = self.llm_api_key.as_ref().filter(|key| !key.is_empty()) {
            settings.model.key = KeySource::Literal(key.clone());
            settings.origins.insert("model.api_key".to_owned(), SettingOrigin::Flag("--llm-api-key"));
            settings.warnings.push(
                "--llm-api-key: the list of processes shows the key to others; better set it in the environment"
                    .to_owned(),
            );
        }
    }
}

impl ModelOptions {
    /// Puts into the settings how requests are sent and logged.
    fn apply_requests(&self, settings: &mut Settings) {
        set(settings, ("--llm-timeout", "model.request_timeout"), self.llm_timeout, |s| &mut s.model.request_timeout);
        set(settings, ("--llm-total-timeout", "model.total_timeout"), self.llm_total_timeout, |s| {
            &mut s.model.total_timeout
        });
        set(settings, ("--llm-max-retries", "model.max_retries"), self.llm_max_retries, |s| {
            &mut s.model.retry.max_retries
        });
        set(settings, ("--llm-retry-delay", "model.retry_delay"), self.llm_retry_delay, |s| &mut s.model.retry.delay);
        set(settings, ("--llm-retry-backoff", "model.retry_backoff_factor"), self.llm_retry_backoff, |s| {
            &mut s.model.retry.backoff_factor
        });
        set(settings, ("--llm-retry-jitter", "model.retry_jitter"), self.llm_retry_jitter, |s| {
            &mut s.model.retry.jitter
        });
        set(settings, ("--llm-log-io", "model.log_inputs_outputs"), self.llm_log_io, |s| {
            &mut s.model.log_inputs_outputs
        });
        set(settings, ("--llm-log-sanitize", "model.log_sanitize"), self.llm_log_sanitize, |s| {
            &mut s.model.log_sanitize
        });
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
    /// Log messages of this importance and above [default: INFO]
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
        set(settings, ("--trajectory-dir", "logging.trajectory_dir"), self.trajectory_dir.clone().map(Some), |s| {
            &mut s.logging.trajectory_dir
        });
        set(settings, ("--log-dir", "logging.log_dir"), self.log_dir.clone().map(Some), |s| &mut s.logging.log_dir);
        set(settings, ("--log-level", "logging.log_level"), level, |s| &mut s.logging.level);
    }
}

/// All that a run's settings come from.
#[derive(Debug, Args)]
pub(crate) struct SettingsArgs {
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
}

/// Cassettes of the model.
#[derive(Debug, Args)]
pub(crate) struct TapeOptions {
    /// Record every call to the model in FILE, for --replay
    #[arg(long, value_name = "FILE", help_heading = "Model")]
    pub(crate) record: Option<PathBuf>,
    /// Answer from the calls recorded in FILE; needs no network and no key
    #[arg(long, value_name = "FILE", help_heading = "Model", conflicts_with = "record")]
    pub(crate) replay: Option<PathBuf>,
}

/// What a run of the loop takes, alone or in a batch.
#[derive(Debug, Args)]
pub(crate) struct LoopArgs {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Start from DIR/NAME.EXT, where that exists; NAME is the instance's, EXT the language's extension
    #[arg(long, value_name = "DIR", help_heading = "Input and output")]
    pub(crate) initial_code_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tapes: TapeOptions,
}

impl LoopArgs {
    /// The configuration with these arguments on top.
    pub(crate) fn settings(&self, environment: &Environment<'_>) -> Result<Settings, ConfigError> {
        self.settings.settings(environment)
    }
}

impl SettingsArgs {
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
