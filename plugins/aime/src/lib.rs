//! The aime task: competition problems with one final answer.
//!
//! An instance is a problem and its answer, normally an integer. The solution is what a model's
//! reply gives as its final answer, written `Answer: X`, and nothing is run to judge it: the verdict
//! is the DAPO grader's (which goes back to Minerva's), extended by exact comparison of numbers. The
//! metric is 1 for a right answer and −1 for anything else.
//!
//! The right answer stays in [`Key`]: no prompt, summary or artifact is made from it.

mod boxed;
mod canonical;
mod claim;
mod config;
mod extract;
mod field;
mod instance;
mod judge;
mod latex;
mod natural;
mod normalize;
mod prompt;
mod rational;
mod report;

pub use boxed::last_boxed;
pub use canonical::canonical;
pub use claim::last_claim;
pub use config::Config;
pub use instance::{Heading, Instance};
pub use judge::{Claim, Key, Rule, STRICT_WINDOW_CHARS, Verdict, WINDOW_CHARS, judge};
pub use normalize::normalize;
pub use rational::Rational;

use perfagent_task::prompt::Addition;
use perfagent_task::{
    Attempt, Description, Direction, Evaluation, Execution, Extraction, InitialSolution, InstanceSummary,
    PromptContext, Task, TaskError, TaskMetadata, Values, render,
};

/// Where the loop starts: a text that gives no answer.
const PLACEHOLDER: &str = "No answer yet.";

/// One instance of the task under its configuration.
#[derive(Debug)]
pub struct Aime {
    instance: Instance,
    rule: Rule,
}

impl Task for Aime {
    type Config = Config;

    fn describe() -> Description {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Description {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Find the final answer of a competition problem, as AIME asks for it.".to_owned(),
            config_schema: config::SCHEMA.to_owned(),
            system_template: prompt::system_template(|_| true),
            system_variables: names(&prompt::SYSTEM_VARIABLES),
            optimization_template: prompt::OPTIMIZATION_TEMPLATE.to_owned(),
            optimization_variables: names(&prompt::OPTIMIZATION_VARIABLES),
            ..Description::new("aime", "score", Direction::Maximize)
        }
    }

    fn metadata(name: &str, data: &[u8]) -> Result<TaskMetadata, TaskError> {
        let heading = Heading::parse(name, data)?;
        Ok(TaskMetadata { id: heading.id, problem: heading.problem })
    }

    fn load(name: &str, data: &[u8], config: Config) -> Result<Self, TaskError> {
        Ok(Self { instance: Instance::parse(name, data)?, rule: config.rule() })
    }

    fn summary(&self) -> InstanceSummary {
        InstanceSummary::new("txt")
    }

    fn initial_solution(&self) -> Result<InitialSolution, TaskError> {
        Ok(InitialSolution { code: PLACEHOLDER.to_owned(), judged: false })
    }

    fn system_values(&self, context: &PromptContext) -> Values {
        prompt::system_values(&self.instance.problem, context)
    }

    fn optimization_values(&self, _context: &PromptContext, attempt: &Attempt) -> Values {
        prompt::optimization_values(attempt)
    }

    fn system_prompt(&self, context: &PromptContext) -> Result<String, TaskError> {
        let is_wanted = |addition: Addition| addition.is_given(context);
        let template = context.system_template.clone().unwrap_or_else(|| prompt::system_template(is_wanted));
        render(&template, &self.system_values(context))
    }

    fn extract(&self, reply: &str, current: &str) -> Result<Extraction, TaskError> {
        Ok(extract::extract(self.rule, reply, current))
    }

    fn evaluate(
        &mut self,
        _execution: &Execution,
        candidate: &str,
        _incumbent: Option<&str>,
    ) -> Result<Evaluation, TaskError> {
        Ok(report::evaluation(self.rule, &judge(self.rule, &self.instance.key, candidate)))
    }
}

perfagent_task::export!(Aime);
