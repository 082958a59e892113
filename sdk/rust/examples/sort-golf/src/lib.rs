//! A task: make a program sort its input using fewer bytes of source.
//!
//! Read this file from top to bottom: what the task is, what it asks, what it finds in a reply, and
//! (in [`judge`]) what it thinks of a program. `perfagent plugin build` makes the component.

mod instance;
mod judge;
#[cfg(test)]
mod tests;

use instance::Instance;
use perfagent_task::{
    Attempt, Description, Direction, EditStatus, EditVerdict, Evaluation, Execution, Extraction, Finding,
    InitialSolution, InstanceSummary, PromptContext, Task, TaskError, TaskMetadata, Values, edit, fence, prompt,
};
use serde::Deserialize;

const SYSTEM_TEMPLATE: &str = include_str!("templates/system.md");
const OPTIMIZATION_TEMPLATE: &str = include_str!("templates/optimization.md");
const CONFIG_SCHEMA: &str = include_str!("config-schema.json");

/// What stands under `task_config`. The schema says the same for the host, which checks it first.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    language: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { language: "python3".to_owned() }
    }
}

/// One instance in one language.
#[derive(Debug)]
pub struct Golf {
    instance: Instance,
    language: String,
}

impl Task for Golf {
    type Config = Config;

    fn describe() -> Description {
        Description {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "make a program sort its input using fewer bytes of source".to_owned(),
            languages: ["python3", "javascript", "ruby"].map(str::to_owned).to_vec(),
            config_schema: CONFIG_SCHEMA.to_owned(),
            system_template: SYSTEM_TEMPLATE.to_owned(),
            system_variables: ["problem", "language", "additions"].map(str::to_owned).to_vec(),
            optimization_template: OPTIMIZATION_TEMPLATE.to_owned(),
            optimization_variables: ["language", "program", "bytes", "verdict", "notes"].map(str::to_owned).to_vec(),
            ..Description::new("sort-golf", "source size", Direction::Minimize)
        }
    }

    fn metadata(name: &str, data: &[u8]) -> Result<TaskMetadata, TaskError> {
        let Instance { id, problem, .. } = Instance::read(name, data)?;
        Ok(TaskMetadata { id, problem })
    }

    fn load(name: &str, data: &[u8], config: Config) -> Result<Self, TaskError> {
        Ok(Self { instance: Instance::read(name, data)?, language: config.language })
    }

    fn summary(&self) -> InstanceSummary {
        InstanceSummary {
            language: Some(self.language.clone()),
            unit: Some("bytes".to_owned()),
            ..InstanceSummary::new(self.extension())
        }
    }

    fn initial_solution(&self) -> Result<InitialSolution, TaskError> {
        Ok(InitialSolution { code: self.instance.program.clone(), judged: true })
    }

    fn system_values(&self, context: &PromptContext) -> Values {
        let additions = prompt::addition_values(context).map(|(_, text)| text);
        let additions: String =
            additions.iter().filter(|text| !text.is_empty()).map(|text| format!("\n{text}\n")).collect();
        vec![("problem", self.instance.problem.clone()), ("language", self.language.clone()), ("additions", additions)]
    }

    fn optimization_values(&self, _context: &PromptContext, attempt: &Attempt) -> Values {
        let program = instance::without_final_newlines(&attempt.solution);
        let notes = prompt::listed_notes(&attempt.notes).map(|notes| format!("\n{notes}\n")).unwrap_or_default();
        vec![
            ("language", self.language.clone()),
            ("program", program.to_owned()),
            ("bytes", program.len().to_string()),
            ("verdict", judge::verdict(attempt.evaluation.as_ref())),
            ("notes", notes),
        ]
    }

    fn extract(&self, reply: &str, current: &str) -> Result<Extraction, TaskError> {
        let edited = edit::apply(current, reply);
        if edited.verdicts.is_empty() {
            let names = [self.language.as_str(), self.language.trim_end_matches('3'), self.extension()];
            let block = fence::last_code_block(reply, &names);
            let program = block.map(|block| block.code).filter(|code| !code.trim_ascii().is_empty());
            return Ok(Extraction::new(match program {
                Some(program) => compared(&program, current),
                None => Finding::NoSolution("neither edit blocks nor a program in a fenced block".to_owned()),
            }));
        }
        let has_applied =
            |verdict: &EditVerdict| matches!(verdict.status, EditStatus::Applied | EditStatus::AppliedReindented);
        let verdicts: Vec<EditVerdict> = edited.verdicts.into_iter().map(EditVerdict::from).collect();
        let finding = if verdicts.iter().any(has_applied) {
            compared(&edited.program, current)
        } else {
            Finding::EditsFailed(format!("none of {} edit blocks could be applied", verdicts.len()))
        };
        Ok(Extraction { finding, verdicts })
    }

    fn evaluate(
        &mut self,
        execution: &Execution,
        candidate: &str,
        _incumbent: Option<&str>,
    ) -> Result<Evaluation, TaskError> {
        judge::evaluate(execution, &self.language, &self.instance.tests, candidate)
    }
}

impl Golf {
    fn extension(&self) -> &'static str {
        match self.language.as_str() {
            "javascript" => "js",
            "ruby" => "rb",
            _ => "py",
        }
    }
}

/// Newlines at the end need no bytes and make no difference.
fn compared(program: &str, current: &str) -> Finding {
    let program = instance::without_final_newlines(program);
    if program == instance::without_final_newlines(current) {
        Finding::Identical
    } else {
        Finding::Changed(program.to_owned())
    }
}

perfagent_task::export!(Golf);
