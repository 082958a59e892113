//! Ctrl-C in each phase: the run stops at once, keeps what it has, and goes on later.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::program::perfagent;
use perfagent_tests::scene::{Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use rustix::event::{PollFd, PollFlags, Timespec};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

#[allow(dead_code, reason = "this program uses a part of it")]
#[path = "../../host/plugin/tests/support/guest.rs"]
mod guest;

const INTERRUPTED: i32 = 130;

/// An instance whose initial program sleeps for ever when it is told so.
fn sleeping_instance(scene: &Scene) -> PathBuf {
    let mut instance: serde_json::Value =
        serde_json::from_slice(&fs::read(Scene::shipped_instance()).unwrap()).unwrap();
    instance["solutions"]["python3"]["code"] = "import time\nwhile True:\n    time.sleep(1)\n".into();
    scene.file("sleeper.json", instance.to_string())
}

fn interrupt(child: &Child) {
    let status = Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap();
    assert!(status.success());
}

/// Starts `command` and waits for a line of its log that holds `part`.
fn start_until(mut command: Command, part: &str) -> Child {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut seen = String::new();
    for line in lines.by_ref().map_while(Result::ok) {
        seen.push_str(&line);
        if line.contains(part) {
            std::thread::spawn(move || lines.for_each(drop));
            return child;
        }
    }
    let status = child.wait().unwrap();
    unreachable!("{part:?} never came, {status}: {seen}");
}

#[test]
fn while_a_program_runs() {
    let scene = Scene::new();
    let instance = sleeping_instance(&scene);
    let mut child = start_until(scene.run(&instance, "http://127.0.0.1:9/v1"), "sandbox:");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(INTERRUPTED));
    assert!(scene.path().join("out/sleeper/sleeper.journal.jsonl").is_file());
}

#[test]
fn while_the_model_is_asked() {
    let scene = Scene::new();
    let server = ModelServer::start(vec![Answer::Hang]);
    let config = scene.file("c.yaml", "max_iterations: 1\ntask_config: {num_runs: 2}\n");
    let mut command = scene.run(&Scene::shipped_instance(), &server.api_base());
    command.arg("--config").arg(&config).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    server.wait_for(1);
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(INTERRUPTED));
    assert_eq!(scene.json("pair-sums", "pair-sums.traj")["steps"].as_array().unwrap().len(), 1);

    let server = ModelServer::start(vec![Answer::Plain("No idea.".to_owned())]);
    let mut command = scene.run(&Scene::shipped_instance(), &server.api_base());
    let printed = finish(command.arg("--config").arg(&config));
    assert_eq!(printed.code, Some(0), "{}", printed.err);
}

/// The program's compiler, which `child` has started.
fn compiler(child: &Child) -> OwnedFd {
    // Any of its threads may have started it.
    let threads = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    let mut children = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let line = children.find(|line| !line.is_empty()).unwrap();
    let id = line.split_whitespace().next().unwrap();
    let id = rustix::process::Pid::from_raw(id.parse().unwrap()).unwrap();
    rustix::process::pidfd_open(id, rustix::process::PidfdFlags::empty()).unwrap()
}

#[test]
fn while_a_plugin_is_compiled() {
    let scene = Scene::new();
    scene.file("slow.wasm", guest::Guest::new().having(&guest::slow_to_compile()).build());
    let mut command = perfagent(scene.path());
    command.args(["plugin", "inspect", "slow.wasm"]);
    let mut child = start_until(command, "compiling slow.wasm");
    let compiler = compiler(&child);
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(INTERRUPTED));
    let mut ended = [PollFd::new(&compiler, PollFlags::IN)];
    let patience = Timespec { tv_sec: 60, tv_nsec: 0 };
    assert_eq!(rustix::event::poll(&mut ended, Some(&patience)).unwrap(), 1, "its compiler goes on");
    let cache = fs::read_dir(scene.path().join(".cache/perfagent/plugins")).unwrap();
    let left: Vec<_> = cache.map(|entry| entry.unwrap().file_name()).filter(|name| name != "key").collect();
    assert!(left.is_empty(), "{left:?}");
}
