//! A loaded component, before any of its code runs.

use crate::bindings::TaskPre;
use crate::error::PluginError;
use crate::grants::Grant;
use crate::host::HostInner;
use crate::limits::PluginLimits;
use crate::services::Services;
use crate::session::Session;
use crate::state::State;
use perfagent_core::digest::Digest;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use wasmtime::component::Component;

/// The interface without its version.
const PACKAGE: &str = "perfagent:task/";

/// Components beyond this size carry an interpreter, whatever they import: compiled tasks have a tenth of it.
const INTERPRETER_BYTES: u64 = 4 << 20;

/// The line of compatible versions: `0.1.` and whatever follows.
const LINE: &str = "0.1.";

/// A component that was compiled and checked against the task interface. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    inner: Arc<PluginInner>,
}

/// What all clones and sessions of a plugin share.
pub(crate) struct PluginInner {
    pub(crate) host: Arc<HostInner>,
    pub(crate) pre: TaskPre<State>,
    pub(crate) memory_limit: usize,
    interpreter: Option<&'static str>,
    digest: Digest,
    size_bytes: u64,
    interface_version: String,
    imports: Vec<String>,
    exports: Vec<String>,
    most_cpu_ns: AtomicU64,
    most_memory_bytes: AtomicUsize,
}

/// What guest code has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time of one call.
    pub cpu_time: Duration,
    /// Bytes of all memories and tables of one started component.
    pub memory_bytes: usize,
}

impl PluginInner {
    /// Takes a call into account.
    pub(crate) fn note_usage(&self, usage: Usage) {
        let cpu_ns = u64::try_from(usage.cpu_time.as_nanos()).unwrap_or(u64::MAX);
        self.most_cpu_ns.fetch_max(cpu_ns, Ordering::Relaxed);
        self.most_memory_bytes.fetch_max(usage.memory_bytes, Ordering::Relaxed);
    }
}

