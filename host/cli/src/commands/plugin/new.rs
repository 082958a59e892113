//! `perfagent plugin new`.

use crate::args::{NewArgs, SdkLanguage};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::print;
use crate::scaffold;
use std::fs;
use std::io;
use std::path::Path;

/// Makes a project that builds: the example task under another name, with the SDK of this version.
pub(crate) fn new(args: &NewArgs) -> Result<Exit, Failure> {
    let name = args.name.as_str();
    check(name, args.language)?;
    let place = Path::new(name);
    refuse_full(place)?;
    // Made beside and renamed, so that there is never half a project.
    let failed = |error: io::Error| Failure::from_error(Exit::Files, &error).of(format!("cannot make {name}"));
    let beside = tempfile::Builder::new().prefix(&format!(".{name}-")).tempdir_in(".").map_err(failed)?;
    let part = &beside.path().join(name);
    for (path, content) in scaffold::project(name, args.language)? {
        let path = part.join(path);
        fs::create_dir_all(path.parent().unwrap_or(part)).map_err(failed)?;
        fs::write(&path, content).map_err(failed)?;
    }
    fs::rename(part, place).map_err(failed)?;
    let (language, first) = match args.language {
        SdkLanguage::Rust => ("Rust", ""),
        SdkLanguage::Python => ("Python", ""),
        SdkLanguage::Javascript => ("JavaScript", "  npm install\n"),
    };
    print(&format!(
        "made {name}, a task in {language}; README.md there tells what is where. Now:\n  cd {name}\n{first}  \
         perfagent plugin build\n  perfagent plugin test ."
    ))?;
    Ok(Exit::Success)
}

fn check(name: &str, language: SdkLanguage) -> Result<(), Failure> {
    let refused = |why: &str| Err(Failure::new(Exit::Usage, format!("a task cannot be called {name:?}: {why}")));
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(is_plain) {
        return refused("use lower case letters, digits and `-`, with a letter first");
    }
    if name.len() > 60 {
        return refused("use at most 60 characters");
    }
    if scaffold::needed(language)?.iter().any(|needed| needed == name) {
        return refused("it needs a package of that name");
    }
    Ok(())
}

fn refuse_full(place: &Path) -> Result<(), Failure> {
    let refused = |why: &str| {
        let message = format!("{} is there already {why}; take another name or remove it", place.display());
        Err(Failure::new(Exit::Usage, message))
    };
    match fs::read_dir(place).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => refused("and not empty"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => refused("and no directory"),
        Err(error) => Err(Failure::from_error(Exit::Files, &error).of(format!("cannot read {}", place.display()))),
    }
}
