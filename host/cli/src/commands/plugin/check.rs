//! `perfagent plugin check`.

use crate::args::PluginCheckArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logging;
use crate::opening::{services, warn};
use crate::output::{json, print};
use crate::project::Project;
use crate::runner::Runner;
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::contract::{self, Check, Finding, Outcome, Report, Suite};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Holds a plugin to the interface's promises, and says where it breaks them.
pub(crate) async fn check(args: &PluginCheckArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let settings = args.work.settings(&variable)?;
    warn(&settings);
    logging::start_echo(settings.echo);
    let project = Project::open(&args.project, &settings, surroundings).await?;
    let examples = project.examples(&args.instances)?;
    let runner = Runner::start(&settings, surroundings).await?;
    let suite = Suite {
        plugin: &project.plugin.plugin,
        services: &|| services(&settings, &runner),
        languages: runner.languages(),
        config: &settings.task_config,
        examples: &examples,
    };
    let mut unprinted = None;
    let mut show = |check: &Check| {
        if !args.json {
            unprinted = print(&line(check)).err().or(unprinted.take());
        }
    };
    let report = contract::check(&suite, &mut show).await;
    if let Some(failure) = unprinted {
        return Err(failure);
    }
    let tally = Tally::of(&report);
    let path = project.plugin.found.path.display().to_string();
    print(&if args.json { json(&as_json(&path, &project, &report, &tally)) } else { tally.summary() })?;
    Ok(if tally.failed == 0 { Exit::Success } else { Exit::Plugin })
}

fn as_json(path: &str, project: &Project, report: &Report, tally: &Tally) -> Value {
    json!({
        "plugin": path,
        "digest": project.plugin.plugin.digest(),
        "passed": tally.passed,
        "failed": tally.failed,
        "skipped": tally.skipped,
        "description": report.description,
        "checks": report.checks,
    })
}

/// One check as people read it.
fn line(check: &Check) -> String {
    let about = match &check.example {
        Some(example) => format!("{} ({example})", check.name),
        None => check.name.to_owned(),
    };
    match &check.outcome {
        Outcome::Passed { note } if note.is_empty() => format!("ok       {about}"),
        Outcome::Passed { note } => format!("ok       {about}: {note}"),
        Outcome::Skipped { reason } => format!("skipped  {about}: {reason}"),
        Outcome::Failed(Finding { expected, happened, advice, .. }) => {
            format!("FAILED   {about}\n  expected: {expected}\n  happened: {happened}\n  to do:    {advice}")
        }
    }
}

/// How many checks came to what.
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
    reasons: BTreeSet<String>,
}

impl Tally {
    fn of(report: &Report) -> Self {
        let mut tally = Self { passed: 0, failed: 0, skipped: 0, reasons: BTreeSet::new() };
        for check in &report.checks {
            match &check.outcome {
                Outcome::Passed { .. } => tally.passed += 1,
                Outcome::Failed(_) => tally.failed += 1,
                Outcome::Skipped { reason } => {
                    tally.skipped += 1;
                    tally.reasons.insert(reason.clone());
                }
            }
        }
        tally
    }

    fn summary(&self) -> String {
        let reasons: Vec<_> = self.reasons.iter().map(String::as_str).collect();
        let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) };
        format!("{} checks passed, {} failed, {} skipped{why}", self.passed, self.failed, self.skipped)
    }
}
