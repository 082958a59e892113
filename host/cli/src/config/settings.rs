//! What a configuration and the command line come to.

use super::Environment;
use super::error::ConfigError;
use crate::plugins::Trust;
use perfagent_core::bounded;
use perfagent_core::isolation::Strictness;
use perfagent_core::spec::{Acceptance, FORMAT, LoopSpec, ModelSpec, Models, Named, RunSpec};
use perfagent_core::task::PromptContext;
use perfagent_model::budget::{BudgetLimits, Prices};
use perfagent_model::{ApiKey, ClientSettings, RetrySettings, host};
use perfagent_plugin::{Grant, PluginLimits};
use perfagent_sandbox::Language;
use perfagent_server::effibench_x::BackendUrl;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tracing::level_filters::LevelFilter;

/// Everything that can be set, validated. [`Default`] is what an empty configuration means.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Bounds and rules of the loop.
    pub(crate) iteration: LoopSpec,
    /// The direction that the user expects the metric to have; a plugin of the other is refused.
    pub(crate) metric_higher_is_better: Option<bool>,
    /// The model and how it is reached.
    pub(crate) model: ModelSettings,
    /// What is logged, and where.
    pub(crate) logging: LogSettings,
    /// What the user adds to the prompts.
    pub(crate) prompts: PromptContext,
    /// The built-in plugin to use where the command line names none.
    pub(crate) task_type: Option<String>,
    /// The task's own configuration, which only the plugin understands.
    pub(crate) task_config: Map<String, Value>,
    /// What one run may spend.
    pub(crate) budget: BudgetLimits,
    /// What a whole batch may spend.
    pub(crate) batch_budget: BudgetLimits,
    /// What models cost.
    pub(crate) prices: Prices,
    /// How much isolation is insisted on.
    pub(crate) sandbox: Strictness,
    /// Languages beside those that come with the program, or in place of them.
    pub(crate) languages: Vec<Language>,
    /// Where a task's programs run instead of here.
    pub(crate) backends: Vec<BackendUrl>,
    /// What the plugin may use beyond the default.
    pub(crate) grants: BTreeSet<Grant>,
    /// What a plugin may use at most.
    pub(crate) plugin_limits: PluginLimits,
    /// Which plugins are trusted.
    pub(crate) trust: Trust,
    /// What is shown on standard error of what is logged.
    pub(crate) echo: Echo,
    /// What the user should be told, each one line; a file's begin with its name and line.
    pub(crate) warnings: Vec<String>,
    /// The file that was read, as the user named it.
    pub(crate) file: Option<String>,
    /// Where settings come from that do not have their defaults, by name in the current layout.
    pub(crate) origins: BTreeMap<String, SettingOrigin>,
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SettingOrigin {
    /// This line of the file, counted from 1.
    Line(usize),
    /// This option of the command line.
    Flag(&'static str),
    /// This variable of the environment.
    Variable(String),
    /// What this file holds.
    File(PathBuf),
}

/// What is shown on standard error of what is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    /// Nothing.
    Nothing,
    /// All that concerns the plugin: its own lines of every level, and how its calls failed.
    Plugin,
}

/// The model and how it is reached.
#[derive(Clone, Debug)]
pub(crate) struct ModelSettings {
    /// Which models are asked; needed for a run.
    pub(crate) models: Option<Models>,
    /// The URL below which `/chat/completions` lies; `None`: the provider that the key is for.
    pub(crate) api_base: Option<String>,
    /// Where the provider's key comes from.
    pub(crate) key: KeySource,
    /// Sampling temperature, 0..=2.
    pub(crate) temperature: f64,
    /// Most tokens of the messages; `None`: unbounded.
    pub(crate) max_input_tokens: Option<u32>,
    /// Most tokens of a reply.
    pub(crate) max_output_tokens: u32,
    /// Longest time to the head of a reply, then between two pieces of it.
    pub(crate) request_timeout: Duration,
    /// Longest time of a call with all its retries.
    pub(crate) total_timeout: Duration,
    /// Seed of the model's sampling.
    pub(crate) seed: Option<u64>,
    /// When a failed request is sent again.
    pub(crate) retry: RetrySettings,
    /// Whether requests and replies are written to `llm_io.jsonl`.
    pub(crate) log_inputs_outputs: bool,
    /// Whether secrets and the endpoint's host are redacted there.
    pub(crate) log_sanitize: bool,
}

/// Where the provider's key comes from.
#[derive(Clone, Debug)]
pub(crate) enum KeySource {
    /// From the customary variables, where they are set: a local server may need no key.
    Customary,
    /// From this environment variable, which must be set.
    Variable(String),
    /// From this file, which must be there.
    File(PathBuf),
    /// From the configuration or the command line.
    Literal(ApiKey),
}

