//! Keeps the directory of compiled components from growing without end.

use super::label;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Most bytes of compiled code that are kept. An interpreter's component has some 40 MB, a task in Rust 2.
pub(crate) const KEPT_BYTES: u64 = 4 << 30;

/// A file that was begun this long ago is not written any more.
const ABANDONED: Duration = Duration::from_hours(1);

/// Notes that `entry` is in use now.
pub(crate) fn touch(entry: &File) {
    // Best effort: it only decides what goes first when room is made.
    let _ = entry.set_modified(SystemTime::now());
}

/// Removes the entries that were used longest ago until at most `kept_bytes` are left, but never the one used
/// last, and files that a writer left unfinished.
pub(crate) fn make_room(directory: &Path, kept_bytes: u64) -> io::Result<()> {
    let mut entries = Vec::new();
    for file in fs::read_dir(directory)? {
        let path = file?.path();
        // Another process may take files away meanwhile.
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("cwasm") => entries.push((metadata.modified()?, metadata.len(), path)),
            Some("tmp") if is_abandoned(&metadata) => remove(&path)?,
            _ => {}
        }
    }
    entries.sort_unstable();
    let mut left = entries.iter().map(|(_, bytes, _)| bytes).sum::<u64>();
    entries.pop();
    for (_, bytes, path) in entries {
        if left <= kept_bytes {
            break;
        }
        remove(&path)?;
        remove(&label(&path))?;
        left -= bytes;
    }
    Ok(())
}

fn is_abandoned(file: &Metadata) -> bool {
    let age = file.modified().ok().and_then(|modified| modified.elapsed().ok());
    age.is_some_and(|age| age > ABANDONED)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that are left of entries of 10 bytes, given from the one used first to the one used last.
    fn left(kept_bytes: u64) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        for (age_minutes, name) in [(50, "b"), (40, "c"), (30, "a")] {
            for (extension, content) in [("cwasm", "0123456789"), ("label", "made here")] {
                let path = folder.path().join(name).with_extension(extension);
                fs::write(&path, content).unwrap();
                let file = File::options().write(true).open(&path).unwrap();
                file.set_modified(now - Duration::from_mins(age_minutes)).unwrap();
            }
        }
        for (name, age) in [("new.tmp", Duration::from_mins(50)), ("old.tmp", Duration::from_mins(70))] {
            File::create(folder.path().join(name)).unwrap().set_modified(now - age).unwrap();
        }
        fs::write(folder.path().join("key"), [0; 100]).unwrap();
        touch(&File::open(folder.path().join("b.cwasm")).unwrap());
        make_room(folder.path(), kept_bytes).unwrap();
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let all = ["a.cwasm", "a.label", "b.cwasm", "b.label", "c.cwasm", "c.label", "key", "new.tmp"];
        let without = |gone: &[&str]| all.into_iter().filter(|name| !gone.contains(&&name[..1])).collect::<Vec<_>>();
        assert_eq!(left(30), all);
        assert_eq!(left(29), without(&["c"]));
        assert_eq!(left(20), without(&["c"]));
        assert_eq!(left(10), without(&["a", "c"]));
        assert_eq!(left(0), without(&["a", "c"]), "the one used last stays");
    }
}
