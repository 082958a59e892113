//! The programs of the system that the demonstration, the tests and the benches run, and the packages
//! that candidate programs may use.

use std::process::Command;

use crate::error::Error;
use crate::shell;
use crate::workspace::Workspace;

/// A program that must stand in PATH, and the Debian package that has it.
struct Toolchain {
    program: &'static str,
    package: &'static str,
}

/// What the demonstration cannot do without.
const NEEDED: [Toolchain; 2] = [tool("python3", "python3"), tool("g++", "g++")];

/// What makes the other languages, and is tested where it can be had.
const OTHERS: [Toolchain; 7] = [
    tool("javac", "default-jdk-headless"),
    tool("node", "nodejs"),
    tool("npm", "npm"),
    tool("go", "golang"),
    tool("goimports", "golang-golang-x-tools"),
    tool("ruby", "ruby"),
    tool("perl", "perl"),
];

/// Packages of a language that EffiBench-X lets programs use.
struct Packages {
    /// Says by its exit code whether they are there.
    probe: &'static [&'static str],
    /// Installs them.
    install: &'static [&'static str],
}

const NODE_PROBE: &str = "const root = require('child_process').execSync('npm root -g').toString().trim();
for (const name of ['lodash', 'datastructures-js']) require(root + '/' + name);";

const PACKAGES: [Packages; 2] = [
    Packages {
        probe: &["python3", "-c", "import numpy, sortedcontainers"],
        install: &["python3", "-m", "pip", "install", "--quiet", "numpy", "sortedcontainers"],
    },
    Packages {
        probe: &["node", "-e", NODE_PROBE],
        install: &["npm", "install", "--global", "--silent", "lodash", "datastructures-js"],
    },
];

/// The model server that the client is tested against, at the version that the test was written for.
const LITELLM: &str = "litellm[proxy]==1.108.7";

/// The registry that plugins are pushed to in tests: program and Debian package.
const REGISTRY: &str = "docker-registry";

const fn tool(program: &'static str, package: &'static str) -> Toolchain {
    Toolchain { program, package }
}

/// Makes sure of what the demonstration needs, and tries to get the packages that programs may use.
///
/// # Errors
/// [`Error::Missing`] with the command to type where this user may not install packages; what `apt-get` ends with.
pub(crate) fn toolchains() -> Result<(), Error> {
    install(&missing(&NEEDED))?;
    packages();
    Ok(())
}

/// The same, and every language that the built-in tasks know, as far as it can be had.
///
/// # Errors
/// As [`toolchains`]; a language that cannot be had is said, and its tests say that they are skipped.
pub(crate) fn all_toolchains() -> Result<(), Error> {
    install(&missing(&NEEDED))?;
    if let Err(error) = install(&missing(&OTHERS)) {
        shell::say(&format!("some languages are not tested: {error}"));
    }
    packages();
    Ok(())
}

/// Tries to get the model server that the client is tested against; without it that test says that it is skipped.
pub(crate) fn model_server(workspace: &Workspace) {
    if let Err(error) = litellm(workspace) {
        shell::say(&format!("the model client is not tested against LiteLLM: {error}"));
    }
}

/// Tries to get the registry that plugins are pushed to; without it those tests say that they are skipped.
pub(crate) fn plugin_registry(workspace: &Workspace) {
    if let Err(error) = docker_registry(workspace) {
        shell::say(&format!("plugins are not tested with a registry: {error}"));
    }
}

/// Unpacks Debian's registry below the target directory. Installed, it would be a service that starts with the
/// machine and listens to everybody.
fn docker_registry(workspace: &Workspace) -> Result<(), Error> {
    let home = workspace.target.join("tools/docker-registry");
    if shell::installed(REGISTRY) || home.join("usr/bin").join(REGISTRY).is_file() {
        return Ok(());
    }
    shell::say("getting docker-registry");
    shell::create_dir(&home)?;
    let download = || shell::run(Command::new("apt-get").args(["--quiet", "download", REGISTRY]).current_dir(&home));
    if download().is_err() {
        // New machines have no lists of packages yet.
        shell::run(Command::new("apt-get").args(["--quiet", "update"]))?;
        download()?;
    }
    for package in shell::entries(&home)?.iter().filter(|path| path.extension().is_some_and(|end| end == "deb")) {
        shell::run(Command::new("dpkg-deb").arg("--extract").arg(package).arg(&home))?;
    }
    Ok(())
}

/// Installs LiteLLM's proxy into an environment of its own below the target directory.
fn litellm(workspace: &Workspace) -> Result<(), Error> {
    let home = workspace.target.join("tools/litellm");
    if home.join("bin/litellm").is_file() {
        return Ok(());
    }
    shell::say("installing LiteLLM");
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
    shell::run(Command::new(home.join("bin/pip")).args(["install", "--quiet", LITELLM]))
}

fn install(packages: &[&str]) -> Result<(), Error> {
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
    shell::run(apt("install").arg("--no-install-recommends").args(packages))
}

/// Installs what is missing of the packages. Programs that use them fail without, and nothing else does.
fn packages() {
    for Packages { probe, install } in PACKAGES {
        let is_there = |command: &[&str]| shell::installed(command[0]) && shell::read(&mut program(command)).is_ok();
        if is_there(probe) || !shell::installed(install[0]) {
            continue;
        }
        if let Err(error) = shell::run(&mut program(install)) {
            shell::say(&format!("programs that use these packages will fail: {error}"));
        }
    }
}

fn program(command: &[&str]) -> Command {
    let mut program = Command::new(command[0]);
    program.args(&command[1..]);
    program
}

fn missing(tools: &[Toolchain]) -> Vec<&'static str> {
    tools.iter().filter(|tool| !shell::installed(tool.program)).map(|tool| tool.package).collect()
}

fn is_root() -> Result<bool, Error> {
    Ok(shell::read(Command::new("id").arg("-u"))?.trim() == "0")
}
