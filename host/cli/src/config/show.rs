//! What settings are, as JSON that people may see.

use super::settings::{KeySource, SettingOrigin, Settings};
use super::table::{Kind, SETTINGS};
use perfagent_core::secret::{MASK, is_secret_name, masked, masked_urls, public_url};
use perfagent_core::spec::Models;
use perfagent_model::budget::BudgetLimits;
use perfagent_plugin::Grant;
use serde_json::{Map, Value as Json, json};
use std::time::Duration;

/// A setting as it is.
#[derive(Debug)]
pub(crate) struct Shown {
    /// Its name in the current layout.
    pub(crate) key: String,
    /// Its value; null where it has none.
    pub(crate) value: Json,
    /// Where that comes from; `None`: the default.
    pub(crate) origin: Option<SettingOrigin>,
}

impl Settings {
    /// All settings with their origins.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let mut settings = self.clone();
        let common = SETTINGS
            .iter()
            .filter_map(|setting| Some((setting.names[0].to_owned(), of(&setting.kind, &mut settings)?)));
        let mut all: Vec<(String, Json)> = common.collect();
        all.push(("task_config.task_type".to_owned(), json!(self.task_type)));
        let task = self.task_config.iter().map(|(name, value)| (format!("task_config.{name}"), masked(name, value)));
        all.extend(task);
        let shown = |(key, value): (String, Json)| {
            let value = match (key.as_str(), value) {
                ("model.api_base", Json::String(url)) => public_url(&url).into(),
                (_, Json::String(text)) => masked_urls(&text).into(),
                (_, value) => value,
            };
            let origin = self.origins.get(&key).filter(|_| !value.is_null()).cloned();
            Shown { key, value, origin }
        };
        all.into_iter().map(shown).collect()
    }
}

/// The value of the setting of this `kind`; `None` where its parts are shown instead.
fn of(kind: &Kind, settings: &mut Settings) -> Option<Json> {
    Some(match kind {
        Kind::Flag(at) => json!(*at(settings)),
        Kind::MaybeFlag(at) => json!(*at(settings)),
        Kind::Count(at, _) => json!(*at(settings)),
        Kind::MaybeCount(at, _) => json!(*at(settings)),
        Kind::MaybeLarge(at, _) => json!(*at(settings)),
        Kind::Size(at, _, unit) => json!(*at(settings) / unit),
        Kind::WholeSeconds(at, _) => json!(at(settings).as_secs()),
        Kind::Number(at, _) => json!(*at(settings)),
        Kind::Seconds(at, _) => json!(at(settings).as_secs_f64()),
        Kind::MaybeSeconds(at, _) => json!(at(settings).map(|time| time.as_secs_f64())),
        Kind::MaybeDollars(at, _) => json!(at(settings).map(|money| money.dollars())),
        Kind::Text(at) => json!(at(settings)),
        Kind::MaybeText(at) => json!(at(settings)),
        Kind::Path(at) => json!(at(settings)),
        Kind::Choice { words, get, .. } => json!(words[get(settings)]),
        Kind::Other { show, .. } => show(settings),
        Kind::Apart { show, .. } => show.as_ref()?(settings),
    })
}

/// Settings whose values no message shows, whatever their names: who mistakes one for another pastes a key there.
const HIDDEN: [&str; 5] =
    ["model.api_key", "model.api_key_env", "model.api_key_file", "model.api_base", "execution.backends"];

/// Whether no message may show the value of the setting `key`.
pub(super) fn is_hidden(key: &str) -> bool {
    HIDDEN.contains(&key) || key.strip_prefix("task_config.").is_some_and(is_secret_name)
}

/// `model.name`.
pub(super) fn model_name(settings: &Settings) -> Json {
    match &settings.model.models {
        Some(Models::One { name }) => json!(name),
        _ => Json::Null,
    }
}

/// `model.models`.
pub(super) fn models(settings: &Settings) -> Json {
    match &settings.model.models {
        Some(Models::Weighted { models }) => json!(models),
        _ => Json::Null,
    }
}

/// `model.api_key_env`.
pub(super) fn key_variable(settings: &Settings) -> Json {
    match &settings.model.key {
        KeySource::Variable(name) => json!(name),
        _ => Json::Null,
    }
}

/// `model.api_key_file`.
pub(super) fn key_file(settings: &Settings) -> Json {
    match &settings.model.key {
        KeySource::File(path) => json!(path),
        _ => Json::Null,
    }
}

/// `model.api_key`, masked.
pub(super) fn key(settings: &Settings) -> Json {
    match &settings.model.key {
        KeySource::Literal(_) => json!(MASK),
        _ => Json::Null,
    }
}

/// `batch.budget`.
pub(super) fn batch_budget(settings: &Settings) -> Json {
    let BudgetLimits { tokens, usd, wall_time, calls } = &settings.batch_budget;
    let given = [
        ("tokens", tokens.map(Json::from)),
        ("usd", usd.map(|money| money.dollars().into())),
        ("wall_time", wall_time.as_ref().map(Duration::as_secs_f64).map(Json::from)),
        ("calls", calls.map(Json::from)),
    ];
    given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// `prices`.
pub(super) fn prices(settings: &Settings) -> Json {
    let price =
        |(model, input, output): (&str, f64, f64)| (model.to_owned(), json!({"input": input, "output": output}));
    Json::Object(settings.prices.per_million().map(price).collect::<Map<_, _>>())
}

/// `languages`, by name.
pub(super) fn languages(settings: &Settings) -> Json {
    settings.languages.iter().map(|language| language.name.as_str()).collect()
}

/// `execution.backends`.
pub(super) fn backends(settings: &Settings) -> Json {
    settings.backends.iter().map(ToString::to_string).collect()
}

/// `plugins.trusted_keys`.
pub(super) fn trusted_keys(settings: &Settings) -> Json {
    settings.trust.keys.iter().map(ToString::to_string).collect()
}

/// `grants`.
pub(super) fn grants(settings: &Settings) -> Json {
    settings.grants.iter().copied().map(Grant::name).collect()
}
