//! Starts other programs and reports what happens.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::error::Error;

/// Writes a line for the person at the terminal.
#[expect(clippy::print_stderr, reason = "a command line program; standard output belongs to what it starts")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// Writes a result to standard output. A reader that has gone away is no failure.
pub(crate) fn print(text: &str) {
    drop(writeln!(std::io::stdout(), "{text}"));
}

/// Shows the command, runs it with this program's standard streams and waits for it.
///
/// # Errors
/// [`Error::Start`] and [`Error::Failed`].
pub(crate) fn run(command: &mut Command) -> Result<(), Error> {
    let program = text(command);
    say(&format!("$ {program}"));
    let status = command.status().map_err(|source| Error::Start { program: program.clone(), source })?;
    if status.success() { Ok(()) } else { Err(Error::Failed { program, status, detail: String::new() }) }
}

/// As [`run`], and lets `read` see every line of standard output as it passes.
///
/// # Errors
/// As [`run`], and [`Error::Start`] where the output cannot be read.
pub(crate) fn follow(command: &mut Command, mut read: impl FnMut(&str)) -> Result<(), Error> {
    let program = text(command);
    say(&format!("$ {program}"));
    let failed = |source| Error::Start { program: program.clone(), source };
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut output = BufReader::new(child.stdout.take().ok_or_else(|| failed(std::io::ErrorKind::BrokenPipe.into()))?);
    let mut line = Vec::new();
    // Programs under test may print anything, so lines are bytes.
    while output.read_until(b'\n', &mut line).map_err(failed)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        print(text);
        read(text);
        line.clear();
    }
    let status = child.wait().map_err(failed)?;
    if status.success() { Ok(()) } else { Err(Error::Failed { program, status, detail: String::new() }) }
}

/// Runs the command silently; gives its standard output.
///
/// # Errors
/// [`Error::Start`], and [`Error::Failed`] with the command's standard error.
pub(crate) fn read(command: &mut Command) -> Result<String, Error> {
    let program = text(command);
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().map_err(|source| Error::Start { program: program.clone(), source })?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let detail = format!("\n{}", String::from_utf8_lossy(&stderr).trim_end());
    Err(Error::Failed { program, status, detail })
}

/// Whether a program of this name stands in PATH.
pub(crate) fn installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Creates a directory and those above it.
///
/// # Errors
/// [`Error::File`].
pub(crate) fn create_dir(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(|source| Error::File { action: "create", path: path.into(), source })
}

/// Removes a directory with all that is in it, if it exists.
///
/// # Errors
/// [`Error::File`].
pub(crate) fn remove_dir(path: &Path) -> Result<(), Error> {
    if !path.exists() {
        return Ok(());
    }
    std::fs::remove_dir_all(path).map_err(|source| Error::File { action: "remove", path: path.into(), source })
}

/// Entries of a directory, sorted by name.
///
/// # Errors
/// [`Error::File`].
pub(crate) fn entries(path: &Path) -> Result<Vec<std::path::PathBuf>, Error> {
    let failed = |source| Error::File { action: "read", path: path.into(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        found.push(entry.map_err(failed)?.path());
    }
    found.sort();
    Ok(found)
}

/// The command as people type it: the program without its folder.
fn text(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
