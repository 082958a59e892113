//! Finds the component that `--plugin` means: a file, a task that ships with the program, an installed one, or one
//! in a registry; and says whether it is trusted.

mod sources;
mod trust;
mod wanted;

pub(crate) use sources::{Found, Origin, Sources};
pub(crate) use trust::{Trust, signature};
pub(crate) use wanted::Wanted;

use crate::exit::Exit;
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// The tasks that ship with the program.
pub(crate) const BUILT_IN: [&str; 3] = ["effibench", "livecodebench", "aime"];

/// Where built-in components lie, best first.
pub(crate) struct Shelves(Vec<PathBuf>);

impl Shelves {
    /// The folders beside `executable`. Whoever can write there can change the program, too: what lies there is
    /// trusted as that is.
    pub(crate) fn new(executable: Option<&Path>) -> Self {
        let beside = executable.and_then(Path::parent);
        let mut shelves = Vec::new();
        shelves.extend(beside.map(|directory| directory.join("plugins")));
        shelves.extend(beside.and_then(Path::parent).map(|directory| directory.join("plugins")));
        Self(shelves)
    }

    /// The file of a built-in task.
    pub(crate) fn find(&self, name: &str) -> Result<PathBuf, Failure> {
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

/// Why there is no plugin `wanted`, whose name would be `name`; `installed` could have been meant, too.
fn unknown<'a>(wanted: &str, name: &str, installed: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<_> = BUILT_IN.into_iter().chain(installed).collect();
    known.dedup();
    let likeness = |known: &str| strsim::jaro_winkler(known, name);
    let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let hint = match nearest.filter(|nearest| likeness(nearest) > 0.8) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("there are {}; a plugin in a registry is registry/name:version", known.join(", ")),
    };
    let here = if Path::new(wanted).is_file() { format!("; for the file, write ./{wanted}") } else { String::new() };
    format!("there is no plugin called `{wanted}`, built in or installed; {hint}{here}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn built_in_tasks_are_looked_up() {
        let root = tempfile::tempdir().unwrap();
        let executable = root.path().join("release/perfagent");
        fs::create_dir(root.path().join("plugins")).unwrap();
        let component = root.path().join("plugins/effibench.wasm");
        fs::write(&component, "").unwrap();
        let shelves = Shelves::new(Some(&executable));
        assert_eq!(shelves.find("effibench").unwrap(), component);
        assert_eq!(shelves.present().count(), 1);
        assert_eq!(shelves.find("aime").unwrap_err().exit, Exit::Files);
    }

    #[test]
    fn unknown_names_are_told_with_what_they_may_have_been() {
        let said = |name: &str| unknown(name, name, ["sort-golf", "sort-golf"].into_iter());
        assert!(said("effybench").contains("did you mean `effibench`?"), "{}", said("effybench"));
        assert!(said("sort-gulf").contains("did you mean `sort-golf`?"));
        assert!(said("colour").contains("there are effibench, livecodebench, aime, sort-golf;"), "{}", said("colour"));
    }
}
