//! `perfagent sandbox …`.

use super::options::{ConfigOptions, SandboxMode};
use super::values::{count, number, seconds};
use crate::config::{ConfigError, Environment, Settings, bounds};
use clap::{Args, Subcommand};
use perfagent_core::execution::Limits;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What can be done with the sandbox alone.
#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Run one program on standard input, limited and measured.
    Run(SandboxRunArgs),
    /// Measure two programs against each other.
    Compare(CompareArgs),
    /// Find out how small a difference this machine can tell.
    Calibrate(CalibrateArgs),
    /// Run and measure programs for tools that speak the protocol of EffiBench-X's sandboxes.
    Serve(ServeArgs),
}

/// How programs are read and held.
#[derive(Debug, Args)]
pub(crate) struct HoldOptions {
    /// The programs' language; otherwise the files' extension tells
    #[arg(long = "lang", value_name = "NAME")]
    pub(crate) language: Option<String>,
    /// Elapsed time that a run may take, seconds [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = seconds(bounds::TIME_LIMIT_SECONDS))]
    time_limit: Option<Duration>,
    /// Memory that a run may use, MB of 2^20 bytes [default: 1024]
    #[arg(long, value_name = "MB", value_parser = count(bounds::MEMORY_LIMIT_MB))]
    memory_limit: Option<u32>,
    #[command(flatten)]
    place: PlaceOptions,
}

/// Where programs run.
#[derive(Debug, Args)]
pub(crate) struct PlaceOptions {
    /// strict (the default) runs programs only where they are fully isolated, best-effort with what isolation
    /// this machine has
    #[arg(long, value_name = "MODE")]
    sandbox: Option<SandboxMode>,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    config: ConfigOptions,
}

/// Arguments of `perfagent sandbox run`.
#[derive(Debug, Args)]
pub(crate) struct SandboxRunArgs {
    /// The program
    #[arg(value_name = "FILE")]
    pub(crate) program: PathBuf,
    /// Arguments of the program
    #[arg(value_name = "ARGUMENT", last = true)]
    pub(crate) arguments: Vec<String>,
    #[command(flatten)]
    pub(crate) hold: HoldOptions,
}

/// Arguments of `perfagent sandbox compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The program to compare with
    #[arg(value_name = "A")]
    pub(crate) first: PathBuf,
    /// The program that may be better
    #[arg(value_name = "B")]
    pub(crate) second: PathBuf,
    /// Standard input of both; may be repeated, and a pair is then the sum over all [default: this
    /// program's standard input]
    #[arg(long = "input", value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Measure exactly N pairs [default: 10, then 30, then 60 where no difference shows]
    #[arg(long, value_name = "N", value_parser = count(bounds::PAIRS))]
    pub(crate) pairs: Option<u32>,
    /// Share of intervals that hold the true ratio
    #[arg(long, value_name = "SHARE", default_value = "0.95", value_parser = number(bounds::CONFIDENCE))]
    pub(crate) confidence: f64,
    /// Write a plot of the pairs, as SVG
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) hold: HoldOptions,
}

/// Arguments of `perfagent sandbox calibrate`.
#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Only this language; may be repeated [default: all that are installed]
    #[arg(long = "lang", value_name = "NAME")]
    pub(crate) languages: Vec<String>,
    /// Pairs in a comparison
    #[arg(long, value_name = "N", default_value = "10", value_parser = count(bounds::PAIRS))]
    pub(crate) pairs: u32,
    #[command(flatten)]
    pub(crate) place: PlaceOptions,
}

/// Arguments of `perfagent sandbox serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen. The protocol knows no users: whoever reaches the address runs programs here
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8000")]
    pub(crate) listen: SocketAddr,
    /// strict (the default) runs programs only where they are fully isolated, best-effort with what isolation
    /// this machine has
    #[arg(long, value_name = "MODE")]
    sandbox: Option<SandboxMode>,
    #[command(flatten)]
    config: ConfigOptions,
}

impl ServeArgs {
    /// The configuration with these arguments on top.
    pub(crate) fn settings(&self, environment: &Environment<'_>) -> Result<Settings, ConfigError> {
        settings(&self.config, self.sandbox, environment)
    }
}

fn settings(
    config: &ConfigOptions,
    mode: Option<SandboxMode>,
    environment: &Environment<'_>,
) -> Result<Settings, ConfigError> {
    let mut settings = config.load(environment)?;
    if let Some(mode) = mode {
        settings.sandbox = mode.strictness();
    }
    Ok(settings)
}

impl HoldOptions {
    /// The limits of a run.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            wall_ms: self.time_limit.and_then(|limit| u32::try_from(limit.as_millis()).ok()).map(|ms| ms.max(1)),
            memory_bytes: self.memory_limit.map(|mb| u64::from(mb) << 20),
            ..Limits::default()
        }
    }

    /// Whether JSON is wanted.
    pub(crate) fn json(&self) -> bool {
        self.place.json
    }

    /// The configuration with these arguments on top.
    pub(crate) fn settings(&self, environment: &Environment<'_>) -> Result<Settings, ConfigError> {
        self.place.settings(environment)
    }
}

impl PlaceOptions {
    /// The configuration with these arguments on top.
    pub(crate) fn settings(&self, environment: &Environment<'_>) -> Result<Settings, ConfigError> {
        settings(&self.config, self.sandbox, environment)
    }
}
