//! What goes wrong around plugins from elsewhere: registries that hang, files that are not what they should be, and
//! users who change their mind.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::distribution::{blobs, checked, copy, digest, done, padded, pinned, refused, run};
use perfagent_tests::program::{executable, perfagent};
use perfagent_tests::registry::DockerRegistry;
use perfagent_tests::scene::{Printed, Scene};
use perfagent_tests::skip;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

macro_rules! registry {
    () => {
        match DockerRegistry::start() {
            Some(registry) => registry,
            None => return skip("no docker-registry"),
        }
    };
}

/// Ten times as long as anything here may take: what is not done then hangs.
const HUNG: Duration = Duration::from_secs(300);

/// Pulls from a registry that writes `answer` to each request and then nothing any more.
fn pulled_from_silence(answer: &'static str) -> Printed {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let reference = format!("{}/plugin:1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
            stream.write_all(answer.as_bytes()).unwrap();
            held.push(stream);
        }
    });
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let scene = Scene::new();
        let printed = run(&scene, &format!("pull {reference}"));
        assert!(!scene.path().join("perfagent.lock").exists());
        send.send(printed).unwrap();
    });
    receive.recv_timeout(HUNG).unwrap()
}

#[test]
fn a_registry_that_never_answers_is_given_up() {
    refused(&pulled_from_silence(""), 7, "was given up after 30 s without an answer; try again later");
}

#[test]
fn a_registry_that_stops_in_the_middle_is_given_up() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"schemaVersion\"";
    refused(&pulled_from_silence(answer), 7, "was given up after 30 s without its manifest");
}

#[test]
fn a_folder_that_is_locked_is_waited_for_and_given_up() {
    let scene = Scene::new();
    copy(&scene, "effibench", "task.wasm");
    let plugins = scene.path().join(".local/share/perfagent/plugins");
    fs::create_dir_all(&plugins).unwrap();
    let held = File::open(&plugins).unwrap();
    held.lock().unwrap();
    let printed = run(&scene, "remove mine@1.0.0");
    refused(&printed, 7, "has been locked by another process for 20 s");
    assert!(printed.err.contains("note: waiting for another perfagent"), "{}", printed.err);
    drop(held);
    refused(&run(&scene, "remove mine@1.0.0"), 2, "no `mine@1.0.0` to remove");
}

#[test]
fn a_lock_file_that_is_a_pipe_is_refused() {
    let scene = Scene::new();
    let made = Command::new("mkfifo").arg(scene.path().join("perfagent.lock")).status().unwrap();
    assert!(made.success());
    refused(&run(&scene, "inspect 127.0.0.1:9/plugin:1"), 7, "it is no regular file");
}

#[test]
fn a_file_is_never_taken_for_a_reference_or_a_name() {
    let scene = Scene::new();
    let bytes = copy(&scene, "aime", "task.wasm");
    fs::create_dir_all(scene.path().join("127.0.0.1:9")).unwrap();
    for name in ["127.0.0.1:9/plugin:1", "effibench", "mine", "127.0.0.1:9/plugin"] {
        scene.file(name, &bytes);
    }
    refused(&run(&scene, "inspect 127.0.0.1:9/plugin:1"), 7, "cannot be reached");
    refused(&run(&scene, "inspect 127.0.0.1:9/plugin"), 2, "for the file, write ./127.0.0.1:9/plugin");
    refused(&run(&scene, "inspect mine"), 2, "for the file, write ./mine");
    assert!(done(run(&scene, "inspect effibench")).contains("effibench 0.1.0"));
    for path in ["./effibench", "./mine", "task.wasm", "./127.0.0.1:9/plugin:1"] {
        assert!(done(run(&scene, &format!("inspect {path}"))).contains("aime 0.1.0"), "{path}");
    }
    // A file called as a built-in plugin's is one.
    scene.file("effibench.wasm", &bytes);
    assert!(done(run(&scene, "inspect effibench.wasm")).contains("aime 0.1.0"));
    fs::create_dir(scene.path().join("aime")).unwrap();
    let checked = run(&scene, "bench aime");
    assert!(!checked.err.contains("holds no component"), "{}", checked.err);
}

