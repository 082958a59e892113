//! The livecodebench task: write a Python program that passes all tests.
//!
//! An instance is a problem of the LiveCodeBench data set: a description, public tests and hidden
//! ones. A problem is either solved by a script, which reads standard input and prints, or by a
//! function, which is called once for each test. The metric is 1 when every test passes, else 0.
//!
//! Candidates run in the host's sandbox, below a harness that knows no expected output. What they
//! print or return comes back as data and is compared here, so that nothing a candidate does to its
//! own process changes how it is judged.
//!
//! Verdicts are those of the original grader. Where they differ on purpose: scripts have a real
//! standard input and a process for each test, `SystemExit` ends a function without a result, and a
//! program that takes too long to load is over its time limit rather than in error.

mod config;
mod decimal;
mod encoding;
mod extract;
mod instance;
mod judge;
mod lines;
mod pickle;
mod prompt;
mod protocol;
mod report;
mod value;
mod verdict;

pub use config::Config;

use instance::{Instance, Test};
use judge::Judge;
use perfagent_task::{
    Attempt, Description, Detail, Direction, Evaluation, Execution, Extraction, InitialSolution, InstanceSummary,
    PromptContext, Task, TaskError, TaskMetadata, Values, render,
};
use protocol::Job;
use report::Report;

/// Where a script starts that has no starter code.
const PLACEHOLDER: &str = "# Nothing is written yet.\n";

/// One instance of the task under its configuration.
#[derive(Debug)]
pub struct Livecodebench {
    instance: Instance,
    config: Config,
    judge: Judge,
}

impl Task for Livecodebench {
    type Config = Config;

    fn describe() -> Description {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Description {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Write a Python program that passes all tests, as LiveCodeBench judges it.".to_owned(),
            languages: vec!["python3".to_owned()],
            config_schema: config::SCHEMA.to_owned(),
            system_template: prompt::system_template(|_| true),
            system_variables: names(&prompt::SYSTEM_VARIABLES),
            optimization_template: prompt::OPTIMIZATION_TEMPLATE.to_owned(),
            optimization_variables: names(&prompt::OPTIMIZATION_VARIABLES),
            ..Description::new("livecodebench", "passed", Direction::Maximize)
        }
    }

    fn metadata(name: &str, data: &[u8]) -> Result<TaskMetadata, TaskError> {
        let (id, problem) = instance::heading(name, data)?;
        Ok(TaskMetadata { id, problem })
    }

    fn load(name: &str, data: &[u8], config: Config) -> Result<Self, TaskError> {
        config.check()?;
        let instance = Instance::parse(name, data)?;
        if counted(&instance, &config).is_empty() {
            let which = if config.use_only_public_tests { "no public test" } else { "no test" };
            return Err(instance::bad(&instance.id, format!("public_test_cases: the instance has {which}")));
        }
        Ok(Self { instance, config, judge: Judge::default() })
    }

    fn summary(&self) -> InstanceSummary {
        let labels = &self.instance.labels;
        let details = [
            ("difficulty", &labels.difficulty),
            ("platform", &labels.platform),
            ("contest_date", &labels.contest_date),
        ];
        let details = details.into_iter().filter_map(|(name, value)| {
            value.as_ref().map(|value| Detail { name: name.to_owned(), value: value.clone() })
        });
        InstanceSummary {
            language: Some("python3".to_owned()),
            details: details.collect(),
            ..InstanceSummary::new("py")
        }
    }

    fn initial_solution(&self) -> Result<InitialSolution, TaskError> {
        let starter = &self.instance.starter_code;
        let code = if starter.trim().is_empty() { PLACEHOLDER } else { starter.as_str() };
        Ok(InitialSolution { code: code.to_owned(), judged: false })
    }

    fn system_values(&self, context: &PromptContext) -> Values {
        prompt::system_values(&self.instance, context)
    }

    fn optimization_values(&self, _context: &PromptContext, attempt: &Attempt) -> Values {
        prompt::optimization_values(attempt)
    }

    fn system_prompt(&self, context: &PromptContext) -> Result<String, TaskError> {
        let own = || prompt::system_template(|section| prompt::is_wanted(section, &self.instance, context));
        let template = context.system_template.clone().unwrap_or_else(own);
        render(&template, &self.system_values(context))
    }

    fn extract(&self, reply: &str, current: &str) -> Result<Extraction, TaskError> {
        Ok(Extraction::new(extract::extract(reply, current)))
    }

    fn evaluate(
        &mut self,
        execution: &Execution,
        candidate: &str,
        _incumbent: Option<&str>,
    ) -> Result<Evaluation, TaskError> {
        let Self { instance, config, judge } = self;
        let tests = counted(instance, config);
        let job = Job {
            source: candidate,
            function: instance.function.as_deref(),
            timeout_seconds: config.timeout,
            memory_bytes: config.memory_bytes(),
            stop_at_first_failure: config.stop_at_first_failure,
        };
        let verdicts = judge.verdicts(execution, &job, &tests)?;
        let has_details = config.enable_detailed_feedback;
        Ok(Report { instance, tests: &tests, verdicts: &verdicts, has_details }.evaluation())
    }
}

/// The tests that count, the public ones first.
fn counted<'a>(instance: &'a Instance, config: &Config) -> Vec<&'a Test> {
    let private = if config.use_only_public_tests { &[] } else { instance.private_tests.as_slice() };
    instance.public_tests.iter().chain(private).collect()
}

perfagent_task::export!(Livecodebench);
