//! The programs of the system that the demonstration, the tests and the benches run.

use std::process::Command;

use crate::error::Error;
use crate::shell;

/// A program that must stand in PATH, and the Debian package that has it.
struct Toolchain {
    program: &'static str,
    package: &'static str,
}

const TOOLCHAINS: [Toolchain; 2] =
    [Toolchain { program: "python3", package: "python3" }, Toolchain { program: "g++", package: "g++" }];

/// Makes sure that every language that the built-in tasks run is there.
///
/// # Errors
/// [`Error::Missing`] with the command to type where this user may not install packages; what `apt-get` ends with.
pub(crate) fn toolchains() -> Result<(), Error> {
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    let names = packages.join(" ");
    if !shell::installed("apt-get") || !is_root()? {
        return Err(Error::Missing(format!(
            "{names}: not in PATH; install them with the system's package manager, \
             on Debian and Ubuntu with `sudo apt-get install {names}`"
        )));
    }
    shell::say(&format!("installing {names}"));
    let apt = |command: &str| {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").args(["--quiet", "--yes", command]);
        apt
    };
    shell::run(&mut apt("update"))?;
    shell::run(apt("install").arg("--no-install-recommends").args(&packages))?;
    match missing().as_slice() {
        [] => Ok(()),
        still => Err(Error::Missing(format!("{}: installed, but still not in PATH", still.join(" ")))),
    }
}

fn missing() -> Vec<&'static str> {
    TOOLCHAINS.iter().filter(|tool| !shell::installed(tool.program)).map(|tool| tool.package).collect()
}

fn is_root() -> Result<bool, Error> {
    Ok(shell::read(Command::new("id").arg("-u"))?.trim() == "0")
}
