//! `perfagent config …`.

use super::metadata::without_programs;
use crate::args::CheckArgs;
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::OpenPlugin;
use crate::output::{note, print};
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::check_config;

/// Reads a configuration as a run would. What belongs to the task is checked where a plugin is named.
pub(crate) async fn check(args: &CheckArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let settings = Settings::load(&args.file, &variable)?;
    for warning in &settings.warnings {
        note(&format!("warning: {warning}"));
    }
    let file = args.file.display();
    let Some(wanted) = args.plugin.as_deref().or(settings.task_type.as_deref()) else {
        let text = format!("{file}: correct; task_config was not checked, for no plugin is named (--plugin)");
        return print(&text).map(|()| Exit::Success);
    };
    let plugin = OpenPlugin::load(wanted, surroundings).await?;
    let described = async { plugin.plugin.open(without_programs()).await?.describe().await };
    let description = described.await.map_err(Failure::from)?;
    check_config(&description.config_schema, &settings.task_config).map_err(|error| Failure::from(error).of(&file))?;
    print(&format!("{file}: correct, for {} {}", description.name, description.version)).map(|()| Exit::Success)
}
