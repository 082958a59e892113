//! Finds the component that `--plugin` means: a path, or the name of a task that ships with the program.

use crate::exit::Exit;
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// The tasks that ship with the program.
const BUILT_IN: [&str; 3] = ["effibench", "livecodebench", "aime"];

/// Where built-in components lie, best first.
pub(crate) struct Shelves(Vec<PathBuf>);

impl Shelves {
    /// The folders beside `executable`, then the one below the user's data directory.
    pub(crate) fn new(executable: Option<&Path>, data_dir: Option<&Path>) -> Self {
        let beside = executable.and_then(Path::parent);
        let mut shelves = Vec::new();
        shelves.extend(beside.map(|directory| directory.join("plugins")));
        shelves.extend(beside.and_then(Path::parent).map(|directory| directory.join("plugins")));
        shelves.extend(data_dir.map(|directory| directory.join("perfagent/plugins")));
        Self(shelves)
    }

    /// The file that `wanted` means. A file of that name wins over a built-in task.
    pub(crate) fn find(&self, wanted: &str) -> Result<PathBuf, Failure> {
        let path = Path::new(wanted);
        if path.is_file() || wanted.contains('/') {
            return Ok(path.to_owned());
        }
        let name = wanted.strip_suffix(".wasm").unwrap_or(wanted);
        if !BUILT_IN.contains(&name) {
            return Err(Failure::new(Exit::Usage, unknown(wanted, name)));
        }
        let file = format!("{name}.wasm");
        let found = self.0.iter().map(|shelf| shelf.join(&file)).find(|path| path.is_file());
        found.ok_or_else(|| {
            let shelves: Vec<_> = self.0.iter().map(|shelf| shelf.display().to_string()).collect();
            let message = format!(
                "the built-in plugin `{name}` is in none of {}; build it with `cargo xtask build`, or give a path",
                shelves.join(", ")
            );
            Failure::new(Exit::Files, message)
        })
    }

    /// The built-in tasks that are there.
    pub(crate) fn present(&self) -> impl Iterator<Item = (&'static str, PathBuf)> + '_ {
        BUILT_IN.into_iter().filter_map(|name| self.find(name).ok().map(|path| (name, path)))
    }
}

fn unknown(wanted: &str, name: &str) -> String {
    let likeness = |known: &str| strsim::jaro_winkler(known, name);
    let nearest = BUILT_IN.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let hint = match nearest.filter(|nearest| likeness(nearest) > 0.8) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("built in are {}", BUILT_IN.join(", ")),
    };
    format!("there is no plugin file `{wanted}` and no built-in plugin of that name; {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn paths_win_and_names_are_looked_up() {
        let root = tempfile::tempdir().unwrap();
        let executable = root.path().join("release/perfagent");
        fs::create_dir(root.path().join("plugins")).unwrap();
        let component = root.path().join("plugins/effibench.wasm");
        fs::write(&component, "").unwrap();
        let shelves = Shelves::new(Some(&executable), None);
        assert_eq!(shelves.find("effibench").unwrap(), component);
        assert_eq!(shelves.find("effibench.wasm").unwrap(), component);
        assert_eq!(shelves.find("./mine.wasm").unwrap(), Path::new("./mine.wasm"));
        assert_eq!(shelves.present().count(), 1);
        assert_eq!(shelves.find("aime").unwrap_err().exit, Exit::Files);
        let error = shelves.find("effybench").unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.message.contains("did you mean `effibench`?"), "{}", error.message);
    }
}
