//! Reads what a plugin may use: the section `plugins`.

use super::bounds;
use super::document::Document;
use super::error::Problem;
use super::field::Field;
use perfagent_plugin::PluginLimits;
use std::ops::RangeInclusive;
use std::time::Duration;

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;

/// Moves the limits from `document` into `limits`.
pub(super) fn read(document: &mut Document, limits: &mut PluginLimits) -> Result<(), Problem> {
    let seconds = &bounds::PLUGIN_SECONDS;
    for (name, target) in [
        ("plugins.cpu_seconds", &mut limits.cpu_time),
        ("plugins.wall_seconds", &mut limits.wall_time),
        ("plugins.compile_wall_seconds", &mut limits.compile_wall_time),
    ] {
        if let Some(field) = document.take(&[name])? {
            *target = field.seconds(seconds)?;
        }
    }
    if let Some(field) = document.take(&["plugins.compile_cpu_seconds"])? {
        limits.compile_cpu_time = Duration::from_secs(field.count(&bounds::WHOLE_SECONDS)?.into());
    }
    for (name, target, unit, bounds) in numbers(limits) {
        if let Some(field) = document.take(&[name])? {
            *target = number(&field, bounds, unit)?;
        }
    }
    Ok(())
}

type Number<'a> = (&'static str, &'a mut usize, usize, &'static RangeInclusive<u32>);

/// Each limit that is a number: its name, its place, its unit, and what it may be.
fn numbers(limits: &mut PluginLimits) -> [Number<'_>; 20] {
    let (parts, count) = (&bounds::PLUGIN_PARTS, &bounds::PLUGIN_COUNT);
    let (memory, size_kb, size_mb) = (&bounds::PLUGIN_MEMORY_MB, &bounds::PLUGIN_SIZE_KB, &bounds::PLUGIN_SIZE_MB);
    [
        ("plugins.memory_mb", &mut limits.memory_bytes, MB, memory),
        ("plugins.interpreter_memory_mb", &mut limits.interpreter_memory_bytes, MB, memory),
        ("plugins.stack_kb", &mut limits.stack_bytes, KB, &bounds::PLUGIN_STACK_KB),
        ("plugins.instances", &mut limits.instances, 1, parts),
        ("plugins.memories", &mut limits.memories, 1, parts),
        ("plugins.tables", &mut limits.tables, 1, parts),
        ("plugins.table_elements", &mut limits.table_elements, 1, count),
        ("plugins.handles", &mut limits.handles, 1, count),
        ("plugins.transfer_mb", &mut limits.transfer_bytes, MB, size_mb),
        ("plugins.log_lines", &mut limits.log_lines, 1, count),
        ("plugins.log_kb", &mut limits.log_bytes, KB, size_kb),
        ("plugins.artifacts_kb", &mut limits.artifact_bytes, KB, size_kb),
        ("plugins.prompt_kb", &mut limits.prompt_bytes, KB, size_kb),
        ("plugins.solution_kb", &mut limits.solution_bytes, KB, size_kb),
        ("plugins.text_kb", &mut limits.text_bytes, KB, size_kb),
        ("plugins.list_items", &mut limits.list_items, 1, count),
        ("plugins.programs", &mut limits.programs, 1, count),
        ("plugins.requests", &mut limits.requests, 1, count),
        ("plugins.file_mb", &mut limits.component_bytes, MB, size_mb),
        ("plugins.compile_memory_mb", &mut limits.compile_memory_bytes, MB, &bounds::COMPILE_MEMORY_MB),
    ]
}

fn number(field: &Field, bounds: &RangeInclusive<u32>, unit: usize) -> Result<usize, Problem> {
    // It fits: this is at least as wide on the machines that the program runs on.
    Ok(field.count(bounds)? as usize * unit)
}
