//! The effibench task: make correct programs faster or leaner.
//!
//! An instance is a problem of the EffiBench-X data set: a description, tests, and an evaluator in
//! Python that compares outputs. A candidate is compiled, run on all tests, and only measured if
//! every test passes: several times, in turn with the incumbent where there is one. The metric is
//! the trimmed mean of one of three measures over those runs, and smaller is better:
//!
//! - `runtime`: user and system time, summed over the tests, in seconds. CPU time, and not the time
//!   on the wall, because other load on the machine hardly changes it; a test's time limit holds for
//!   both.
//! - `memory`: peak resident memory, the largest of all tests, in MB of 1000 kB.
//! - `integral`: area under the resident memory over time, summed over the tests, in MB·s.
//!
//! Beside an incumbent, both are measured in turn, and the ratio of the two comes with an interval that
//! excludes 1 for one of a hundred pairs of equal programs.
//!
//! Solutions of `io` problems are programs (standard input to standard output); those of `functional`
//! ones are put into the instance's test runner.

mod assemble;
mod comparison;
mod config;
mod evaluate;
mod extract;
mod instance;
mod judge;
mod language;
mod number;
mod prompt;
mod report;
mod run;
mod source;
mod status;

pub use config::{Config, Mode, Target};

use evaluate::{Bench, Session};
use instance::{Instance, Kind};
use language::{LANGUAGES, Language};
use perfagent_task::prompt::Addition;
use perfagent_task::{
    Attempt, Description, Direction, Evaluation, Execution, Extraction, InitialSolution, InstanceSummary,
    PromptContext, Task, TaskError, TaskMetadata, Values, render,
};

/// One instance of the task under its configuration.
#[derive(Debug)]
pub struct Effibench {
    instance: Instance,
    config: Config,
    language: &'static Language,
    bench: Bench,
}

impl Task for Effibench {
    type Config = Config;

    fn describe() -> Description {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Description {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Make a correct program faster or leaner, as EffiBench-X measures it.".to_owned(),
            languages: LANGUAGES.iter().map(|language| language.name.to_owned()).collect(),
            config_schema: config::SCHEMA.to_owned(),
            system_template: prompt::system_template(&Kind::Io, Mode::Diff, |_| true),
            system_variables: names(&prompt::SYSTEM_VARIABLES),
            optimization_template: prompt::optimization_template(Mode::Diff),
            optimization_variables: names(&prompt::OPTIMIZATION_VARIABLES),
            ..Description::new("effibench", "performance", Direction::Minimize)
        }
    }

    fn metadata(name: &str, data: &[u8]) -> Result<TaskMetadata, TaskError> {
        Ok(TaskMetadata { id: name.to_owned(), problem: instance::problem(data)? })
    }

    fn load(_name: &str, data: &[u8], config: Config) -> Result<Self, TaskError> {
        let language = config.check()?;
        let instance = Instance::parse(data)?;
        instance.check(language)?;
        Ok(Self { instance, config, language, bench: Bench::default() })
    }

    fn summary(&self) -> InstanceSummary {
        InstanceSummary {
            language: Some(self.language.name.to_owned()),
            target: Some(self.config.target.name().to_owned()),
            unit: Some(self.config.target.unit().to_owned()),
            ..InstanceSummary::new(self.language.extension)
        }
    }

    fn initial_solution(&self) -> Result<InitialSolution, TaskError> {
        Ok(match self.instance.solution(self.language) {
            Some(code) => InitialSolution { code: code.to_owned(), judged: true },
            None => {
                let starter = self.instance.starter(self.language).unwrap_or_default();
                InitialSolution { code: self.language.placeholder() + starter, judged: false }
            }
        })
    }

    fn system_values(&self, context: &PromptContext) -> Values {
        prompt::system_values(&self.instance.problem, &self.config, self.language, context)
    }

    fn optimization_values(&self, _context: &PromptContext, attempt: &Attempt) -> Values {
        prompt::optimization_values(&self.config, self.language, attempt)
    }

    fn system_prompt(&self, context: &PromptContext) -> Result<String, TaskError> {
        let is_wanted = |addition: Addition| addition.is_given(context);
        let template = context.system_template.clone();
        let template = template.unwrap_or_else(|| {
            prompt::system_template(&self.instance.kind, self.config.code_generation_mode, is_wanted)
        });
        let mut text = render(&template, &self.system_values(context))?;
        if let Some(starter) = self.instance.starter(self.language) {
            text += &prompt::signature(self.language, starter);
        }
        Ok(text)
    }

    fn optimization_prompt(&self, context: &PromptContext, attempt: &Attempt) -> Result<String, TaskError> {
        let template = context.optimization_template.clone();
        let template = template.unwrap_or_else(|| prompt::optimization_template(self.config.code_generation_mode));
        render(&template, &self.optimization_values(context, attempt))
    }

    fn extract(&self, reply: &str, current: &str) -> Result<Extraction, TaskError> {
        Ok(extract::extract(self.config.code_generation_mode, self.language, reply, current))
    }

    fn evaluate(
        &mut self,
        execution: &Execution,
        candidate: &str,
        incumbent: Option<&str>,
    ) -> Result<Evaluation, TaskError> {
        let mut session = Session {
            instance: &self.instance,
            config: &self.config,
            language: self.language,
            execution,
            bench: &mut self.bench,
        };
        session.evaluate(candidate, incumbent)
    }
}

perfagent_task::export!(Effibench);