#[test]
fn a_lock_proves_a_component_by_its_manifest() {
    let registry = registry!();
    let scene = Scene::new();
    let bytes = copy(&scene, "aime", "good.wasm");
    scene.file("bad.wasm", padded(&bytes));
    let [good, bad] = ["good", "bad"].map(|name| {
        let reference = format!("{}/{name}:1", registry.address());
        done(run(&scene, &format!("push {name}.wasm {reference}")));
        done(run(&scene, &format!("pull {reference}")));
        reference
    });
    // Both are in the store. A stranger's lock file says that the good manifest is that of the bad component.
    let lock = fs::read_to_string(scene.path().join("perfagent.lock")).unwrap();
    scene.file("perfagent.lock", lock.replace(&pinned(&scene, &good), &pinned(&scene, &bad)));
    refused(&run(&scene, &format!("inspect {good}")), 3, "is pinned to sha256:");
    scene.file("perfagent.lock", lock);
    drop(registry);
    assert_eq!(digest(&scene, &good), digest(&scene, "good.wasm"));
}

#[test]
fn what_a_registry_keeps_is_not_believed() {
    let registry = registry!();
    let author = Scene::new();
    let bytes = copy(&author, "aime", "task.wasm");
    let reference = format!("{}/aime:1", registry.address());
    done(run(&author, &format!("push task.wasm {reference}")));
    done(run(&author, &format!("pull {reference}")));

    let kept = registry.blob(&pinned(&author, &reference));
    let mut tampered = bytes.clone();
    *tampered.last_mut().unwrap() ^= 1;
    for (content, said) in
        [(&tampered[..], "it was tampered with or damaged"), (&bytes[1..], " bytes that were promised")]
    {
        fs::write(&kept, content).unwrap();
        let user = Scene::new();
        refused(&run(&user, &format!("pull {reference}")), 3, said);
        assert!(!user.path().join("perfagent.lock").exists() && blobs(&user) == 0);
    }

    // Whoever has it does not need the registry's copy.
    assert_eq!(digest(&author, &reference), digest(&author, "task.wasm"));
    fs::write(&kept, &bytes).unwrap();
    fs::remove_dir_all(registry.tag("aime", "1")).unwrap();
    refused(&run(&Scene::new(), &format!("pull {reference}")), 7, "is it spelt right, and was it not removed?");
    assert_eq!(digest(&author, &reference), digest(&author, "task.wasm"));
}

#[test]
fn a_component_is_kept_as_long_as_one_reference_means_it() {
    let registry = registry!();
    let scene = Scene::new();
    copy(&scene, "aime", "task.wasm");
    let references = ["1", "2"].map(|tag| format!("{}/aime:{tag}", registry.address()));
    for reference in &references {
        done(run(&scene, &format!("push task.wasm {reference}")));
        done(run(&scene, &format!("pull {reference}")));
    }
    drop(registry);
    let listed = done(run(&scene, "list"));
    assert!(references.iter().all(|reference| listed.contains(reference.as_str())), "{listed}");
    done(run(&scene, &format!("remove {}", references[0])));
    assert_eq!(digest(&scene, &references[1]), digest(&scene, "task.wasm"));
    done(run(&scene, &format!("remove {}", references[1])));
    assert_eq!(blobs(&scene), 0);
}

#[test]
fn a_newer_signature_of_a_trusted_key_counts() {
    let registry = registry!();
    let (author, user) = (Scene::new(), Scene::new());
    copy(&author, "aime", "task.wasm");
    let [stranger, friend] =
        ["stranger", "friend"].map(|name| done(run(&author, &format!("keygen {name}.pem"))).trim().to_owned());
    let reference = format!("{}/aime:1", registry.address());
    done(run(&author, "sign task.wasm --key stranger.pem"));
    done(run(&author, &format!("push task.wasm {reference}")));
    done(run(&user, &format!("pull {reference}")));
    done(checked(&user, &reference, &stranger));
    refused(&checked(&user, &reference, &friend), 3, &format!("is signed with {stranger}, which is not trusted"));
    done(run(&author, "sign task.wasm --key friend.pem"));
    done(run(&author, &format!("push task.wasm {reference}")));
    done(checked(&user, &reference, &friend));
    // Without the registry, what is kept is what is said.
    drop(registry);
    done(checked(&user, &reference, &friend));
    refused(&checked(&user, &reference, &stranger), 3, &format!("is signed with {friend}, which is not trusted"));
}

