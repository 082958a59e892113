//! Guests written as text, and what a run gives them.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod guest;

use async_trait::async_trait;
use perfagent_core::execution::{
    CompileError, CompileRequest, Failure, FailureKind, Round, RunOptions, RunReport, RunRequest,
};
use perfagent_plugin::{
    Compiler, Execution, Grants, HostOptions, InstanceSource, LogRecord, Plugin, PluginHost, PluginLimits, ProgramId,
    Services,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Compiles everything and counts, but for the compilation whose number is `fails_at`.
#[derive(Default)]
pub(crate) struct Counting {
    pub(crate) compiled: AtomicU64,
    pub(crate) released: AtomicU64,
    pub(crate) fails_at: Option<u64>,
}

#[async_trait]
impl Execution for Counting {
    async fn compile(&self, _: CompileRequest) -> Result<ProgramId, CompileError> {
        let number = self.compiled.fetch_add(1, Ordering::SeqCst);
        if self.fails_at == Some(number) {
            return Err(Failure::new(FailureKind::Internal, "as the test asks").into());
        }
        Ok(ProgramId(number))
    }

    async fn run(&self, _: ProgramId, requests: Vec<RunRequest>, _: RunOptions) -> Result<Vec<RunReport>, Failure> {
        Err(Failure::new(FailureKind::Unavailable, format!("{} runs", requests.len())))
    }

    async fn compare(
        &self,
        _: ProgramId,
        _: ProgramId,
        _: Vec<RunRequest>,
        _: u32,
        _: RunOptions,
    ) -> Result<Vec<Round>, Failure> {
        Err(Failure::new(FailureKind::Unavailable, "no comparisons"))
    }

    fn release(&self, _: ProgramId) {
        self.released.fetch_add(1, Ordering::SeqCst);
    }
}

/// Services of a test, and what the plugin logs.
#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) execution: Arc<Counting>,
    pub(crate) grants: Grants,
    pub(crate) lines: Arc<Mutex<Vec<LogRecord>>>,
}

impl World {
    pub(crate) fn services(&self) -> Services {
        let lines = Arc::clone(&self.lines);
        Services {
            execution: Arc::clone(&self.execution) as Arc<dyn Execution>,
            grants: self.grants.clone(),
            log: Arc::new(move |record| lines.lock().unwrap().push(record)),
        }
    }
}

pub(crate) fn services() -> Services {
    World::default().services()
}

/// Limits that a hostile guest meets soon.
pub(crate) fn tight() -> PluginLimits {
    PluginLimits { cpu_time: Duration::from_millis(100), memory_bytes: 8 << 20, ..PluginLimits::default() }
}

pub(crate) fn host_with(limits: PluginLimits, compiler: Compiler) -> PluginHost {
    PluginHost::new(HostOptions { limits, ..HostOptions::new(compiler) }).unwrap()
}

pub(crate) async fn load(host: &PluginHost, guest: guest::Guest) -> Plugin {
    host.load(&guest.build(), || {}).await.unwrap()
}

pub(crate) fn source() -> InstanceSource {
    InstanceSource { name: "echo".to_owned(), data: b"data".as_slice().into(), config: "{}".to_owned() }
}
