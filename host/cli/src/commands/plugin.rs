//! `perfagent plugin …`.

mod bench;
mod check;
mod inspect;
mod test;

use crate::args::PluginCommand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::surroundings::Surroundings;

/// Does what is asked of plugins.
pub(crate) async fn plugin(command: &PluginCommand, surroundings: &Surroundings) -> Result<Exit, Failure> {
    match command {
        PluginCommand::Inspect(args) => inspect::inspect(args, surroundings).await,
        PluginCommand::Check(args) => check::check(args, surroundings).await,
        PluginCommand::Test(args) => test::test(args, surroundings).await,
        PluginCommand::Bench(args) => bench::bench(args, surroundings).await,
    }
}
