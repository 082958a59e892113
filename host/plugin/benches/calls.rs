//! What it costs to start a plugin and to call it, with the effibench component that
//! `cargo xtask build` leaves. `cargo xtask bench` builds it and runs this.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends at what it did not expect, and prints")]

use async_trait::async_trait;
use perfagent_core::execution::{
    CompileError, CompileRequest, Failure, FailureKind, Round, RunOptions, RunReport, RunRequest,
};
use perfagent_plugin::{Compiler, Execution, Grants, HostOptions, Plugin, PluginHost, ProgramId, Services};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

struct NoExecution;

fn nothing() -> Failure {
    Failure::new(FailureKind::Unavailable, "a bench runs no programs")
}

#[async_trait]
impl Execution for NoExecution {
    async fn compile(&self, _: CompileRequest) -> Result<ProgramId, CompileError> {
        Err(nothing().into())
    }

    async fn run(&self, _: ProgramId, _: Vec<RunRequest>, _: RunOptions) -> Result<Vec<RunReport>, Failure> {
        Err(nothing())
    }

    async fn compare(
        &self,
        _: ProgramId,
        _: ProgramId,
        _: Vec<RunRequest>,
        _: u32,
        _: RunOptions,
    ) -> Result<Vec<Round>, Failure> {
        Err(nothing())
    }

    fn release(&self, _: ProgramId) {}
}

fn compiler() -> Compiler {
    Compiler { program: env!("CARGO_BIN_EXE_perfagent-plugin-compiler").into(), arguments: Vec::new() }
}

fn services() -> Services {
    Services { execution: Arc::new(NoExecution), grants: Grants::default(), log: Arc::new(|_| {}) }
}

/// The first call of a new process: engine, mapping, instance, call.
async fn first_call(component: &Path, cache: &Path) -> Duration {
    let options = HostOptions { cache_dir: Some(cache.to_owned()), ..HostOptions::new(compiler()) };
    let host = PluginHost::new(options).unwrap();
    let begun = Instant::now();
    let plugin = host.load_file(component, || {}).await.unwrap();
    plugin.open(services()).await.unwrap().describe().await.unwrap();
    begun.elapsed()
}

async fn fresh_store(plugin: &Plugin) -> Duration {
    let begun = Instant::now();
    let mut session = plugin.open(services()).await.unwrap();
    assert!(session.metadata("x", b"").await.is_err());
    drop(session);
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let component = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins/effibench.wasm");
    if !component.is_file() {
        println!("skipped: {} is missing, `cargo xtask build` makes it", component.display());
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("cache");
    first_call(&component, &cache).await;
    let mut times = Vec::new();
    for _ in 0..20 {
        times.push(first_call(&component, &cache).await);
    }
    println!("cached load and first call  {:>9.3} ms  (goal: at most 2 ms)", median(times).as_secs_f64() * 1e3);

    let host = PluginHost::new(HostOptions::new(compiler())).unwrap();
    let plugin = host.load_file(&component, || {}).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..2_000 {
        times.push(fresh_store(&plugin).await);
    }
    println!("fresh store, call, drop     {:>9.3} µs  (goal: at most 60 µs)", median(times).as_secs_f64() * 1e6);

    let mut session = plugin.open(services()).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..20_000 {
        let begun = Instant::now();
        assert!(session.metadata("x", b"").await.is_err());
        times.push(begun.elapsed());
    }
    println!("one call, small arguments   {:>9.3} µs  (goal: at most 10 µs)", median(times).as_secs_f64() * 1e6);
}