/// What is logged, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogSettings {
    /// Whether the trajectory is written.
    pub(crate) save_trajectory: bool,
    /// Directory of the trajectory; `None`: the instance's output directory.
    pub(crate) trajectory_dir: Option<PathBuf>,
    /// Directory of the logs; `None`: the instance's output directory.
    pub(crate) log_dir: Option<PathBuf>,
    /// Least important level that is logged.
    pub(crate) level: LevelFilter,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            iteration: LoopSpec {
                max_iterations: 10,
                early_stop_no_improve: 0,
                adopt_only_if_improved: false,
                acceptance: Acceptance::default(),
                include_all_history: false,
            },
            metric_higher_is_better: None,
            model: ModelSettings::default(),
            logging: LogSettings::default(),
            prompts: PromptContext::default(),
            task_type: None,
            task_config: Map::new(),
            budget: BudgetLimits::default(),
            batch_budget: BudgetLimits::default(),
            prices: Prices::default(),
            sandbox: Strictness::default(),
            languages: Vec::new(),
            backends: Vec::new(),
            grants: BTreeSet::new(),
            plugin_limits: PluginLimits::default(),
            trust: Trust::default(),
            echo: Echo::Nothing,
            warnings: Vec::new(),
            file: None,
            origins: BTreeMap::new(),
        }
    }
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            models: None,
            api_base: None,
            key: KeySource::Customary,
            temperature: 0.1,
            max_input_tokens: None,
            max_output_tokens: 4000,
            request_timeout: Duration::from_secs(60),
            total_timeout: Duration::from_secs(3600),
            seed: None,
            retry: RetrySettings::default(),
            log_inputs_outputs: false,
            log_sanitize: true,
        }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { save_trajectory: true, trajectory_dir: None, log_dir: None, level: LevelFilter::INFO }
    }
}

impl Settings {
    /// The run of `instance` with `plugin`, starting from `initial_code` where that is given.
    ///
    /// # Errors
    /// [`ConfigError::NoModel`] where no model is named.
    pub(crate) fn run_spec(
        &self,
        plugin: Named,
        instance: Named,
        initial_code: Option<String>,
    ) -> Result<RunSpec, ConfigError> {
        Ok(RunSpec {
            format: FORMAT,
            plugin,
            instance,
            task_config: self.task_config.clone(),
            model: ModelSpec {
                models: self.model.models.clone().ok_or(ConfigError::NoModel)?,
                temperature: self.model.temperature,
                max_input_tokens: self.model.max_input_tokens,
                max_output_tokens: self.model.max_output_tokens,
                seed: self.model.seed,
            },
            prompts: self.prompts.clone(),
            iteration: self.iteration.clone(),
            sandbox: self.sandbox,
            grants: self.grants.iter().map(|grant| grant.name().to_owned()).collect(),
            initial_code,
        })
    }
}

/// Names the backends where the configuration names none, as for EffiBench-X's own tools.
const BACKENDS_VARIABLE: &str = "BACKEND_BASE_URL";

impl Settings {
    /// Takes from the environment what the configuration leaves to it.
    ///
    /// # Errors
    /// [`ConfigError::Backends`].
    pub(crate) fn complete(mut self, environment: &Environment<'_>) -> Result<Self, ConfigError> {
        if self.backends.is_empty() {
            let urls = environment(BACKENDS_VARIABLE).unwrap_or_default();
            let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
            let backends = urls.map(str::parse).collect::<Result<_, _>>();
            let variable = BACKENDS_VARIABLE.to_owned();
            self.backends = backends.map_err(|source| ConfigError::Backends { variable: variable.clone(), source })?;
            if !self.backends.is_empty() {
                self.origins.insert("execution.backends".to_owned(), SettingOrigin::Variable(variable));
            }
        }
        Ok(self)
    }

    /// Refuses to bound money that models of unknown price would spend, and warns of such models where others
    /// have prices.
    ///
    /// # Errors
    /// [`ConfigError::Unpriced`].
    pub(crate) fn check_prices(&mut self) -> Result<(), ConfigError> {
        let names = self.model.models.iter().flat_map(Models::names);
        let unpriced: Vec<_> = names.filter(|name| self.prices.of(name).is_none()).map(str::to_owned).collect();
        for (key, limits) in [("budget.usd", &self.budget), ("batch.budget.usd", &self.batch_budget)] {
            if let (Some(_), Some(model)) = (limits.usd, unpriced.first()) {
                return Err(ConfigError::Unpriced { key, model: model.clone() });
            }
        }
        if !self.prices.is_empty() {
            let warning =
                |model: String| format!("the model {model} has no price in `prices`: what it costs is not counted");
            self.warnings.extend(unpriced.into_iter().map(warning));
        }
        Ok(())
    }
}

/// A provider, the variable that customarily holds its key, and its endpoint.
struct Provider {
    variable: &'static str,
    api_base: &'static str,
}

/// Best first.
const PROVIDERS: [Provider; 2] = [
    Provider { variable: "OPENAI_API_KEY", api_base: "https://api.openai.com/v1" },
    Provider { variable: "OPENROUTER_API_KEY", api_base: "https://openrouter.ai/api/v1" },
];

