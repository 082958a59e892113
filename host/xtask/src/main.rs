//! The project's own commands, as `cargo xtask COMMAND`.
//!
//! Each command sets up what it needs before it starts, and a second call reuses what the first one
//! made. Everything lands below the target directory; the toolchain and the machine's configuration
//! stay as they are, except where `rustup` or `apt-get` add a missing component or package.

mod build;
mod debian;
mod error;
mod shell;
mod wasm_std;
mod wasm_target;
mod workspace;

use std::process::ExitCode;

use error::Error;
use workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask COMMAND

commands:
  build   target/release/perfagent and target/plugins/<task>.wasm";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            shell::say(&format!("error: {}", error.chain()));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let workspace = Workspace::of_environment();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["build"] => build::run(&workspace),
        [] | ["help" | "--help" | "-h"] => {
            shell::say(USAGE);
            Ok(())
        }
        _ => Err(Error::Usage { arguments: arguments.join(" "), usage: USAGE }),
    }
}
