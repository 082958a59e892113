//! Plugins in a real registry: pushed, pulled, pinned, signed, installed and removed by the built program.

use perfagent_tests::distribution::{blobs, checked, copy, digest, done, padded, pinned, refused, run};
use perfagent_tests::program::perfagent;
use perfagent_tests::registry::DockerRegistry;
use perfagent_tests::scene::Scene;
use perfagent_tests::skip;
use serde_json::Value;
use std::fs;
use std::process::{Child, Stdio};

macro_rules! registry {
    () => {
        match DockerRegistry::start() {
            Some(registry) => registry,
            None => return skip("no docker-registry"),
        }
    };
}

#[test]
fn a_reference_stays_what_it_was_until_it_is_upgraded() {
    let registry = registry!();
    let (author, user) = (Scene::new(), Scene::new());
    let reference = format!("{}/tasks/aime:1.0.0", registry.address());
    let first = copy(&author, "aime", "task.wasm");
    let pushed = done(run(&author, &format!("push task.wasm {reference}")));
    assert!(pushed.contains("manifest    sha256:"), "{pushed}");
    // The same bytes make the same artifact.
    assert_eq!(done(run(&author, &format!("push task.wasm {reference}"))), pushed);

    let printed = run(&user, &format!("inspect {reference}"));
    assert!(printed.err.contains("from now on"), "{}", printed.err);
    done(printed);
    let old = pinned(&user, &reference);
    assert_eq!(old, digest(&author, "task.wasm"));
    let text = fs::read_to_string(user.path().join("perfagent.lock")).unwrap();

    // The tag moves: what runs does not.
    author.file("task.wasm", padded(&first));
    done(run(&author, &format!("push task.wasm {reference}")));
    assert_eq!(digest(&user, &reference), old);
    let printed = run(&user, &format!("pull {reference}"));
    refused(&printed, 2, "stays what it was");
    assert!(printed.err.contains(&format!("digest      {old} → sha256:")), "{}", printed.err);
    assert!(printed.err.contains("imports     "), "{}", printed.err);
    assert_eq!(fs::read_to_string(user.path().join("perfagent.lock")).unwrap(), text);
    assert_eq!(blobs(&user), 1, "what nobody agreed to is not kept");

    let said = done(run(&user, &format!("pull {reference} --yes --output mine.wasm")));
    assert!(said.contains("another plugin from now on"), "{said}");
    let new = pinned(&user, &reference);
    assert_ne!(new, old);
    assert_eq!(digest(&user, &reference), new);
    assert_eq!(fs::read(user.path().join("mine.wasm")).unwrap(), padded(&first));
    assert!(done(run(&user, &format!("pull {reference}"))).contains("is what it was"));

    // Without its registry it goes on, from the store.
    drop(registry);
    assert_eq!(digest(&user, &reference), new);
    let other = reference.replace("1.0.0", "2.0.0");
    refused(&run(&user, &format!("inspect {other}")), 7, "cannot be reached");
}

#[test]
fn a_manifest_is_found_by_its_digest() {
    let registry = registry!();
    let scene = Scene::new();
    copy(&scene, "aime", "task.wasm");
    let reference = format!("{}/aime:1", registry.address());
    let pushed = done(run(&scene, &format!("push task.wasm {reference}")));
    let manifest = pushed.lines().find_map(|line| line.trim().strip_prefix("manifest    ")).unwrap();
    let exact = format!("{}/aime@{manifest}", registry.address());
    assert_eq!(digest(&scene, &exact), digest(&scene, "task.wasm"));
    let absent = format!("{}/aime@sha256:{}", registry.address(), "0".repeat(64));
    refused(&run(&scene, &format!("inspect {absent}")), 7, "has no plugin");
    refused(&run(&scene, &format!("inspect {}/other:1", registry.address())), 7, "has no plugin");
    refused(&run(&scene, &format!("push task.wasm {exact}")), 2, "names no version");
    scene.file("core.wasm", b"\0asm\x01\0\0\0");
    refused(&run(&scene, &format!("push core.wasm {reference}")), 3, "core.wasm");
}

