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
mod project;
mod runner;
mod scaffold;
mod sheet;
mod surroundings;
mod toolchain;

use args::{Command, ConfigCommand, SandboxCommand};
use exit::Exit;
use failure::Failure;
use std::process::ExitCode;
use surroundings::Surroundings;

fn main() -> ExitCode {
    match args::parse(std::env::args_os()) {
        // Before threads are started, which its limits would not allow.
        Ok(Command::CompilePlugin) => perfagent_plugin::serve_compiler(),
        Ok(command) => execute(&command).into(),
        Err(error) => {
            // Printing fails only where nobody reads.
            let _ = error.print();
            if error.use_stderr() { Exit::Usage.into() } else { Exit::Success.into() }
        }
    }
}

fn execute(command: &Command) -> Exit {
    leave_no_core();
    let surroundings = Surroundings::of_process();
    // Before other threads are started, which do as this one.
    surroundings.cores.keep_off();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(Failure::from_error(Exit::Internal, &error)),
    };
    let work = async {
        interrupt::survive_file_limit()?;
        dispatch(command, &surroundings).await
    };
    let done = match command {
        // It has something to do when it is told to end.
        Command::Sandbox(SandboxCommand::Serve(_)) | Command::Batch(_) => runtime.block_on(work),
        _ => runtime.block_on(interrupt::or_interrupted(work)),
    };
    // What waits for a compiler that was just told to end must not hold up this end.
    runtime.shutdown_background();
    done.unwrap_or_else(|failure| {
        let interrupted = failure.exit == Exit::Interrupted;
        let goes_on = interrupted && matches!(command, Command::Run(_) | Command::Batch(_) | Command::Request(_));
        end(if goes_on {
            Failure::new(failure.exit, failure.message + "; the same command goes on from here")
        } else {
            failure
        })
    })
}

/// The memory of this process holds a provider's key, so a crash must not write it down. One byte instead of
/// none, for only that keeps cores from a program that the system pipes them to.
fn leave_no_core() {
    let one = rustix::process::Rlimit { current: Some(1), maximum: Some(1) };
    // It lowers a limit, which only a hard limit of zero refuses, and that does as well.
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, one);
}

async fn dispatch(command: &Command, surroundings: &Surroundings) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => commands::run(args, surroundings).await,
        Command::Batch(args) => commands::batch(args, surroundings).await,
        Command::Report(args) => commands::report(args),
        Command::Evaluate(args) => commands::evaluate(args, surroundings).await,
        Command::Request(args) => commands::request(args, surroundings).await,
        Command::Schema(args) => commands::schema(args),
        Command::Metadata(args) => commands::metadata(args, surroundings).await,
        Command::Plugin(command) => commands::plugin(command, surroundings).await,
        Command::Sandbox(SandboxCommand::Run(args)) => commands::sandbox_run(args, surroundings).await,
        Command::Sandbox(SandboxCommand::Compare(args)) => commands::compare(args, surroundings).await,
        Command::Sandbox(SandboxCommand::Calibrate(args)) => commands::calibrate(args, surroundings).await,
        Command::Sandbox(SandboxCommand::Serve(args)) => commands::serve(args, surroundings).await,
        Command::Config(ConfigCommand::Check(args)) => commands::check_config(args, surroundings).await,
        Command::Config(ConfigCommand::Show(args)) => commands::show_config(args),
        Command::Completions(args) => commands::completions(args),
        Command::Man(args) => commands::man(args),
        Command::Doctor(args) => commands::doctor(args, surroundings).await,
        Command::CompilePlugin => unreachable!("it is done before there are threads"),
    }
}

/// Says why, in one line.
fn end(failure: Failure) -> Exit {
    let line = failure.message.split_whitespace().collect::<Vec<_>>().join(" ");
    output::note(&format!("error: {line}"));
    failure.exit
}
