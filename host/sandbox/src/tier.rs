//! Which isolation a machine allows, tried out rather than guessed.

use crate::SandboxError;
use crate::directories::Directories;
use crate::launcher::{Launcher, LauncherError};
use crate::slots::{FIRST_ID, IDS, Slots};
use perfagent_core::isolation::{Feature, Isolation, Strictness};
use perfagent_launcher::protocol::{Fact, Walls};
use rustix::thread::CapabilitySet;
use std::path::PathBuf;
use std::sync::Arc;

/// The best walls that can be built here: launchers for them, the first one, and what they are.
/// Blocks.
pub(crate) fn choose(
    directories: &Arc<Directories>,
    visible: &[PathBuf],
    count: usize,
    strictness: Strictness,
) -> Result<(Slots, Launcher, Isolation), SandboxError> {
    let with = |walls, privileged| Slots::new(Arc::clone(directories), walls, privileged, visible.to_vec(), count);
    // The root of a rootless container is often no more than a user; it can still do what a user can.
    let gives_ids = gives_ids(directories);
    let attempts: &[bool] = if gives_ids { &[true, false] } else { &[false] };
    let mut reason = String::new();
    for &privileged in attempts {
        let slots = with(Walls::Namespaces, privileged);
        match slots.start() {
            Ok(launcher) => {
                let isolation = isolation(4, launcher.facts(), "");
                return Ok((slots, launcher, isolation));
            }
            Err(LauncherError::Failed(why)) => reason = why,
            Err(LauncherError::Gone(error)) => return Err(SandboxError::Launcher(error)),
            Err(LauncherError::Nonsense) => {
                return Err(SandboxError::Impossible("the launcher answered nonsense".to_owned()));
            }
        }
    }
    let slots = with(Walls::SelfRestraint, gives_ids);
    let (launcher, isolation) = without_namespaces(&slots, strictness, reason)?;
    Ok((slots, launcher, isolation))
}

/// The weakest isolation, where `strictness` lets it pass and namespaces are not to be had for
/// `reason`.
fn without_namespaces(
    slots: &Slots,
    strictness: Strictness,
    reason: String,
) -> Result<(Launcher, Isolation), SandboxError> {
    if strictness == Strictness::Strict {
        return Err(SandboxError::TooWeak {
            feature: "user and mount namespaces".to_owned(),
            reason,
            remedy: "run it outside a container, or in one that allows namespaces (--privileged, or a profile with \
                     `unshare` and `mount`)"
                .to_owned(),
        });
    }
    match slots.start() {
        Ok(launcher) => {
            let isolation = isolation(5, launcher.facts(), &reason);
            Ok((launcher, isolation))
        }
        Err(error) => Err(SandboxError::Impossible(format!("{reason}; and without namespaces: {error}"))),
    }
}

/// Whether programs can be given users of their own: by someone with all the rights for it, in a user
/// namespace that maps those users.
fn gives_ids(directories: &Directories) -> bool {
    let needed = CapabilitySet::CHOWN
        | CapabilitySet::DAC_OVERRIDE
        | CapabilitySet::KILL
        | CapabilitySet::SETGID
        | CapabilitySet::SETUID;
    let has_rights = rustix::thread::capabilities(None).is_ok_and(|sets| sets.effective.contains(needed));
    let is_mapped = |path: &PathBuf| {
        // The last one: whoever has that one has the others.
        let id = FIRST_ID + IDS - 1;
        std::os::unix::fs::chown(path, Some(id), Some(id)).is_ok()
    };
    has_rights && directories.new_place().is_ok_and(|path| is_mapped(&path))
}

fn isolation(tier: u8, facts: &[Fact], reason: &str) -> Isolation {
    let mut features: Vec<Feature> = facts
        .iter()
        .map(|fact| Feature {
            name: fact.name.clone(),
            active: fact.missing.is_none(),
            note: fact.missing.as_ref().map(|missing| note(missing, reason)).unwrap_or_default(),
        })
        .collect();
    features.push(Feature {
        name: "cgroup".to_owned(),
        active: false,
        note: "not used yet: memory and time are watched by the launcher and kept by resource limits".to_owned(),
    });
    let summary = match tier {
        5 => "tier 5 of 5: best effort, no namespaces; Landlock, system-call filter and resource limits alone",
        _ => "tier 4 of 5: namespaces, private root, no network, system-call filter, resource limits",
    };
    Isolation { tier, summary: summary.to_owned(), features }
}

fn note(missing: &str, reason: &str) -> String {
    if reason.is_empty() { missing.to_owned() } else { format!("{missing} ({reason})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weakest_isolation_is_refused_or_says_what_is_missing() {
        let scratch = tempfile::tempdir().unwrap();
        let directories = Arc::new(Directories::make(scratch.path()).unwrap());
        let slots = Slots::new(Arc::clone(&directories), Walls::SelfRestraint, gives_ids(&directories), Vec::new(), 1);
        let refused = without_namespaces(&slots, Strictness::Strict, "not permitted".to_owned()).unwrap_err();
        let message = refused.to_string();
        for part in ["namespaces", "not permitted", "--privileged"] {
            assert!(message.contains(part), "{message}");
        }
        let (_, isolation) = without_namespaces(&slots, Strictness::BestEffort, "not permitted".to_owned()).unwrap();
        assert_eq!(isolation.tier, 5);
        let feature = |name: &str| isolation.features.iter().find(|feature| feature.name == name).unwrap();
        assert!(!feature("pid namespace").active && feature("pid namespace").note.contains("not permitted"));
        assert!(feature("system-call filter").active);
    }
}
