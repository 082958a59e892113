//! One test's directory: inputs, outputs and the command lines that use them.

use crate::program::{perfagent, workspace};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A temporary directory with what a test puts there.
pub struct Scene {
    directory: tempfile::TempDir,
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

impl Scene {
    /// An empty directory.
    ///
    /// # Panics
    /// When none can be made.
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory can be made") }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file and gives its path.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).expect("the temporary directory is writable");
        path
    }

    /// `perfagent` with this directory as home and working directory, and the outputs in `out`.
    pub fn perfagent(&self) -> Command {
        let mut command = perfagent(self.path());
        command.args(["--base-dir", "out"]);
        command
    }

    /// A run of `instance` by the built-in effibench against `api_base`, which is asked once only.
    pub fn run(&self, instance: &Path, api_base: &str) -> Command {
        self.run_plugin(Path::new("effibench"), instance, api_base)
    }

    /// A run of `instance` by `plugin`, a name or a path.
    pub fn run_plugin(&self, plugin: &Path, instance: &Path, api_base: &str) -> Command {
        let mut command = self.perfagent();
        command.arg("--plugin").arg(plugin).arg("--instance").arg(instance);
        command.args(["--llm-api-base", api_base, "--model", "any", "--llm-max-retries", "0"]);
        command
    }

    /// The instance that ships with effibench.
    pub fn shipped_instance() -> PathBuf {
        workspace().join("plugins/effibench/examples/pair-sums.json")
    }

    /// A JSON file below the outputs of the task `name`.
    ///
    /// # Panics
    /// When it is missing or not JSON.
    pub fn json(&self, name: &str, file: &str) -> Value {
        let path = self.path().join("out").join(name).join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| unreachable!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| unreachable!("{}: {error}", path.display()))
    }
}

/// What a finished command printed, for assertions and their messages.
pub struct Printed {
    /// Its exit code; `None`: a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Printed {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Runs `command` to its end.
///
/// # Panics
/// When it cannot be started.
pub fn finish(command: &mut Command) -> Printed {
    command.stdin(std::process::Stdio::null()).output().expect("the program can be started").into()
}
