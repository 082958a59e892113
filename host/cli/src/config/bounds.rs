//! What numbers may be, in the file and on the command line alike.

use std::ops::RangeInclusive;

/// Calls to the model; also rounds without improvement, where 0 turns early stopping off.
pub(crate) const ITERATIONS: RangeInclusive<u32> = 0..=100_000;
/// Sampling temperature.
pub(crate) const TEMPERATURE: RangeInclusive<f64> = 0.0..=2.0;
/// Seeds, as far as every JSON reader takes them.
pub(crate) const SEED: RangeInclusive<u64> = 0..=9_007_199_254_740_991;
/// Weight of one model among several.
pub(crate) const WEIGHT: RangeInclusive<f64> = 0.000_001..=1_000_000.0;
/// Tokens or calls of a budget.
pub(crate) const SPENDING: RangeInclusive<u64> = 0..=1_000_000_000_000_000;
/// US dollars of a budget, and of a million tokens.
pub(crate) const DOLLARS: RangeInclusive<f64> = 0.0..=1_000_000.0;
/// Seconds of a budget.
pub(crate) const BUDGET_SECONDS: RangeInclusive<f64> = 0.0..=100_000_000.0;
/// Runs of one instance.
pub(crate) const SAMPLES: RangeInclusive<u32> = 1..=10_000;
/// Tokens of a prompt or a reply.
pub(crate) const TOKENS: RangeInclusive<u32> = 1..=10_000_000;
/// Seconds that a request may take.
pub(crate) const TIMEOUT_SECONDS: RangeInclusive<f64> = 0.01..=86_400.0;
/// Requests after a failed one.
pub(crate) const RETRIES: RangeInclusive<u32> = 0..=1_000;
/// Seconds between two requests, and what chance adds to them.
pub(crate) const DELAY_SECONDS: RangeInclusive<f64> = 0.0..=3_600.0;
/// What each wait is multiplied by.
pub(crate) const BACKOFF_FACTOR: RangeInclusive<f64> = 1.0..=100.0;

/// Instances at the same time.
pub(crate) const PARALLEL: RangeInclusive<u32> = 1..=10_000;
/// Runs of a batch at the same time: the plugin host reserves room for so many.
pub(crate) const BATCH_PARALLEL: RangeInclusive<u32> = 1..=1_000;
/// Instances of a data set.
pub(crate) const INSTANCES: RangeInclusive<u32> = 1..=100_000_000;
/// Seconds that a program may run.
pub(crate) const TIME_LIMIT_SECONDS: RangeInclusive<f64> = 0.001..=3_600.0;
/// Memory that a program may use, MB of 2^20 bytes.
pub(crate) const MEMORY_LIMIT_MB: RangeInclusive<u32> = 1..=262_144;
/// Pairs of measured runs.
pub(crate) const PAIRS: RangeInclusive<u32> = 2..=10_000;
/// Share of intervals that hold the true value.
pub(crate) const CONFIDENCE: RangeInclusive<f64> = 0.5..=0.9999;

/// Seconds of processor time and in all, of a plugin's call and of compiling it.
pub(crate) const PLUGIN_SECONDS: RangeInclusive<f64> = 0.001..=86_400.0;
/// Seconds of processor time that the system counts in whole ones.
pub(crate) const WHOLE_SECONDS: RangeInclusive<u32> = 1..=86_400;
/// Memory of a plugin: more cannot be addressed in one.
pub(crate) const PLUGIN_MEMORY_MB: RangeInclusive<u32> = 1..=4_096;
/// Stack of a plugin.
pub(crate) const PLUGIN_STACK_KB: RangeInclusive<u32> = 16..=65_536;
/// Sizes of what a plugin hands over.
pub(crate) const PLUGIN_SIZE_KB: RangeInclusive<u32> = 1..=1_048_576;
/// Sizes of what a plugin hands over, and of its file.
pub(crate) const PLUGIN_SIZE_MB: RangeInclusive<u32> = 1..=1_024;
/// Memory of compiling a plugin. What is less than the least, the compiler itself needs.
pub(crate) const COMPILE_MEMORY_MB: RangeInclusive<u32> = 256..=262_144;
/// Numbers of a plugin's parts, lines and requests.
pub(crate) const PLUGIN_COUNT: RangeInclusive<u32> = 1..=1_000_000;
/// Memories, tables and instances of a plugin: all plugins together have so many.
pub(crate) const PLUGIN_PARTS: RangeInclusive<u32> = 1..=1_000;

/// `kind` and its bounds, in words.
pub(crate) fn expected<T: std::fmt::Display>(kind: &str, bounds: &RangeInclusive<T>) -> String {
    format!("{kind} from {} to {}", bounds.start(), bounds.end())
}
