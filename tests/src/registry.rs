//! Debian's `docker-registry`, where the machine has it.

use crate::program::workspace;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Name and password that [`DockerRegistry::guarded`] asks for.
pub const USER: (&str, &str) = ("user", "very-secret");

/// The same, as the registry's own file has it.
const HTPASSWD: &str = "user:$2b$04$qTUOCzQZ.6Sc5DW86ERsa.slyy37gJ542vQ9chwUr8jiskQoryEd.\n";

/// A registry on a free port of this machine, with nothing in it. It ends with its value.
pub struct DockerRegistry {
    address: String,
    program: Child,
    folder: tempfile::TempDir,
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

impl DockerRegistry {
    /// A registry that anybody may push to; `None` where the machine has none.
    ///
    /// # Panics
    /// When it is there and does not start; in CI when it is absent.
    pub fn start() -> Option<Self> {
        Self::start_with(|_| String::new())
    }

    /// A registry that asks for [`USER`]; `None` where the machine has none.
    ///
    /// # Panics
    /// When it is there and does not start; in CI when it is absent.
    pub fn guarded() -> Option<Self> {
        Self::start_with(|folder| {
            let path = folder.join("htpasswd");
            std::fs::write(&path, HTPASSWD).expect("a temporary directory is writable");
            format!("auth: {{htpasswd: {{realm: tests, path: {}}}}}\n", path.display())
        })
    }

    fn start_with(auth: impl FnOnce(&Path) -> String) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let config = folder.path().join("config.yml");
        let text = format!(
            "version: 0.1\nhttp: {{addr: \"127.0.0.1:0\"}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n{}",
            folder.path().join("data").display(),
            auth(folder.path())
        );
        std::fs::write(&config, text).expect("a temporary directory is writable");
        let mut command = Command::new(executable()?);
        command.arg("serve").arg(&config).env_clear().stdin(Stdio::null()).stdout(Stdio::null());
        let mut program = command.stderr(Stdio::piped()).spawn().expect("docker-registry can be started");
        let mut lines = BufReader::new(program.stderr.take().expect("it was asked for")).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("listening on ")?;
            rest.split('"').next().map(str::to_owned)
        });
        // Whoever stopped reading would stop it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let address = address.expect("docker-registry says where it listens");
        Some(Self { address, program, folder })
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The file in which it keeps the bytes with this digest, such as `sha256:…`.
    pub fn blob(&self, digest: &str) -> PathBuf {
        let hex = digest.trim_start_matches("sha256:");
        self.data().join(format!("blobs/sha256/{}/{hex}/data", hex.get(..2).unwrap_or_default()))
    }

    /// The folder in which it keeps what the tag of a repository means.
    pub fn tag(&self, repository: &str, tag: &str) -> PathBuf {
        self.data().join(format!("repositories/{repository}/_manifests/tags/{tag}"))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data/docker/registry/v2")
    }
}

/// The program, in PATH or where the set-up puts it.
fn executable() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).map(|folder| folder.join("docker-registry"));
    let own = workspace().join("target/tools/docker-registry/usr/bin/docker-registry");
    let found = folders.chain([own]).find(|path| path.is_file());
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "`cargo xtask test` installs docker-registry in CI");
    found
}
