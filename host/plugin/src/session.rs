//! One plugin at work for one run.

use crate::error::PluginError;
use perfagent_core::task::{
    Attempt, Description, Evaluation, Extraction, InitialSolution, InstanceSummary, Metadata, PromptContext,
};

/// A started component that serves one run of one tenant.
pub struct Session {}

impl Session {
    /// What holds for every instance of the task. Its languages bound what the session compiles.
    ///
    /// # Errors
    /// Limits, traps and broken promises.
    pub async fn describe(&mut self) -> Result<Description, PluginError> {
        todo!()
    }

    /// Reads what names an instance. `name` is the stem of its file.
    ///
    /// # Errors
    /// [`PluginError::Task`] for an instance that the task does not read; limits, traps, broken promises.
    pub async fn metadata(&mut self, name: &str, data: &[u8]) -> Result<Metadata, PluginError> {
        todo!()
    }

    /// Reads an instance under a configuration, a JSON object, for the rest of the run.
    ///
    /// # Errors
    /// [`PluginError::Task`] for an instance or a configuration that the task does not read; limits,
    /// traps, broken promises.
    pub async fn load(self, source: InstanceSource) -> Result<TaskInstance, PluginError> {
        todo!()
    }
}

/// What an instance is read from. Kept, so that it can be read again after a trap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceSource {
    /// Stem of the instance's file.
    pub name: String,
    /// The file's bytes.
    pub data: std::sync::Arc<[u8]>,
    /// The task's configuration, a JSON object.
    pub config: String,
}

/// An instance that a task has read.
///
/// After a trap or a limit the component is thrown away; the next call starts a new one and reads
/// the instance again.
pub struct TaskInstance {}

/// All methods fail with [`PluginError`]: limits, traps, broken promises, and the task's own errors.
impl TaskInstance {
    /// What holds for every instance of the task.
    pub fn description(&self) -> &Description {
        todo!()
    }

    /// What holds for this instance.
    ///
    /// # Errors
    /// Limits, traps and broken promises.
    pub async fn summary(&mut self) -> Result<InstanceSummary, PluginError> {
        todo!()
    }

    /// Where the loop starts.
    ///
    /// # Errors
    /// Limits, traps, broken promises and the task's own errors.
    pub async fn initial_solution(&mut self) -> Result<InitialSolution, PluginError> {
        todo!()
    }

    /// The system prompt.
    ///
    /// # Errors
    /// Limits, traps, broken promises and the task's own errors.
    pub async fn system_prompt(&mut self, context: &PromptContext) -> Result<String, PluginError> {
        todo!()
    }

    /// The prompt that asks for a better solution than `attempt`.
    ///
    /// # Errors
    /// Limits, traps, broken promises and the task's own errors.
    pub async fn optimization_prompt(
        &mut self,
        context: &PromptContext,
        attempt: &Attempt,
    ) -> Result<String, PluginError> {
        todo!()
    }

    /// Finds the solution in a model's reply; `current` is what its edits apply to.
    ///
    /// # Errors
    /// Limits, traps, broken promises and the task's own errors.
    pub async fn extract(&mut self, reply: &str, current: &str) -> Result<Extraction, PluginError> {
        todo!()
    }

    /// Judges `candidate`, measured against `incumbent` where there is one.
    ///
    /// # Errors
    /// Limits, traps, broken promises and the task's own errors.
    pub async fn evaluate(
        &mut self,
        candidate: &str,
        incumbent: Option<&str>,
    ) -> Result<Evaluation, PluginError> {
        todo!()
    }
}
