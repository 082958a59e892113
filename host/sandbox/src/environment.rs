//! What compilers and programs are started with: words and variables.

use crate::language::{Family, Language};
use crate::toolchain::Found;
use perfagent_launcher::protocol::{self, Bytes};

/// What every program finds in its environment. Its temporary files go where it works.
const COMMON: [(&str, &str); 4] = [("HOME", "{output}"), ("TMPDIR", "{output}"), ("LANG", "C.UTF-8"), ("TZ", "UTC")];

/// Where programs look for others, after the directories of their toolchain.
const SEARCH_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// `command` with its first word as the path that it stands for, and the memory limit filled in.
pub(crate) fn words(command: &[String], found: &Found, memory_bytes: u64) -> Vec<Bytes> {
    let memory_mb = (memory_bytes >> 20).max(1).to_string();
    let word = |(index, word): (usize, &String)| {
        let word = if index == 0 { found.resolve(word) } else { word.replace("{memory_mb}", &memory_mb) };
        Bytes(word.into_bytes())
    };
    command.iter().enumerate().map(word).collect()
}

/// The environment in a round with this `seed`.
pub(crate) fn environment(language: &Language, found: &Found, seed: u32) -> Vec<Bytes> {
    let seed = seed.to_string();
    let mut path = String::new();
    for directory in found.program_directories().map(|directory| directory.to_string_lossy()) {
        if !SEARCH_PATH.split(':').chain(path.split(':')).any(|known| known == directory) {
            path.push_str(&directory);
            path.push(':');
        }
    }
    let path = format!("PATH={path}{SEARCH_PATH}");
    let common = COMMON.iter().map(|(name, value)| format!("{name}={value}"));
    let own = language.environment.iter().map(|(name, value)| {
        let value = value.replace("{seed}", &seed).replace("{directories}", &found.directories());
        format!("{name}={value}")
    });
    std::iter::once(path).chain(common).chain(own).map(|variable| Bytes(variable.into_bytes())).collect()
}

impl From<Family> for protocol::Family {
    fn from(family: Family) -> Self {
        match family {
            Family::Native => Self::Native,
            Family::Script => Self::Script,
            Family::Managed => Self::Managed,
        }
    }
}
