//! What changes when one component takes the place of another.

use perfagent_core::task::Description;
use perfagent_plugin::{Import, Inspection};

/// What is known of a component.
pub(crate) struct Facts {
    /// What can be said without running it.
    pub(crate) inspection: Inspection,
    /// What it says of itself, if it does.
    pub(crate) described: Option<Description>,
}

/// What changes from `old`, where that is known, to `new`, a line each: everything that bears on what the plugin
/// may do here.
pub(crate) fn changes(old: Option<&Facts>, new: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    let mut compare = |name: &str, value: &dyn Fn(&Facts) -> String| {
        let (before, after) = (old.map_or_else(|| "unknown".to_owned(), value), value(new));
        if before != after {
            lines.push(format!("  {name:<12}{before} → {after}"));
        }
    };
    compare("digest", &|it| it.inspection.digest.to_string());
    compare("name", &|it| told(it, |task| task.name.clone()));
    compare("version", &|it| told(it, |task| task.version.clone()));
    compare("size", &|it| format!("{} bytes", it.inspection.size_bytes));
    compare("interface", &|it| format!("perfagent:task@{}", it.inspection.interface_version));
    compare("memory", &|it| format!("{} MB", it.inspection.limits.memory_bytes >> 20));
    compare("cpu time", &|it| format!("{} s per call", it.inspection.limits.cpu_time.as_secs_f64()));
    compare("wall time", &|it| format!("{} s per call", it.inspection.limits.wall_time.as_secs_f64()));
    compare("metric", &|it| told(it, |task| format!("{} ({})", task.metric, direction(task))));
    compare("languages", &|it| told(it, |task| list(&task.languages)));
    compare("task_config", &|it| told(it, |task| list(&settings(task))));
    lines.extend(imports(old.map(|it| &it.inspection), &new.inspection));
    lines
}

fn told(facts: &Facts, value: impl FnOnce(&Description) -> String) -> String {
    facts.described.as_ref().map_or_else(|| "unknown".to_owned(), value)
}

fn direction(task: &Description) -> &'static str {
    match task.direction {
        perfagent_core::metric::Direction::Maximize => "more is better",
        perfagent_core::metric::Direction::Minimize => "less is better",
    }
}

fn settings(task: &Description) -> Vec<String> {
    task.config_schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

/// Imports that are new, those that are gone, and how many stay.
fn imports(old: Option<&Inspection>, new: &Inspection) -> Vec<String> {
    let before = old.map(|old| old.imports.as_slice()).unwrap_or_default();
    let described = |sign: char, import: &Import| {
        let grant = import.grant.map(|grant| format!(" (--allow {} for more)", grant.name())).unwrap_or_default();
        format!("  imports     {sign} {}: {}{grant}", import.name, import.lets)
    };
    let lacks = |imports: &[Import], import: &Import| imports.iter().all(|other| other.name != import.name);
    let added = new.imports.iter().filter(|import| lacks(before, import)).map(|it| described('+', it));
    let removed = before.iter().filter(|import| lacks(&new.imports, import)).map(|it| described('-', it));
    let mut lines: Vec<_> = added.chain(removed).collect();
    let same = before.iter().filter(|import| !lacks(&new.imports, import)).count();
    lines.push(format!("  imports     {same} as before"));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_core::digest::Digest;
    use perfagent_core::metric::Direction;
    use perfagent_plugin::{Grant, PluginLimits};
    use serde_json::json;

    fn import(name: &str, lets: &'static str, grant: Option<Grant>) -> Import {
        Import { name: name.to_owned(), lets, grant }
    }

    fn facts(version: &str, memory_mb: usize, imports: Vec<Import>) -> Facts {
        Facts {
            inspection: Inspection {
                digest: Digest::of(version.as_bytes()),
                size_bytes: 1000 + memory_mb as u64,
                interface_version: "0.1.0".to_owned(),
                imports,
                exports: Vec::new(),
                interpreter: None,
                limits: PluginLimits { memory_bytes: memory_mb << 20, ..PluginLimits::default() },
            },
            described: Some(Description {
                name: "sort-golf".to_owned(),
                version: version.to_owned(),
                summary: String::new(),
                metric: "bytes".to_owned(),
                direction: Direction::Minimize,
                languages: vec!["python3".to_owned()],
                config_schema: json!({"properties": {"limit": {}}}),
                system_template: String::new(),
                system_variables: Vec::new(),
                optimization_template: String::new(),
                optimization_variables: Vec::new(),
            }),
        }
    }

    #[test]
    fn everything_that_matters_is_told() {
        let log = || import("perfagent:task/log@0.1.0", "write lines", None);
        let toolkit = import("perfagent:task/toolkit@0.1.0", "use helpers", None);
        let old = facts("1.0.0", 256, vec![log(), toolkit]);
        let clock = import("wasi:clocks/wall-clock@0.2.0", "read a clock", Some(Grant::Clock));
        let mut new = facts("2.0.0", 1024, vec![log(), clock]);
        insta::assert_snapshot!(changes(Some(&old), &new).join("\n"));
        new.described = None;
        assert!(changes(Some(&old), &new).contains(&"  languages   python3 → unknown".to_owned()));
    }

    #[test]
    fn what_stays_is_not_told() {
        let (old, new) = (facts("1.0.0", 256, Vec::new()), facts("1.0.0", 256, Vec::new()));
        assert_eq!(changes(Some(&old), &new), ["  imports     0 as before"]);
    }
}
