//! `perfagent plugin …`.

mod build;
mod inspect;
mod new;

use crate::args::PluginCommand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::surroundings::Surroundings;

/// Does what is asked of plugins.
pub(crate) async fn plugin(command: &PluginCommand, surroundings: &Surroundings) -> Result<Exit, Failure> {
    match command {
        PluginCommand::Inspect(args) => inspect::inspect(args, surroundings).await,
        PluginCommand::New(args) => new::new(args),
        PluginCommand::Build(args) => build::build(args, surroundings),
    }
}
