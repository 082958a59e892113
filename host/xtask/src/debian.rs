//! The compiler's source from Debian's package `rust-src`.
//!
//! A temporary configuration of apt asks the machine's own mirrors for other suites too, so that apt
//! checks signatures and checksums while the machine's sources and package lists stay as they are.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::shell;

/// Suites by how likely they are to hold a recent compiler's source.
const SUITES: [&str; 8] = [
    "trixie-backports",
    "sid",
    "forky",
    "trixie",
    "trixie-security",
    "bookworm-backports",
    "bookworm",
    "bookworm-security",
];

/// Names that tell a mirror of Debian from another repository in the machine's sources.
const RELEASES: [&str; 8] = ["bookworm", "trixie", "forky", "sid", "stable", "oldstable", "testing", "unstable"];

/// Where Debian keeps the keys of its archive, newer name first.
const KEYRINGS: [&str; 2] =
    ["/usr/share/keyrings/debian-archive-keyring.pgp", "/usr/share/keyrings/debian-archive-keyring.gpg"];

/// Fetches the source of compiler version `release` and unpacks its folder `library` below `work`.
///
/// # Errors
/// [`Error::Missing`] where this is no Debian system or no suite has that version.
pub(crate) fn rust_source(release: &str, work: &Path) -> Result<PathBuf, Error> {
    let absent = || {
        Error::Missing(format!(
            "no source of Rust {release} found: run `rustup target add {}`, or put the folder `library` of that \
             source at lib/rustlib/src/rust/ below `rustc --print sysroot`",
            crate::wasm_target::NAME
        ))
    };
    if !(shell::installed("apt-get") && shell::installed("dpkg-deb")) {
        return Err(absent());
    }
    let mirrors = mirrors(&shell::read(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(REPO_URI) $(RELEASE)",
        "Created-By: Packages",
    ]))?);
    for suite in SUITES {
        for mirror in mirrors.iter().filter(|mirror| mirror.security == suite.ends_with("-security")) {
            let apt = Apt::new(work, &mirror.uri, suite)?;
            if let Some(version) = apt.find(release)? {
                shell::say(&format!("found rust-src {version} in Debian's {suite}"));
                return unpack(&apt.download(&version)?, work);
            }
        }
    }
    Err(absent())
}

/// A repository of the machine's sources.
#[derive(Debug, PartialEq, Eq)]
struct Mirror {
    uri: String,
    /// Whether it holds the suites of security updates.
    security: bool,
}

/// The Debian mirrors among lines of `URI RELEASE`.
fn mirrors(targets: &str) -> Vec<Mirror> {
    let mut found = Vec::new();
    for line in targets.lines() {
        let Some((uri, suite)) = line.split_once(' ') else { continue };
        let release = suite.split(['-', '/']).next().unwrap_or(suite);
        let mirror = Mirror { uri: uri.to_owned(), security: suite.ends_with("security") };
        if RELEASES.contains(&release) && !found.contains(&mirror) {
            found.push(mirror);
        }
    }
    found
}

/// apt with one suite of one mirror, and with state of its own.
struct Apt {
    folder: PathBuf,
}

impl Apt {
    fn new(work: &Path, uri: &str, suite: &str) -> Result<Self, Error> {
        let folder = work.join("apt");
        shell::create_dir(&folder.join("lists/partial"))?;
        shell::create_dir(&folder.join("cache/archives/partial"))?;
        let keys = KEYRINGS.iter().find(|path| Path::new(path).is_file());
        let options = keys.map(|path| format!("[signed-by={path}] ")).unwrap_or_default();
        let list = folder.join("sources.list");
        std::fs::write(&list, format!("deb {options}{uri} {suite} main\n")).map_err(|source| Error::File {
            action: "write",
            path: list,
            source,
        })?;
        Ok(Self { folder })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for (option, value) in [
            ("Dir::Etc::sourcelist", self.folder.join("sources.list")),
            ("Dir::Etc::sourceparts", "/dev/null".into()),
            ("Dir::State::lists", self.folder.join("lists")),
            ("Dir::Cache", self.folder.join("cache")),
            // The user that apt switches to cannot write to this folder.
            ("APT::Sandbox::User", "root".into()),
            ("Acquire::Retries", "1".into()),
            ("Acquire::http::Timeout", "30".into()),
        ] {
            command.arg("-o").arg(format!("{option}={}", value.display()));
        }
        command.current_dir(&self.folder);
        command
    }

    /// The version of `rust-src` for this compiler; none where the suite or the package is not there.
    fn find(&self, release: &str) -> Result<Option<String>, Error> {
        let updated = shell::read(self.command("apt-get").args(["-qq", "update"]));
        match updated {
            Ok(_) => {}
            Err(Error::Failed { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
        let versions = shell::read(self.command("apt-cache").args(["madison", "rust-src"]))?;
        Ok(version_of(release, &versions))
    }

    fn download(&self, version: &str) -> Result<PathBuf, Error> {
        shell::run(self.command("apt-get").args(["-qq", "download", &format!("rust-src={version}")]))?;
        let files = shell::entries(&self.folder)?;
        files.into_iter().find(|path| path.extension().is_some_and(|end| end == "deb")).ok_or_else(|| {
            Error::Missing(format!("apt-get left no package rust-src {version} in {}", self.folder.display()))
        })
    }
}

/// The Debian version of `release` in the table of `apt-cache madison`.
fn version_of(release: &str, table: &str) -> Option<String> {
    let versions = table.lines().filter_map(|line| line.split('|').nth(1)).map(str::trim);
    versions.into_iter().find(|version| version.split(['+', '-', '~']).next() == Some(release)).map(str::to_owned)
}

fn unpack(package: &Path, work: &Path) -> Result<PathBuf, Error> {
    let folder = work.join("source");
    shell::run(Command::new("dpkg-deb").arg("--extract").arg(package).arg(&folder))?;
    for source in shell::entries(&folder.join("usr/src"))? {
        let library = source.join("library");
        if library.join("std/Cargo.toml").is_file() {
            return Ok(library);
        }
    }
    Err(Error::Missing(format!("the package {} holds no folder `library`", package.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_version_counts() {
        let table = "rust-src | 1.96.1+dfsg1-2~bpo13+1 | mirror suite/main\n\
                     rust-src | 1.95.0+dfsg1-2~bpo13+1 | mirror suite/main\n";
        assert_eq!(version_of("1.95.0", table).as_deref(), Some("1.95.0+dfsg1-2~bpo13+1"));
        assert_eq!(version_of("1.95", table), None);
        assert_eq!(version_of("1.9", table), None);
        assert_eq!(version_of("1.95.0", ""), None);
    }

    #[test]
    fn mirrors_are_debians_and_each_counts_once() {
        let targets = "http://a.example/debian/ bookworm\nhttp://a.example/debian/ bookworm-updates\n\
                       http://a.example/debian-security/ bookworm-security\nhttp://b.example/node/ nodistro\n\nrubbish";
        let expected = [("http://a.example/debian/", false), ("http://a.example/debian-security/", true)];
        let expected = expected.map(|(uri, security)| Mirror { uri: uri.to_owned(), security });
        assert_eq!(mirrors(targets), expected);
    }
}
