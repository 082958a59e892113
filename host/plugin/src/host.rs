//! The engine that all plugins of a program share.

use crate::bindings::Task;
use crate::cache::{self, Cache, CacheSurvey};
use crate::compiler::Compiler;
use crate::error::PluginError;
use crate::format;
use crate::limits::PluginLimits;
use crate::plugin::Plugin;
use crate::state::State;
use crate::ticker::Ticker;
use perfagent_core::digest::Digest;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

/// Components that are alive at the same time, at most. Address space is reserved for all of them.
const ALIVE: u32 = 1_000;

/// Core instances and tables of all live components. Interpreters have a dozen each.
const ALIVE_PARTS: u32 = 4_000;

/// Bytes of what the engine keeps for an instance. Interpreters have thousands of functions.
const INSTANCE_BYTES: usize = 8 << 20;

/// Native stack that host functions may use beyond the guest's own.
const HOST_STACK_BYTES: usize = 1 << 20;

/// How a plugin host is set up.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// What compiles plugins.
    pub compiler: Compiler,
    /// Where compiled plugins are kept; `None` compiles every time.
    pub cache_dir: Option<PathBuf>,
    /// Upper bounds on every plugin.
    pub limits: PluginLimits,
}

impl HostOptions {
    /// Nothing is kept, and the default limits hold.
    pub fn new(compiler: Compiler) -> Self {
        Self { compiler, cache_dir: None, limits: PluginLimits::default() }
    }
}

/// Loads plugins. Cheap to clone; all clones share one engine.
#[derive(Clone)]
pub struct PluginHost {
    inner: Arc<HostInner>,
}

/// What all plugins of a host share.
pub(crate) struct HostInner {
    pub(crate) engine: Engine,
    pub(crate) ticker: Ticker,
    pub(crate) limits: Arc<PluginLimits>,
    /// The task interface alone.
    pub(crate) plain: Linker<State>,
    /// With WASI besides.
    pub(crate) with_wasi: Linker<State>,
    compiler: Compiler,
    cache: Option<Cache>,
    notes: Vec<String>,
}