#[test]
fn a_lock_that_does_not_fit_is_refused() {
    let registry = registry!();
    let (author, user) = (Scene::new(), Scene::new());
    copy(&author, "aime", "task.wasm");
    let reference = format!("{}/aime:1", registry.address());
    done(run(&author, &format!("push task.wasm {reference}")));
    done(run(&author, &format!("inspect {reference}")));
    let lock = fs::read_to_string(author.path().join("perfagent.lock")).unwrap();
    user.file("perfagent.lock", lock.replace(&pinned(&author, &reference), &format!("sha256:{}", "1".repeat(64))));
    refused(&run(&user, &format!("inspect {reference}")), 3, "is pinned to sha256:1111");
    assert_eq!(blobs(&user), 0);
    for (wrong, code, part) in [
        (lock.replace("\"version\": 1", "\"version\": 2"), 7, "use a newer perfagent"),
        ("{".to_owned(), 7, "perfagent.lock is no lock file"),
    ] {
        user.file("perfagent.lock", wrong);
        refused(&run(&user, &format!("inspect {reference}")), code, part);
    }
    // The right one brings the plugin.
    user.file("perfagent.lock", lock);
    assert_eq!(digest(&user, &reference), digest(&author, "task.wasm"));
    // What is changed in the store afterwards is not used.
    let store = user.path().join(".local/share/perfagent/plugins/blobs");
    let kept = fs::read_dir(store).unwrap().next().unwrap().unwrap().path();
    fs::write(&kept, padded(&fs::read(&kept).unwrap())).unwrap();
    refused(&run(&user, &format!("inspect {reference}")), 3, "was changed since it was stored");
}

#[test]
fn two_programs_pull_the_same_at_once() {
    let registry = registry!();
    let (author, user) = (Scene::new(), Scene::new());
    copy(&author, "effibench", "task.wasm");
    let reference = format!("{}/effibench:1", registry.address());
    done(run(&author, &format!("push task.wasm {reference}")));
    let start = |_| -> Child {
        let mut command = perfagent(user.path());
        command.args(["plugin", "pull", &reference]).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..4).map(start).collect();
    for child in children {
        done(child.wait_with_output().unwrap().into());
    }
    assert_eq!(blobs(&user), 1);
    assert_eq!(pinned(&user, &reference), digest(&author, "task.wasm"));
}

