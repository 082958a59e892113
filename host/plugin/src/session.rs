//! One plugin at work for one run.

use crate::check;
use crate::convert;
use crate::error::PluginError;
use crate::guest::{Guest, Stop, watch};
use crate::plugin::PluginInner;
use crate::promise::Violation;
use crate::services::Services;
use perfagent_core::task::{
    Attempt, Description, Evaluation, Extraction, InitialSolution, InstanceSummary, Metadata, PromptContext,
};
use std::sync::Arc;
use wasmtime::component::ResourceAny;

/// A started component that serves one run of one tenant.
pub struct Session {
    plugin: Arc<PluginInner>,
    services: Services,
    /// Languages that the task declares; known after the first description.
    languages: Arc<[String]>,
    description: Option<Description>,
    /// The component at work; gone after a failed call, and while a call is under way.
    guest: Option<Guest>,
}

/// Calls one function of the guest. The guest is put back only after a call that ended well: one
/// that failed, or whose future is dropped, takes its store with it.
macro_rules! call {
    ($session:expr, $export:literal, |$runner:ident, $store:ident| $call:expr) => {{
        let mut guest = $session.take_guest().await?;
        let plugin = Arc::clone(&$session.plugin);
        let meter = guest.store.data().meter.clone();
        let result = {
            let ($runner, $store) = guest.begin();
            watch(&plugin, &meter, $call).await
        };
        $session.settle($export, guest, result)?
    }};
}

impl Session {
    pub(crate) async fn start(plugin: Arc<PluginInner>, services: Services) -> Result<Self, PluginError> {
        let languages = Arc::default();
        let guest = Guest::start(&plugin, services.clone(), &languages).await?;
        Ok(Self { plugin, services, languages, description: None, guest: Some(guest) })
    }

    async fn take_guest(&mut self) -> Result<Guest, PluginError> {
        match self.guest.take() {
            Some(guest) => Ok(guest),
            None => Guest::start(&self.plugin, self.services.clone(), &self.languages).await,
        }
    }

    fn settle<T>(&mut self, export: &'static str, guest: Guest, result: Result<T, Stop>) -> Result<T, PluginError> {
        self.plugin.note_usage(guest.store.data().usage());
        match result {
            Ok(value) => {
                self.guest = Some(guest);
                Ok(value)
            }
            Err(stop) => {
                let error = guest.failure(export, stop);
                // Also where the run goes on and keeps one line of it.
                tracing::debug!(target: "plugin", "{error}{}", error.backtrace().map(|trace| format!("\n{trace}")).unwrap_or_default());
                Err(error)
            }
        }
    }

    /// What holds for every instance of the task. Its languages bound what the session compiles.
    ///
    /// # Errors
    /// Limits, traps and broken promises.
    pub async fn describe(&mut self) -> Result<Description, PluginError> {
        if let Some(description) = &self.description {
            return Ok(description.clone());
        }
        let description = self.describe_again().await?;
        self.languages = description.languages.clone().into();
        if let Some(guest) = &mut self.guest {
            guest.store.data_mut().languages = Arc::clone(&self.languages);
        }
        self.description = Some(description.clone());
        Ok(description)
    }

    /// Asks the component for its description, although it gave one before: a task that keeps its
    /// promise says the same. What it says now changes nothing for the session.
    ///
    /// # Errors
    /// Limits, traps and broken promises.
    pub async fn describe_again(&mut self) -> Result<Description, PluginError> {
        let description = call!(self, "describe", |runner, store| runner.call_describe(store));
        check::description(description, &self.plugin.host.limits).map_err(broken("describe"))
    }

    /// Reads what names an instance. `name` is the stem of its file.
    ///
    /// # Errors
    /// [`PluginError::Task`] for an instance that the task does not read; limits, traps, broken promises.
    pub async fn metadata(&mut self, name: &str, data: &[u8]) -> Result<Metadata, PluginError> {
        let answer = call!(self, "metadata", |runner, store| runner.call_metadata(store, name, data));
        let metadata = answer.map_err(refused("metadata"))?;
        check::metadata(metadata, &self.plugin.host.limits).map_err(broken("metadata"))
    }

    /// Reads an instance under a configuration, a JSON object, for the rest of the run.
    ///
    /// # Errors
    /// [`PluginError::Task`] for an instance or a configuration that the task does not read; limits,
    /// traps, broken promises.
    pub async fn load(mut self, source: InstanceSource) -> Result<TaskInstance, PluginError> {
        let description = self.describe().await?;
        let handle = self.load_handle(&source).await?;
        Ok(TaskInstance { session: self, source, description, handle: Some(handle) })
    }

    async fn load_handle(&mut self, source: &InstanceSource) -> Result<ResourceAny, PluginError> {
        let InstanceSource { name, data, config } = source;
        let answer = call!(self, "load", |runner, store| runner.instance().call_load(store, name, data, config));
        answer.map_err(refused("load"))
    }
}

