//! `perfagent config …`.

use crate::args::CheckArgs;
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::{OpenPlugin, warn};
use crate::output::print;
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::check_config;

/// Reads a configuration as a run would. What belongs to the task is checked where a plugin is named.
pub(crate) async fn check(args: &CheckArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let settings = Settings::load(&args.file, &variable)?;
    warn(&settings);
    let file = args.file.display();
    let Some(wanted) = args.plugin.as_deref().or(settings.task_type.as_deref()) else {
        let text = format!("{file}: correct; task_config was not checked, for no plugin is named (--plugin)");
        return print(&text).map(|()| Exit::Success);
    };
    let plugin = OpenPlugin::load_for(wanted, &settings, surroundings).await?;
    let description = plugin.describe().await?;
    check_config(&description.config_schema, &settings.task_config).map_err(|error| Failure::from(error).of(&file))?;
    print(&format!("{file}: correct, for {} {}", description.name, description.version)).map(|()| Exit::Success)
}