#[test]
fn signatures_decide_where_they_are_required() {
    let scene = Scene::new();
    let bytes = copy(&scene, "aime", "task.wasm");
    refused(&checked(&scene, "task.wasm", ""), 3, "is not signed");
    let key = done(run(&scene, "keygen author.pem")).trim().to_owned();
    let stranger = done(run(&scene, "keygen stranger.pem")).trim().to_owned();
    refused(&run(&scene, "keygen author.pem"), 7, "author.pem");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(scene.path().join("author.pem")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    done(run(&scene, "sign task.wasm --key author.pem"));
    done(checked(&scene, "task.wasm", &key));
    refused(&checked(&scene, "task.wasm", &stranger), 3, "which is not trusted");
    refused(&checked(&scene, "task.wasm", ""), 3, "which is not trusted");
    done(run(&scene, &format!("verify task.wasm --trust {key}")));
    refused(&run(&scene, &format!("verify task.wasm --trust {stranger}")), 3, &key);
    refused(&run(&scene, "verify task.wasm --trust ed25519:short"), 2, "ed25519");

    // Other bytes with the same signature, and a signature that names another key.
    scene.file("task.wasm", padded(&bytes));
    refused(&checked(&scene, "task.wasm", &key), 3, "that of another component");
    scene.file("task.wasm", &bytes);
    let signature = fs::read_to_string(scene.path().join("task.wasm.sig")).unwrap();
    scene.file("task.wasm.sig", signature.replace(&key, &stranger));
    refused(&checked(&scene, "task.wasm", &stranger), 3, "was not made with the key that it names");
    scene.file("task.wasm.sig", "rubbish");
    refused(&checked(&scene, "task.wasm", &key), 3, "it cannot be read");
    refused(&run(&scene, "sign task.wasm --key task.wasm.sig"), 7, "holds no ed25519 key");

    // Built-in plugins need none, and without the setting nobody does.
    done(checked(&scene, "aime", ""));
    done(run(&scene, "inspect task.wasm"));
}

#[test]
fn signatures_travel_with_their_plugins() {
    let registry = registry!();
    let (author, user) = (Scene::new(), Scene::new());
    copy(&author, "aime", "task.wasm");
    let key = done(run(&author, "keygen key.pem")).trim().to_owned();
    let late = format!("{}/late:1", registry.address());
    done(run(&author, &format!("push task.wasm {late}")));
    refused(&checked(&user, &late, &key), 3, "is not signed");
    done(run(&author, &format!("sign {late} --key key.pem")));
    done(checked(&user, &late, &key));

    let signed = format!("{}/signed:1", registry.address());
    done(run(&author, "sign task.wasm --key key.pem"));
    assert!(done(run(&author, &format!("push task.wasm {signed}"))).contains(&format!("signed      with {key}")));
    let other = Scene::new();
    done(run(&other, &format!("pull {signed} --output copy.wasm")));
    drop(registry);
    // The signature is kept beside what it is of, and copied with it.
    done(checked(&other, &signed, &key));
    done(checked(&other, "copy.wasm", &key));
    refused(&checked(&other, &signed, ""), 3, "which is not trusted");
}

#[test]
fn plugins_are_installed_beside_each_other() {
    let scene = Scene::new();
    assert!(done(run(&scene, "list")).contains("nothing is installed"));
    let bytes = copy(&scene, "effibench", "task.wasm");
    refused(&run(&scene, "install task.wasm"), 2, "calls itself `effibench` as a built-in plugin does");
    let mine = renamed(&bytes, "effibench", "mine-task");
    scene.file("one.wasm", &mine);
    scene.file("two.wasm", renamed(&mine, "0.1.0", "0.2.0"));
    scene.file("ten.wasm", renamed(&mine, "0.1.0", "10.0."));
    assert!(done(run(&scene, "inspect one.wasm")).contains("mine-task 0.1.0"));
    for file in ["two.wasm", "one.wasm"] {
        assert!(done(run(&scene, &format!("install {file}"))).contains("installed"));
    }
    assert!(done(run(&scene, "install one.wasm")).contains("is installed already"));
    refused(&run(&scene, "install ten.wasm"), 3, "version");
    for name in ["my/a/task", "../a-task", "-any-task"] {
        scene.file("hostile.wasm", renamed(&bytes, "effibench", name));
        refused(&run(&scene, "install hostile.wasm"), 3, "name");
    }
    scene.file("other.wasm", padded(&mine));
    refused(&run(&scene, "install other.wasm"), 2, "mine-task@0.1.0 is installed already");
    assert_eq!(blobs(&scene), 2, "nothing is kept of what was refused");
    let (one, two) = (digest(&scene, "one.wasm"), digest(&scene, "two.wasm"));
    assert_eq!((digest(&scene, "mine-task@0.1.0"), digest(&scene, "mine-task@0.2.0")), (one.clone(), two.clone()));
    assert_eq!(digest(&scene, "mine-task"), two);
    refused(&run(&scene, "inspect mine-task@0.3.0"), 2, "the versions 0.1.0, 0.2.0 are installed");
    refused(&run(&scene, "inspect mine-tusk"), 2, "did you mean `mine-task`?");

    let listed: Value = serde_json::from_str(&done(run(&scene, "list --json"))).unwrap();
    let names: Vec<_> =
        listed["installed"].as_array().unwrap().iter().map(|it| (&it["name"], &it["version"])).collect();
    assert_eq!(
        serde_json::to_value(names).unwrap(),
        serde_json::json!([["mine-task", "0.1.0"], ["mine-task", "0.2.0"]])
    );
    assert_eq!(listed["installed"][0]["digest"], one);
    assert!(done(run(&scene, "list")).starts_with("mine-task@0.1.0  sha256:"));

    // The signature beside a file is kept with it; an installed plugin can be signed later, too.
    let key = done(run(&scene, "keygen key.pem")).trim().to_owned();
    refused(&checked(&scene, "mine-task", &key), 3, "mine-task@0.2.0 is not signed");
    done(run(&scene, "sign mine-task --key key.pem"));
    done(checked(&scene, "mine-task", &key));
    done(run(&scene, "remove mine-task@0.1.0"));
    done(run(&scene, "sign one.wasm --key key.pem"));
    done(run(&scene, "install one.wasm"));
    done(checked(&scene, "mine-task@0.1.0", &key));

    refused(&run(&scene, "remove mine-task"), 2, "say which version");
    refused(&run(&scene, "remove aime"), 2, "it is built in");
    refused(&run(&scene, "remove mine-task@9.0.0"), 2, "no `mine-task@9.0.0` to remove");
    done(run(&scene, "remove mine-task@0.2.0"));
    assert_eq!(digest(&scene, "mine-task"), one);
    done(run(&scene, "remove mine-task@0.1.0"));
    assert_eq!(blobs(&scene), 0);
    refused(&run(&scene, "inspect mine-task"), 2, "no plugin called `mine-task`");
}

#[test]
fn a_password_comes_from_dockers_configuration_and_goes_nowhere_else() {
    let Some(registry) = DockerRegistry::guarded() else { return skip("no docker-registry") };
    let scene = Scene::new();
    copy(&scene, "aime", "task.wasm");
    let reference = format!("{}/aime:1", registry.address());
    refused(&run(&scene, &format!("push task.wasm {reference}")), 7, "docker login 127.0.0.1");
    let docker = |auth: &str| {
        let folder = scene.path().join(".docker");
        fs::create_dir_all(&folder).unwrap();
        let auths = serde_json::json!({"auths": {registry.address(): {"auth": auth}}});
        fs::write(folder.join("config.json"), auths.to_string()).unwrap();
    };
    // `user:wrong-secret`
    docker("dXNlcjp3cm9uZy1zZWNyZXQ=");
    let printed = run(&scene, &format!("push task.wasm {reference}"));
    refused(&printed, 7, "are the user and password");
    assert!(!printed.err.contains("wrong-secret"));
    // `user:very-secret`
    docker("dXNlcjp2ZXJ5LXNlY3JldA==");
    done(run(&scene, &format!("push task.wasm {reference}")));
    assert_eq!(digest(&scene, &reference), digest(&scene, "task.wasm"));
    let folder = scene.path().join(".local/share/perfagent/plugins");
    for file in ["index.json", "../../../../perfagent.lock"] {
        assert!(!fs::read_to_string(folder.join(file)).unwrap().contains("secret"));
    }
    done(run(&scene, &format!("remove {reference}")));
    assert_eq!(blobs(&scene), 0);
}

/// `bytes` with `from` replaced by `to`, which is as long, so that all lengths stay right; versions of interfaces
/// stay as they are.
fn renamed(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut changed = bytes.to_vec();
    let found = |at: &usize| bytes[*at..].starts_with(from.as_bytes()) && bytes[at - 1] != b'@';
    let places: Vec<_> = (1..=bytes.len() - from.len()).filter(found).collect();
    assert!(!places.is_empty(), "{from}");
    places.into_iter().for_each(|at| changed[at..at + to.len()].copy_from_slice(to.as_bytes()));
    changed
}
