//! What the program takes from the process it is: environment, directories, its own path. Read
//! once, here; nothing below knows it.

use crate::output::note;
use crate::plugins::{Shelves, Sources};
use perfagent_registry::{LockFile, Store};
use perfagent_sandbox::CorePlan;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What the program takes from the process it is.
pub(crate) struct Surroundings {
    /// Where plugins come from.
    pub(crate) sources: Sources,
    /// Where compiled plugins are kept.
    pub(crate) cache_dir: Option<PathBuf>,
    /// Where sandboxes keep their files.
    pub(crate) scratch: PathBuf,
    /// Where toolchains are looked up.
    pub(crate) search_path: OsString,
    /// Which cores measure, and which do the rest.
    pub(crate) cores: CorePlan,
}

impl Surroundings {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        let home = directory("HOME");
        let below_home =
            |variable: &str, path: &str| directory(variable).or_else(|| home.as_ref().map(|home| home.join(path)));
        let executable = std::env::current_exe().and_then(std::fs::canonicalize).ok();
        let user = rustix::process::getuid();
        let data = below_home("XDG_DATA_HOME", ".local/share");
        Self {
            sources: Sources {
                shelves: Shelves::new(executable.as_deref()),
                store: data.map(|data| Store::new(data.join("perfagent/plugins"), waiting)),
                lock: LockFile::new(PathBuf::from("perfagent.lock"), waiting),
                docker_config: below_home("DOCKER_CONFIG", ".docker").map(|folder| folder.join("config.json")),
            },
            cache_dir: below_home("XDG_CACHE_HOME", ".cache").map(|cache| cache.join("perfagent/plugins")),
            scratch: std::env::temp_dir().join(format!("perfagent-{}", user.as_raw())),
            search_path: std::env::var_os("PATH").unwrap_or_default(),
            cores: CorePlan::of_machine(),
        }
    }
}

/// Says what is waited for, where another process holds what this one wants to change.
fn waiting(folder: &Path) {
    note(&format!("note: waiting for another perfagent, which is changing what is in {}", folder.display()));
}

/// The directory that a variable names. Relative ones are invalid by the XDG specification.
fn directory(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// A variable of the environment, where it is set and text.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