fn broken(export: &'static str) -> impl FnOnce(Violation) -> PluginError {
    move |violation| PluginError::BrokenPromise { export, violation }
}

fn refused(
    export: &'static str,
) -> impl FnOnce(crate::bindings::exports::perfagent::task::runner::TaskError) -> PluginError {
    move |error| PluginError::Task { export, error: convert::task_error(error) }
}

/// What an instance is read from. Kept, so that it can be read again after a trap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceSource {
    /// Stem of the instance's file.
    pub name: String,
    /// The file's bytes.
    pub data: Arc<[u8]>,
    /// The task's configuration, a JSON object.
    pub config: String,
}

/// An instance that a task has read.
///
/// After a trap or a limit the component is thrown away; the next call starts a new one and reads
/// the instance again.
pub struct TaskInstance {
    session: Session,
    source: InstanceSource,
    description: Description,
    handle: Option<ResourceAny>,
}

/// All methods fail with [`PluginError`]: limits, traps, broken promises, and the task's own errors.
impl TaskInstance {
    /// The instance's handle in the component at work, which may be a new one.
    async fn handle(&mut self) -> Result<ResourceAny, PluginError> {
        match self.handle {
            Some(handle) if self.session.guest.is_some() => Ok(handle),
            _ => {
                // A handle into the old store must not outlive a reading that fails.
                self.handle = None;
                let handle = self.session.load_handle(&self.source).await?;
                self.handle = Some(handle);
                Ok(handle)
            }
        }
    }

    /// What holds for every instance of the task.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// What holds for this instance.
    ///
    /// # Errors
    /// Limits, traps and broken promises.
    pub async fn summary(&mut self) -> Result<InstanceSummary, PluginError> {
        let handle = self.handle().await?;
        let summary = call!(self.session, "summary", |runner, store| runner.instance().call_summary(store, handle));
        check::summary(summary).map_err(broken("summary"))
    }

    /// Where the loop starts.
    ///
    /// # Errors
    /// Limits, traps, broken promises and the task's own errors.
    pub async fn initial_solution(&mut self) -> Result<InitialSolution, PluginError> {
        const EXPORT: &str = "initial-solution";
        let handle = self.handle().await?;
        let answer = call!(self.session, "initial-solution", |runner, store| runner
            .instance()
            .call_initial_solution(store, handle));
        check::initial(answer.map_err(refused(EXPORT))?, &self.session.plugin.host.limits).map_err(broken(EXPORT))
    }

    /// The system prompt.
    ///
    /// # Errors
    /// Limits, traps, broken promises and the task's own errors.
    pub async fn system_prompt(&mut self, context: &PromptContext) -> Result<String, PluginError> {
        const EXPORT: &str = "system-prompt";
        let handle = self.handle().await?;
        let context = convert::context_to_wit(context);
        let answer = call!(self.session, "system-prompt", |runner, store| runner
            .instance()
            .call_system_prompt(store, handle, &context));
        check::prompt(answer.map_err(refused(EXPORT))?, &self.session.plugin.host.limits).map_err(broken(EXPORT))
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
        const EXPORT: &str = "optimization-prompt";
        let handle = self.handle().await?;
        let (context, attempt) = (convert::context_to_wit(context), convert::attempt_to_wit(attempt));
        let answer = call!(self.session, "optimization-prompt", |runner, store| runner
            .instance()
            .call_optimization_prompt(store, handle, &context, &attempt));
        check::prompt(answer.map_err(refused(EXPORT))?, &self.session.plugin.host.limits).map_err(broken(EXPORT))
    }

    /// Finds the solution in a model's reply; `current` is what its edits apply to.
    ///
    /// # Errors
    /// Limits, traps, broken promises and the task's own errors.
    pub async fn extract(&mut self, reply: &str, current: &str) -> Result<Extraction, PluginError> {
        const EXPORT: &str = "extract";
        let handle = self.handle().await?;
        let answer = call!(self.session, "extract", |runner, store| runner
            .instance()
            .call_extract(store, handle, reply, current));
        check::extraction(answer.map_err(refused(EXPORT))?, &self.session.plugin.host.limits).map_err(broken(EXPORT))
    }

    /// Judges `candidate`, measured against `incumbent` where there is one.
    ///
    /// # Errors
    /// Limits, traps, broken promises and the task's own errors.
    pub async fn evaluate(&mut self, candidate: &str, incumbent: Option<&str>) -> Result<Evaluation, PluginError> {
        const EXPORT: &str = "evaluate";
        let handle = self.handle().await?;
        let answer = call!(self.session, "evaluate", |runner, store| runner
            .instance()
            .call_evaluate(store, handle, candidate, incumbent));
        check::evaluation(answer.map_err(refused(EXPORT))?, &self.session.plugin.host.limits).map_err(broken(EXPORT))
    }
}
