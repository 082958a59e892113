//! Other launchers of jailed programs, as one would start them for the same purpose.

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Another launcher: how it runs a program, given a directory for its files; `None` where it cannot.
pub(crate) struct Rival {
    pub(crate) name: &'static str,
    pub(crate) command: fn(&[String], &Path) -> Option<Command>,
}

pub(crate) const RIVALS: [Rival; 4] = [
    Rival { name: "bubblewrap", command: bubblewrap },
    Rival { name: "hakoniwa", command: hakoniwa },
    Rival { name: "crun", command: |words, scratch| container("crun", words, scratch) },
    Rival { name: "runc", command: |words, scratch| container("runc", words, scratch) },
];

/// `words` with nothing to read and nowhere to write.
pub(crate) fn quiet(words: &[String]) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn bubblewrap(words: &[String], _: &Path) -> Option<Command> {
    let options =
        "bwrap --unshare-all --die-with-parent --new-session --ro-bind / / --dev /dev --proc /proc --tmpfs /dev/shm";
    Some(quiet(&[options.split(' ').map(str::to_owned).collect(), words.to_vec()].concat()))
}

fn hakoniwa(words: &[String], scratch: &Path) -> Option<Command> {
    let scratch = scratch.to_str()?;
    let options = format!("hakoniwa run --unshare-all --devfs /dev -b {scratch}:{scratch} --limit-nofile 256 --");
    let mut all: Vec<String> = options.split(' ').map(str::to_owned).collect();
    // An interpreter outside the system's directories must be shown.
    let place = Path::new(&words[0]).parent()?.parent()?;
    if !place.starts_with("/usr") && !place.starts_with("/tmp") {
        let place = place.to_str()?;
        all.splice(all.len() - 1..all.len() - 1, ["-b".to_owned(), format!("{place}:{place}")]);
    }
    all.extend_from_slice(words);
    Some(quiet(&all))
}

/// A container of the `runtime` with the system's directories and the program's, read-only.
fn container(runtime: &str, words: &[String], scratch: &Path) -> Option<Command> {
    let bundle = scratch.join(format!("{runtime}-{}", words.len()));
    fs::create_dir_all(bundle.join("root")).ok()?;
    let _ = fs::remove_file(bundle.join("config.json"));
    Command::new(runtime).arg("spec").current_dir(&bundle).status().ok()?;
    let mut config: Value = serde_json::from_slice(&fs::read(bundle.join("config.json")).ok()?).ok()?;
    config["process"]["args"] = json!(words);
    config["process"]["terminal"] = json!(false);
    config["root"] = json!({"path": "root", "readonly": true});
    let mounts = config["mounts"].as_array_mut()?;
    mounts.retain(|mount| mount["type"] != "cgroup");
    let program = Path::new(&words[0]).parent()?.parent()?.to_str()?;
    for shown in ["/usr", "/bin", "/lib", "/lib64", program, scratch.to_str()?] {
        mounts.push(json!({"destination": shown, "source": shown, "type": "bind", "options": ["rbind", "ro"]}));
    }
    fs::write(bundle.join("config.json"), config.to_string()).ok()?;
    let words = [runtime, "run", "--bundle", bundle.to_str()?, &format!("perfagent-bench-{}", words.len())];
    Some(quiet(&words.map(str::to_owned)))
}
