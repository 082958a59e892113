//! `perfagent doctor`.

use super::options::ConfigOptions;
use crate::config::{ConfigError, Environment, Settings};
use clap::Args;
use perfagent_core::isolation::Strictness;

/// Arguments of `perfagent doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    config: ConfigOptions,
    /// URL of the OpenAI-compatible interface to ask for its models; where it is not given, the
    /// configuration's, else that of the provider whose key is set
    #[arg(long, value_name = "URL")]
    llm_api_base: Option<String>,
}

impl DoctorArgs {
    /// The configuration with these arguments on top; whatever isolation it wants, all there is is shown.
    pub(crate) fn settings(&self, environment: &Environment<'_>) -> Result<Settings, ConfigError> {
        let mut settings = self.config.load(environment)?;
        settings.sandbox = Strictness::BestEffort;
        if self.llm_api_base.is_some() {
            settings.model.api_base.clone_from(&self.llm_api_base);
        }
        Ok(settings)
    }
}
