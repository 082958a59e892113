//! Finds out what toolchains a machine has. Toolchains are trusted, so probes run outside the sandbox.

use crate::language::{Language, Toolchain};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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

/// Where programs find something of their own instead of the host's files.
const HIDDEN: [&str; 6] = ["/box", "/dev", "/proc", "/program", "/programs", "/tmp"];

/// Longest time that a toolchain may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked whether it has.
const PAUSE: Duration = Duration::from_millis(2);

/// A language's toolchain on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) toolchain: Toolchain,
    /// Programs by their first words in the table.
    programs: Vec<(String, PathBuf)>,
    /// Directories that the probe says it needs beside the system's.
    directories: Vec<PathBuf>,
    /// Paths that the table says it reads.
    reads: Vec<PathBuf>,
}

impl Found {
    /// Asks `language`'s toolchain, which is looked up in `search_path`: the first one that programs can see.
    /// Blocks.
    pub(crate) fn probe(language: &Language, search_path: &OsStr) -> Self {
        let seen = std::env::split_paths(search_path).filter(|directory| !is_hidden(directory));
        let found = match std::env::join_paths(seen) {
            // What is found on the whole path then says why it is of no use.
            Ok(seen) if seen != search_path => {
                Self::usable(language, &seen).or_else(|_| Self::usable(language, search_path))
            }
            _ => Self::usable(language, search_path),
        };
        match found {
            Ok(found) => found,
            Err(problem) => Self {
                toolchain: Toolchain {
                    language: language.name.clone(),
                    version: Err(format!("{problem}; {}", language.install_hint)),
                },
                programs: Vec::new(),
                directories: Vec::new(),
                reads: Vec::new(),
            },
        }
    }

    fn usable(language: &Language, search_path: &OsStr) -> Result<Self, String> {
        let Probed { version, programs, directories } = probe(language, search_path)?;
        let toolchain = Toolchain { language: language.name.clone(), version: Ok(version) };
        let reads = language.reads.iter().flat_map(|pattern| matching(pattern)).collect();
        let found = Self { toolchain, programs, directories, reads };
        match found.visible_beside(&[]).into_iter().find(|path| is_hidden(path)) {
            Some(path) => {
                Err(format!("{} lies where programs have files of their own and cannot see it", path.display()))
            }
            None => Ok(found),
        }
    }

    /// `word` as a path, where it is one of the toolchain's programs.
    pub(crate) fn resolve(&self, word: &str) -> String {
        let found = self.programs.iter().find(|(name, _)| name == word);
        found.map_or_else(|| word.to_owned(), |(_, path)| path.to_string_lossy().into_owned())
    }

    /// Where the toolchain's programs lie.
    pub(crate) fn program_directories(&self) -> impl Iterator<Item = &Path> {
        self.programs.iter().filter_map(|(_, path)| path.parent())
    }

    /// What the probe says is needed, joined by colons.
    pub(crate) fn directories(&self) -> String {
        let paths: Vec<_> = self.directories.iter().map(|path| path.to_string_lossy()).collect();
        paths.join(":")
    }
}

/// Whether programs find something else where `path` is.
fn is_hidden(path: &Path) -> bool {
    HIDDEN.iter().any(|hidden| path.starts_with(hidden))
}

/// What a probe tells.
struct Probed {
    version: String,
    programs: Vec<(String, PathBuf)>,
    directories: Vec<PathBuf>,
}

