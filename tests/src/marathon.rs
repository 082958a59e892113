//! A run of ten iterations that comes to the same end however often it is stopped and begun again: what
//! the model replies follows from what it is asked.

use crate::scene::{Printed, Scene, finish};
use crate::server::{Answer, ModelServer};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Iterations of a run, and so calls to the model where nothing is asked twice.
pub const ITERATIONS: usize = 10;

/// How often it is looked whether the moment has come.
const LOOK: Duration = Duration::from_micros(200);

/// A place for many such runs, each with a model's name and a directory of its own.
pub struct Marathon {
    /// Where all of it lies.
    pub scene: Scene,
    server: ModelServer,
    task: &'static str,
    instance: PathBuf,
    config: PathBuf,
}

/// When a run is stopped.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// So long after its start.
    After(Duration),
    /// So long after its journal has so many bytes.
    Journal(u64, Duration),
}

/// What a run has come to, without what differs each time.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    trajectory: Value,
    result: Value,
    prediction: String,
    problem: String,
    /// Names and iterations of the journal's events, but for resumptions.
    events: Vec<(String, u64)>,
}

impl Marathon {
    /// Runs of the task `task` on `instance` (whose `id` is its name), with `settings` on top of what all have.
    /// `reply` gives the model's reply of an iteration, from 1.
    pub fn new(
        task: &'static str,
        instance: &Value,
        settings: &str,
        reply: impl Fn(usize) -> String + Send + Sync + 'static,
    ) -> Self {
        let scene = Scene::new();
        let instance = scene.file("run.json", instance.to_string());
        let base = format!("max_iterations: {ITERATIONS}\nprompts: {{include_all_history: true}}\n");
        let config = scene.file("config.yaml", base + settings);
        // The whole chat is sent, and an iteration adds two messages to it.
        let messages = |body: &Value| body["messages"].as_array().map_or(0, Vec::len);
        let server = ModelServer::scripted(move |_, body| Answer::Stream(reply(messages(body) / 2)));
        Self { scene, server, task, instance, config }
    }

    /// The command of the run called `name`.
    pub fn command(&self, name: &str) -> Command {
        let mut command = crate::program::perfagent(self.scene.path());
        command.args(["--plugin", self.task, "--instance"]).arg(&self.instance).arg("--config").arg(&self.config);
        command.args(["--llm-api-base", &self.server.api_base(), "--llm-max-retries", "0", "--model", name]);
        command.arg("--base-dir").arg(self.scene.path().join(name));
        command
    }

    /// Carries the run called `name` out, or on to its end.
    pub fn finish(&self, name: &str) -> Printed {
        finish(&mut self.command(name))
    }

    /// Starts the run called `name`, and waits for `moment`; `false`: it was over before.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_until(&self, name: &str, moment: Moment) -> (Child, bool) {
        let mut command = self.command(name);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let has_come = wait(&mut child, &self.file(name, "run.journal.jsonl"), moment);
        (child, has_come)
    }

    /// Starts the run called `name` and kills it at `moment`; `false`: it was over before.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn kill(&self, name: &str, moment: Moment) -> bool {
        let (mut child, is_killed) = self.start_until(name, moment);
        child.kill().expect("a child can be killed");
        child.wait().expect("a child can be waited for");
        is_killed
    }

    /// The file `file` of the run called `name`.
    pub fn file(&self, name: &str, file: &str) -> PathBuf {
        self.scene.path().join(name).join("run").join(file)
    }

    /// Calls to the model by the run called `name`.
    pub fn calls(&self, name: &str) -> usize {
        self.server.count(name)
    }

    /// The trajectory of the run called `name`, where there is one.
    ///
    /// # Panics
    /// When it is not JSON.
    pub fn trajectory(&self, name: &str) -> Option<Value> {
        let text = fs::read(self.file(name, "run.traj")).ok()?;
        Some(serde_json::from_slice(&text).expect("a trajectory is JSON at every moment"))
    }

    /// The events in the journal of the run called `name` that are whole.
    pub fn events(&self, name: &str) -> Vec<Value> {
        let bytes = fs::read(self.file(name, "run.journal.jsonl")).unwrap_or_default();
        bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }

    /// What the run called `name` has come to.
    ///
    /// # Panics
    /// When a file is missing or not what it should be.
    pub fn outcome(&self, name: &str) -> Outcome {
        let read = |file: &str| fs::read_to_string(self.file(name, file)).unwrap_or_else(|_| format!("no {file}"));
        let mut result: Value = serde_json::from_str(&read("result.json")).expect("a result is JSON");
        let result_fields = result.as_object_mut().expect("a result is an object");
        // They hold the names of the run and of its directory.
        result_fields.retain(|key, _| key != "request" && key != "trajectory_file");
        let mut trajectory = self.trajectory(name).expect("a finished run has a trajectory");
        forget_times(&mut trajectory);
        let event = |event: &Value| {
            let kind = event["event"].as_str().filter(|kind| *kind != "resumed")?;
            Some((kind.to_owned(), event["iteration"].as_u64().unwrap_or_default()))
        };
        Outcome {
            trajectory,
            result,
            prediction: read("run.pred"),
            problem: read("run.problem"),
            events: self.events(name).iter().filter_map(event).collect(),
        }
    }
}

