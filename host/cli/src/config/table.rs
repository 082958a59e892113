//! Every setting: its names in all layouts, where it goes in [`Settings`] and what it may be. The reader, the
//! JSON Schema and `perfagent config show` are made from this one table.

use super::bounds::{BACKOFF_FACTOR, BUDGET_SECONDS, DELAY_SECONDS, DOLLARS, ITERATIONS, RETRIES, SEED, SPENDING};
use super::bounds::{TEMPERATURE, TIMEOUT_SECONDS, TOKENS};
use super::error::Problem;
use super::field::Field;
use super::settings::Settings;
use super::{bounds, read, schema, show, spending};
use perfagent_core::isolation::Strictness;
use perfagent_core::spec::Acceptance;
use perfagent_model::budget::Usd;
use serde_json::Value as Json;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;
use tracing::level_filters::LevelFilter;

/// The place of a setting.
pub(super) type At<T> = fn(&mut Settings) -> &mut T;

/// One setting.
pub(super) struct Setting {
    /// Its names, dotted; that of the current layout is first.
    pub(super) names: &'static [&'static str],
    /// What it may be.
    pub(super) kind: Kind,
}

/// What a setting may be, and where it goes.
pub(super) enum Kind {
    /// `true` or `false`.
    Flag(At<bool>),
    /// The same, or not given.
    MaybeFlag(At<Option<bool>>),
    /// A whole number.
    Count(At<u32>, RangeInclusive<u32>),
    /// The same, or not given.
    MaybeCount(At<Option<u32>>, RangeInclusive<u32>),
    /// A whole number that may be large, or not given.
    MaybeLarge(At<Option<u64>>, RangeInclusive<u64>),
    /// A size in whole units of so many bytes, or a number of things.
    Size(At<usize>, RangeInclusive<u32>, usize),
    /// A whole number of seconds.
    WholeSeconds(At<Duration>, RangeInclusive<u32>),
    /// A number.
    Number(At<f64>, RangeInclusive<f64>),
    /// A number of seconds.
    Seconds(At<Duration>, RangeInclusive<f64>),
    /// The same, or not given.
    MaybeSeconds(At<Option<Duration>>, RangeInclusive<f64>),
    /// A number of US dollars, or not given.
    MaybeDollars(At<Option<Usd>>, RangeInclusive<f64>),
    /// Text.
    Text(At<String>),
    /// Text, or not given.
    MaybeText(At<Option<String>>),
    /// A path, or not given.
    Path(At<Option<PathBuf>>),
    /// One of some words, by its index.
    Choice { words: &'static [&'static str], set: fn(&mut Settings, usize), get: fn(&Settings) -> usize },
    /// Anything else that one key holds.
    Other { read: fn(Field, &mut Settings) -> Result<(), Problem>, show: fn(&Settings) -> Json, schema: fn() -> Json },
    /// What is read together with other keys; without `show`, its parts are shown as settings of their own.
    Apart { show: Option<fn(&Settings) -> Json>, schema: fn() -> Json },
}

const ACCEPTANCE: [Acceptance; 2] = [Acceptance::Interval, Acceptance::Raw];
const LEVELS: [LevelFilter; 4] = [LevelFilter::DEBUG, LevelFilter::INFO, LevelFilter::WARN, LevelFilter::ERROR];
const STRICTNESS: [Strictness; 2] = [Strictness::Strict, Strictness::BestEffort];

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;

/// Where `value` is among `all`, which holds it.
fn index<T: PartialEq>(all: &[T], value: &T) -> usize {
    all.iter().position(|one| one == value).unwrap_or_default()
}

const fn one(names: &'static [&'static str], kind: Kind) -> Setting {
    Setting { names, kind }
}

const fn apart(names: &'static [&'static str], show: Option<fn(&Settings) -> Json>, schema: fn() -> Json) -> Setting {
    one(names, Kind::Apart { show, schema })
}

