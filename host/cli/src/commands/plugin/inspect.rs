//! `perfagent plugin inspect`.

use crate::args::InspectArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::OpenPlugin;
use crate::output::{json, print};
use crate::surroundings::Surroundings;
use perfagent_core::metric::Direction;
use perfagent_core::task::Description;
use perfagent_plugin::{Import, Inspection, PluginLimits};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Prints what a plugin is and asks for, and what it says of itself. It gets no grants and no
/// programs while it says so.
pub(crate) async fn inspect(args: &InspectArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let plugin = OpenPlugin::load(&args.plugin, surroundings).await?;
    let inspection = plugin.plugin.inspect();
    let described = plugin.describe().await.map_err(|error| perfagent_agent::chain(&error));
    let text = if args.json {
        json(&as_json(&inspection, &described))
    } else {
        as_text(&plugin.found.title, &inspection, &described)
    };
    print(&text).map(|()| Exit::Success)
}

fn as_json(inspection: &Inspection, described: &Result<Description, String>) -> Value {
    let imports: Vec<_> = inspection.imports.iter().map(import_json).collect();
    json!({
        "digest": inspection.digest,
        "size_bytes": inspection.size_bytes,
        "interface_version": inspection.interface_version,
        "imports": imports,
        "exports": inspection.exports,
        "limits": limits_json(&inspection.limits),
        "interpreter": inspection.interpreter,
        "description": described.as_ref().ok(),
        "error": described.as_ref().err(),
    })
}

fn import_json(import: &Import) -> Value {
    json!({"name": import.name, "lets": import.lets, "grant": import.grant.map(perfagent_plugin::Grant::name)})
}

fn limits_json(limits: &PluginLimits) -> Value {
    json!({
        "cpu_time_s": limits.cpu_time.as_secs_f64(),
        "wall_time_s": limits.wall_time.as_secs_f64(),
        "memory_bytes": limits.memory_bytes,
        "stack_bytes": limits.stack_bytes,
        "instances": limits.instances,
        "memories": limits.memories,
        "tables": limits.tables,
        "table_elements": limits.table_elements,
        "handles": limits.handles,
        "transfer_bytes": limits.transfer_bytes,
        "log_lines": limits.log_lines,
        "log_bytes": limits.log_bytes,
        "artifact_bytes": limits.artifact_bytes,
        "prompt_bytes": limits.prompt_bytes,
        "solution_bytes": limits.solution_bytes,
        "text_bytes": limits.text_bytes,
        "list_items": limits.list_items,
        "programs": limits.programs,
        "requests": limits.requests,
    })
}

fn as_text(file: &str, inspection: &Inspection, described: &Result<Description, String>) -> String {
    let mut text = format!("{file}: ");
    match described {
        Ok(task) => text.push_str(&format!("{} {}: {}", task.name, task.version, task.summary)),
        Err(error) => text.push_str(&format!("does not describe itself: {error}")),
    }
    let mut line = |name: &str, value: String| {
        // Writing into a string succeeds.
        let _ = write!(text, "\n  {name:<12}{value}");
    };
    line("digest", inspection.digest.to_string());
    line("size", format!("{} bytes", inspection.size_bytes));
    line("interface", format!("perfagent:task@{}", inspection.interface_version));
    for import in &inspection.imports {
        let grant = import.grant.map(|grant| format!(" (--allow {} for more)", grant.name())).unwrap_or_default();
        line("imports", format!("{}: {}{grant}", import.name, import.lets));
    }
    for limit in limits(&inspection.limits) {
        line("limits", limit);
    }
    if let Some(why) = inspection.interpreter {
        line("limits", format!("of memory as for an interpreter, since {why}"));
    }
    if let Ok(task) = described {
        let better = if task.direction == Direction::Maximize { "more" } else { "less" };
        line("metric", format!("{}, {better} is better", task.metric));
        line("languages", if task.languages.is_empty() { "none".to_owned() } else { task.languages.join(", ") });
        let keys = task.config_schema["properties"].as_object();
        for (key, schema) in keys.into_iter().flatten() {
            line("task_config", format!("{key}: {}", key_text(schema)));
        }
        if keys.is_none_or(serde_json::Map::is_empty) {
            line("task_config", format!("no keys are described; schema: {}", task.config_schema));
        }
    }
    text
}

/// What a plugin may use at most, in a few lines.
fn limits(it: &PluginLimits) -> [String; 4] {
    let megabytes = |bytes: usize| bytes >> 20;
    [
        format!(
            "{} s of processor time and {} s in all per call",
            it.cpu_time.as_secs_f64(),
            it.wall_time.as_secs_f64()
        ),
        format!(
            "{} MB of memory, {} MB of stack, {} core instances, {} tables of {} elements, {} handles",
            megabytes(it.memory_bytes),
            megabytes(it.stack_bytes),
            it.instances,
            it.tables,
            it.table_elements,
            it.handles
        ),
        format!(
            "per call {} MB handed to the host, {} lines and {} MB of log",
            megabytes(it.transfer_bytes),
            it.log_lines,
            megabytes(it.log_bytes)
        ),
        format!(
            "prompts, problems and artifacts of {}, {} and {} MB, solutions of {} MB; {} programs, {} runs per request",
            megabytes(it.prompt_bytes),
            megabytes(it.text_bytes),
            megabytes(it.artifact_bytes),
            megabytes(it.solution_bytes),
            it.programs,
            it.requests
        ),
    ]
}

/// What may be written for one key of the configuration.
fn key_text(schema: &Value) -> String {
    let mut facts = Vec::new();
    let list = |values: &[Value]| values.iter().map(Value::to_string).collect::<Vec<_>>().join(" or ");
    match (&schema["enum"], &schema["type"]) {
        (Value::Array(values), _) => facts.push(list(values)),
        (_, Value::String(kind)) => facts.push(kind.clone()),
        (_, Value::Array(kinds)) => facts.push(list(kinds).replace('"', "")),
        _ => {}
    }
    let bounds =
        [("minimum", "at least"), ("exclusiveMinimum", "above"), ("maximum", "at most"), ("exclusiveMaximum", "below")];
    facts.extend(bounds.iter().filter_map(|(key, words)| schema.get(key).map(|bound| format!("{words} {bound}"))));
    facts.extend(schema.get("default").map(|value| format!("default {value}")));
    let facts = if facts.is_empty() { String::new() } else { format!(" [{}]", facts.join(", ")) };
    format!("{}{facts}", schema["description"].as_str().unwrap_or("not described"))
}
