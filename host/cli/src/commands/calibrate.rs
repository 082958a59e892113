//! `perfagent sandbox calibrate`: equal programs against each other, to see what this machine can tell.

mod workloads;

use super::sandbox_run::sandbox_failed;
use crate::args::CalibrateArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::start_sandbox;
use crate::output::{json, note, print};
use crate::pairs::{Measure, finding};
use crate::surroundings::{Surroundings, variable};
use perfagent_core::execution::{CompileError, CompileRequest, Limits, Policy, RunOptions, RunRequest};
use perfagent_core::isolation::Isolation;
use perfagent_sandbox::Sandbox;
use serde::Serialize;
use std::fs;
use workloads::WORKLOADS;

/// Share of intervals that hold the true ratio.
const CONFIDENCE: f64 = 0.95;
/// From here on a machine is called poor.
const POOR: f64 = 0.02;
/// A machine with more load than this share of its cores is busy.
const BUSY: f64 = 0.25;

/// What a language's equal programs show.
#[derive(Serialize)]
struct Resolution {
    language: String,
    measure: Measure,
    /// The smallest difference that shows, as a share.
    smallest: f64,
    /// The difference that two equal programs seem to have here, as a share.
    seeming: f64,
}

/// What is printed.
#[derive(Serialize)]
struct Report<'a> {
    pairs: u32,
    confidence: f64,
    resolutions: Vec<Resolution>,
    advice: Vec<String>,
    isolation: &'a Isolation,
}

/// Measures equal programs in each language.
pub(crate) async fn calibrate(args: &CalibrateArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let settings = args.place.settings(&variable)?;
    let sandbox = start_sandbox(&settings, surroundings).await?;
    let mut resolutions = Vec::new();
    for language in wanted(args, &sandbox).await? {
        let Some((_, source)) = WORKLOADS.iter().find(|(name, _)| *name == language) else {
            note(&format!("{language}: there is no program to calibrate with"));
            continue;
        };
        resolutions.extend(equal_programs(&sandbox, &language, source, args.pairs).await?);
    }
    let advice = advice(&resolutions, surroundings.cores.count());
    let report =
        Report { pairs: args.pairs, confidence: CONFIDENCE, resolutions, advice, isolation: sandbox.isolation() };
    print(&if args.place.json { json(&report) } else { report.text() }).map(|()| Exit::Success)
}

/// The languages that are asked for, or those that are there.
async fn wanted(args: &CalibrateArgs, sandbox: &Sandbox) -> Result<Vec<String>, Failure> {
    if args.languages.is_empty() {
        let there = sandbox.toolchains().await.into_iter().filter(|toolchain| toolchain.version.is_ok());
        return Ok(there.map(|toolchain| toolchain.language).collect());
    }
    let known = |name: &String| {
        let language = sandbox.languages().find(name).map(|language| language.name.clone());
        language.ok_or_else(|| Failure::new(Exit::Usage, format!("{name}: there is no such language")))
    };
    args.languages.iter().map(known).collect()
}

async fn equal_programs(
    sandbox: &Sandbox,
    language: &str,
    source: &str,
    pairs: u32,
) -> Result<Vec<Resolution>, Failure> {
    let request = CompileRequest {
        language: language.to_owned(),
        source: source.to_owned(),
        files: Vec::new(),
        limits: Limits::default(),
    };
    let program = sandbox.compile(request).await.map_err(|error| match error {
        CompileError::Failed(failure) => sandbox_failed(failure),
        rejected @ CompileError::Rejected(_) => Failure::from_error(Exit::Sandbox, &rejected).of(language),
    })?;
    let options = RunOptions { policy: Policy::Measure, max_parallel: None };
    let rounds = sandbox.compare(&program, &program, vec![RunRequest::default()], pairs, options).await;
    let rounds = rounds.map_err(sandbox_failed)?;
    let of = |measure| {
        let found = finding(measure, &rounds, CONFIDENCE)?;
        let [low, high] = found.interval;
        Some(Resolution {
            language: language.to_owned(),
            measure,
            smallest: (high - low) / 2.0 / found.ratio,
            seeming: found.ratio - 1.0,
        })
    };
    Ok(Measure::ALL.into_iter().filter_map(of).collect())
}

/// What would make a poor machine better.
fn advice(resolutions: &[Resolution], cores: usize) -> Vec<String> {
    let is_poor = |resolution: &&Resolution| resolution.measure == Measure::CpuTime && resolution.smallest > POOR;
    let poor: Vec<&str> = resolutions.iter().filter(is_poor).map(|resolution| resolution.language.as_str()).collect();
    if poor.is_empty() {
        return Vec::new();
    }
    let mut advice = vec![format!("poor: more than {} % of processor time in {}", POOR * 100.0, poor.join(", "))];
    let load = read("/proc/loadavg").and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    if let Some(load) = load.filter(|load| *load > BUSY * cores as f64) {
        advice.push(format!("the machine is busy (load {load} on {cores} cores): end other work and try again"));
    }
    let is = |path: &str, value: &str| read(path).is_some_and(|text| text.trim() == value);
    if is("/sys/devices/system/cpu/intel_pstate/no_turbo", "0") || is("/sys/devices/system/cpu/cpufreq/boost", "1") {
        advice.push(
            "the processor changes its speed: switch turbo off (intel_pstate/no_turbo or cpufreq/boost)".to_owned(),
        );
    }
    if cores == 1 {
        advice.push("there is one core: measured programs share it with everything else".to_owned());
    }
    advice.push("more pairs tell smaller differences: --pairs 40 halves them".to_owned());
    advice
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

impl Report<'_> {
    fn text(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        let names = Measure::ALL.map(|measure| measure.name().to_owned());
        table.set_header(std::iter::once("smallest difference, %".to_owned()).chain(names));
        let mut languages: Vec<&str> = self.resolutions.iter().map(|resolution| resolution.language.as_str()).collect();
        languages.dedup();
        for language in languages {
            let cell = |measure| {
                let found = self.resolutions.iter().find(|one| one.language == language && one.measure == measure);
                found.map_or_else(|| "–".to_owned(), |found| format!("{:.2}", found.smallest * 100.0))
            };
            table.add_row(std::iter::once(language.to_owned()).chain(Measure::ALL.map(cell)));
        }
        let mut text = format!("{table}\n\n{} pairs of equal programs, confidence {}", self.pairs, self.confidence);
        for line in &self.advice {
            text.push('\n');
            text.push_str(line);
        }
        text
    }
}