impl ModelSettings {
    /// What a client for this model is made from; no logs yet.
    ///
    /// # Errors
    /// [`ConfigError::NoKey`] where the variable that must hold the key is not set. A server that
    /// the user named may need none, so there the customary variables need not be set.
    pub(crate) fn client(&self, environment: &Environment<'_>) -> Result<ClientSettings, ConfigError> {
        let from = |variable: &str| environment(variable).map(ApiKey::new).filter(|key| !key.is_empty());
        let no_key = |variable: &str| ConfigError::NoKey { variable: variable.to_owned() };
        let [first, ..] = &PROVIDERS;
        let mut api_base = first.api_base;
        let mut api_key_env = first.variable;
        let api_key = match &self.key {
            KeySource::Literal(key) => Some(key.clone()),
            KeySource::File(path) => {
                api_key_env = "model.api_key_file";
                Some(key_in_file(path)?)
            }
            KeySource::Variable(variable) => {
                api_key_env = variable;
                Some(from(variable).ok_or_else(|| no_key(variable))?)
            }
            KeySource::Customary => {
                let found = self.providers().find_map(|provider| Some((provider, from(provider.variable)?)));
                if found.is_none() && self.api_base.is_none() {
                    return Err(no_key(first.variable));
                }
                found.map(|(provider, key)| {
                    (api_base, api_key_env) = (provider.api_base, provider.variable);
                    key
                })
            }
        };
        Ok(ClientSettings {
            api_key,
            api_key_env: api_key_env.to_owned(),
            request_timeout: self.request_timeout,
            total_timeout: self.total_timeout,
            retry: self.retry.clone(),
            ..ClientSettings::new(self.api_base.as_deref().unwrap_or(api_base))
        })
    }

    /// The providers whose keys may be sent to the endpoint, in order: a known provider's own
    /// endpoint never gets another's key.
    fn providers(&self) -> impl Iterator<Item = &'static Provider> {
        let given = self.api_base.as_deref().and_then(host);
        let owned = PROVIDERS.iter().any(|provider| given.is_some() && host(provider.api_base) == given);
        PROVIDERS.iter().filter(move |provider| !owned || host(provider.api_base) == given)
    }
}

/// No key is longer.
const MAX_KEY_BYTES: u64 = 1 << 16;

fn key_in_file(path: &Path) -> Result<ApiKey, ConfigError> {
    let unfit = |source| ConfigError::KeyFile { path: path.to_owned(), source };
    let bytes = File::open(path).and_then(|file| bounded::read(file, MAX_KEY_BYTES)).map_err(unfit)?;
    let text = String::from_utf8(bytes).map_err(|error| unfit(Error::new(ErrorKind::InvalidData, error)))?;
    let key = ApiKey::new(text);
    if key.is_empty() {
        return Err(unfit(Error::new(ErrorKind::UnexpectedEof, "it is empty")));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(model: &ModelSettings, set: &[&str]) -> Result<(String, String, bool), String> {
        let environment = |name: &str| set.contains(&name).then(|| format!("key of {name}"));
        let client = model.client(&environment).map_err(|error| error.to_string())?;
        Ok((client.api_base, client.api_key_env, client.api_key.is_some()))
    }

    fn expected(api_base: &str, variable: &str, key: bool) -> Result<(String, String, bool), String> {
        Ok((api_base.to_owned(), variable.to_owned(), key))
    }

    #[test]
    fn keys_go_to_the_provider_they_are_for() {
        let model = ModelSettings::default();
        let (openai, openrouter) = ("OPENAI_API_KEY", "OPENROUTER_API_KEY");
        assert_eq!(client(&model, &[openai, openrouter]), expected("https://api.openai.com/v1", openai, true));
        assert_eq!(client(&model, &[openrouter]), expected("https://openrouter.ai/api/v1", openrouter, true));

        for base in ["https://openrouter.ai/api/v1/", "HTTPS://OpenRouter.AI:443/v1", "https://openrouter.ai./v1"] {
            let model = ModelSettings { api_base: Some(base.to_owned()), ..ModelSettings::default() };
            assert_eq!(client(&model, &[openai, openrouter]), expected(base, openrouter, true));
            assert_eq!(client(&model, &[openai]), expected(base, openai, false), "another's key stays here");
        }
    }

    #[test]
    fn a_named_server_needs_no_key_but_a_named_variable_must_be_set() {
        let local = ModelSettings { api_base: Some("http://127.0.0.1:1/v1".to_owned()), ..ModelSettings::default() };
        assert_eq!(client(&local, &[]), expected("http://127.0.0.1:1/v1", "OPENAI_API_KEY", false));
        assert!(client(&ModelSettings::default(), &[]).unwrap_err().contains("OPENAI_API_KEY"));

        let named = ModelSettings { key: KeySource::Variable("MY_KEY".to_owned()), ..local };
        assert!(client(&named, &["OPENAI_API_KEY"]).unwrap_err().contains("MY_KEY"));
        assert_eq!(client(&named, &["MY_KEY"]), expected("http://127.0.0.1:1/v1", "MY_KEY", true));
    }
}
