//! Finds out what toolchains a machine has. Toolchains are trusted, so probes run outside the sandbox.

use crate::language::{Language, Toolchain};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What every program may read: the system's programs and libraries, and how to find them.
const SYSTEM: [&str; 10] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/localtime",
];

/// A language's toolchain on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) toolchain: Toolchain,
    /// Programs by their first words in the table.
    programs: Vec<(String, PathBuf)>,
    /// Directories that it needs beside the system's.
    directories: Vec<PathBuf>,
}

impl Found {
    /// Asks `language`'s toolchain, which is looked up in `search_path`. Blocks.
    pub(crate) fn probe(language: &Language, search_path: &OsStr) -> Self {
        match probe(language, search_path) {
            Ok((version, programs, directories)) => {
                let toolchain = Toolchain { language: language.name.clone(), version: Ok(version) };
                Self { toolchain, programs, directories }
            }
            Err(problem) => {
                let version = Err(format!("{problem}; {}", language.install_hint));
                let toolchain = Toolchain { language: language.name.clone(), version };
                Self { toolchain, programs: Vec::new(), directories: Vec::new() }
            }
        }
    }

    /// `word` as a path, where it is one of the toolchain's programs.
    pub(crate) fn resolve(&self, word: &str) -> String {
        let found = self.programs.iter().find(|(name, _)| name == word);
        found.map_or_else(|| word.to_owned(), |(_, path)| path.to_string_lossy().into_owned())
    }
}

type Probed = (String, Vec<(String, PathBuf)>, Vec<PathBuf>);

fn probe(language: &Language, search_path: &OsStr) -> Result<Probed, String> {
    let (asked, arguments) = language.probe.split_first().ok_or("the language has no probe")?;
    let program = find(asked, search_path).ok_or_else(|| format!("{asked} is not installed"))?;
    let output = Command::new(&program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{} does not start: {error}", program.display()))?;
    if !output.status.success() {
        return Err(format!("{} does not say its version ({})", program.display(), output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let version = lines.next().ok_or_else(|| format!("{} does not say its version", program.display()))?;
    let real = lines.next().map_or(program, PathBuf::from);
    let directories = lines.map(PathBuf::from).filter(|path| path.is_absolute()).collect();
    let mut programs = vec![(asked.clone(), real)];
    let commands = language.compile.iter().map(|compile| &compile.command).chain([&language.run]);
    for word in commands.filter_map(|command| command.first()) {
        if word.starts_with('{') || programs.iter().any(|(name, _)| name == word) {
            continue;
        }
        let path = find(word, search_path).ok_or_else(|| format!("{word} is not installed"))?;
        programs.push((word.clone(), path));
    }
    Ok((version.to_owned(), programs, directories))
}

/// The file that `name` means on `search_path`.
fn find(name: &str, search_path: &OsStr) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| is_program(path));
    }
    std::env::split_paths(search_path).map(|directory| directory.join(name)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// All that programs may read beside their own files: the system, and what lies elsewhere of the
/// toolchains.
pub(crate) fn visible(found: &[Found]) -> Vec<PathBuf> {
    let mut paths: BTreeSet<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    let extra = found.iter().flat_map(|found| {
        let programs = found.programs.iter().filter_map(|(_, path)| path.parent().map(Path::to_owned));
        found.directories.iter().cloned().chain(programs)
    });
    for path in extra {
        let path = path.canonicalize().unwrap_or(path);
        // An interpreter that calls the whole root its prefix needs no more than the system's part.
        let is_root = path.parent().is_none();
        if !is_root && !paths.iter().any(|known| path.starts_with(known)) {
            paths.insert(path);
        }
    }
    paths.into_iter().collect()
}
