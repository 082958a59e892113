//! `perfagent doctor`.

mod provider;

use crate::args::DoctorArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::{plugin_host, start_sandbox};
use crate::output::{json, print};
use crate::surroundings::{Surroundings, variable};
use perfagent_core::isolation::Isolation;
use perfagent_plugin::{CacheSurvey, PluginHost, PluginLimits};
use perfagent_sandbox::Toolchain;
use provider::Provider;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What this machine offers.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    /// `None`: no sandbox can be started.
    isolation: Option<Isolation>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    sandbox_error: Option<String>,
    /// Of no use, and so not looked for, without a sandbox.
    languages: Vec<Toolchain>,
    plugins: Vec<BuiltIn>,
    cache: Option<PluginCache>,
    provider: Provider,
    notes: Vec<String>,
}

/// A built-in plugin that is there.
#[derive(Serialize)]
struct BuiltIn {
    name: &'static str,
    path: PathBuf,
}

/// Compiled plugins that are kept. The directory is private; of another one a note says why it is not used.
#[derive(Serialize)]
struct PluginCache {
    directory: PathBuf,
    entries: usize,
    /// Entries that are not believed and will be compiled again.
    unauthentic: usize,
    size_bytes: u64,
}

impl PluginCache {
    /// That of `host`, where it keeps one.
    fn of(host: &PluginHost) -> Result<Option<Self>, Failure> {
        let survey = host.cache().map_err(|error| Failure::from_error(Exit::Files, &error).of("the plugin cache"))?;
        Ok(survey.map(|CacheSurvey { directory, entries, unauthentic, size_bytes }| Self {
            directory,
            entries,
            unauthentic,
            size_bytes,
        }))
    }

    fn text(&self) -> String {
        let Self { directory, entries, unauthentic, size_bytes } = self;
        let believed = match unauthentic {
            0 => "all authentic".to_owned(),
            bad => format!("{bad} not authentic: they will be compiled again"),
        };
        format!("{}: private, {entries} compiled plugins, {} MB, {believed}", directory.display(), size_bytes >> 20)
    }
}

/// Prints what this machine offers.
pub(crate) async fn doctor(args: &DoctorArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let settings = args.settings(&variable)?;
    let sandbox = start_sandbox(&settings, surroundings).await;
    let host = plugin_host(&PluginLimits::default(), surroundings)?;
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        isolation: sandbox.as_ref().ok().map(|sandbox| sandbox.isolation().clone()),
        sandbox_error: sandbox.as_ref().err().map(|failure| failure.message.clone()),
        languages: match &sandbox {
            Ok(sandbox) => sandbox.toolchains().await,
            Err(_) => Vec::new(),
        },
        plugins: surroundings.sources.shelves.present().map(|(name, path)| BuiltIn { name, path }).collect(),
        cache: PluginCache::of(&host)?,
        provider: Provider::ask(&settings).await,
        notes: host.notes().to_vec(),
    };
    let text = if args.json { json(&report) } else { report.text() };
    print(&text)?;
    Ok(match sandbox {
        Err(failure) => failure.exit,
        Ok(_) if report.provider.state.is_bad() => Exit::Model,
        Ok(_) => Exit::Success,
    })
}

impl Report {
    fn text(&self) -> String {
        let isolation = self.isolation.as_ref().map(|isolation| isolation.summary.as_str());
        let isolation = isolation.or(self.sandbox_error.as_deref()).unwrap_or_default();
        let mut text = format!("perfagent {}\n\nisolation: {isolation}", self.version);
        let mut line = |name: &str, good: bool, value: &str| {
            // Writing into a string succeeds.
            let _ = write!(text, "\n  {} {name:<24}{value}", if good { "✓" } else { "✗" });
        };
        for feature in self.isolation.iter().flat_map(|isolation| &isolation.features) {
            line(&feature.name, feature.active, &feature.note);
        }
        text.push_str("\n\nlanguages");
        if self.isolation.is_none() {
            text.push_str("\n  – not looked for: without a sandbox no programs are run");
        }
        let mut line = |name: &str, good: bool, value: &str| {
            let _ = write!(text, "\n  {} {name:<24}{value}", if good { "✓" } else { "✗" });
        };
        for toolchain in &self.languages {
            match &toolchain.version {
                Ok(version) => line(&toolchain.language, true, version),
                Err(problem) => line(&toolchain.language, false, problem),
            }
        }
        text.push_str("\n\nplugins");
        for plugin in &self.plugins {
            let _ = write!(text, "\n  ✓ {:<24}{}", plugin.name, plugin.path.display());
        }
        if let Some(cache) = &self.cache {
            let mark = if cache.unauthentic == 0 { "✓" } else { "✗" };
            let _ = write!(text, "\n\nplugin cache\n  {mark} {}", cache.text());
        }
        let _ = write!(text, "\n\nmodel provider\n  {}", self.provider.text());
        for note in &self.notes {
            let _ = write!(text, "\n\nnote: {note}");
        }
        text
    }
}