fn probe(language: &Language, search_path: &OsStr) -> Result<Probed, String> {
    let (asked, arguments) = language.probe.split_first().ok_or("the language has no probe")?;
    let program = find(asked, search_path).ok_or_else(|| format!("{asked} is not installed"))?;
    // What asks for the toolchain is not what is missing.
    let missing = |why| {
        if language.toolchain.is_empty() { why } else { format!("no {} that works was found", language.toolchain) }
    };
    let text = ask(&program, arguments, search_path).map_err(missing)?;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let version = lines.next().ok_or_else(|| format!("{} does not say its version", program.display()))?;
    // Some say more about themselves in lines of their own.
    let mut paths = lines.map(PathBuf::from).filter(|path| path.is_absolute());
    let real = paths.next().unwrap_or(program);
    let directories = paths.collect();
    let toolchain = if language.toolchain.is_empty() { asked } else { &language.toolchain };
    let mut programs = vec![(toolchain.clone(), real)];
    let commands = language.compile.iter().map(|compile| &compile.command).chain([&language.run]);
    for word in commands.filter_map(|command| command.first()) {
        if word.starts_with('{') || programs.iter().any(|(name, _)| name == word) {
            continue;
        }
        let path = find(word, search_path).ok_or_else(|| format!("{word} is not installed"))?;
        programs.push((word.clone(), path));
    }
    Ok(Probed { version: version.to_owned(), programs, directories })
}

/// What `program` writes.
fn ask(program: &Path, arguments: &[String], search_path: &OsStr) -> Result<String, String> {
    let shown = program.display();
    let does_not_start = |error: io::Error| format!("{shown} does not start: {error}");
    let memory = rustix::fs::memfd_create("version", rustix::fs::MemfdFlags::CLOEXEC);
    let mut answer = File::from(memory.map_err(|error| does_not_start(error.into()))?);
    let output = answer.try_clone().map_err(does_not_start)?;
    let mut child = Command::new(program)
        .args(arguments)
        .env("PATH", search_path)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(Stdio::null())
        .spawn()
        .map_err(does_not_start)?;
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait().map_err(does_not_start)? {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{shown} does not say its version within {} s", PATIENCE.as_secs()));
            }
            None => std::thread::sleep(PAUSE),
        }
    };
    if !status.success() {
        return Err(format!("{shown} does not say its version ({status})"));
    }
    let mut text = String::new();
    answer.rewind().and_then(|()| answer.read_to_string(&mut text)).map_err(does_not_start)?;
    Ok(text)
}

/// The paths that `pattern` means: itself, or with a `*` at its end those that begin so.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let Some(prefix) = pattern.strip_suffix('*') else { return vec![PathBuf::from(pattern)] };
    let (directory, start) = prefix.rsplit_once('/').unwrap_or(("", prefix));
    let entries = std::fs::read_dir(format!("{directory}/")).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(start)).map(|entry| entry.path()).collect()
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

/// The system's files that programs may read.
pub(crate) fn system() -> Vec<PathBuf> {
    SYSTEM.iter().map(PathBuf::from).collect()
}

impl Found {
    /// What lies elsewhere of the toolchain than below `known`.
    pub(crate) fn visible_beside(&self, known: &[PathBuf]) -> Vec<PathBuf> {
        let programs = self.program_directories().map(Path::to_owned);
        let mut paths: Vec<PathBuf> = Vec::new();
        for path in self.directories.iter().chain(&self.reads).cloned().chain(programs) {
            let path = path.canonicalize().unwrap_or(path);
            // An interpreter that calls the whole root its prefix needs no more than the system's part.
            let is_root = path.parent().is_none();
            if !is_root && !known.iter().chain(&paths).any(|known| path.starts_with(known)) {
                paths.push(path);
            }
        }
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::LanguageTable;
    use std::fs;

    #[test]
    fn what_programs_cannot_see_is_passed_over() {
        let place = tempfile::tempdir_in("/tmp").unwrap();
        for name in ["python3", "python"] {
            let path = place.path().join(name);
            fs::write(&path, "#!/bin/sh\necho Python 3.99\n").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let languages = LanguageTable::built_in();
        let python3 = languages.find("python3").unwrap();
        let alone = Found::probe(python3, place.path().as_os_str()).toolchain.version.unwrap_err();
        assert!(alone.contains("lies where programs have files of their own"), "{alone}");

        let path = std::env::var_os("PATH").unwrap();
        let first = [place.path().to_owned()].into_iter().chain(std::env::split_paths(&path));
        let version = Found::probe(python3, &std::env::join_paths(first).unwrap()).toolchain.version;
        assert_eq!(version, Found::probe(python3, &path).toolchain.version);
    }
}
