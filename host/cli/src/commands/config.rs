//! `perfagent config …`.

use crate::args::{CheckArgs, ShowArgs};
use crate::config::{KeySource, SettingOrigin, Settings, Shown};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::{OpenPlugin, placed, refuse_direction, warn};
use crate::output::{self, note, print};
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::check_config;
use perfagent_core::secret::MASK;
use perfagent_toolkit::text::cut_middle;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Reads a configuration as a run would. What belongs to the task is checked where a plugin is named.
pub(crate) async fn check(args: &CheckArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let mut settings = Settings::load(&args.file, &variable)?;
    let file = args.file.display();
    settings.check_prices().map_err(|error| Failure::from(error).of(&file))?;
    warn(&settings);
    let Some(wanted) = args.plugin.as_deref().or(settings.task_type.as_deref()) else {
        let text = format!("{file}: correct; task_config was not checked, for no plugin is named (--plugin)");
        return print(&text).map(|()| Exit::Success);
    };
    let plugin = OpenPlugin::load_for(wanted, &settings, surroundings).await?;
    let description = plugin.describe().await?;
    check_config(&description.config_schema, &settings.task_config).map_err(|error| placed(error, &settings))?;
    refuse_direction(&description, &settings).map_err(|failure| failure.of(&file))?;
    print(&format!("{file}: correct, for {} {}", description.name, description.version)).map(|()| Exit::Success)
}

/// A setting as `--json` prints it.
#[derive(Serialize)]
struct Line {
    value: Value,
    /// `default`, `file`, `option` or `environment`.
    from: &'static str,
    /// Line, option or variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

/// Prints the settings that a run with the same arguments would have.
pub(crate) fn show(args: &ShowArgs) -> Result<Exit, Failure> {
    let settings = args.settings.settings(&variable)?;
    warn(&settings);
    let mut all = settings.shown();
    provider(&settings, &mut all);
    let file = settings.file.as_deref().unwrap_or_default();
    if args.json {
        let lines: Map<String, Value> =
            all.into_iter().map(|shown| (shown.key.clone(), json!(Line::new(shown, file)))).collect();
        return print(&output::json(&lines)).map(|()| Exit::Success);
    }
    let head = ["setting", "value", "from"].map(str::to_owned);
    let rows: Vec<[String; 3]> = [head].into_iter().chain(all.into_iter().map(|shown| row(shown, file))).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let (keys, values) = (width(0), width(1));
    let lines = rows.iter().map(|[key, value, from]| format!("{key:keys$}  {value:values$}  {from}"));
    print(&lines.collect::<Vec<_>>().join("\n")).map(|()| Exit::Success)
}

/// Fills in the endpoint and the key that requests would have.
fn provider(settings: &Settings, all: &mut [Shown]) {
    let client = match settings.model.client(&variable) {
        Ok(client) => client,
        Err(error) => return note(&format!("note: {}", Failure::from(error).message)),
    };
    for shown in all {
        match shown.key.as_str() {
            "model.api_base" if shown.value.is_null() => shown.value = client.api_base.as_str().into(),
            "model.api_key" if shown.value.is_null() && client.api_key.is_some() => {
                shown.value = MASK.into();
                shown.origin = Some(match &settings.model.key {
                    KeySource::File(path) => SettingOrigin::File(path.clone()),
                    _ => SettingOrigin::Variable(client.api_key_env.clone()),
                });
            }
            _ => {}
        }
    }
}

impl Line {
    fn new(Shown { value, origin, .. }: Shown, file: &str) -> Self {
        let (from, place) = match origin {
            None => ("default", None),
            // Of JSON there are no lines.
            Some(SettingOrigin::Line(0)) => ("file", Some(file.to_owned())),
            Some(SettingOrigin::Line(line)) => ("file", Some(format!("{file}:{line}"))),
            Some(SettingOrigin::File(path)) => ("file", Some(path.display().to_string())),
            Some(SettingOrigin::Flag(flag)) => ("option", Some(flag.to_owned())),
            Some(SettingOrigin::Variable(name)) => ("environment", Some(name)),
        };
        Self { value, from, place }
    }
}

/// A setting for people: name, value, where it comes from.
fn row(shown: Shown, file: &str) -> [String; 3] {
    /// Longer values are cut in the middle.
    const LONGEST: usize = 60;
    let key = shown.key.clone();
    let Line { value, from, place } = Line::new(shown, file);
    let value = if value.is_null() { "–".to_owned() } else { cut_middle(&value.to_string(), LONGEST) };
    let from = match (from, place) {
        ("environment", Some(name)) => format!("environment variable {name}"),
        (_, Some(place)) => place,
        (from, None) => from.to_owned(),
    };
    [key, value, from]
}
