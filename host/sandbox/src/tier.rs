//! Which isolation a machine allows, tried out rather than guessed.

use crate::directories::Directories;
use crate::groups::Groups;
use crate::launcher::LauncherError;
use crate::slots::{FIRST_ID, IDS, Setting, Slots};
use crate::{SandboxError, SandboxOptions};
use perfagent_core::isolation::{Feature, Isolation, Strictness};
use perfagent_launcher::protocol::{Fact, Walls};
use rustix::thread::CapabilitySet;
use std::path::PathBuf;
use std::sync::Arc;

/// What to do where control groups are missing.
const GROUPS_REMEDY: &str = "start it as root with writable control groups, or with \
                             `systemd-run --user --scope --property=Delegate=yes perfagent …`";

/// The best walls that can be built here, with the first launcher waiting, and what they are. Blocks.
pub(crate) fn choose(
    directories: &Arc<Directories>,
    options: &SandboxOptions,
) -> Result<(Slots, Isolation), SandboxError> {
    let groups = Arc::new(Groups::make());
    let with = |walls, privileged| {
        let setting = Setting { directories: Arc::clone(directories), groups: Arc::clone(&groups), walls, privileged };
        Slots::new(setting, options.cores.clone(), options.slots, options.told_to_wait)
    };
    // The root of a rootless container is often no more than a user; it can still do what a user can.
    let gives_ids = gives_ids(directories);
    let attempts: &[bool] = if gives_ids { &[true, false] } else { &[false] };
    let mut reason = String::new();
    for &privileged in attempts {
        let slots = with(Walls::Namespaces, privileged);
        match slots.start() {
            Ok(slot) => {
                let isolation = isolation(tier(privileged, &groups), slot.launcher().facts(), "", &groups);
                slots.keep(slot);
                return Ok((slots, isolation));
            }
            Err(LauncherError::Failed(why)) => reason = why,
            Err(error @ LauncherError::TooLong(_)) => return Err(SandboxError::Impossible(error.to_string())),
            Err(LauncherError::Unreached(error) | LauncherError::Gone(error)) => {
                return Err(SandboxError::Launcher(error));
            }
            Err(LauncherError::Nonsense) => {
                return Err(SandboxError::Impossible("the launcher answered nonsense".to_owned()));
            }
        }
    }
    let slots = with(Walls::SelfRestraint, gives_ids);
    let isolation = without_namespaces(&slots, &groups, options.strictness, reason)?;
    Ok((slots, isolation))
}

/// The tier of walls with namespaces.
fn tier(privileged: bool, groups: &Groups) -> u8 {
    match (groups.charge_memory(), privileged) {
        (true, true) if groups.are_unified() => 1,
        (true, true) => 2,
        (true, false) => 3,
        (false, _) => 4,
    }
}

/// The weakest isolation, where `strictness` lets it pass and namespaces are not to be had for
/// `reason`.
fn without_namespaces(
    slots: &Slots,
    groups: &Groups,
    strictness: Strictness,
    reason: String,
) -> Result<Isolation, SandboxError> {
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
        Ok(slot) => {
            let isolation = isolation(5, slot.launcher().facts(), &reason, groups);
            slots.keep(slot);
            Ok(isolation)
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

fn isolation(tier: u8, facts: &[Fact], reason: &str, groups: &Groups) -> Isolation {
    let mut features: Vec<Feature> = facts
        .iter()
        .map(|fact| Feature {
            name: fact.name.clone(),
            active: fact.missing.is_none(),
            note: fact.missing.as_ref().map(|missing| note(missing, reason)).unwrap_or_default(),
        })
        .collect();
    let reasons = &groups.reasons;
    let accounted = [
        ("memory accounting", groups.charge_memory(), &reasons.memory),
        ("process accounting", reasons.processes.is_empty(), &reasons.processes),
        ("processor accounting", reasons.processors.is_empty(), &reasons.processors),
    ];
    features.extend(accounted.map(|(name, active, reason)| Feature {
        name: name.to_owned(),
        active,
        note: if active { String::new() } else { format!("{reason}; {GROUPS_REMEDY}") },
    }));
    let summary = match tier {
        1 => "tier 1 of 5: namespaces, private root, no network, system-call filter, control groups of version 2",
        2 => "tier 2 of 5: namespaces, private root, no network, system-call filter, control groups",
        3 => "tier 3 of 5: as a user, namespaces, private root, no network, system-call filter, control groups",
        4 => "tier 4 of 5: namespaces, private root, no network, system-call filter, resource limits",
        _ => "tier 5 of 5: best effort, no namespaces; Landlock, system-call filter and resource limits alone",
    };
    Isolation { tier, summary: summary.to_owned(), features }
}

fn note(missing: &str, reason: &str) -> String {
    if reason.is_empty() { missing.to_owned() } else { format!("{missing} ({reason})") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CorePlan;

    #[test]
    fn the_weakest_isolation_is_refused_or_says_what_is_missing() {
        let scratch = tempfile::tempdir().unwrap();
        let directories = Arc::new(Directories::make(scratch.path()).unwrap());
        let groups = Arc::new(Groups::default());
        let setting = Setting {
            directories: Arc::clone(&directories),
            groups: Arc::clone(&groups),
            walls: Walls::SelfRestraint,
            privileged: gives_ids(&directories),
        };
        let slots = Slots::new(setting, CorePlan::of_machine(), Some(1), |_| {});
        let weakest = |strictness| without_namespaces(&slots, &groups, strictness, "not permitted".to_owned());
        let refused = weakest(Strictness::Strict).unwrap_err();
        let message = refused.to_string();
        for part in ["namespaces", "not permitted", "--privileged"] {
            assert!(message.contains(part), "{message}");
        }
        let isolation = weakest(Strictness::BestEffort).unwrap();
        assert_eq!(isolation.tier, 5);
        let feature = |name: &str| isolation.features.iter().find(|feature| feature.name == name).unwrap();
        assert!(!feature("pid namespace").active && feature("pid namespace").note.contains("not permitted"));
        assert!(feature("system-call filter").active);
    }
}
