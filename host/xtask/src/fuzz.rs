//! `cargo xtask fuzz`: every fuzz target for a minute.

use std::process::Command;

use crate::error::Error;
use crate::workspace::Workspace;
use crate::{shell, tools};

const SECONDS_EACH: u32 = 60;

/// Runs the targets of `tests/fuzz` in turn. Says so and succeeds where no nightly compiler is installed.
///
/// # Errors
/// What `cargo install` and `cargo fuzz` end with.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    let folder = workspace.root.join("tests/fuzz");
    let sources = folder.join("fuzz_targets");
    if !sources.is_dir() {
        shell::say("skipped: fuzzing, there are no targets in tests/fuzz/fuzz_targets");
        return Ok(());
    }
    if !has_nightly() {
        shell::say("skipped: fuzzing, it needs `rustup toolchain install nightly`");
        return Ok(());
    }
    let fuzz = tools::ensure(workspace, &tools::CARGO_FUZZ)?;
    for source in shell::entries(&sources)? {
        if let Some(target) = source.file_stem().filter(|_| source.extension().is_some_and(|end| end == "rs")) {
            let mut command = nightly(Command::new(&fuzz));
            command.arg("run").arg("--fuzz-dir").arg(&folder).arg(target);
            command.arg("--").arg(format!("-max_total_time={SECONDS_EACH}"));
            command.current_dir(&folder).env("CARGO_TARGET_DIR", workspace.target.join("fuzz"));
            shell::run(&mut command)?;
        }
    }
    Ok(())
}

fn has_nightly() -> bool {
    shell::installed("rustup") && shell::read(nightly(Command::new("rustc")).arg("-V")).is_ok()
}

/// Makes cargo and the compiler that `command` starts the nightly ones, instead of those that run this program.
fn nightly(mut command: Command) -> Command {
    command.env("RUSTUP_TOOLCHAIN", "nightly").env("RUSTUP_AUTO_INSTALL", "0");
    command.env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTDOC");
    command
}
