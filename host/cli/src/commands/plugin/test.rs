//! `perfagent plugin test`.

use crate::args::TestArgs;
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logging;
use crate::opening::{Instance, open_source, read, warn};
use crate::output::{counted, json, print};
use crate::project::{Project, files};
use crate::runner::Runner;
use crate::surroundings::{Surroundings, variable};
use perfagent_agent::cases::{Case, Difference, Steps};
use perfagent_agent::files::{RunFiles, run_name};
use perfagent_agent::{Funds, Services};
use perfagent_core::spec::Models;
use perfagent_model::Model;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the scripted model is called in outputs.
const SCRIPT: &str = "script";

/// What one case came to.
#[derive(Serialize)]
struct Outcome {
    case: String,
    passed: bool,
    steps: usize,
    differences: Vec<Difference>,
    /// Why the case could not be run to its end.
    error: Option<String>,
}

/// All cases.
#[derive(Serialize)]
struct Summary {
    passed: usize,
    failed: usize,
    cases: Vec<Outcome>,
    /// Where the runs' files are kept, where a case failed.
    outputs: Option<PathBuf>,
}

/// Runs a project's cases, each as any run, with the replies of the case.
pub(crate) async fn test(args: &TestArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let settings = args.work.settings(&variable)?;
    warn(&settings);
    logging::start_echo(settings.echo);
    let project = Project::open(&args.project, &settings, surroundings).await?;
    let Some(directory) = project.directory() else {
        let message = format!("{} is no project's directory; tests lie in a project's tests/*.json", args.project);
        return Err(Failure::new(Exit::Usage, message));
    };
    let paths = files(&directory.join("tests"), "json")?;
    if paths.is_empty() {
        let message =
            format!("{} holds no test; write tests/NAME.json, as the guide shows", directory.join("tests").display());
        return Err(Failure::new(Exit::Files, message));
    }
    let runner = Runner::start(&settings, surroundings).await?;
    let outputs = tempfile::Builder::new().prefix("perfagent-test-").tempdir();
    let outputs = outputs.map_err(|error| Failure::from_error(Exit::Files, &error).of("a directory for outputs"))?;
    let bench = Bench { project: &project, directory, settings: &settings, runner: &runner, outputs: outputs.path() };
    let mut cases = Vec::new();
    for path in &paths {
        let outcome = bench.try_case(path).await;
        if !args.json {
            print(&outcome.text())?;
        }
        cases.push(outcome);
    }
    let passed = cases.iter().filter(|case| case.passed).count();
    let failed = cases.len() - passed;
    // Whoever looks into a failure wants to see the runs; else they go with `outputs`.
    let kept = (failed > 0).then(|| outputs.keep());
    let summary = Summary { passed, failed, cases, outputs: kept };
    print(&if args.json { json(&summary) } else { summary.text() })?;
    Ok(if failed == 0 { Exit::Success } else { Exit::Plugin })
}

/// What all cases share.
struct Bench<'a> {
    project: &'a Project,
    directory: &'a Path,
    settings: &'a Settings,
    runner: &'a Runner,
    outputs: &'a Path,
}

impl Bench<'_> {
    async fn try_case(&self, path: &Path) -> Outcome {
        let case = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut steps = Steps::default();
        let (differences, error) = match self.run_case(path, &case, &mut steps).await {
            Ok(differences) => (differences, None),
            Err(failure) => (Vec::new(), Some(failure.message)),
        };
        let passed = differences.is_empty() && error.is_none();
        Outcome { case, passed, steps: steps.count(), differences, error }
    }

    /// Runs a case, and says where it went another way.
    async fn run_case(&self, path: &Path, name: &str, steps: &mut Steps) -> Result<Vec<Difference>, Failure> {
        let wrong = |error| Failure::from_error(Exit::Usage, &error);
        let case = Case::read(&read(path, "test")?).map_err(wrong)?;
        let instance = Instance::read(&case.instance(self.directory).map_err(wrong)?)?;
        let settings = self.settings_of(&case);
        let source = (instance.name.as_str(), Arc::clone(&instance.data));
        let opened = open_source(&self.project.plugin, source, &settings, self.runner).await;
        let mut task = opened.map_err(|error| instance.blame(error))?;
        let spec = settings.run_spec(self.project.plugin.named(), instance.named(), None)?;
        let services = Services {
            task: &mut task,
            model: &Model::scripted(case.replies.clone()),
            isolation: self.runner.isolation(),
            funds: Funds::default(),
            observer: &mut |record, _| steps.observe(&record.event),
        };
        // Each case below a directory of its own, for several may have the same instance.
        let files = RunFiles::new(&self.outputs.join(name), &run_name(&instance.name, 1));
        perfagent_agent::run(&spec, services, &files).await.map_err(|error| instance.blame(error))?;
        Ok(case.differences(steps))
    }

    /// A run of `case`: its own configuration on top of the user's, its replies, and the loop's defaults.
    fn settings_of(&self, case: &Case) -> Settings {
        let mut task_config = self.settings.task_config.clone();
        task_config.extend(case.task_config.clone());
        let mut settings = Settings {
            sandbox: self.settings.sandbox,
            languages: self.settings.languages.clone(),
            grants: self.settings.grants.clone(),
            task_config,
            ..Settings::default()
        };
        settings.model.models = Some(Models::One { name: SCRIPT.to_owned() });
        settings.iteration.max_iterations = u32::try_from(case.replies.len()).unwrap_or(u32::MAX);
        settings
    }
}

impl Outcome {
    fn text(&self) -> String {
        if self.passed {
            return format!("ok      {}: {}", self.case, counted(self.steps, "step"));
        }
        let mut text = format!("FAILED  {}", self.case);
        let lines = self.differences.iter().map(ToString::to_string).chain(self.error.clone());
        text.extend(lines.map(|line| format!("\n  {line}")));
        text
    }
}

impl Summary {
    fn text(&self) -> String {
        let counts = format!("{} of {} tests passed", self.passed, self.passed + self.failed);
        match &self.outputs {
            Some(directory) => format!("{counts}; the runs are kept in {}", directory.display()),
            None => counts,
        }
    }
}
