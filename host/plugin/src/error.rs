//! Why a plugin could not be loaded or did not answer.

use crate::promise::Violation;
use std::path::PathBuf;
use std::time::Duration;

/// Names that a message lists; there may be thousands.
const MAX_LISTED: usize = 10;

/// Why a plugin could not be loaded, or what became of a call.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// The machine or the options do not allow a plugin host.
    #[error("the plugin host cannot start: {what}")]
    Host {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file cannot be read.
    #[error("plugin file {} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is empty.
    #[error("the plugin is empty; build it again")]
    Empty,
    /// The file is larger than the limit.
    #[error("the plugin has {bytes} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: usize,
    },
    /// The file does not start like WebAssembly.
    #[error("the plugin is not WebAssembly; a task is a WebAssembly component in binary form")]
    NotWebAssembly,
    /// The file is native code, such as wasmtime makes of a component ahead of time.
    #[error(
        "the plugin is compiled code, which is only loaded where this program has compiled it itself; give the \
         WebAssembly component that it was made of"
    )]
    Precompiled,
    /// The file is a core module.
    #[error(
        "the plugin is a core module, not a component; link it with wasm-component-ld, or wrap it with `wasm-tools component new`"
    )]
    CoreModule,
    /// The file is WebAssembly of another version of the format.
    #[error("the plugin is WebAssembly of an unknown format version ({version:#010x}); build it with current tools")]
    UnknownFormat {
        /// The version and layer field.
        version: u32,
    },
    /// The file ends within a section.
    #[error(
        "the plugin is cut short: a section at byte {offset} should go on for {missing_bytes} bytes more; copy or build it again"
    )]
    Truncated {
        /// Where the section starts.
        offset: usize,
        /// Bytes that are missing at least.
        missing_bytes: usize,
    },
    /// The component is not valid, or cannot be compiled.
    #[error("the plugin does not compile; the file may be damaged, or need a feature that the host lacks")]
    Compile {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The compiler cannot be started, or not be talked to.
    #[error("the compiler of plugins, {}, cannot be started", program.display())]
    CompilerStart {
        /// What should have been started.
        program: PathBuf,
        /// Why it was not.
        #[source]
        source: std::io::Error,
    },
    /// Compiling took more processor time than it may.
    #[error(
        "compiling the plugin took more than {} of processor time; build it smaller, or raise the limit if you trust it",
        seconds(*limit)
    )]
    CompileCpuLimit {
        /// The limit.
        limit: Duration,
    },
    /// Compiling took longer than it may.
    #[error(
        "compiling the plugin took longer than {}; try again on a quieter machine, or raise the limit if you trust it",
        seconds(*limit)
    )]
    CompileWallLimit {
        /// The limit.
        limit: Duration,
    },
    /// Compiling took more memory than it may.
    #[error(
        "compiling the plugin takes more than {limit_bytes} bytes of memory; build it smaller, or raise the limit if you trust it"
    )]
    CompileMemoryLimit {
        /// The limit.
        limit_bytes: usize,
    },
    /// The compiler ended in a way that no limit explains.
    #[error("the compiler failed on the plugin ({ending}); build the plugin with other options, and report this")]
    CompilerCrashed {
        /// How it ended, and the first line that it left.
        ending: String,
    },
    /// Somebody else ended the compiler.
    #[error("the compiler was killed while it worked on the plugin; the machine may be short of memory: try again")]
    CompilerKilled,
    /// What the compiler handed over is not whole.
    #[error("the compiler's output is damaged, so it is not used; try again, and report this if it happens again")]
    CompilerGarbled,
    /// An import that the host does not provide.
    #[error(
        "the plugin imports `{import}`, which the host does not provide; tasks import only perfagent:task and WASI 0.2"
    )]
    UnknownImport {
        /// The import.
        import: String,
    },
    /// An import or export of the task interface does not have the type it should have.
    #[error(
        "the plugin does not fit the interface perfagent:task@{}; build it against the WIT of this host",
        crate::INTERFACE_VERSION
    )]
    Mismatch {
        /// What does not fit.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The component speaks another version of the interface.
    #[error(
        "the plugin speaks {found}, this host perfagent:task@{}; build it against that version, or use a host that fits",
        crate::INTERFACE_VERSION
    )]
    OtherInterface {
        /// The interface and version found.
        found: String,
    },
    /// The component exports no task.
    #[error("the plugin exports no `perfagent:task/runner`, so it is no task; it exports {}", listed(exports))]
    NoTask {
        /// What it exports.
        exports: Vec<String>,
    },
    /// The component needs more instances, memories or tables than it may have.
    #[error("the plugin needs more than its limits give")]
    Oversized {
        /// What it needs.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// So many components are alive that there is no room for one more.
    #[error("too many plugins are alive at the same time; run fewer tasks in parallel")]
    Crowded {
        /// Which room is full.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Guest code ran longer than it may.
    #[error("`{export}` used more than {} of processor time", seconds(*limit))]
    CpuLimit {
        /// The export called.
        export: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// The call took longer than it may.
    #[error("`{export}` took longer than {}", seconds(*limit))]
    WallLimit {
        /// The export called.
        export: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// Guest code asked for more memory than it may have.
    #[error("`{export}` asked for {requested_bytes} bytes of memory, more than the limit of {limit_bytes}")]
    MemoryLimit {
        /// The export called.
        export: &'static str,
        /// What all memories and tables would have had together.
        requested_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// Guest code grew a table beyond its limit.
    #[error("`{export}` asked for a table of {requested} elements, more than the limit of {limit}")]
    TableLimit {
        /// The export called.
        export: &'static str,
        /// Elements asked for.
        requested: usize,
        /// The limit.
        limit: usize,
    },
    /// Guest code went beyond its stack.
    #[error("`{export}` recursed beyond its stack of {limit_bytes} bytes")]
    StackLimit {
        /// The export called.
        export: &'static str,
        /// The limit.
        limit_bytes: usize,
        /// Where the guest was.
        backtrace: Option<String>,
    },
    /// Guest code handed over more bytes than it may in one call.
    #[error("`{export}` handed the host more than {limit_bytes} bytes in one call")]
    TransferLimit {
        /// The export called.
        export: &'static str,
        /// The limit.
        limit_bytes: usize,
    },
    /// Guest code keeps more handles than it may.
    #[error("`{export}` keeps more than {limit} handles")]
    HandleLimit {
        /// The export called.
        export: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Guest code trapped.
    #[error("`{export}` trapped: {message}; this is a bug of the plugin")]
    Trap {
        /// The export called.
        export: &'static str,
        /// What kind of trap.
        message: String,
        /// Where the guest was.
        backtrace: Option<String>,
    },
    /// What an export returned is not what the interface promises.
    #[error("`{export}` broke a promise of the interface: {violation}")]
    BrokenPromise {
        /// The export called.
        export: &'static str,
        /// Which promise, and how.
        #[source]
        violation: Violation,
    },
    /// The task says that it cannot.
    #[error("`{export}`: {error}")]
    Task {
        /// The export called.
        export: &'static str,
        /// What it says.
        #[source]
        error: TaskError,
    },
}

impl PluginError {
    /// Where guest code was when it failed, innermost frame first; for those who want details.
    pub fn backtrace(&self) -> Option<&str> {
        match self {
            Self::Trap { backtrace, .. } | Self::StackLimit { backtrace, .. } => backtrace.as_deref(),
            _ => None,
        }
    }
}

/// An error that a task returns as a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// The instance's bytes are not what the task reads.
    #[error("bad instance: {0}")]
    BadInstance(String),
    /// The task's configuration is wrong.
    #[error("bad configuration: {0}")]
    BadConfig(String),
    /// A template is wrong.
    #[error("bad template: {0}")]
    BadTemplate(String),
    /// The execution service could not do its part.
    #[error("execution failed: {0}")]
    Execution(String),
    /// The task itself failed.
    #[error("the task failed: {0}")]
    Internal(String),
    /// Another error.
    #[error("{0}")]
    Other(String),
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

fn listed(names: &[String]) -> String {
    match names.split_at_checked(MAX_LISTED) {
        Some((listed, rest)) if !rest.is_empty() => format!("{} and {} more", listed.join(", "), rest.len()),
        _ if names.is_empty() => "nothing".to_owned(),
        _ => names.join(", "),
    }
}
