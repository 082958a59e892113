//! Puts the task's own configuration together, from wherever older layouts kept parts of it.

use super::document::Document;
use super::error::{Mistake, Problem, in_line, placed};
use super::field::Field;
use super::settings::{SettingOrigin, Settings};
use super::yaml::join;

/// Settings of the task that the flat layout has at the top.
const FLAT: [&str; 5] = ["time_limit", "memory_limit", "num_runs", "trim_ratio", "max_workers"];

/// What `task_config` was in the oldest layout.
const OLD_SECTIONS: [&str; 3] = ["optimization", "runtime", "language_cfg"];

/// Moves the task's configuration from `document` into `settings`.
pub(super) fn read(document: &mut Document, settings: &mut Settings) -> Result<(), Problem> {
    let mut entries = entries(document)?;
    for name in FLAT {
        let Some(field) = document.take(&[name])? else { continue };
        match entries.iter().find(|(given, _)| given == name) {
            Some((_, other)) => {
                let what = format!("`{name}` is ignored, for `{}`{} is given too", other.key, in_line(other.line));
                settings.warnings.push(placed(field.line, &what));
            }
            None => entries.push((name.to_owned(), field)),
        }
    }
    for (name, field) in entries {
        settings.origins.insert(join("task_config", &name), SettingOrigin::Line(field.line));
        if name == "task_type" {
            settings.task_type = if field.is_null() { None } else { field.text()? };
        } else {
            settings.task_config.insert(name, field.json()?);
        }
    }
    Ok(())
}

/// The entries of `task_config`, or of the sections that it once was.
fn entries(document: &mut Document) -> Result<Vec<(String, Field)>, Problem> {
    let task_config = document.take(&["task_config"])?;
    let mut sections = Vec::new();
    for name in OLD_SECTIONS {
        sections.extend(document.take(&[name])?);
    }
    if let (Some(task_config), Some(section)) = (&task_config, sections.first()) {
        let (section, line) = (section.key.clone(), section.line);
        return Err(Mistake::OldSection { section, other_line: task_config.line }.at(line));
    }
    let mut entries: Vec<(String, Field)> = Vec::new();
    for section in task_config.into_iter().chain(sections) {
        let path = section.key.clone();
        for entry in section.into_mapping()? {
            let key = join(&path, &entry.key);
            if let Some((_, first)) = entries.iter().find(|(name, _)| *name == entry.key) {
                let (other, other_line) = (first.key.clone(), first.line);
                return Err(Mistake::TwoNames { key, other, other_line }.at(entry.line));
            }
            entries.push((entry.key, Field::new(key, entry.line, entry.value)));
        }
    }
    Ok(entries)
}
