//! `perfagent plugin bench`.

use crate::args::BenchArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logging;
use crate::opening::{plugin_host_with, services, warn, without_programs};
use crate::output::{json, print};
use crate::project::Project;
use crate::runner::Runner;
use crate::sheet::Sheet;
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::gauge::{self, Hosts, Timing, median};
use perfagent_plugin::{Inspection, Usage};
use serde_json::{Value, json};

/// What each figure should come to at most, where there is a goal for it.
const GOALS: [(&str, &str); 4] = [
    ("load, compiled before, and first call", "2 ms; JavaScript 20 ms, Python 30 ms"),
    ("start, one call, end", "60 µs in Rust"),
    ("describe", "10 µs for small answers; JavaScript and Python 200 µs"),
    ("metadata", "10 µs for small arguments; JavaScript and Python 200 µs"),
];

/// Times a plugin.
pub(crate) async fn bench(args: &BenchArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let settings = args.work.settings(&variable)?;
    warn(&settings);
    logging::start_echo(settings.echo);
    let project = Project::open(&args.project, &settings, surroundings).await?;
    let given: Vec<_> = args.instance.iter().cloned().collect();
    let example = project.examples(&given)?.into_iter().next();
    let plugin = &project.plugin.plugin;

    let cache = tempfile::tempdir();
    let cache = cache.map_err(|error| Failure::from_error(Exit::Files, &error).of("a directory for compiled code"))?;
    let limits = &settings.plugin_limits;
    let hosts = Hosts {
        bare: &|| plugin_host_with(limits, None),
        keeping: &|| plugin_host_with(limits, Some(cache.path().to_owned())),
    };
    let mut timings = gauge::loads(&hosts, &project.plugin.bytes()?, &without_programs).await;
    timings.extend(gauge::starts(plugin, &without_programs).await);
    if let Some(example) = &example {
        let runner = Runner::start(&settings, surroundings).await?;
        let services = || services(&settings, &runner);
        timings.extend(gauge::calls(plugin, &services, example, &settings.task_config).await?);
    }

    let (inspection, peak) = (plugin.inspect(), plugin.peak_usage());
    let text = if args.json {
        json(&as_json(&timings, &inspection, peak))
    } else {
        let none = "\nno instance was given, so no call that needs one was timed (--instance FILE)";
        as_text(&timings, &inspection, peak) + if example.is_none() { none } else { "" }
    };
    print(&text).map(|()| Exit::Success)
}

fn goal(what: &str) -> &'static str {
    GOALS.iter().find(|(name, _)| *name == what).map_or("", |(_, goal)| goal)
}

fn as_json(timings: &[Timing], inspection: &Inspection, peak: Usage) -> Value {
    let row = |timing: &Timing| match &timing.times_ns {
        Ok(times) => {
            let (middle, interval) = median(times).unzip();
            json!({"what": timing.what, "count": times.len(), "median_ns": middle, "interval_ns": interval})
        }
        Err(error) => json!({"what": timing.what, "error": error}),
    };
    json!({
        "digest": inspection.digest,
        "size_bytes": inspection.size_bytes,
        "peak_memory_bytes": peak.memory_bytes,
        "memory_limit_bytes": inspection.limits.memory_bytes,
        "timings": timings.iter().map(row).collect::<Vec<_>>(),
    })
}

fn as_text(timings: &[Timing], inspection: &Inspection, peak: Usage) -> String {
    let mut sheet = Sheet::new("times", &["what", "median", "95 % interval", "times", "goal, at most"]);
    for timing in timings {
        sheet.rows.push(match &timing.times_ns {
            Ok(times) => row(timing.what, times),
            Err(error) => [timing.what, "–", error, "", ""].map(str::to_owned).to_vec(),
        });
    }
    let megabytes = |bytes: f64| format!("{:.1} MB", bytes / f64::from(1 << 20));
    format!(
        "size         {} bytes\npeak memory  {} of {}\n\n{}",
        inspection.size_bytes,
        megabytes(peak.memory_bytes as f64),
        megabytes(inspection.limits.memory_bytes as f64),
        sheet.text()
    )
}

fn row(what: &str, times: &[u64]) -> Vec<String> {
    let (middle, interval) = match median(times) {
        Some((middle, [low, high])) => (duration(middle), format!("{} to {}", duration(low), duration(high))),
        None => ("–".to_owned(), String::new()),
    };
    vec![what.to_owned(), middle, interval, times.len().to_string(), goal(what).to_owned()]
}

/// Nanoseconds with three digits or a few more.
fn duration(ns: u64) -> String {
    match ns {
        0..10_000 => format!("{ns} ns"),
        10_000..1_000_000 => format!("{:.1} µs", ns as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} ms", ns as f64 / 1e6),
        _ => format!("{:.2} s", ns as f64 / 1e9),
    }
}
