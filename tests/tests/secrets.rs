//! The provider's key reaches its server and nothing else: everything that a run writes is searched for it.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::program::workspace;
use perfagent_tests::scene::{Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::json;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const KEY: &str = "sk-very-secret-0123456789abcdef";

/// A program that shows the environment of itself and of all processes that it sees.
const CURIOUS: &str = r"
import glob, os, sys
print('ENVIRONMENT', dict(os.environ))
for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):
    try:
        print(path, open(path, 'rb').read())
    except OSError as error:
        print(path, error)
";

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

/// An instance whose program is [`CURIOUS`].
fn curious_instance(scene: &Scene) -> PathBuf {
    let mut instance: serde_json::Value =
        serde_json::from_slice(&fs::read(Scene::shipped_instance()).unwrap()).unwrap();
    instance["solutions"]["python3"]["code"] = CURIOUS.into();
    scene.file("curious.json", instance.to_string())
}

#[test]
fn nothing_that_a_run_writes_holds_the_key() {
    let from_file: &dyn Fn(&Scene) -> String = &|scene| {
        // Beside the scene, which is searched.
        let path = scene.path().with_extension("key");
        fs::write(&path, format!("{KEY}\n")).unwrap();
        format!("api_key_file: {}", path.display())
    };
    let from_environment: &dyn Fn(&Scene) -> String = &|_| "api_key_env: MY_KEY".to_owned();
    for source in [from_environment, from_file] {
        let scene = Scene::new();
        // Providers that repeat the key, in a reply and in an error.
        let server = ModelServer::start(vec![
            Answer::Stream(format!("Your key is {KEY}.\n```python\n# {KEY}\n{CURIOUS}\nprint(1)\n```")),
            Answer::Status(401, json!({"error": {"message": format!("{KEY} is wrong")}}).to_string()),
        ]);
        let model = format!("model: {{{}, log_inputs_outputs: true, log_sanitize: false}}", source(&scene));
        let config = scene.file("c.yaml", format!("{model}\nmax_iterations: 3\ntask_config: {{num_runs: 2}}\n"));
        let mut command = scene.run(&curious_instance(&scene), &server.api_base());
        command.arg("--config").arg(config).args(["--log-level", "DEBUG", "--record", "k.jsonl"]);
        let printed = finish(command.env("MY_KEY", KEY));
        assert_eq!(printed.code, Some(4), "{}", printed.err);
        assert!(printed.err.contains("401"), "{}", printed.err);
        let authorizations = server.authorizations();
        assert_eq!(authorizations, vec![format!("Bearer {KEY}"); 2], "the key is sent");

        let trajectory = fs::read(scene.path().join("out/curious/curious.traj")).unwrap();
        assert!(holds(&trajectory, "ENVIRONMENT"), "what the program saw is written down");
        assert!(!holds(format!("{}{}", printed.out, printed.err).as_bytes(), &KEY[..12]));
        let written = files(scene.path());
        for file in ["curious.traj", "curious.journal.jsonl", "llm_io.jsonl", "perfagent.log", "k.jsonl"] {
            assert!(written.iter().any(|path| path.ends_with(file)), "{file} was written");
        }
        for path in written {
            assert!(!holds(&fs::read(&path).unwrap(), &KEY[..12]), "{} holds the key", path.display());
        }
        let _ = fs::remove_file(scene.path().with_extension("key"));
    }
}

#[test]
fn the_process_that_holds_the_key_leaves_no_core() {
    let scene = Scene::new();
    let server = ModelServer::start(vec![Answer::Hang]);
    let config = scene.file("c.yaml", "max_iterations: 1\ntask_config: {num_runs: 2}\n");
    let mut command = scene.run(&Scene::shipped_instance(), &server.api_base());
    command.arg("--config").arg(config).env("OPENAI_API_KEY", KEY);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    server.wait_for(1);
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let abort = Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().unwrap();
    assert!(abort.success());
    let end = child.wait().unwrap();
    assert!(end.signal().is_some() && !end.core_dumped(), "{end}");
    let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    // One byte: none fits, and a handler that cores are piped to gets none either.
    assert_eq!(core.split_whitespace().take(2).collect::<Vec<_>>(), ["1", "1"]);
}

#[test]
fn a_key_file_that_holds_none_is_told() {
    let scene = Scene::new();
    let empty = scene.file("empty", "\n");
    for (path, part) in [(empty, "it is empty"), (workspace().join("missing"), "No such file")] {
        let config = scene.file("c.yaml", format!("model: {{api_key_file: {}}}\n", path.display()));
        let mut command = scene.run(&Scene::shipped_instance(), "http://127.0.0.1:9/v1");
        let printed = finish(command.arg("--config").arg(config));
        assert_eq!(printed.code, Some(2), "{}", printed.err);
        assert!(printed.err.contains("model.api_key_file") && printed.err.contains(part), "{}", printed.err);
    }
}
