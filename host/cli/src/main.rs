//! The program `perfagent`.

mod args;
mod board;
mod commands;
mod config;
mod exit;
mod failure;
mod interrupt;
mod logging;
mod narrate;
mod opening;
mod output;
mod pairs;
mod plot;
mod plugins;
mod progress;
mod sheet;
mod surroundings;

use args::{Command, PluginCommand, SandboxCommand};
use exit::Exit;
use failure::Failure;
use interrupt::Signals;
use std::pin::Pin;
use std::process::ExitCode;
use surroundings::Surroundings;

fn main() -> ExitCode {
    match args::parse(std::env::args_os()) {
        Ok(command) => execute(&command).into(),
        Err(error) => {
            // Printing fails only where nobody reads.
            let _ = error.print();
            if error.use_stderr() { Exit::Usage.into() } else { Exit::Success.into() }
        }
    }
}

fn execute(command: &Command) -> Exit {
    let surroundings = Surroundings::of_process();
    // Before other threads are started, which do as this one.
    surroundings.cores.keep_off();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(Failure::from_error(Exit::Internal, &error)),
    };
    let done = runtime.block_on(dispatch(command, &surroundings));
    // Compiling a plugin cannot be stopped half way and must not hold up the end.
    runtime.shutdown_background();
    done.unwrap_or_else(|failure| {
        let interrupted = failure.exit == Exit::Interrupted;
        let goes_on = interrupted && matches!(command, Command::Run(_) | Command::Batch(_));
        end(if goes_on {
            Failure::new(failure.exit, failure.message + "; the same command goes on from here")
        } else {
            failure
        })
    })
}

async fn dispatch(command: &Command, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let work: Pin<Box<dyn Future<Output = Result<Exit, Failure>> + '_>> = match command {
        // Finishes what is under way before it ends.
        Command::Batch(args) => return commands::batch(args, surroundings, &mut signals).await,
        Command::Report(args) => Box::pin(async { commands::report(args) }),
        Command::Run(args) => Box::pin(commands::run(args, surroundings)),
        Command::Evaluate(args) => Box::pin(commands::evaluate(args, surroundings)),
        Command::Metadata(args) => Box::pin(commands::metadata(args, surroundings)),
        Command::Plugin(PluginCommand::Inspect(args)) => Box::pin(commands::inspect(args, surroundings)),
        Command::Sandbox(SandboxCommand::Run(args)) => Box::pin(commands::sandbox_run(args, surroundings)),
        Command::Sandbox(SandboxCommand::Compare(args)) => Box::pin(commands::compare(args, surroundings)),
        Command::Sandbox(SandboxCommand::Calibrate(args)) => Box::pin(commands::calibrate(args, surroundings)),
        Command::Doctor(args) => Box::pin(commands::doctor(args, surroundings)),
    };
    signals.or_interrupted(work).await
}

/// Says why, in one line.
fn end(failure: Failure) -> Exit {
    let line = failure.message.split_whitespace().collect::<Vec<_>>().join(" ");
    output::note(&format!("error: {line}"));
    failure.exit
}
