//! Calls a task as the host does, and holds it to what the host demands.

use crate::task::{Task, parse_config};
use crate::testing::Script;
use crate::types::{
    Attempt, Description, Evaluation, Extraction, InitialSolution, InstanceSummary, PromptContext, TaskError,
};
use perfagent_toolkit::template;
use serde::de::DeserializeOwned;

/// An instance of the task `T`, loaded as the host loads it and judged with a [`Script`].
#[derive(Debug)]
pub struct Harness<T> {
    task: T,
    script: Script,
}

impl<T: Task> Harness<T> {
    /// Loads an instance; `config` is the JSON object from `task_config`.
    ///
    /// # Errors
    /// What the configuration's type or [`Task::load`] says.
    pub fn load(name: &str, data: &[u8], config: &str, script: &Script) -> Result<Self, TaskError> {
        Ok(Self { task: T::load(name, data, parse_config(config)?)?, script: script.clone() })
    }

    /// The task itself.
    pub fn task(&self) -> &T {
        &self.task
    }

    /// As [`Task::summary`].
    pub fn summary(&self) -> InstanceSummary {
        self.task.summary()
    }

    /// As [`Task::initial_solution`].
    ///
    /// # Errors
    /// The task's.
    pub fn initial_solution(&self) -> Result<InitialSolution, TaskError> {
        self.task.initial_solution()
    }

    /// As [`Task::system_prompt`].
    ///
    /// # Errors
    /// The task's.
    pub fn system_prompt(&self, context: &PromptContext) -> Result<String, TaskError> {
        self.task.system_prompt(context)
    }

    /// As [`Task::optimization_prompt`].
    ///
    /// # Errors
    /// The task's.
    pub fn optimization_prompt(&self, context: &PromptContext, attempt: &Attempt) -> Result<String, TaskError> {
        self.task.optimization_prompt(context, attempt)
    }

    /// As [`Task::extract`].
    ///
    /// # Errors
    /// The task's.
    pub fn extract(&self, reply: &str, current: &str) -> Result<Extraction, TaskError> {
        self.task.extract(reply, current)
    }

    /// As [`Task::evaluate`], with the script as the execution service.
    ///
    /// # Errors
    /// The task's, and [`TaskError::Internal`] for an evaluation that the host would refuse:
    /// success with a metric that is not finite, samples or artifacts that are not what they
    /// should be.
    pub fn evaluate(&mut self, candidate: &str, incumbent: Option<&str>) -> Result<Evaluation, TaskError> {
        let evaluation = self.task.evaluate(&self.script.execution(), candidate, incumbent)?;
        check_evaluation(&evaluation).map_err(TaskError::Internal)?;
        Ok(evaluation)
    }
}

fn check_evaluation(evaluation: &Evaluation) -> Result<(), String> {
    if evaluation.success && !evaluation.metric.is_finite() {
        return Err(format!("success with the metric {}", evaluation.metric));
    }
    if evaluation.summary.contains('\n') {
        return Err(format!("the summary has several lines: {:?}", evaluation.summary));
    }
    match serde_json::from_str(&evaluation.artifacts) {
        Ok(serde_json::Value::Object(_)) => Ok(()),
        Ok(_) => Err("the artifacts are not a JSON object".to_owned()),
        Err(error) => Err(format!("the artifacts are not JSON: {error}")),
    }
}

/// Checks what the host demands of a description: a name of lower-case letters, digits and `-`, a
/// version, a configuration schema that is a JSON object, and default templates whose placeholders
/// are the ones listed.
///
/// # Errors
/// What is wrong, for people.
pub fn check_description(description: &Description) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if description.name.is_empty() || !description.name.bytes().all(plain) {
        return Err(format!("name {:?}: use lower-case letters, digits and `-`", description.name));
    }
    let numbers = description.version.split(['-', '+']).next().unwrap_or_default();
    if numbers.split('.').filter(|part| part.parse::<u64>().is_ok()).count() != 3 {
        return Err(format!("version {:?}: write major.minor.patch", description.version));
    }
    match serde_json::from_str(&description.config_schema) {
        Ok(serde_json::Value::Object(_)) => {}
        Ok(_) => return Err("the configuration's schema is not a JSON object".to_owned()),
        Err(error) => return Err(format!("the configuration's schema is not JSON: {error}")),
    }
    let templates = [
        ("system", &description.system_template, &description.system_variables),
        ("optimization", &description.optimization_template, &description.optimization_variables),
    ];
    for (which, text, variables) in templates {
        let values: Vec<(&str, &str)> = variables.iter().map(|name| (name.as_str(), "")).collect();
        template::render(text, &values).map_err(|error| format!("the {which} template: {error}"))?;
    }
    Ok(())
}

/// Holds a configuration's schema to its type: every property states a default, and those are what the
/// type has by default. Returns how many properties there are.
///
/// # Errors
/// What does not fit.
pub fn check_schema_defaults<C: DeserializeOwned + Default + PartialEq>(schema: &str) -> Result<usize, String> {
    let schema: serde_json::Value = serde_json::from_str(schema).map_err(|error| error.to_string())?;
    let properties = schema["properties"].as_object().ok_or("the schema has no properties")?.iter();
    let defaults: serde_json::Map<_, _> =
        properties.map(|(key, property)| (key.clone(), property["default"].clone())).collect();
    let count = defaults.len();
    match serde_json::from_value::<C>(defaults.into()) {
        Ok(config) if config == C::default() => Ok(count),
        Ok(_) => Err("the schema's defaults are not those of the type".to_owned()),
        Err(error) => Err(format!("the schema's defaults are refused: {error}")),
    }
}