impl PluginHost {
    /// Sets up an engine.
    ///
    /// # Errors
    /// [`PluginError::Host`] where the machine or the options do not allow it.
    pub fn new(options: HostOptions) -> Result<Self, PluginError> {
        let limits = Arc::new(options.limits);
        let mut notes = Vec::new();
        let engine = engine(&limits, &mut notes)?;
        let ticker = Ticker::start(&engine).map_err(|error| refused("start a thread", error.into()))?;
        let plain = linker(&engine, false).map_err(|error| refused("link the task interface", error.into()))?;
        let with_wasi = linker(&engine, true).map_err(|error| refused("link WASI", error.into()))?;
        let cache = options.cache_dir.and_then(|directory| match Cache::open(&directory) {
            Ok(cache) => Some(cache),
            Err(error) => {
                notes.push(format!("compiled plugins are not kept in {}: {error}", directory.display()));
                None
            }
        });
        let inner = HostInner { engine, ticker, limits, plain, with_wasi, compiler: options.compiler, cache, notes };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What people should know of how the host is set up, one line each; for example why compiled
    /// plugins are not kept. Empty where all is as it should be.
    pub fn notes(&self) -> &[String] {
        &self.inner.notes
    }

    /// What is kept of compiled plugins; `None` where nothing is.
    ///
    /// # Errors
    /// A directory that cannot be read.
    pub fn cache(&self) -> std::io::Result<Option<CacheSurvey>> {
        self.inner.cache.as_ref().map(Cache::survey).transpose()
    }

    /// Loads a component. `slow` is called once when compiling it takes over half a second.
    ///
    /// # Errors
    /// Says what keeps the bytes from being a task that this host can run.
    pub async fn load(&self, bytes: &[u8], slow: impl FnOnce() + Send) -> Result<Plugin, PluginError> {
        format::check(bytes, self.inner.limits.component_bytes)?;
        let digest = Digest::of(bytes);
        let size_bytes = bytes.len() as u64;
        let kept = self.inner.cache.as_ref().and_then(|cache| cache.get(&self.inner.engine, &digest));
        let component = match kept {
            Some(component) => component,
            None => self.compile(bytes.into(), &digest, slow).await?,
        };
        Plugin::new(Arc::clone(&self.inner), &component, digest, size_bytes)
    }

    /// Loads a component from a file, like [`PluginHost::load`].
    ///
    /// # Errors
    /// Says what keeps the file from being a task that this host can run.
    pub async fn load_file(&self, path: &Path, slow: impl FnOnce() + Send) -> Result<Plugin, PluginError> {
        let limit = self.inner.limits.component_bytes;
        let bytes = read(path, limit).map_err(|source| PluginError::Read { path: path.to_owned(), source })?;
        self.load(&bytes, slow).await
    }

    async fn compile(
        &self,
        bytes: Arc<[u8]>,
        digest: &Digest,
        slow: impl FnOnce() + Send,
    ) -> Result<Component, PluginError> {
        let code = self.inner.compiler.compile(bytes, &self.inner.limits, slow).await?;
        let (inner, digest) = (Arc::clone(&self.inner), digest.clone());
        // Files are written and pages copied: not on a thread that others wait for.
        let work = tokio::task::spawn_blocking(move || inner.adopt(&code, &digest));
        work.await.map_err(|error| refused("keep a compiled plugin", error.into()))?
    }
}

/// A file, or a byte more than `limit` of it: that shows that it is too large, whatever it is.
fn read(path: &Path, limit: usize) -> std::io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(size.min(limit) + 1);
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl HostInner {
    /// Keeps what the compiler made, and makes it ready to start.
    fn adopt(&self, code: &[u8], digest: &Digest) -> Result<Component, PluginError> {
        if let Some(cache) = &self.cache
            && let Err(error) = cache.put(&self.engine, digest, code)
        {
            tracing::warn!("the compiled plugin is not kept: {error}");
        }
        cache::fresh(&self.engine, code).map_err(|error| PluginError::Oversized { source: error.into() })
    }
}

/// An engine that compiles for those that [`engine`] makes, and starts nothing.
pub(crate) fn compiling_engine() -> wasmtime::Result<Engine> {
    Engine::new(&config(&PluginLimits::default()))
}

fn refused(what: &str, source: Box<dyn std::error::Error + Send + Sync>) -> PluginError {
    PluginError::Host { what: what.to_owned(), source }
}

/// An engine whose memory is reserved at once; where the machine refuses that, one that asks for it
/// piece by piece.
fn engine(limits: &PluginLimits, notes: &mut Vec<String>) -> Result<Engine, PluginError> {
    let mut config = config(limits);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
    let pooled = Engine::new(&config);
    pooled.or_else(|error| {
        notes.push(format!("plugins start more slowly: address space cannot be reserved for them ({error})"));
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Engine::new(&config).map_err(|error| refused("set up the engine", error.into()))
    })
}

fn config(limits: &PluginLimits) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(limits.stack_bytes)
        .async_stack_size(limits.stack_bytes + HOST_STACK_BYTES)
        .memory_init_cow(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}

fn pool(limits: &PluginLimits) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(ALIVE)
        .total_core_instances(ALIVE_PARTS)
        .total_memories(ALIVE)
        .total_tables(ALIVE_PARTS)
        .total_stacks(ALIVE)
        .max_core_instances_per_component(saturating(limits.instances))
        .max_memories_per_component(saturating(limits.memories))
        .max_tables_per_component(saturating(limits.tables))
        .max_core_instance_size(INSTANCE_BYTES)
        .max_component_instance_size(INSTANCE_BYTES)
        .max_memory_size(limits.memory_bytes.max(limits.interpreter_memory_bytes))
        .table_elements(limits.table_elements)
        // On wasmtime 48 a page that was swapped out could survive into the next instance.
        .pagemap_scan(Enabled::No);
    pool
}

fn saturating(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn linker(engine: &Engine, wasi: bool) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    Task::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    if wasi {
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    }
    Ok(linker)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    fn fingerprint(engine: &Engine) -> u64 {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn what_the_compiler_makes_fits_every_engine_whatever_its_limits() {
        let limits = PluginLimits { stack_bytes: 1 << 16, memory_bytes: 1 << 20, tables: 1, ..PluginLimits::default() };
        let mut notes = Vec::new();
        let engine = engine(&limits, &mut notes).unwrap();
        assert!(notes.is_empty(), "{notes:?}");
        assert_eq!(fingerprint(&engine), fingerprint(&compiling_engine().unwrap()));
    }

    #[test]
    fn pages_are_never_kept_by_a_scan_and_memories_start_as_copies() {
        let limits = PluginLimits::default();
        assert!(matches!(pool(&limits).get_pagemap_scan(), Enabled::No));
        assert_eq!(pool(&limits).get_max_memory_size(), 1 << 30);
        let shown = format!("{:?}", config(&limits));
        assert!(shown.contains("memory_init_cow: true"), "{shown}");
    }
}
