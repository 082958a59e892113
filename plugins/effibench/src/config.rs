//! The task's configuration (`task_config`).

use crate::language::Language;
use perfagent_task::{Limits, TaskError, check_bounds};
use serde::Deserialize;

/// JSON Schema of [`Config`].
pub(crate) const SCHEMA: &str = include_str!("config-schema.json");

/// The task's configuration; each key is described in the schema that the plugin gives to its host.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What is made smaller.
    pub target: Target,
    /// What the model replies with.
    pub code_generation_mode: Mode,
    /// Language of the programs, by name or alias.
    pub language: String,
    /// Seconds that one test may take.
    pub time_limit: f64,
    /// Memory that one test may use, MB of 1024 × 1024 bytes.
    pub memory_limit: u32,
    /// Tests that may run at the same time.
    pub max_workers: u32,
    /// Measured runs of a correct program over all tests.
    pub num_runs: u32,
    /// Share of the measured runs cut from each end before the mean that is the metric.
    pub trim_ratio: f64,
    /// Whether `memory_limit` holds.
    pub enable_memory_checks: bool,
    /// Whether `time_limit` holds.
    pub enable_runtime_checks: bool,
    /// Whether summaries and prompts show the measures that are not the target.
    pub include_other_metrics_in_summary: bool,
}

/// What is made smaller.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// User and system time, summed over the tests.
    Runtime,
    /// Peak resident memory, the largest of all tests.
    Memory,
    /// Area under the resident memory over time, summed over the tests.
    Integral,
}

/// What the model replies with.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// SEARCH/REPLACE edits.
    Diff,
    /// Whole programs.
    Direct,
}

impl Target {
    /// All targets, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Runtime, Self::Memory, Self::Integral];

    /// Name in configurations and artifacts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Memory => "memory",
            Self::Integral => "integral",
        }
    }

    /// Unit of the value for all tests.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Runtime => "s",
            Self::Memory => "MB",
            Self::Integral => "MB·s",
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            target: Target::Runtime,
            code_generation_mode: Mode::Diff,
            language: "python3".to_owned(),
            time_limit: 20.0,
            memory_limit: 1024,
            max_workers: 4,
            num_runs: 10,
            trim_ratio: 0.1,
            enable_memory_checks: true,
            enable_runtime_checks: true,
            include_other_metrics_in_summary: true,
        }
    }
}

impl Config {
    /// Checks what the types do not say, and finds the language.
    pub(crate) fn check(&self) -> Result<&'static Language, TaskError> {
        check_bounds(&[
            ("time_limit", self.time_limit > 0.0 && self.time_limit <= 3600.0, "above 0 and at most 3600 (seconds)"),
            ("memory_limit", (1..=1 << 20).contains(&self.memory_limit), "1 to 1048576 (MB)"),
            ("max_workers", (1..=1024).contains(&self.max_workers), "1 to 1024"),
            ("num_runs", (1..=1000).contains(&self.num_runs), "1 to 1000"),
            ("trim_ratio", (0.0..0.5).contains(&self.trim_ratio), "at least 0 and below 0.5"),
        ])?;
        Language::named(&self.language).map_err(|error| TaskError::BadConfig(format!("task_config.language: {error}")))
    }

    /// Bounds of one test.
    pub(crate) fn limits(&self) -> Limits {
        let time_ms = self.enable_runtime_checks.then(|| (self.time_limit * 1000.0).ceil() as u32);
        let memory_bytes = self.enable_memory_checks.then(|| u64::from(self.memory_limit) << 20);
        Limits { wall_ms: time_ms, cpu_ms: time_ms, memory_bytes, ..Limits::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_task::testing::check_schema_defaults;
    use serde_json::json;

    #[test]
    fn the_schema_states_the_defaults() {
        assert_eq!(check_schema_defaults::<Config>(SCHEMA), Ok(11));
    }

    #[test]
    fn the_schema_and_the_check_refuse_the_same_values() {
        let schema = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
        let cases = [
            (json!({}), true),
            (json!({"time_limit": 0.5, "memory_limit": 1, "num_runs": 1, "trim_ratio": 0}), true),
            (json!({"time_limit": 0}), false),
            (json!({"time_limit": 3601}), false),
            (json!({"memory_limit": 0}), false),
            (json!({"memory_limit": 1.5}), false),
            (json!({"max_workers": 0}), false),
            (json!({"num_runs": 0}), false),
            (json!({"num_runs": 1001}), false),
            (json!({"trim_ratio": 0.5}), false),
            (json!({"trim_ratio": -0.1}), false),
            (json!({"target": "speed"}), false),
            (json!({"code_generation_mode": "patch"}), false),
            (json!({"num_run": 3}), false),
        ];
        for (config, is_valid) in cases {
            assert_eq!(schema.is_valid(&config), is_valid, "{config}");
            let read = serde_json::from_value::<Config>(config.clone());
            assert_eq!(read.is_ok_and(|config| config.check().is_ok()), is_valid, "{config}");
        }
    }

    #[test]
    fn a_wrong_language_names_the_key() {
        let config = Config { language: "cobol".to_owned(), ..Config::default() };
        let TaskError::BadConfig(message) = config.check().unwrap_err() else { panic!("another error") };
        assert!(message.starts_with("task_config.language: unknown language \"cobol\""), "{message}");
    }

    #[test]
    fn limits_follow_the_checks() {
        let limits = Config { time_limit: 1.5, memory_limit: 64, ..Config::default() }.limits();
        assert_eq!((limits.wall_ms, limits.cpu_ms, limits.memory_bytes), (Some(1500), Some(1500), Some(64 << 20)));
        let off = Config { enable_memory_checks: false, enable_runtime_checks: false, ..Config::default() };
        assert_eq!(off.limits(), Limits::default());
    }
}