/// All settings, in the order in which they are read and shown.
pub(super) static SETTINGS: &[Setting] = &[
    one(&["max_iterations"], Kind::Count(|s| &mut s.iteration.max_iterations, ITERATIONS)),
    one(&["early_stop_no_improve"], Kind::Count(|s| &mut s.iteration.early_stop_no_improve, ITERATIONS)),
    one(&["adopt_only_if_improved"], Kind::Flag(|s| &mut s.iteration.adopt_only_if_improved)),
    one(
        &["acceptance"],
        Kind::Choice {
            words: &["interval", "raw"],
            set: |s, at| s.iteration.acceptance = ACCEPTANCE[at],
            get: |s| index(&ACCEPTANCE, &s.iteration.acceptance),
        },
    ),
    one(&["metric_higher_is_better"], Kind::MaybeFlag(|s| &mut s.metric_higher_is_better)),
    apart(&["model.name", "model_name"], Some(show::model_name), schema::text),
    apart(&["model.models"], Some(show::models), schema::models),
    one(&["model.api_base"], Kind::MaybeText(|s| &mut s.model.api_base)),
    one(
        &["model.api_key_env"],
        Kind::Other { read: read::key_variable, show: show::key_variable, schema: schema::variable_name },
    ),
    one(&["model.api_key_file"], Kind::Other { read: read::key_file, show: show::key_file, schema: schema::text }),
    one(&["model.api_key"], Kind::Other { read: read::key, show: show::key, schema: schema::text }),
    one(&["model.temperature", "temperature"], Kind::Number(|s| &mut s.model.temperature, TEMPERATURE)),
    one(&["model.max_input_tokens"], Kind::MaybeCount(|s| &mut s.model.max_input_tokens, TOKENS)),
    one(&["model.max_output_tokens", "max_tokens"], Kind::Count(|s| &mut s.model.max_output_tokens, TOKENS)),
    one(&["model.seed"], Kind::MaybeLarge(|s| &mut s.model.seed, SEED)),
    one(&["model.request_timeout"], Kind::Seconds(|s| &mut s.model.request_timeout, TIMEOUT_SECONDS)),
    one(&["model.total_timeout"], Kind::Seconds(|s| &mut s.model.total_timeout, TIMEOUT_SECONDS)),
    one(&["model.max_retries"], Kind::Count(|s| &mut s.model.retry.max_retries, RETRIES)),
    one(&["model.retry_delay"], Kind::Seconds(|s| &mut s.model.retry.delay, DELAY_SECONDS)),
    one(&["model.retry_backoff_factor"], Kind::Number(|s| &mut s.model.retry.backoff_factor, BACKOFF_FACTOR)),
    one(&["model.retry_jitter"], Kind::Seconds(|s| &mut s.model.retry.jitter, DELAY_SECONDS)),
    one(&["model.log_inputs_outputs"], Kind::Flag(|s| &mut s.model.log_inputs_outputs)),
    one(&["model.log_sanitize"], Kind::Flag(|s| &mut s.model.log_sanitize)),
    one(&["logging.save_trajectory", "save_trajectory"], Kind::Flag(|s| &mut s.logging.save_trajectory)),
    one(&["logging.trajectory_dir", "trajectory_dir"], Kind::Path(|s| &mut s.logging.trajectory_dir)),
    one(&["logging.log_dir", "log_dir"], Kind::Path(|s| &mut s.logging.log_dir)),
    one(
        &["logging.log_level", "log_level"],
        Kind::Choice {
            words: &["DEBUG", "INFO", "WARNING", "ERROR"],
            set: |s, at| s.logging.level = LEVELS[at],
            get: |s| index(&LEVELS, &s.logging.level),
        },
    ),
    one(&["prompts.system_template"], Kind::MaybeText(|s| &mut s.prompts.system_template)),
    one(&["prompts.optimization_template"], Kind::MaybeText(|s| &mut s.prompts.optimization_template)),
    one(&["prompts.additional_requirements"], Kind::Text(|s| &mut s.prompts.additional_requirements)),
    one(&["prompts.local_memory"], Kind::Text(|s| &mut s.prompts.local_memory)),
    one(&["prompts.global_memory"], Kind::Text(|s| &mut s.prompts.global_memory)),
    one(&["prompts.include_all_history"], Kind::Flag(|s| &mut s.iteration.include_all_history)),
    one(&["budget.tokens"], Kind::MaybeLarge(|s| &mut s.budget.tokens, SPENDING)),
    one(&["budget.usd"], Kind::MaybeDollars(|s| &mut s.budget.usd, DOLLARS)),
    one(&["budget.wall_time"], Kind::MaybeSeconds(|s| &mut s.budget.wall_time, BUDGET_SECONDS)),
    one(&["budget.calls"], Kind::MaybeLarge(|s| &mut s.budget.calls, SPENDING)),
    one(
        &["batch.budget"],
        Kind::Other { read: spending::batch_budget, show: show::batch_budget, schema: schema::budget },
    ),
    one(&["prices"], Kind::Other { read: spending::prices, show: show::prices, schema: schema::prices }),
    one(
        &["sandbox"],
        Kind::Choice {
            words: &["strict", "best-effort"],
            set: |s, at| s.sandbox = STRICTNESS[at],
            get: |s| index(&STRICTNESS, &s.sandbox),
        },
    ),
    one(&["languages"], Kind::Other { read: read::languages, show: show::languages, schema: schema::languages }),
    one(&["execution.backends"], Kind::Other { read: read::backends, show: show::backends, schema: schema::urls }),
    one(&["grants"], Kind::Other { read: read::grants, show: show::grants, schema: schema::grants }),
    one(
        &["plugins.trusted_keys"],
        Kind::Other { read: read::trusted_keys, show: show::trusted_keys, schema: schema::public_keys },
    ),
    one(&["plugins.require_signed"], Kind::Flag(|s| &mut s.trust.require_signed)),
    one(&["plugins.cpu_seconds"], Kind::Seconds(|s| &mut s.plugin_limits.cpu_time, bounds::PLUGIN_SECONDS)),
    one(&["plugins.wall_seconds"], Kind::Seconds(|s| &mut s.plugin_limits.wall_time, bounds::PLUGIN_SECONDS)),
    one(&["plugins.memory_mb"], Kind::Size(|s| &mut s.plugin_limits.memory_bytes, bounds::PLUGIN_MEMORY_MB, MB)),
    one(
        &["plugins.interpreter_memory_mb"],
        Kind::Size(|s| &mut s.plugin_limits.interpreter_memory_bytes, bounds::PLUGIN_MEMORY_MB, MB),
    ),
    one(&["plugins.stack_kb"], Kind::Size(|s| &mut s.plugin_limits.stack_bytes, bounds::PLUGIN_STACK_KB, KB)),
    one(&["plugins.instances"], Kind::Size(|s| &mut s.plugin_limits.instances, bounds::PLUGIN_PARTS, 1)),
    one(&["plugins.memories"], Kind::Size(|s| &mut s.plugin_limits.memories, bounds::PLUGIN_PARTS, 1)),
    one(&["plugins.tables"], Kind::Size(|s| &mut s.plugin_limits.tables, bounds::PLUGIN_PARTS, 1)),
    one(&["plugins.table_elements"], Kind::Size(|s| &mut s.plugin_limits.table_elements, bounds::PLUGIN_COUNT, 1)),
    one(&["plugins.handles"], Kind::Size(|s| &mut s.plugin_limits.handles, bounds::PLUGIN_COUNT, 1)),
    one(&["plugins.transfer_mb"], Kind::Size(|s| &mut s.plugin_limits.transfer_bytes, bounds::PLUGIN_SIZE_MB, MB)),
    one(&["plugins.log_lines"], Kind::Size(|s| &mut s.plugin_limits.log_lines, bounds::PLUGIN_COUNT, 1)),
    one(&["plugins.log_kb"], Kind::Size(|s| &mut s.plugin_limits.log_bytes, bounds::PLUGIN_SIZE_KB, KB)),
    one(&["plugins.artifacts_kb"], Kind::Size(|s| &mut s.plugin_limits.artifact_bytes, bounds::PLUGIN_SIZE_KB, KB)),
    one(&["plugins.prompt_kb"], Kind::Size(|s| &mut s.plugin_limits.prompt_bytes, bounds::PLUGIN_SIZE_KB, KB)),
    one(&["plugins.solution_kb"], Kind::Size(|s| &mut s.plugin_limits.solution_bytes, bounds::PLUGIN_SIZE_KB, KB)),
    one(&["plugins.text_kb"], Kind::Size(|s| &mut s.plugin_limits.text_bytes, bounds::PLUGIN_SIZE_KB, KB)),
    one(&["plugins.list_items"], Kind::Size(|s| &mut s.plugin_limits.list_items, bounds::PLUGIN_COUNT, 1)),
    one(&["plugins.programs"], Kind::Size(|s| &mut s.plugin_limits.programs, bounds::PLUGIN_COUNT, 1)),
    one(&["plugins.requests"], Kind::Size(|s| &mut s.plugin_limits.requests, bounds::PLUGIN_COUNT, 1)),
    one(&["plugins.file_mb"], Kind::Size(|s| &mut s.plugin_limits.component_bytes, bounds::PLUGIN_SIZE_MB, MB)),
    one(
        &["plugins.compile_memory_mb"],
        Kind::Size(|s| &mut s.plugin_limits.compile_memory_bytes, bounds::COMPILE_MEMORY_MB, MB),
    ),
    one(
        &["plugins.compile_cpu_seconds"],
        Kind::WholeSeconds(|s| &mut s.plugin_limits.compile_cpu_time, bounds::WHOLE_SECONDS),
    ),
    one(
        &["plugins.compile_wall_seconds"],
        Kind::Seconds(|s| &mut s.plugin_limits.compile_wall_time, bounds::PLUGIN_SECONDS),
    ),
    apart(&["task_config"], None, schema::task_config),
    apart(&["optimization"], None, schema::old_section),
    apart(&["runtime"], None, schema::old_section),
    apart(&["language_cfg"], None, schema::old_section),
    apart(&["time_limit"], None, schema::anything),
    apart(&["memory_limit"], None, schema::anything),
    apart(&["num_runs"], None, schema::anything),
    apart(&["trim_ratio"], None, schema::anything),
    apart(&["max_workers"], None, schema::anything),
];
