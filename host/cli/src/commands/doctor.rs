//! `perfagent doctor`.

use crate::args::DoctorArgs;
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::{plugin_host, start_sandbox};
use crate::output::{json, print};
use crate::surroundings::Surroundings;
use perfagent_core::isolation::{Isolation, Strictness};
use perfagent_plugin::PluginLimits;
use perfagent_sandbox::Toolchain;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What this machine offers.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    isolation: Isolation,
    languages: Vec<Toolchain>,
    plugins: Vec<BuiltIn>,
    notes: Vec<String>,
}

/// A built-in plugin that is there.
#[derive(Serialize)]
struct BuiltIn {
    name: &'static str,
    path: PathBuf,
}

/// Prints what this machine offers.
pub(crate) async fn doctor(args: &DoctorArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let settings = Settings { sandbox: Strictness::BestEffort, ..Settings::default() };
    let sandbox = start_sandbox(&settings, surroundings).await?;
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        isolation: sandbox.isolation().clone(),
        languages: sandbox.toolchains().await,
        plugins: surroundings.sources.shelves.present().map(|(name, path)| BuiltIn { name, path }).collect(),
        notes: plugin_host(&PluginLimits::default(), surroundings)?.notes().to_vec(),
    };
    let text = if args.json { json(&report) } else { report.text() };
    print(&text).map(|()| Exit::Success)
}

impl Report {
    fn text(&self) -> String {
        let mut text = format!("perfagent {}\n\nisolation: {}", self.version, self.isolation.summary);
        let mut line = |name: &str, good: bool, value: &str| {
            // Writing into a string succeeds.
            let _ = write!(text, "\n  {} {name:<24}{value}", if good { "✓" } else { "✗" });
        };
        for feature in &self.isolation.features {
            line(&feature.name, feature.active, &feature.note);
        }
        text.push_str("\n\nlanguages");
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
        for note in &self.notes {
            let _ = write!(text, "\n\nnote: {note}");
        }
        text
    }
}
