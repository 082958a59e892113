//! Two `perfagent sandbox serve`, and an evaluation that uses both: one is killed in the middle.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_tests::program::perfagent;
use perfagent_tests::scene::{Printed, Scene};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// Waits a little, so that there is a middle.
const SOLUTION: &str = "import time
time.sleep(0.2)
n, k, *v = map(int, open(0).read().split())
print(sum(v[i] + v[j] == k for i in range(n) for j in range(i)))
";

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(scene: &Scene) -> Self {
        let mut command = perfagent(scene.path());
        command.args(["sandbox", "serve", "--listen", "127.0.0.1:0", "--sandbox", "best-effort"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            assert!(!line.contains("warning"), "{line}");
            line.strip_prefix("listening on http://").map(str::to_owned)
        });
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: address.unwrap() }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn queue_size(&self) -> u64 {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let body: Value = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
        body["queue_size"].as_u64().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_killed_backend_costs_no_result() {
    let scene = Scene::new();
    let (mut first, second) = (Server::start(&scene), Server::start(&scene));
    let config = format!(
        "execution: {{backends: [\"{}\", \"{}\"]}}\ntask_config: {{num_runs: 2}}\nsandbox: best-effort\n",
        first.url(),
        second.url()
    );
    let config = scene.file("c.yaml", config);
    let solution = scene.file("s.py", SOLUTION);
    let mut command = perfagent(scene.path());
    command.args(["evaluate", "--plugin", "effibench", "--json", "--instance"]).arg(Scene::shipped_instance());
    command.arg("--solution").arg(solution).arg("--config").arg(config);
    let evaluation = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while first.queue_size() == 0 {}
    first.child.kill().unwrap();
    let printed = Printed::from(evaluation.wait_with_output().unwrap());
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(printed.err.contains("2 remote backends, whose isolation is not known"), "{}", printed.err);
    let value: Value = serde_json::from_str(&printed.out).unwrap();
    assert_eq!((&value["success"], &value["artifacts"]["pass_rate"]), (&true.into(), &1.0.into()), "{value}");
    let analysis = &value["artifacts"]["benchmark_results"]["performance_analysis"];
    assert_eq!(analysis["original_n"], 2, "{analysis}");
    let details = value["artifacts"]["benchmark_results"]["first_run_details"].as_array().unwrap();
    let passed = details.iter().filter(|test| test["passed"] == true).count();
    assert_eq!((details.len(), passed), (13, 13), "{details:?}");
    // Each of the thirteen waits 0.2 s, so one that was left out would be missed.
    assert!(value["artifacts"]["final_metrics"]["runtime"].as_f64().unwrap() > 2.6, "{analysis}");
    assert!(first.child.wait().unwrap().code().is_none(), "it was killed");
    assert_eq!(second.queue_size(), 0);
}

#[test]
fn the_variable_names_backends_and_a_wrong_one_is_told() {
    let scene = Scene::new();
    let solution = scene.file("s.py", SOLUTION);
    let mut command = perfagent(scene.path());
    command.args(["evaluate", "--plugin", "effibench", "--instance"]).arg(Scene::shipped_instance());
    command.arg("--solution").arg(solution).env("BACKEND_BASE_URL", "http://u:secret@127.0.0.1:9");
    let printed = Printed::from(command.output().unwrap());
    assert_eq!(printed.code, Some(2), "{}", printed.err);
    assert!(printed.err.contains("BACKEND_BASE_URL") && !printed.err.contains("secret"), "{}", printed.err);
}

#[test]
fn a_server_ends_when_it_is_told() {
    let scene = Scene::new();
    let mut server = Server::start(&scene);
    let status = Command::new("kill").arg("-INT").arg(server.child.id().to_string()).status().unwrap();
    assert!(status.success());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
