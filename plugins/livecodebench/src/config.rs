//! The task's configuration (`task_config`).

use perfagent_task::{TaskError, check_bounds};
use serde::Deserialize;

/// JSON Schema of [`Config`].
pub(crate) const SCHEMA: &str = include_str!("config-schema.json");

/// The task's configuration; each key is described in the schema that the plugin gives to its host.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Seconds that one test may take.
    pub timeout: f64,
    /// Whether only public tests count.
    pub use_only_public_tests: bool,
    /// Whether the model is shown a public test that failed.
    pub enable_detailed_feedback: bool,
    /// Memory that a program may use, MB of 1024 × 1024 bytes.
    pub memory_limit: u32,
    /// Whether judging ends at the first test that is not passed.
    pub stop_at_first_failure: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            timeout: 6.0,
            use_only_public_tests: false,
            enable_detailed_feedback: true,
            memory_limit: 4096,
            stop_at_first_failure: true,
        }
    }
}

impl Config {
    /// Checks what the types do not say.
    pub(crate) fn check(&self) -> Result<(), TaskError> {
        check_bounds(&[
            ("timeout", self.timeout > 0.0 && self.timeout <= 600.0, "above 0 and at most 600 (seconds)"),
            ("memory_limit", (64..=1 << 17).contains(&self.memory_limit), "64 to 131072 (MB)"),
        ])
    }

    /// Memory that a program may use.
    pub(crate) fn memory_bytes(&self) -> u64 {
        u64::from(self.memory_limit) << 20
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_task::testing::check_schema_defaults;
    use serde_json::json;

    #[test]
    fn the_schema_states_the_defaults() {
        assert_eq!(check_schema_defaults::<Config>(SCHEMA), Ok(5));
    }

    #[test]
    fn the_schema_and_the_check_refuse_the_same_values() {
        let schema = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
        let cases = [
            (json!({}), true),
            (json!({"timeout": 0.5, "memory_limit": 64, "stop_at_first_failure": false}), true),
            (json!({"timeout": 0}), false),
            (json!({"timeout": 601}), false),
            (json!({"timeout": "6"}), false),
            (json!({"memory_limit": 63}), false),
            (json!({"memory_limit": 131_073}), false),
            (json!({"memory_limit": 99.5}), false),
            (json!({"use_only_public_tests": 1}), false),
            (json!({"enable_detailed_feedback": null}), false),
            (json!({"time_out": 3}), false),
        ];
        for (config, is_valid) in cases {
            assert_eq!(schema.is_valid(&config), is_valid, "{config}");
            let read = serde_json::from_value::<Config>(config.clone());
            assert_eq!(read.is_ok_and(|config| config.check().is_ok()), is_valid, "{config}");
        }
    }

    #[test]
    fn a_wrong_value_names_the_key() {
        let config = Config { timeout: f64::NAN, ..Config::default() };
        let TaskError::BadConfig(message) = config.check().unwrap_err() else { panic!("another error") };
        assert!(message.starts_with("task_config.timeout: must be above 0"), "{message}");
    }
}
