//! What it costs to load a task and to call it, for tasks in each language that has an SDK, beside the same with
//! wasmtime alone: pooled and synchronous, without limits, cache or authentication.
//!
//! `cargo xtask bench` builds the components and runs this.

#![expect(unsafe_code, reason = "wasmtime alone maps what it compiled itself a moment ago")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends at what it did not expect, and prints")]

mod common;
#[path = "../tests/support/mod.rs"]
mod support;

use bindings::perfagent::task::log;
use common::{compiler, median, report};
use perfagent_plugin::{HostOptions, InstanceSource, PluginHost};
use std::path::Path;
use std::time::{Duration, Instant};
use support::services;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable, ResourceType};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

#[allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]
mod bindings {
    wasmtime::component::bindgen!({ path: "../../wit", world: "task" });
}

/// A component below the target directory, an instance of its own, and what it may cost.
struct Guest {
    name: &'static str,
    file: &'static str,
    /// From the root of the project.
    instance: &'static str,
    load_ms: f64,
    call_us: f64,
}

const PAIR_SUMS: &str = "plugins/effibench/examples/pair-sums.json";
const LINES: &str = "sdk/rust/examples/sort-golf/examples/lines.json";

#[rustfmt::skip]
const GUESTS: [Guest; 4] = [
    Guest { name: "effibench (Rust)", file: "plugins/effibench.wasm", instance: PAIR_SUMS, load_ms: 2.0, call_us: 10.0 },
    Guest { name: "sort-golf (Rust)", file: "examples/sort-golf-rust.wasm", instance: LINES, load_ms: 2.0, call_us: 10.0 },
    Guest { name: "sort-golf (Python)", file: "examples/sort-golf-python.wasm", instance: LINES, load_ms: 30.0, call_us: 200.0 },
    Guest { name: "sort-golf (JavaScript)", file: "examples/sort-golf-javascript.wasm", instance: LINES, load_ms: 20.0, call_us: 200.0 },
];

const LOADS: usize = 20;
const STORES: usize = 500;
const CALLS: usize = 5_000;

/// Medians.
struct Costs {
    /// Cached load and first call.
    load: Duration,
    /// A fresh store, one call that the task refuses, and the end of both.
    fresh: Duration,
    /// One call with a small answer: an instance's summary.
    call: Duration,
}

async fn ours(component: &Path, instance: &InstanceSource) -> Costs {
    let directory = tempfile::tempdir().unwrap();
    let start = || {
        let cache_dir = Some(directory.path().join("cache"));
        PluginHost::new(HostOptions { cache_dir, ..HostOptions::new(compiler()) }).unwrap()
    };
    start().load_file(component, || {}).await.unwrap();
    let mut loads = Vec::new();
    for _ in 0..LOADS {
        let host = start();
        let begun = Instant::now();
        let plugin = host.load_file(component, || {}).await.unwrap();
        plugin.open(services()).await.unwrap().describe().await.unwrap();
        loads.push(begun.elapsed());
    }

    let host = start();
    let plugin = host.load_file(component, || {}).await.unwrap();
    let mut stores = Vec::new();
    for _ in 0..STORES {
        let begun = Instant::now();
        let mut session = plugin.open(services()).await.unwrap();
        assert!(session.metadata("x", b"").await.is_err());
        drop(session);
        stores.push(begun.elapsed());
    }

    let mut task = plugin.open(services()).await.unwrap().load(instance.clone()).await.unwrap();
    let mut calls = Vec::new();
    for _ in 0..CALLS {
        let begun = Instant::now();
        task.summary().await.unwrap();
        calls.push(begun.elapsed());
    }
    Costs { load: median(loads), fresh: median(stores), call: median(calls) }
}

/// What a component that carries an interpreter needs to start.
#[derive(Default)]
struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Wasi {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.context, table: &mut self.table }
    }
}

impl log::Host for Wasi {
    fn write(&mut self, _: log::Level, _: String) {}
}

/// An engine of wasmtime, as its own documentation sets one up for many short-lived instances.
fn engine() -> Engine {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(4).total_core_instances(100).total_memories(4).total_tables(100);
    pool.max_memory_size(1 << 30);
    let mut config = Config::new();
    config.concurrency_support(false).allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).unwrap()
}

