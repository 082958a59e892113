//! The project's own commands, as `cargo xtask COMMAND`.
//!
//! Each command sets up what it needs before it starts, and a second call reuses what the first one
//! made. Everything lands below the target directory; the toolchain and the machine's configuration
//! stay as they are, except where `rustup` or `apt-get` add a missing component or package.

mod bench;
mod build;
mod check;
mod corpus;
mod debian;
mod demo;
mod error;
mod fuzz;
mod sdks;
mod setup;
mod shell;
mod tally;
mod test;
mod tools;
mod wasm_std;
mod wasm_target;
mod workspace;

use std::process::{Command, ExitCode};

use error::Error;
use workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask COMMAND

commands:
  demo    build everything and improve the shipped problem with recorded replies of a model
  test    build everything and run all tests
  build   target/release/perfagent and target/plugins/<task>.wasm
  bench   build everything and print the figures of the README
  check   formatting, lints, documentation, dependencies, spelling, and the SDKs as packages
  fuzz    every fuzz target for a minute
  corpus  keep the plugins of this version in tests/corpus, for later hosts
  ci      check, test, fuzz and bench, as .ci/run has them";

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
        ["bench"] => bench::run(&workspace),
        ["build"] => build::run(&workspace),
        ["check"] => check::run(&workspace),
        ["ci"] => shell::run(&mut Command::new(workspace.root.join(".ci/run"))),
        ["corpus"] => corpus::run(&workspace),
        ["demo"] => demo::run(&workspace),
        ["fuzz"] => fuzz::run(&workspace),
        ["test"] => test::run(&workspace),
        [] | ["help" | "--help" | "-h"] => {
            shell::say(USAGE);
            Ok(())
        }
        _ => Err(Error::Usage { arguments: arguments.join(" "), usage: USAGE }),
    }
}
