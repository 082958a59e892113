//! An instance, loaded into its plugin: what the loop, `evaluate` and `metadata` work with.

use crate::RunError;
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use perfagent_core::secret;
use perfagent_core::task::{
    Attempt, Description, Evaluation, Extraction, InitialSolution, InstanceSummary, Metadata, PromptContext,
};
use perfagent_plugin::{InstanceSource, Plugin, PluginError, Services, TaskInstance};
use serde_json::{Map, Value};
use std::sync::Arc;

/// An instance, loaded into a plugin session of its own.
pub struct Task {
    instance: TaskInstance,
    metadata: Metadata,
    summary: InstanceSummary,
}

impl Task {
    /// Opens a session of `plugin` and loads the instance called `name` from `data`, after checking
    /// `config` against the plugin's schema.
    ///
    /// # Errors
    /// A plugin that fails or refuses the instance, a configuration that does not fit.
    pub async fn open(
        plugin: &Plugin,
        services: Services,
        name: &str,
        data: Arc<[u8]>,
        config: &Map<String, Value>,
    ) -> Result<Self, RunError> {
        let mut session = plugin.open(services).await?;
        check_config(&session.describe().await?.config_schema, config)?;
        let metadata = session.metadata(name, &data).await?;
        let config = serde_json::to_string(config).expect("maps have string keys");
        let mut instance = session.load(InstanceSource { name: name.to_owned(), data, config }).await?;
        let summary = instance.summary().await?;
        Ok(Self { instance, metadata, summary })
    }

    /// What the task says of itself.
    pub fn description(&self) -> &Description {
        self.instance.description()
    }

    /// What names the instance.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What holds for the instance under its configuration.
    pub fn summary(&self) -> &InstanceSummary {
        &self.summary
    }

    /// Finds the solution in a model's reply; its edits apply to `current`.
    ///
    /// # Errors
    /// A plugin that fails.
    pub async fn extract(&mut self, reply: &str, current: &str) -> Result<Extraction, PluginError> {
        self.instance.extract(reply, current).await
    }

    /// Judges `candidate`, against `incumbent` where there is one.
    ///
    /// # Errors
    /// A plugin that fails, or has no sandbox to run programs in.
    pub async fn evaluate(&mut self, candidate: &str, incumbent: Option<&str>) -> Result<Evaluation, PluginError> {
        self.instance.evaluate(candidate, incumbent).await
    }

    /// The solution that the task starts from.
    ///
    /// # Errors
    /// A plugin that fails.
    pub async fn initial_solution(&mut self) -> Result<InitialSolution, PluginError> {
        self.instance.initial_solution().await
    }

    pub(crate) async fn system_prompt(&mut self, context: &PromptContext) -> Result<String, PluginError> {
        self.instance.system_prompt(context).await
    }

    pub(crate) async fn optimization_prompt(
        &mut self,
        context: &PromptContext,
        attempt: &Attempt,
    ) -> Result<String, PluginError> {
        self.instance.optimization_prompt(context, attempt).await
    }
}

/// Checks a task's configuration against the plugin's schema. References to other documents are
/// not followed.
///
/// # Errors
/// [`RunError::TaskConfig`] where it does not fit, [`RunError::ConfigSchema`] where the schema is none.
pub fn check_config(schema: &Value, config: &Map<String, Value>) -> Result<(), RunError> {
    let validator = jsonschema::validator_for(schema).map_err(|error| RunError::ConfigSchema(Box::new(error)))?;
    let config = Value::Object(config.clone());
    match validator.iter_errors(&config).next() {
        None => Ok(()),
        Some(error) => Err(misfit(&error, schema)),
    }
}

fn misfit(error: &ValidationError<'_>, schema: &Value) -> RunError {
    let location = error.instance_path().to_string().replace('/', ".");
    let place = String::new();
    if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind()
        && let Some(key) = unexpected.first()
    {
        let beside = error.schema_path().as_str().strip_suffix("/additionalProperties");
        let properties = beside.and_then(|path| schema.pointer(path)?.get("properties")?.as_object());
        let known = properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default();
        let message = "there is no such key".to_owned();
        return RunError::TaskConfig { place, location: format!("{location}.{key}"), message, known };
    }
    let shown = secret::masked_at(&location, error.instance()).to_string();
    RunError::TaskConfig { place, message: error.masked_with(shown).to_string(), location, known: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::{RunError, check_config};
    use serde_json::json;

    #[test]
    fn mistakes_in_a_configuration_are_told_without_its_secrets() {
        let schema = json!({"properties": {"api_keys": {"additionalProperties": {"type": "integer"}}, "url": {"maxLength": 3}},
            "not": {"required": ["wrong"]}});
        for (config, part) in [
            (json!({"api_keys": {"a": "hidden"}}), "task_config.api_keys.a: \"***\" is not of type"),
            (json!({"url": "http://me:hidden@h"}), "\"http://***@h\" is longer than 3"),
            (json!({"wrong": 1, "auth": {"x": "hidden"}}), "\"auth\":{\"x\":\"***\"}"),
        ] {
            let told = check_config(&schema, config.as_object().unwrap()).unwrap_err().to_string();
            assert!(told.contains(part) && !told.contains("hidden"), "{told}");
        }
    }

    #[test]
    fn an_unknown_key_is_told_with_those_that_there_are() {
        let inner = json!({"properties": {"a": {}, "b": {}}, "additionalProperties": false});
        let schema = json!({"properties": {"runs": {}, "deep": inner}, "additionalProperties": false});
        for (config, expected, keys) in [
            (json!({"runz": 1}), "task_config.runz: there is no such key", ["runs", "deep"]),
            (json!({"deep": {"c": 1}}), "task_config.deep.c: there is no such key", ["a", "b"]),
        ] {
            let error = check_config(&schema, config.as_object().unwrap()).unwrap_err();
            assert_eq!(error.to_string(), expected);
            let RunError::TaskConfig { known, .. } = error else { unreachable!() };
            assert_eq!(known, keys);
        }
    }
}
