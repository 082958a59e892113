//! The trait that a task implements.

use crate::execution::Execution;
use crate::types::{
    Attempt, Description, Evaluation, Extraction, InitialSolution, InstanceSummary, PromptContext, TaskError,
    TaskMetadata,
};
use perfagent_toolkit::template;
use serde::de::DeserializeOwned;

/// The values of a template's placeholders, by name.
pub type Values = Vec<(&'static str, String)>;

/// A task, and one instance of it under its configuration: `Self` is what [`Task::load`] makes of
/// an instance's bytes.
///
/// The host calls the methods of one instance one after another and keeps it for a whole run, so it
/// may remember what is dear, such as compiled programs. Prompts and extraction must depend on
/// nothing but the instance and their arguments: a run that is resumed builds them again.
pub trait Task: Sized + 'static {
    /// The task's configuration, as the host hands it over from `task_config`. Give it
    /// `#[serde(default, deny_unknown_fields)]`, so that a misspelt key is an error.
    type Config: DeserializeOwned;

    /// What holds for every instance of the task. Cheap: it is called often.
    fn describe() -> Description;

    /// Reads only what names an instance. `name` is the stem of the instance's file.
    ///
    /// # Errors
    /// [`TaskError::BadInstance`] that names the field.
    fn metadata(name: &str, data: &[u8]) -> Result<TaskMetadata, TaskError>;

    /// Reads and checks an instance under a configuration.
    ///
    /// # Errors
    /// [`TaskError::BadInstance`] that names the field, or [`TaskError::BadConfig`] that names the
    /// key whose value is wrong or does not fit the instance.
    fn load(name: &str, data: &[u8], config: Self::Config) -> Result<Self, TaskError>;

    /// What holds for this instance under its configuration.
    fn summary(&self) -> InstanceSummary;

    /// Where the loop starts.
    ///
    /// # Errors
    /// When the instance gives no start.
    fn initial_solution(&self) -> Result<InitialSolution, TaskError>;

    /// Values of the system template's placeholders, one for each of
    /// [`Description::system_variables`].
    fn system_values(&self, context: &PromptContext) -> Values;

    /// Values of the optimisation template's placeholders, one for each of
    /// [`Description::optimization_variables`].
    fn optimization_values(&self, context: &PromptContext, attempt: &Attempt) -> Values;

    /// The system prompt: the user's template or the task's own, filled with
    /// [`Task::system_values`].
    ///
    /// # Errors
    /// [`TaskError::BadTemplate`] that names the placeholder and lists the known ones.
    fn system_prompt(&self, context: &PromptContext) -> Result<String, TaskError> {
        let values = self.system_values(context);
        match &context.system_template {
            Some(template) => render(template, &values),
            None => render(&Self::describe().system_template, &values),
        }
    }

    /// The prompt that asks for a better solution: the user's template or the task's own, filled
    /// with [`Task::optimization_values`].
    ///
    /// # Errors
    /// [`TaskError::BadTemplate`] that names the placeholder and lists the known ones.
    fn optimization_prompt(&self, context: &PromptContext, attempt: &Attempt) -> Result<String, TaskError> {
        let values = self.optimization_values(context, attempt);
        match &context.optimization_template {
            Some(template) => render(template, &values),
            None => render(&Self::describe().optimization_template, &values),
        }
    }

    /// Finds the solution in a model's reply; `current` is what its edits apply to.
    ///
    /// # Errors
    /// Only when the task itself fails: a reply without a solution is a
    /// [`Finding`](crate::Finding).
    fn extract(&self, reply: &str, current: &str) -> Result<Extraction, TaskError>;

    /// Judges `candidate`, and measures it against `incumbent` in the same conditions where there
    /// is one.
    ///
    /// # Errors
    /// When it could not be judged. A solution that is wrong is an [`Evaluation`] without success.
    fn evaluate(
        &mut self,
        execution: &Execution,
        candidate: &str,
        incumbent: Option<&str>,
    ) -> Result<Evaluation, TaskError>;
}

/// Fills a template: `{name}` becomes the value of that name, `{{` and `}}` literal braces.
///
/// # Errors
/// [`TaskError::BadTemplate`] that names the placeholder and lists the known ones.
pub fn render(template: &str, values: &[(&'static str, String)]) -> Result<String, TaskError> {
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Ok(template::render(template, &values)?)
}

/// Checks a configuration's values: for each key whether its value is within bounds, and the bounds in
/// words.
///
/// # Errors
/// [`TaskError::BadConfig`] that names the first key whose value is not.
pub fn check_bounds(bounds: &[(&str, bool, &str)]) -> Result<(), TaskError> {
    match bounds.iter().find(|(_, is_within, _)| !is_within) {
        Some((key, _, range)) => Err(TaskError::BadConfig(format!("task_config.{key}: must be {range}"))),
        None => Ok(()),
    }
}

/// Reads a configuration as the host hands it over: a JSON object, or nothing for an empty one.
pub(crate) fn parse_config<C: DeserializeOwned>(config: &str) -> Result<C, TaskError> {
    let config = if config.trim().is_empty() { "{}" } else { config };
    let mut reader = serde_json::Deserializer::from_str(config);
    let parsed = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." { String::new() } else { format!("`{path}`: ") };
        TaskError::BadConfig(format!("task_config: {place}{}", error.inner()))
    })?;
    reader.end().map_err(|error| TaskError::BadConfig(format!("task_config: {error}")))?;
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Config {
        runs: u32,
    }

    #[test]
    fn a_wrong_configuration_names_the_key() {
        assert_eq!(parse_config::<Config>(" ").unwrap(), Config::default());
        assert_eq!(parse_config::<Config>(r#"{"runs": 3}"#).unwrap(), Config { runs: 3 });
        for (config, named) in [(r#"{"runs": "x"}"#, "`runs`"), (r#"{"rums": 1}"#, "`rums`"), ("[1", "task_config")] {
            let error = parse_config::<Config>(config).unwrap_err();
            let TaskError::BadConfig(message) = error else { panic!("{error:?}") };
            assert!(message.contains(named), "{message}");
        }
        let error = parse_config::<Config>("{} x").unwrap_err();
        assert!(matches!(error, TaskError::BadConfig(_)), "{error:?}");
    }

    #[test]
    fn a_wrong_placeholder_is_a_bad_template() {
        assert_eq!(render("{{{a}}}", &[("a", "1".to_owned())]).unwrap(), "{1}");
        assert!(matches!(render("{b}", &[("a", "1".to_owned())]), Err(TaskError::BadTemplate(_))));
    }
}
