//! What a plugin may use at most.

use std::time::Duration;

/// Upper bounds on one plugin, all in force by default.
///
/// Bounds "per call" begin anew with every call of an export, and with every start of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginLimits {
    /// Processor time of guest code per call; waiting for the host is not counted.
    pub cpu_time: Duration,
    /// Elapsed time per call, waiting for programs in the sandbox included.
    pub wall_time: Duration,
    /// Bytes of all memories and tables together.
    pub memory_bytes: usize,
    /// The same for components that carry an interpreter: those that import WASI or are larger than 4 MiB.
    pub interpreter_memory_bytes: usize,
    /// Core instances of a component.
    pub instances: usize,
    /// Memories of a component.
    pub memories: usize,
    /// Tables of a component.
    pub tables: usize,
    /// Elements of one table.
    pub table_elements: usize,
    /// Handles to resources that are alive at the same time.
    pub handles: usize,
    /// Bytes of guest stack.
    pub stack_bytes: usize,
    /// Bytes that a component hands to the host in one call, as arguments or as a result.
    pub transfer_bytes: usize,
    /// Log lines per call; more are dropped and counted.
    pub log_lines: usize,
    /// Bytes of log per call; more are dropped and counted.
    pub log_bytes: usize,
    /// Bytes of an evaluation's artifacts.
    pub artifact_bytes: usize,
    /// Bytes of a prompt, and likewise of a template, or of a reply that the toolkit looks into.
    pub prompt_bytes: usize,
    /// Bytes of a solution, and of a program that the toolkit edits.
    pub solution_bytes: usize,
    /// Bytes of any other text that a task hands out, for example a problem, or all verdicts together.
    pub text_bytes: usize,
    /// Items of any list that a task hands out, for example samples or verdicts, or has the toolkit compute with.
    pub list_items: usize,
    /// Compiled programs that a task keeps at the same time.
    pub programs: usize,
    /// Runs of programs in one call of the execution service, all rounds together.
    pub requests: usize,
    /// Bytes of a component's file.
    pub component_bytes: usize,
    /// Processor time of compiling a component, in whole seconds.
    pub compile_cpu_time: Duration,
    /// Elapsed time of compiling a component.
    pub compile_wall_time: Duration,
    /// Address space of the process that compiles a component, bytes.
    pub compile_memory_bytes: usize,
}

impl Default for PluginLimits {
    fn default() -> Self {
        Self {
            cpu_time: Duration::from_secs(30),
            wall_time: Duration::from_secs(3600),
            memory_bytes: 256 << 20,
            interpreter_memory_bytes: 1 << 30,
            instances: 256,
            memories: 16,
            tables: 64,
            table_elements: 1 << 16,
            handles: 10_000,
            stack_bytes: 1 << 20,
            transfer_bytes: 128 << 20,
            log_lines: 1_000,
            log_bytes: 1 << 20,
            artifact_bytes: 4 << 20,
            prompt_bytes: 4 << 20,
            solution_bytes: 1 << 20,
            text_bytes: 4 << 20,
            list_items: 100_000,
            programs: 64,
            requests: 10_000,
            component_bytes: 128 << 20,
            compile_cpu_time: Duration::from_secs(120),
            compile_wall_time: Duration::from_secs(600),
            compile_memory_bytes: 4 << 30,
        }
    }
}
