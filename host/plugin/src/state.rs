//! What a store holds: the services of its run, and everything that is counted.

use crate::limits::PluginLimits;
use crate::meter::Meter;
use crate::plugin::Usage;
use crate::services::{LogLevel, LogRecord, Services};
use crate::text;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// A limit that guest code went beyond. Kept beside the trap that ends the call, which says less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    /// Processor time of the call.
    CpuTime,
    /// Bytes of all memories and tables.
    Memory { requested_bytes: usize },
    /// Elements of one table.
    Table { requested: usize },
}

/// The data of one store.
pub(crate) struct State {
    pub(crate) limits: Arc<PluginLimits>,
    pub(crate) services: Services,
    pub(crate) table: ResourceTable,
    pub(crate) wasi: WasiCtx,
    pub(crate) meter: Meter,
    pub(crate) log: Log,
    /// Languages that the task declares; no other one is compiled.
    pub(crate) languages: Arc<[String]>,
    /// Compiled programs that are alive.
    pub(crate) programs: usize,
    pub(crate) exceeded: Option<Exceeded>,
    /// What all memories and tables may have together, bytes.
    pub(crate) memory_limit: usize,
    memory_bytes: usize,
}

impl State {
    /// The data of a new store.
    pub(crate) fn new(
        limits: Arc<PluginLimits>,
        memory_limit: usize,
        services: Services,
        log: Log,
        wasi: WasiCtx,
    ) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Self {
            limits,
            services,
            table,
            wasi,
            meter: Meter::new(),
            log,
            languages: Arc::default(),
            programs: 0,
            exceeded: None,
            memory_limit,
            memory_bytes: 0,
        }
    }

    /// Begins the counts of a call anew.
    pub(crate) fn begin_call(&mut self) {
        self.meter.reset();
        self.log.begin_call();
        self.exceeded = None;
    }

    /// What the store has and its last call has used.
    pub(crate) fn usage(&self) -> Usage {
        Usage { cpu_time: self.meter.spent(), memory_bytes: self.memory_bytes }
    }

    fn grow(&mut self, current: usize, desired: usize) -> wasmtime::Result<bool> {
        let requested_bytes = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        if requested_bytes > self.memory_limit {
            self.exceeded = Some(Exceeded::Memory { requested_bytes });
            return Err(wasmtime::Error::msg("the memory limit"));
        }
        self.memory_bytes = requested_bytes;
        Ok(true)
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.grow(current, desired)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.limits.table_elements {
            self.exceeded = Some(Exceeded::Table { requested: desired });
            return Err(wasmtime::Error::msg("the table limit"));
        }
        self.grow(current * size_of::<usize>(), desired * size_of::<usize>())
    }

    fn instances(&self) -> usize {
        self.limits.instances
    }

    fn tables(&self) -> usize {
        self.limits.tables
    }

    fn memories(&self) -> usize {
        self.limits.memories
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// A task's log: bounded per call, shared by the `log` import and WASI's output streams.
#[derive(Clone)]
pub(crate) struct Log(Arc<LogInner>);

struct LogInner {
    sink: crate::LogSink,
    max_lines: usize,
    max_bytes: usize,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    lines: usize,
    bytes: usize,
    dropped: u64,
}

impl Log {
    pub(crate) fn new(sink: crate::LogSink, limits: &PluginLimits) -> Self {
        let (max_lines, max_bytes) = (limits.log_lines, limits.log_bytes);
        Self(Arc::new(LogInner { sink, max_lines, max_bytes, used: Mutex::default() }))
    }

    /// Passes a line on, or drops and counts it.
    pub(crate) fn write(&self, level: LogLevel, message: &str) {
        let message = text::line(message);
        {
            let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
            if used.lines >= self.0.max_lines || used.bytes + message.len() > self.0.max_bytes {
                used.dropped += 1;
                return;
            }
            used.lines += 1;
            used.bytes += message.len();
        }
        (self.0.sink)(LogRecord { level, message });
    }

    /// Tells of what was dropped in the last call, and begins anew.
    pub(crate) fn begin_call(&self) {
        self.0.begin_call();
    }
}

impl LogInner {
    fn begin_call(&self) {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        if used.dropped > 0 {
            let message = format!("{} more lines of the plugin were dropped: its log is full", used.dropped);
            (self.sink)(LogRecord { level: LogLevel::Warning, message });
        }
    }
}

impl Drop for LogInner {
    /// No call follows the last one, so what it dropped is told here.
    fn drop(&mut self) {
        self.begin_call();
    }
}
