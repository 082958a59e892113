//! `perfagent evaluate`: judges solutions as the loop does, without a model. Those of many instances are
//! graded next door.

use super::grade::{Opened, grade_all};
use crate::args::{Candidate, EvaluateArgs, Judged};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logging;
use crate::opening::{Instance, OpenPlugin, open_task, read_text, wanted_plugin, warn};
use crate::output::{json, print};
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::{RunError, Task};
use perfagent_core::metric::Metric;
use perfagent_core::task::{EditStatus, EditVerdict, Evaluation, Extraction, Finding};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// What `evaluate` prints.
#[derive(Serialize)]
struct Judgement {
    metric: Metric,
    success: bool,
    /// One line for people.
    summary: String,
    /// What was judged; empty where the reply holds no solution.
    solution: String,
    /// One verdict per edit block of the reply.
    verdicts: Vec<EditVerdict>,
    artifacts: Map<String, Value>,
    samples: Vec<Metric>,
}

/// Judges one solution and prints the judgement; that there is one is success, whatever it says.
pub(crate) async fn evaluate(args: &EvaluateArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let settings = args.settings(&variable)?;
    warn(&settings);
    logging::start_echo(settings.echo);
    let wanted = wanted_plugin(args.plugin.as_deref(), &settings)?;
    let plugin = OpenPlugin::load_for(wanted, &settings, surroundings).await?;
    let (instance, candidate) = match args.judged() {
        Some(Judged::Many(many)) => return grade_all(args, many, &Opened { plugin, settings, surroundings }).await,
        Some(Judged::One { instance, candidate }) => (instance, candidate),
        None => return Err(Failure::new(Exit::Usage, "give --solution FILE or --reply FILE")),
    };
    let instance = Instance::read(instance)?;
    let (mut task, runner) = open_task(&plugin, &instance, &settings, surroundings).await?;
    let judged = match candidate {
        Candidate::Reply { reply, current } => {
            let reply = read_text(reply, "reply")?;
            let current = match current {
                Some(path) => read_text(path, "current program")?,
                None => task.initial_solution().await?.code,
            };
            judge_reply(&mut task, &reply, current).await
        }
        Candidate::Solution(path) => judge(&mut task, read_text(path, "solution")?, Vec::new()).await,
    };
    let judgement = judged.map_err(|error| instance.blame(error))?;
    let text = if args.json { json(&judgement) } else { judgement.text(&runner.isolation().summary) };
    print(&text).map(|()| Exit::Success)
}

async fn judge(task: &mut Task, solution: String, verdicts: Vec<EditVerdict>) -> Result<Judgement, RunError> {
    let Evaluation { metric, success, summary, artifacts, samples, .. } = task.evaluate(&solution, None).await?;
    Ok(Judgement { metric, success, summary, solution, verdicts, artifacts, samples })
}

/// Takes the solution from a reply and judges it.
async fn judge_reply(task: &mut Task, reply: &str, current: String) -> Result<Judgement, RunError> {
    let Extraction { finding, verdicts } = task.extract(reply, &current).await?;
    let why = match finding {
        Finding::Changed(solution) => return judge(task, solution, verdicts).await,
        Finding::Identical => return judge(task, current, verdicts).await,
        Finding::NoSolution(why) | Finding::EditsFailed(why) | Finding::Other(why) => why,
    };
    Ok(Judgement {
        metric: task.description().direction.worst(),
        success: false,
        summary: format!("no solution in the reply: {why}"),
        solution: String::new(),
        verdicts,
        artifacts: Map::new(),
        samples: Vec::new(),
    })
}

impl Judgement {
    fn text(&self, isolation: &str) -> String {
        let mut text = format!("{}: {}", if self.success { "valid" } else { "not valid" }, self.summary);
        // Writing into a string succeeds.
        let _ = write!(text, "\nmetric: {}\nsandbox: {isolation}", self.metric);
        for (index, verdict) in self.verdicts.iter().enumerate() {
            let status = match verdict.status {
                EditStatus::Applied => "applied",
                EditStatus::AppliedReindented => "applied with its indentation adjusted",
                EditStatus::NotFound => "not found",
                EditStatus::Ambiguous => "ambiguous",
                EditStatus::Malformed => "malformed",
            };
            let _ = write!(text, "\nedit block {}: {status}: {}", index + 1, verdict.message);
        }
        text.push_str("\n\nsolution:\n");
        text.push_str(&self.solution);
        text.push_str("\n\nartifacts:\n");
        text.push_str(&json(&self.artifacts));
        text
    }
}
