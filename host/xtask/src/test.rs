//! `cargo xtask test`: every test, those through the built program included.

use crate::error::Error;
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{build, setup, shell};

/// Sets up, builds, tests, and prints how many tests passed as the last line of standard output.
///
/// # Errors
/// Whatever stops the set-up or the build; [`Error::Failed`] where a test failed.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    setup::all_toolchains()?;
    setup::model_server(workspace);
    setup::plugin_registry(workspace);
    build::with_tests(workspace)?;
    let mut command = workspace.cargo("test");
    // The profile of the built program, so that its dependencies compile only once. Output of passed
    // tests is shown because it says what was skipped.
    command.args(["--release", "--workspace", "--no-fail-fast", "--", "--show-output"]);
    let mut tally = Tally::default();
    let ended = shell::follow(&mut command, |line| tally.read(line));
    shell::print(&tally.to_string());
    ended
}