impl Plugin {
    /// Checks that `component` is a task.
    pub(crate) fn new(
        host: Arc<HostInner>,
        component: &Component,
        digest: Digest,
        size_bytes: u64,
    ) -> Result<Self, PluginError> {
        let kind = component.component_type();
        let names = |names: &mut dyn Iterator<Item = &str>| names.map(str::to_owned).collect::<Vec<_>>();
        let imports = names(&mut kind.imports(&host.engine).map(|(name, _)| name));
        let exports = names(&mut kind.exports(&host.engine).map(|(name, _)| name));
        let interface_version = exported_version(&exports)?;
        let wasi = check_imports(&imports)?;
        let linker = if wasi { &host.with_wasi } else { &host.plain };
        let pre = linker.instantiate_pre(component).map_err(|error| unlinked(&imports, error))?;
        let pre = TaskPre::new(pre).map_err(|error| PluginError::Mismatch { source: error.into() })?;
        let limits = &host.limits;
        let interpreter = match wasi {
            true => Some("it imports WASI"),
            false if size_bytes > INTERPRETER_BYTES => Some("it is larger than 4 MiB"),
            false => None,
        };
        let memory_limit = if interpreter.is_some() { limits.interpreter_memory_bytes } else { limits.memory_bytes };
        let inner = PluginInner {
            host,
            pre,
            memory_limit,
            interpreter,
            digest,
            size_bytes,
            interface_version,
            imports,
            exports,
            most_cpu_ns: AtomicU64::new(0),
            most_memory_bytes: AtomicUsize::new(0),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The digest of the component's bytes.
    pub fn digest(&self) -> &Digest {
        &self.inner.digest
    }

    /// The most that any call in any session of this plugin has used so far; the call with the most
    /// processor time need not be the one with the most memory.
    pub fn peak_usage(&self) -> Usage {
        Usage {
            cpu_time: Duration::from_nanos(self.inner.most_cpu_ns.load(Ordering::Relaxed)),
            memory_bytes: self.inner.most_memory_bytes.load(Ordering::Relaxed),
        }
    }

    /// What can be said of the component without running it.
    pub fn inspect(&self) -> Inspection {
        let inner = &self.inner;
        let limits = PluginLimits { memory_bytes: inner.memory_limit, ..PluginLimits::clone(&inner.host.limits) };
        Inspection {
            digest: inner.digest.clone(),
            size_bytes: inner.size_bytes,
            interface_version: inner.interface_version.clone(),
            imports: inner.imports.iter().map(|name| Import::of(name)).collect(),
            exports: inner.exports.clone(),
            interpreter: inner.interpreter,
            limits,
        }
    }

    /// Starts the component for one run.
    ///
    /// # Errors
    /// Where the component goes beyond a limit or traps while it starts.
    pub async fn open(&self, services: Services) -> Result<Session, PluginError> {
        Session::start(Arc::clone(&self.inner), services).await
    }
}

/// The version of the task interface that is exported.
fn exported_version(exports: &[String]) -> Result<String, PluginError> {
    let runner = exports.iter().find_map(|name| name.strip_prefix("perfagent:task/runner@"));
    match runner {
        Some(version) if version.starts_with(LINE) => Ok(version.to_owned()),
        Some(version) => Err(PluginError::OtherInterface { found: format!("perfagent:task@{version}") }),
        None => Err(PluginError::NoTask { exports: exports.to_vec() }),
    }
}

/// Refuses imports that no host of this version has, and says whether there are any of WASI.
fn check_imports(imports: &[String]) -> Result<bool, PluginError> {
    let mut wasi = false;
    for import in imports {
        let (name, version) = import.split_once('@').unwrap_or((import, ""));
        match name.strip_prefix(PACKAGE) {
            Some("execution" | "toolkit" | "log" | "runner") if version.starts_with(LINE) => {}
            Some("execution" | "toolkit" | "log" | "runner") => {
                return Err(PluginError::OtherInterface { found: format!("perfagent:task@{version}") });
            }
            None if name.starts_with("wasi:") => wasi = true,
            _ => return Err(PluginError::UnknownImport { import: import.clone() }),
        }
    }
    Ok(wasi)
}

/// Why a component does not link: an interface that is not there at all, or one of another type.
fn unlinked(imports: &[String], error: wasmtime::Error) -> PluginError {
    let message = format!("{error:#}");
    let absent = message.contains("implementation was not found") || message.contains("not found in the linker");
    match imports.iter().find(|import| absent && message.contains(import.as_str())) {
        Some(import) => PluginError::UnknownImport { import: import.clone() },
        None => PluginError::Mismatch { source: error.into() },
    }
}

/// What can be said of a component without running it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Digest of its bytes.
    pub digest: Digest,
    /// Size, bytes.
    pub size_bytes: u64,
    /// Version of the task interface that it exports.
    pub interface_version: String,
    /// What it asks for.
    pub imports: Vec<Import>,
    /// What it offers.
    pub exports: Vec<String>,
    /// Why it is taken for one that carries an interpreter and gets more memory, if it is.
    pub interpreter: Option<&'static str>,
    /// Bounds in force; `memory_bytes` is what this component gets.
    pub limits: PluginLimits,
}

/// Something that a component asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its full name.
    pub name: String,
    /// What it lets the component do, in words.
    pub lets: &'static str,
    /// The permission that would widen it, if there is one.
    pub grant: Option<Grant>,
}

impl Import {
    fn of(name: &str) -> Self {
        let interface = name.split('@').next().unwrap_or(name);
        let (lets, grant) = match interface {
            "perfagent:task/execution" => ("compile and run programs of its languages in the sandbox", None),
            "perfagent:task/toolkit" => ("use text and statistics helpers", None),
            "perfagent:task/log" => ("write bounded lines to the run's log", None),
            "perfagent:task/runner" => ("use the task's own types", None),
            "wasi:clocks/wall-clock" | "wasi:clocks/monotonic-clock" => {
                ("read a clock that stands still", Some(Grant::Clock))
            }
            name if name.starts_with("wasi:random/") => ("draw the same random numbers each time", Some(Grant::Random)),
            name if name.starts_with("wasi:filesystem/") => ("nothing: it is given no files", None),
            name if name.starts_with("wasi:sockets/") => ("nothing: it is given no network", None),
            "wasi:cli/stdout" | "wasi:cli/stderr" => ("write bounded lines to the run's log", None),
            _ => ("nothing beyond itself", None),
        };
        Self { name: name.to_owned(), lets, grant }
    }
}
