//! `perfagent completions` and `perfagent man`: what shells and `man` want to know of the command line.

use crate::args::{CompletionsArgs, ManArgs, grammar};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{note, print};

const NAME: &str = "perfagent";

/// Prints the completions of a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut grammar(), NAME, &mut script);
    print(String::from_utf8_lossy(&script).trim_end()).map(|()| Exit::Success)
}

/// Writes a page for the program and one for each of its commands.
pub(crate) fn man(args: &ManArgs) -> Result<Exit, Failure> {
    let directory = &args.directory;
    let written = std::fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(grammar(), directory));
    written.map_err(|error| {
        Failure::from_error(Exit::Files, &error).of(format!("the pages cannot be written to {}", directory.display()))
    })?;
    note(&format!("{}/{NAME}.1 and a page for each command", directory.display()));
    Ok(Exit::Success)
}
