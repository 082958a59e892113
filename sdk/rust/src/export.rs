//! Makes a component's exports of a [`Task`].

use crate::bindings::exports::perfagent::task::runner;
use crate::execution::Execution;
use crate::task::{Task, parse_config};
use crate::types::{
    Attempt, Description, Evaluation, Extraction, InitialSolution, InstanceSummary, PromptContext, TaskError,
    TaskMetadata,
};
use std::cell::RefCell;
use std::marker::PhantomData;

/// The exports of a component whose task is `T`; [`export!`](crate::export) uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Exports<T>(PhantomData<T>);

/// One instance behind the resource that the host holds.
#[doc(hidden)]
#[derive(Debug)]
pub struct Instance<T>(RefCell<T>);

impl<T: Task> runner::Guest for Exports<T> {
    type Instance = Instance<T>;

    fn describe() -> Description {
        T::describe()
    }

    fn metadata(name: String, data: Vec<u8>) -> Result<TaskMetadata, TaskError> {
        T::metadata(&name, &data)
    }
}

// No borrow below can fail: the component model lets nobody enter a component while one of its calls
// runs, so calls of one instance never overlap.
impl<T: Task> runner::GuestInstance for Instance<T> {
    fn load(name: String, data: Vec<u8>, config: String) -> Result<runner::Instance, TaskError> {
        let task = T::load(&name, &data, parse_config(&config)?)?;
        Ok(runner::Instance::new(Self(RefCell::new(task))))
    }

    fn summary(&self) -> InstanceSummary {
        self.0.borrow().summary()
    }

    fn initial_solution(&self) -> Result<InitialSolution, TaskError> {
        self.0.borrow().initial_solution()
    }

    fn system_prompt(&self, context: PromptContext) -> Result<String, TaskError> {
        self.0.borrow().system_prompt(&context)
    }

    fn optimization_prompt(&self, context: PromptContext, attempt: Attempt) -> Result<String, TaskError> {
        self.0.borrow().optimization_prompt(&context, &attempt)
    }

    fn extract(&self, reply: String, current: String) -> Result<Extraction, TaskError> {
        self.0.borrow().extract(&reply, &current)
    }

    fn evaluate(&self, candidate: String, incumbent: Option<String>) -> Result<Evaluation, TaskError> {
        self.0.borrow_mut().evaluate(&Execution::host(), &candidate, incumbent.as_deref())
    }
}

/// Makes the crate a component with this [`Task`](crate::Task): the crate type must be `cdylib`,
/// the target `wasm32-unknown-unknown` with `wasm-component-ld` as the linker. On other targets it
/// only checks that the type is a task. Use it once in a crate.
#[macro_export]
macro_rules! export {
    ($task:ty) => {
        const _: () = {
            const fn is_a_task<T: $crate::Task>() {}
            is_a_task::<$task>();
        };

        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the exports of a component are raw functions")]
        const _: () = {
            type Exports = $crate::Exports<$task>;
    $crate::bindings::export_component!(Exports with_types_in $crate::bindings);
        };
    };
}
