//! The protocol with an outer optimiser: what it asks for, as JSON. The answer is an
//! [`AgentResult`](crate::result::AgentResult).

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// One run that an outer optimiser asks for. Relative paths start at the working directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentRequest {
    /// File of the instance.
    pub task_data_path: PathBuf,
    /// The configuration.
    pub config: RequestConfig,
    /// Requirements for the prompts; in place of the configuration's where given.
    #[serde(default)]
    pub additional_requirements: Option<String>,
    /// What the optimiser remembers of this instance; in place of the configuration's where given.
    #[serde(default)]
    pub local_memory: Option<String>,
    /// What the optimiser remembers of all instances; in place of the configuration's where given.
    #[serde(default)]
    pub global_memory: Option<String>,
    /// Directory for the files of this run; where it is absent, one that no other request has.
    #[serde(default)]
    pub output_dir: Option<PathBuf>,
}

/// The configuration of a request.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RequestConfig {
    /// The settings, in any layout that a configuration file may have.
    Settings(Map<String, Value>),
    /// File with the settings, YAML or JSON.
    File(PathBuf),
}

impl<'de> Deserialize<'de> for RequestConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(settings) => Ok(Self::Settings(settings)),
            Value::String(path) => Ok(Self::File(path.into())),
            _ => Err(de::Error::custom("expected an object with settings, or the path of a file that holds them")),
        }
    }
}
