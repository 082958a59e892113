//! What the word after `--plugin` means.

use super::BUILT_IN;
use crate::exit::Exit;
use crate::failure::Failure;
use perfagent_registry::{Reference, ReferenceError};
use std::path::{Path, PathBuf};

/// How the files of components end.
const WASM: &str = ".wasm";

/// What the word after `--plugin` means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A file, which need not be there.
    File(PathBuf),
    /// A plugin in a registry.
    Reference(Reference),
    /// A built-in one.
    BuiltIn(&'static str),
    /// An installed one, which need not be there; without a version the highest.
    Installed {
        /// Its name.
        name: String,
        /// Its version.
        version: Option<String>,
    },
}

impl Wanted {
    /// What `text` means, by its form alone as far as that goes, so that a file that happens to lie in the working
    /// directory never takes the place of a reference or a name:
    ///
    /// 1. `REGISTRY/NAME:VERSION`, where `REGISTRY` looks like a host, is a reference;
    /// 2. what contains a `/` or ends in `.wasm` is a path, but that `aime.wasm` is the built-in plugin where there is
    ///    no such file;
    /// 3. all else is a name: of a built-in plugin, or else of an installed one.
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        let path = Path::new(text);
        let file = || Ok(Self::File(path.to_owned()));
        if Reference::is_meant(text) {
            return match text.parse() {
                Ok(reference) => Ok(Self::Reference(reference)),
                Err(_) if text.ends_with(WASM) && path.is_file() => file(),
                Err(error) => Err(no_reference(text, error)),
            };
        }
        if text.contains('/') {
            return if path.is_file() { file() } else { near_miss(text).map_or_else(file, Err) };
        }
        if let Some(stem) = text.strip_suffix(WASM) {
            let built_in = BUILT_IN.into_iter().find(|built_in| *built_in == stem);
            return built_in.filter(|_| !path.is_file()).map_or_else(file, |name| Ok(Self::BuiltIn(name)));
        }
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version.to_owned())),
            None => (text, None),
        };
        match (BUILT_IN.into_iter().find(|built_in| *built_in == name), version) {
            (Some(name), None) => Ok(Self::BuiltIn(name)),
            (Some(name), Some(version)) => {
                let message = format!("`{name}` is built in, in one version; leave `@{version}` out");
                Err(Failure::new(Exit::Usage, message))
            }
            (None, version) => Ok(Self::Installed { name: name.to_owned(), version }),
        }
    }
}

/// Says why what starts with a host is no reference.
fn no_reference(text: &str, error: ReferenceError) -> Failure {
    let message = if Path::new(text).exists() {
        format!("`{text}` is no reference to a plugin in a registry: {error}; for the file, write ./{text}")
    } else {
        format!("there is no file `{text}`, and it is no reference to a plugin in a registry either: {error}")
    };
    Failure::new(Exit::Usage, message)
}

/// Says of `someone/task:1.0`, which is no file, that a registry may be missing.
fn near_miss(text: &str) -> Option<Failure> {
    let full = format!("registry.example/{text}").parse::<Reference>();
    (full.is_ok() && !text.starts_with('.')).then(|| {
        let message = format!(
            "there is no file `{text}`; for a plugin in a registry the registry's host is missing, as in ghcr.io/{text}"
        );
        Failure::new(Exit::Usage, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_files_references_or_names() {
        let installed = |name: &str, version: Option<&str>| Wanted::Installed {
            name: name.to_owned(),
            version: version.map(str::to_owned),
        };
        for (text, expected) in [
            ("./mine.wasm", Wanted::File("./mine.wasm".into())),
            ("dir/mine.wasm", Wanted::File("dir/mine.wasm".into())),
            ("/absolute/mine.wasm", Wanted::File("/absolute/mine.wasm".into())),
            ("../x/mine:1.wasm", Wanted::File("../x/mine:1.wasm".into())),
            ("aime", Wanted::BuiltIn("aime")),
            ("aime.wasm", Wanted::BuiltIn("aime")),
            ("mine.wasm", Wanted::File("mine.wasm".into())),
            ("mine", installed("mine", None)),
            // A file of this name is there, but it is none that looks like one.
            ("Cargo.toml", installed("Cargo.toml", None)),
            ("mine@1.2.3", installed("mine", Some("1.2.3"))),
            ("localhost:5000/a:1", Wanted::Reference("localhost:5000/a:1".parse().unwrap())),
        ] {
            assert_eq!(Wanted::read(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn near_misses_are_told() {
        for (text, part) in [
            ("ghcr.io/someone/task", "it names no version"),
            ("ghcr.io/someone/Task:1", "lower-case"),
            ("ghcr.io/someone/task@1.0", "its digest is to be"),
            ("my.dir/task.wasm", "there is no file `my.dir/task.wasm`"),
            ("someone/task:1.0", "as in ghcr.io/someone/task:1.0"),
            ("aime@0.1.0", "leave `@0.1.0` out"),
        ] {
            let failure = Wanted::read(text).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.message.contains(part), "{text}: {}", failure.message);
        }
    }
}
