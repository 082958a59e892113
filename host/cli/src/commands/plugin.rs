//! `perfagent plugin …`.

mod change;
mod inspect;
mod installed;
mod pull;
mod push;
mod signing;

use crate::args::PluginCommand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::surroundings::Surroundings;

/// Does what is asked of plugins.
pub(crate) async fn plugin(command: &PluginCommand, surroundings: &Surroundings) -> Result<Exit, Failure> {
    match command {
        PluginCommand::Inspect(args) => inspect::inspect(args, surroundings).await,
        PluginCommand::List(args) => installed::list(args, surroundings),
        PluginCommand::Install(args) => installed::install(args, surroundings).await,
        PluginCommand::Remove(args) => installed::remove(args, surroundings),
        PluginCommand::Push(args) => push::push(args, surroundings).await,
        PluginCommand::Pull(args) => pull::pull(args, surroundings).await,
        PluginCommand::Keygen(args) => signing::keygen(args),
        PluginCommand::Sign(args) => signing::sign(args, surroundings).await,
        PluginCommand::Verify(args) => signing::verify(args, surroundings).await,
    }
}
