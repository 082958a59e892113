//! `perfagent plugin inspect`.

use crate::args::InspectArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::OpenPlugin;
use crate::output::{json, print};
use crate::surroundings::Surroundings;
use perfagent_core::metric::Direction;
use perfagent_core::task::Description;
use perfagent_plugin::{Import, Inspection};
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
    let limits = &inspection.limits;
    json!({
        "digest": inspection.digest,
        "size_bytes": inspection.size_bytes,
        "interface_version": inspection.interface_version,
        "imports": imports,
        "exports": inspection.exports,
        "limits": {
            "cpu_time_s": limits.cpu_time.as_secs_f64(),
            "wall_time_s": limits.wall_time.as_secs_f64(),
            "memory_bytes": limits.memory_bytes,
            "interpreter": inspection.interpreter,
        },
        "description": described.as_ref().ok(),
        "error": described.as_ref().err(),
    })
}

fn import_json(import: &Import) -> Value {
    json!({"name": import.name, "lets": import.lets, "grant": import.grant.map(perfagent_plugin::Grant::name)})
}

fn as_text(file: &str, inspection: &Inspection, described: &Result<Description, String>) -> String {
    let mut text = format!("{file}: ");
    match described {
        Ok(task) => text.push_str(&format!("{} {}: {}", task.name, task.version, task.summary)),
        Err(error) => text.push_str(&format!("does not describe itself: {error}")),
    }
    let limits = &inspection.limits;
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
    let interpreter = inspection.interpreter.map(|why| format!(" as for an interpreter, since {why}"));
    let interpreter = interpreter.unwrap_or_default();
    line(
        "limits",
        format!(
            "{} s of processor time and {} s in all per call, {} MB of memory{}",
            limits.cpu_time.as_secs_f64(),
            limits.wall_time.as_secs_f64(),
            limits.memory_bytes >> 20,
            interpreter
        ),
    );
    if let Ok(task) = described {
        let better = if task.direction == Direction::Maximize { "more" } else { "less" };
        line("metric", format!("{}, {better} is better", task.metric));
        line("languages", if task.languages.is_empty() { "none".to_owned() } else { task.languages.join(", ") });
        for (key, schema) in task.config_schema["properties"].as_object().into_iter().flatten() {
            let description = schema["description"].as_str().unwrap_or_default();
            let default = match &schema["default"] {
                Value::Null => String::new(),
                value => format!(" [default: {value}]"),
            };
            line("task_config", format!("{key}: {description}{default}"));
        }
    }
    text
}