impl Outcome {
    /// The same without all that measurements are part of.
    #[must_use]
    pub fn unmeasured(mut self) -> Self {
        let steps = self.trajectory["steps"].as_array().cloned().unwrap_or_default();
        let kept = ["action", "response", "code_snapshot", "code_changed", "diff"];
        let essence = |step: &Value| {
            let verdict = &step["output_data"]["verdict"];
            json!({"verdict": verdict, "rest": kept.map(|key| step[key].clone())})
        };
        self.trajectory = steps.iter().map(essence).collect();
        self.result = json!({"success": self.result["success"], "solution": self.result["solution"]});
        self
    }
}

/// Waits for `moment`; `false`: the child has ended before it.
fn wait(child: &mut Child, journal: &Path, moment: Moment) -> bool {
    let begun = Instant::now();
    let mut reached = None;
    loop {
        if child.try_wait().expect("a child can be asked").is_some() {
            return false;
        }
        let (since, delay) = match moment {
            Moment::After(delay) => (Some(begun), delay),
            Moment::Journal(bytes, delay) => {
                if fs::metadata(journal).is_ok_and(|journal| journal.len() >= bytes) {
                    reached = reached.or_else(|| Some(Instant::now()));
                }
                (reached, delay)
            }
        };
        if since.is_some_and(|since| since.elapsed() >= delay) {
            return true;
        }
        std::thread::sleep(LOOK);
    }
}

/// Takes out what differs from run to run.
fn forget_times(value: &mut Value) {
    const TIMES: [&str; 4] = ["timestamp", "start_time", "end_time", "execution_time"];
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !TIMES.contains(&key.as_str()));
            map.values_mut().for_each(forget_times);
        }
        Value::Array(values) => values.iter_mut().for_each(forget_times),
        _ => {}
    }
}

/// A seed: that of the environment's `PERFAGENT_SEED`, which a failure told, or a new one.
pub fn seed() -> u64 {
    let given = std::env::var("PERFAGENT_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| fastrand::u64(..))
}

/// Runs of aime, which takes no programs: what is timed is the loop itself.
pub fn aime() -> Marathon {
    let instance = json!({"id": "run", "problem": "How many days has a week?", "answer": 7});
    Marathon::new("aime", &instance, "", |iteration| {
        let text = match iteration {
            7 => "I do not know.".to_owned(),
            1 | 2 => "Three, I think.\n\nAnswer: 3".to_owned(),
            5 => "It has seven.\n\nAnswer: 7".to_owned(),
            9 => format!("{}\n\nAnswer: 7", "Monday comes after Sunday. ".repeat(100)),
            other => format!("Or so.\n\nAnswer: {other}"),
        };
        format!("{text}\n")
    })
}
