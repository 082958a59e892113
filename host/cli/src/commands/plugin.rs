//! `perfagent plugin …`.

mod bench;
mod build;
mod change;
mod check;
mod inspect;
mod installed;
mod new;
mod pull;
mod push;
mod signing;
mod test;

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
        PluginCommand::Check(args) => check::check(args, surroundings).await,
        PluginCommand::Test(args) => test::test(args, surroundings).await,
        PluginCommand::Bench(args) => bench::bench(args, surroundings).await,
        PluginCommand::New(args) => new::new(args),
        PluginCommand::Build(args) => build::build(args, surroundings).await,
    }
}