/// WASI, the log, and nothing behind the rest of the interface: the calls here do not use it.
fn linker(engine: &Engine, component: &Component) -> Linker<Wasi> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
    log::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).unwrap();
    for (interface, imported) in component.component_type().imports(engine) {
        let is_other = interface.starts_with("perfagent:") && !interface.contains("/log@");
        let ComponentItem::ComponentInstance(imported) = imported.ty else { continue };
        if !is_other {
            continue;
        }
        let mut linked = linker.instance(interface).unwrap();
        for (name, item) in imported.exports(engine) {
            match item.ty {
                ComponentItem::ComponentFunc(_) => {
                    linked.func_new(name, |_, _, _, _| Err(wasmtime::Error::msg("nothing is behind it"))).unwrap();
                }
                ComponentItem::Resource(_) => {
                    linked.resource(name, ResourceType::host::<()>(), |_, _| Ok(())).unwrap();
                }
                _ => {}
            }
        }
    }
    linker
}

fn wasmtimes(component: &Path, instance: &InstanceSource) -> Costs {
    let code = engine().precompile_component(&std::fs::read(component).unwrap()).unwrap();
    let compiled = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(compiled.path(), &code).unwrap();
    // SAFETY: wasmtime wrote the file a moment ago, and it is this process's own.
    let map = |engine: &Engine| unsafe { Component::deserialize_file(engine, compiled.path()) }.unwrap();

    let mut loads = Vec::new();
    for _ in 0..LOADS {
        let engine = engine();
        let begun = Instant::now();
        let component = map(&engine);
        let linker = linker(&engine, &component);
        let mut store = Store::new(&engine, Wasi::default());
        let task = bindings::Task::instantiate(&mut store, &component, &linker).unwrap();
        task.perfagent_task_runner().call_describe(&mut store).unwrap();
        loads.push(begun.elapsed());
    }

    let engine = engine();
    let component = map(&engine);
    let prepared = bindings::TaskPre::new(linker(&engine, &component).instantiate_pre(&component).unwrap()).unwrap();
    let start = || {
        let mut store = Store::new(&engine, Wasi::default());
        let task = prepared.instantiate(&mut store).unwrap();
        (store, task)
    };
    let stores = (0..STORES).map(|_| {
        let begun = Instant::now();
        let (mut store, task) = start();
        assert!(task.perfagent_task_runner().call_metadata(&mut store, "x", b"").unwrap().is_err());
        drop(store);
        begun.elapsed()
    });
    let stores = stores.collect();

    let (mut store, task) = start();
    let (runner, InstanceSource { name, data, config }) = (task.perfagent_task_runner().instance(), instance);
    let loaded = runner.call_load(&mut store, name, data, config).unwrap().unwrap();
    let calls = (0..CALLS).map(|_| {
        let begun = Instant::now();
        runner.call_summary(&mut store, loaded).unwrap();
        begun.elapsed()
    });
    Costs { load: median(loads), fresh: median(stores), call: median(calls.collect()) }
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for Guest { name, file, instance, load_ms, call_us } in GUESTS {
        let component = root.join("target").join(file);
        if !component.is_file() {
            println!("skipped: {} is missing, `cargo xtask bench` makes it", component.display());
            continue;
        }
        println!("{name}");
        let data = std::fs::read(root.join(instance)).unwrap();
        let instance = InstanceSource { name: "example".to_owned(), data: data.into(), config: "{}".to_owned() };
        let ours = runtime.block_on(ours(&component, &instance));
        let wasmtimes = wasmtimes(&component, &instance);
        let line = |what, (ours, theirs): (Duration, Duration), unit, scale: f64, goal: &str| {
            let theirs = theirs.as_secs_f64() * scale;
            report(what, ours.as_secs_f64() * scale, unit, &format!("{goal}; wasmtime alone: {theirs:.3} {unit}"));
        };
        let goal = format!("at most {load_ms} ms");
        line("  cached load and first call", (ours.load, wasmtimes.load), "ms", 1e3, &goal);
        let goal = format!("at most {call_us} µs");
        line("  one call, small answer", (ours.call, wasmtimes.call), "µs", 1e6, &goal);
        let goal = if call_us > 10.0 { "none" } else { "at most 60 µs" };
        line("  fresh store, call, drop", (ours.fresh, wasmtimes.fresh), "µs", 1e6, goal);
    }
}
