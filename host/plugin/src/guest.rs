//! One started component, and calls into it under all limits.

use crate::bindings::Task;
use crate::bindings::exports::perfagent::task::runner::Guest as Runner;
use crate::error::PluginError;
use crate::limits::PluginLimits;
use crate::plugin::PluginInner;
use crate::services::Services;
use crate::state::{Exceeded, Log, State};
use crate::text;
use crate::wasi;
use std::pin::pin;
use std::sync::Arc;
use wasmtime::component::ResourceTableError;
use wasmtime::{AsContextMut as _, PoolConcurrencyLimitError, Store, Trap, UpdateDeadline, WasmBacktrace};

/// What start-up is called in errors.
const START: &str = "start-up";

/// A started component. After a failed call it is thrown away.
pub(crate) struct Guest {
    pub(crate) store: Store<State>,
    task: Task,
}

/// How a call ended without a value.
pub(crate) enum Stop {
    /// The engine says why.
    Failed(wasmtime::Error),
    /// It took too long.
    WallTime,
}

impl Guest {
    /// Starts a component.
    pub(crate) async fn start(
        plugin: &PluginInner,
        services: Services,
        languages: &Arc<[String]>,
    ) -> Result<Self, PluginError> {
        let limits = Arc::clone(&plugin.host.limits);
        let log = Log::new(Arc::clone(&services.log), &limits);
        let wasi = wasi::context(&services.grants, &log);
        let mut state = State::new(limits, plugin.memory_limit, services, log, wasi);
        state.languages = Arc::clone(languages);
        let mut store = Store::new(&plugin.host.engine, state);
        store.limiter(|state| state);
        // The table of the state holds the host's resources; this bounds the guest's own ones.
        store.set_max_component_handles(plugin.host.limits.handles);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut context| {
            let state = context.as_context_mut();
            let spent = state.data().meter.spent();
            if spent <= state.data().limits.cpu_time {
                return Ok(UpdateDeadline::Yield(1));
            }
            context.data_mut().exceeded = Some(Exceeded::CpuTime);
            Ok(UpdateDeadline::Interrupt)
        });
        begin(&mut store);
        let started = watch(plugin, &store.data().meter.clone(), plugin.pre.instantiate_async(&mut store)).await;
        match started {
            Ok(task) => Ok(Self { store, task }),
            Err(stop) => Err(failure(START, store.data(), stop)),
        }
    }

    /// Begins a call: what the runner's functions are called on, and the store for them.
    pub(crate) fn begin(&mut self) -> (&Runner, &mut Store<State>) {
        begin(&mut self.store);
        (self.task.perfagent_task_runner(), &mut self.store)
    }

    /// Why a call that ended with `stop` failed.
    pub(crate) fn failure(&self, export: &'static str, stop: Stop) -> PluginError {
        failure(export, self.store.data(), stop)
    }
}

fn begin(store: &mut Store<State>) {
    store.data_mut().begin_call();
    store.set_hostcall_fuel(store.data().limits.transfer_bytes);
    store.set_epoch_deadline(1);
}

/// Waits for a call into a guest while its limits are in force.
pub(crate) async fn watch<T>(
    plugin: &PluginInner,
    meter: &crate::meter::Meter,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> Result<T, Stop> {
    let mut counted = pin!(meter.counting(call));
    let ticking = std::future::poll_fn(|context| {
        // Ticks only while guest code may run: waiting and measuring are not disturbed.
        let _running = plugin.host.ticker.run();
        counted.as_mut().poll(context)
    });
    match tokio::time::timeout(plugin.host.limits.wall_time, ticking).await {
        Ok(result) => result.map_err(Stop::Failed),
        Err(_) => Err(Stop::WallTime),
    }
}

fn failure(export: &'static str, state: &State, stop: Stop) -> PluginError {
    let limits: &PluginLimits = &state.limits;
    let error = match stop {
        Stop::WallTime => return PluginError::WallLimit { export, limit: limits.wall_time },
        Stop::Failed(error) => error,
    };
    match state.exceeded {
        Some(Exceeded::CpuTime) => return PluginError::CpuLimit { export, limit: limits.cpu_time },
        Some(Exceeded::Memory { requested_bytes }) => {
            return PluginError::MemoryLimit { export, requested_bytes, limit_bytes: state.memory_limit };
        }
        Some(Exceeded::Table { requested }) => {
            return PluginError::TableLimit { export, requested, limit: limits.table_elements };
        }
        None => {}
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        return PluginError::Crowded { source: error.into() };
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return PluginError::HandleLimit { export, limit: limits.handles };
    }
    let backtrace = error.downcast_ref::<WasmBacktrace>().map(|trace| text::message(&trace.to_string()));
    let root = error.root_cause().to_string();
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => PluginError::StackLimit { export, limit_bytes: limits.stack_bytes, backtrace },
        Some(trap) => PluginError::Trap { export, message: text::line(&trap.to_string()), backtrace },
        None if root.contains("fuel allocated for hostcalls") => {
            PluginError::TransferLimit { export, limit_bytes: limits.transfer_bytes }
        }
        None if root.contains("store handle limit exceeded") => {
            PluginError::HandleLimit { export, limit: limits.handles }
        }
        None if root.contains("resource limit exceeded") => PluginError::Oversized { source: error.into() },
        None => PluginError::Trap { export, message: text::line(&root), backtrace },
    }
}
