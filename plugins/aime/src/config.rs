//! The task's configuration (`task_config`).

use crate::judge::Rule;
use serde::Deserialize;

/// JSON Schema of [`Config`].
pub(crate) const SCHEMA: &str = include_str!("config-schema.json");

/// The task's configuration; each key is described in the schema that the plugin gives to its host.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether only a box near the end counts, compared as text.
    pub strict_box_verify: bool,
}

impl Config {
    /// What the configuration makes count.
    pub fn rule(&self) -> Rule {
        if self.strict_box_verify { Rule::StrictBox } else { Rule::Claim }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_task::testing::check_schema_defaults;
    use serde_json::json;

    #[test]
    fn the_schema_states_the_defaults() {
        assert_eq!(check_schema_defaults::<Config>(SCHEMA), Ok(1));
    }

    #[test]
    fn the_schema_and_the_type_refuse_the_same_values() {
        let schema = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
        let cases = [
            (json!({}), true),
            (json!({"strict_box_verify": true}), true),
            (json!({"strict_box_verify": "yes"}), false),
            (json!({"strict_box_verify": null}), false),
            (json!({"strict_box": true}), false),
            (json!(3), false),
        ];
        for (config, is_valid) in cases {
            assert_eq!(schema.is_valid(&config), is_valid, "{config}");
            assert_eq!(serde_json::from_value::<Config>(config.clone()).is_ok(), is_valid, "{config}");
        }
    }
}