#[test]
fn ctrl_c_at_the_question_leaves_nothing_behind() {
    let registry = registry!();
    let (author, user) = (Scene::new(), Scene::new());
    let bytes = copy(&author, "aime", "task.wasm");
    let reference = format!("{}/aime:1", registry.address());
    done(run(&author, &format!("push task.wasm {reference}")));
    done(run(&user, &format!("pull {reference}")));
    author.file("task.wasm", padded(&bytes));
    done(run(&author, &format!("push task.wasm {reference}")));
    let lock = fs::read(user.path().join("perfagent.lock")).unwrap();

    // On a terminal of its own, whose Ctrl-C this is.
    let pull = format!("exec {} plugin pull {reference}", executable().display());
    let mut command = Command::new("script");
    command.args(["-qec", &pull, "/dev/null"]).env("HOME", user.path()).env("SHELL", "/bin/sh");
    command.current_dir(user.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).env_remove("XDG_DATA_HOME");
    let Ok(mut terminal) = command.spawn() else { return skip("no program `script`") };
    let mut keys = terminal.stdin.take().unwrap();
    let mut lines = BufReader::new(terminal.stdout.take().unwrap()).lines().map_while(Result::ok);
    let asked = lines.any(|line| line.contains("take the new one? [y/N]"));
    assert!(asked, "the question never came");
    assert_eq!(blobs(&user), 2);
    keys.write_all(b"\x03").unwrap();
    lines.for_each(drop);
    assert_eq!(terminal.wait().unwrap().code(), Some(130));
    assert_eq!(blobs(&user), 1, "what nobody agreed to is not kept");
    assert_eq!(fs::read_dir(user.path().join(".local/share/perfagent/plugins/manifests")).unwrap().count(), 1);
    assert_eq!(fs::read(user.path().join("perfagent.lock")).unwrap(), lock);
}

#[test]
fn a_list_of_plugins_that_was_changed_by_hand_is_refused() {
    let scene = Scene::new();
    let folder = scene.path().join(".local/share/perfagent/plugins");
    fs::create_dir_all(&folder).unwrap();
    let entry = |source: &str| {
        format!(r#"{{"name": "a", "version": "1.0.0", "digest": "sha256:{}", "source": "{source}"}}"#, "0".repeat(64))
    };
    let twice = format!("{}, {}", entry("x.wasm"), entry("x.wasm"));
    for (installed, part) in [(twice, "a@1.0.0 is in it twice"), (entry(r"x\u001b[2J"), "is no line of text")] {
        fs::write(
            folder.join("index.json"),
            format!(r#"{{"version": 1, "installed": [{installed}], "pulled": {{}}}}"#),
        )
        .unwrap();
        let printed = run(&scene, "list");
        refused(&printed, 7, part);
        assert!(!printed.err.contains('\u{1b}'));
    }
}

#[test]
fn compiled_code_is_no_plugin() {
    let scene = Scene::new();
    copy(&scene, "aime", "task.wasm");
    done(run(&scene, "inspect task.wasm"));
    let cache = fs::read_dir(scene.path().join(".cache/perfagent/plugins")).unwrap();
    let mut entries = cache.map(|entry| entry.unwrap().path());
    let compiled = entries.find(|path| path.extension().is_some_and(|it| it == "cwasm")).unwrap();
    fs::copy(compiled, scene.path().join("compiled.wasm")).unwrap();
    refused(&run(&scene, "inspect compiled.wasm"), 3, "compiled.wasm: the plugin is compiled code");
}

#[test]
fn a_build_that_is_interrupted_says_so() {
    let scene = Scene::new();
    scene.file("Cargo.toml", "[package]\nname = \"a\"\n");
    let bin = scene.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for (name, script) in [
        ("rustc", "case $* in *target*) echo /nowhere;; esac"),
        // A terminal's Ctrl-C ends the tool first.
        ("cargo", "kill -INT $$"),
        ("wasm-component-ld", ""),
    ] {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let mut command = perfagent(scene.path());
    command.args(["plugin", "build"]).env("PATH", bin).env("RUSTFLAGS", "--sysroot=/");
    let printed: Printed = command.stdin(Stdio::null()).output().unwrap().into();
    refused(&printed, 130, "interrupted");
    assert_eq!(fs::read_dir(scene.path().join("dist")).unwrap().count(), 0);
}
