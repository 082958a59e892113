//! Makes components: the manifest of a project in any of the SDKs' languages, and the tools of each.

mod javascript;
mod python;
mod rust;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::read_text;
use rustix::process::{Pid, PidfdFlags, Signal};
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// What a project's manifest says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The project's name; fit for a file's.
    pub(crate) name: String,
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Rust,
    Python,
    JavaScript {
        /// The module that is the task, as `main` says.
        main: String,
    },
}

impl Manifest {
    /// Reads the manifest in `directory`.
    pub(crate) fn find(directory: &Path) -> Result<Self, Failure> {
        type Reader = fn(&str) -> Result<Manifest, String>;
        let readers: [(&str, Reader); 3] =
            [("Cargo.toml", of_cargo), ("pyproject.toml", of_pyproject), ("package.json", of_package)];
        for (file, reader) in readers {
            let path = directory.join(file);
            if path.is_file() {
                let text = read_text(&path, "manifest")?;
                let refused = |message: String| Failure::new(Exit::Usage, message).of(path.display());
                let manifest = reader(&text).map_err(refused)?;
                check_name(&manifest.name).map_err(refused)?;
                return Ok(manifest);
            }
        }
        let message = format!(
            "{} is no project: it has neither Cargo.toml nor pyproject.toml nor package.json; \
             `perfagent plugin new NAME --lang LANGUAGE` makes one",
            directory.display()
        );
        Err(Failure::new(Exit::Usage, message))
    }

    /// Makes the component `output`, a whole path, with the language's tools.
    pub(crate) async fn build(&self, tools: &Tools<'_>, output: &Path) -> Result<(), Failure> {
        match &self.kind {
            Kind::Rust => rust::build(tools, output).await,
            Kind::Python => python::build(tools, output).await,
            Kind::JavaScript { main } => javascript::build(tools, main, output).await,
        }
    }
}

fn of_cargo(text: &str) -> Result<Manifest, String> {
    named(&toml_of(text)?, "package").map(|name| Manifest { name, kind: Kind::Rust })
}

fn of_pyproject(text: &str) -> Result<Manifest, String> {
    named(&toml_of(text)?, "project").map(|name| Manifest { name, kind: Kind::Python })
}

fn toml_of(text: &str) -> Result<toml::Table, String> {
    text.parse().map_err(|error: toml::de::Error| error.to_string())
}

fn named(manifest: &toml::Table, section: &str) -> Result<String, String> {
    let name = manifest.get(section).and_then(|section| section.get("name")).and_then(toml::Value::as_str);
    name.map(str::to_owned).ok_or_else(|| format!("it has no `name` in [{section}]"))
}

fn of_package(text: &str) -> Result<Manifest, String> {
    let manifest: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let field = |key: &str| manifest[key].as_str().map(str::to_owned);
    let name = field("name").ok_or("it has no `name`")?;
    Ok(Manifest { name, kind: Kind::JavaScript { main: field("main").unwrap_or_else(|| "app.js".to_owned()) } })
}

/// The name becomes that of a file.
fn check_name(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.len() <= 100 && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(format!("the name {name:?} cannot be a file's: use letters, digits, `-`, `_` and `.`"))
}

/// Where tools run, and where they are looked for.
pub(crate) struct Tools<'a> {
    /// The project.
    pub(crate) directory: &'a Path,
    /// Folders of programs, as in `PATH`.
    pub(crate) search_path: &'a OsStr,
}

impl Tools<'_> {
    fn has(&self, program: &str) -> bool {
        std::env::split_paths(self.search_path).any(|folder| folder.join(program).is_file())
    }

    /// A program that must be there; `remedy` says how to get it.
    fn need(&self, program: &str, remedy: &str) -> Result<Command, Failure> {
        if !self.has(program) {
            return Err(missing(format!("{program} is not in PATH: {remedy}")));
        }
        let mut command = Command::new(program);
        command.current_dir(self.directory).env("PATH", self.search_path).stdin(Stdio::null());
        Ok(command)
    }

    /// A folder in the project, if it is there.
    fn folder(&self, path: &str) -> Option<PathBuf> {
        Some(self.directory.join(path)).filter(|path| path.is_dir())
    }
}

/// Something that must be installed first.
fn missing(message: String) -> Failure {
    Failure::new(Exit::Usage, message)
}

/// Runs a tool that writes to the terminal; its output, where that is captured. The tool ends with this future;
/// what it started itself may go on to its end.
async fn run(mut command: Command) -> Result<Output, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error| Failure::from_error(Exit::Files, &error).of(format!("cannot run {name}"));
    let mut child = command.stderr(Stdio::inherit()).spawn().map_err(failed)?;
    let ends = Ends::with(&child).inspect_err(|_| {
        // It could not be ended later. It may have ended already.
        let _ = child.kill().and_then(|()| child.wait());
    });
    let _ends = ends.map_err(failed)?;
    // On a thread of its own, so that Ctrl-C is heard meanwhile.
    let waited = tokio::task::spawn_blocking(move || child.wait_with_output()).await;
    let output = waited.map_err(io::Error::other).flatten().map_err(failed)?;
    let interrupts = [Signal::INT, Signal::TERM].map(Signal::as_raw);
    match output.status.signal() {
        _ if output.status.success() => Ok(output),
        // A terminal's Ctrl-C is for the tool, too, which may be the first to know.
        Some(signal) if interrupts.contains(&signal) => Err(Failure::new(Exit::Interrupted, "interrupted")),
        _ => {
            let message =
                format!("no component was made: {name} failed ({}); what it wrote above says why", output.status);
            Err(Failure::new(Exit::Plugin, message))
        }
    }
}

/// Ends a program when it is dropped. A handle instead of a number, which could be another program's by then.
struct Ends(OwnedFd);

impl Ends {
    fn with(child: &Child) -> io::Result<Self> {
        let id = Pid::from_child(child);
        Ok(Self(rustix::process::pidfd_open(id, PidfdFlags::empty())?))
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        // It mostly has ended already.
        let _ = rustix::process::pidfd_send_signal(&self.0, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_give_the_name() {
        let name = |manifest: Result<Manifest, String>| manifest.unwrap().name;
        assert_eq!(name(of_cargo("[package]\nname = \"a-b\"\n")), "a-b");
        assert_eq!(name(of_pyproject("[project]\nname = \"a_b\"\n")), "a_b");
        let package = of_package(r#"{"name": "a", "main": "m.js"}"#).unwrap();
        assert_eq!(package.kind, Kind::JavaScript { main: "m.js".to_owned() });
        assert!(of_cargo("[workspace]\n").unwrap_err().contains("[package]"));
        assert!(of_package("{").is_err() && of_pyproject("[").is_err());
    }

    #[test]
    fn names_are_file_names() {
        for name in ["../x", "@scope/x", "", ".x", "a\nb"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        check_name("my-task_2.x").unwrap();
    }
}
