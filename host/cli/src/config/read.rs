//! Reads every setting of a configuration, under its names in all layouts.

use super::Environment;
use super::document::Document;
use super::error::{Mistake, Problem};
use super::expand::{expand, is_variable_name};
use super::field::Field;
use super::settings::{KeySource, Settings};
use super::table::{Kind, SETTINGS};
use super::yaml::Node;
use super::{spending, task, yaml};
use perfagent_model::ApiKey;
use perfagent_model::budget::Usd;
use perfagent_plugin::Grant;
use perfagent_registry::PublicKey;
use perfagent_sandbox::Language;
use perfagent_server::effibench_x::BackendUrl;
use std::time::Duration;

/// The settings that the YAML document `text` gives.
pub(super) fn settings(text: &str, environment: &Environment<'_>) -> Result<Settings, Problem> {
    match yaml::parse(text)? {
        Some(root) => settings_of(root, environment),
        None => Ok(Settings::default()),
    }
}

/// The settings that a document gives.
pub(super) fn settings_of(mut root: Node, environment: &Environment<'_>) -> Result<Settings, Problem> {
    let mut settings = Settings::default();
    expand(&mut root, "", environment)?;
    let mut document = Document::new(root)?;
    fill(&mut document, &mut settings)?;
    document.finish()?;
    Ok(settings)
}

/// Moves everything known from `document` into `settings`.
pub(super) fn fill(document: &mut Document, settings: &mut Settings) -> Result<(), Problem> {
    settings.model.models = spending::models(document)?;
    for setting in SETTINGS {
        if matches!(setting.kind, Kind::Apart { .. }) {
            continue;
        }
        if let Some(field) = document.take(setting.names)? {
            read(&setting.kind, field, settings)?;
        }
    }
    task::read(document, settings)?;
    settings.origins.extend(document.origins());
    Ok(())
}

/// Reads `field` into its place.
fn read(kind: &Kind, field: Field, settings: &mut Settings) -> Result<(), Problem> {
    match kind {
        Kind::Flag(at) => *at(settings) = field.flag()?,
        Kind::MaybeFlag(at) => *at(settings) = Some(field.flag()?),
        Kind::Count(at, bounds) => *at(settings) = field.count(bounds)?,
        Kind::MaybeCount(at, bounds) => *at(settings) = Some(field.count(bounds)?),
        Kind::MaybeLarge(at, bounds) => *at(settings) = Some(field.large_count(bounds)?),
        Kind::Number(at, bounds) => *at(settings) = field.number(bounds)?,
        Kind::Seconds(at, bounds) => *at(settings) = field.seconds(bounds)?,
        Kind::MaybeSeconds(at, bounds) => *at(settings) = Some(field.seconds(bounds)?),
        Kind::MaybeDollars(at, bounds) => *at(settings) = Some(Usd::from_dollars(field.number(bounds)?)),
        Kind::Text(at) => *at(settings) = field.text()?.unwrap_or_default(),
        Kind::MaybeText(at) => *at(settings) = field.text()?,
        Kind::Path(at) => *at(settings) = field.path()?,
        Kind::Size(at, bounds, unit) => *at(settings) = field.count(bounds)? as usize * unit,
        Kind::WholeSeconds(at, bounds) => *at(settings) = Duration::from_secs(field.count(bounds)?.into()),
        Kind::Choice { words, set, .. } => {
            let choices: Vec<_> = words.iter().enumerate().map(|(index, word)| (*word, index)).collect();
            set(settings, field.choice(&choices)?);
        }
        Kind::Other { read, .. } => read(field, settings)?,
        Kind::Apart { .. } => {}
    }
    Ok(())
}

/// `model.api_key_env`.
pub(super) fn key_variable(field: Field, settings: &mut Settings) -> Result<(), Problem> {
    let Some(variable) = field.text()? else { return Ok(()) };
    // Whoever pastes the key itself here by mistake must not see it in a message.
    if !is_variable_name(&variable) {
        return Err(field.unfit("the name of an environment variable"));
    }
    settings.model.key = KeySource::Variable(variable);
    Ok(())
}

/// `model.api_key_file`.
pub(super) fn key_file(field: Field, settings: &mut Settings) -> Result<(), Problem> {
    if let Some(path) = field.path()? {
        settings.model.key = KeySource::File(path);
    }
    Ok(())
}

/// `model.api_key`.
pub(super) fn key(field: Field, settings: &mut Settings) -> Result<(), Problem> {
    let Some(key) = field.text()? else { return Ok(()) };
    if !field.is_expanded() {
        settings.warnings.push(super::error::placed(
            field.line,
            "the model's key stands in the configuration; better keep it in the environment and name the variable \
             in `model.api_key_env`",
        ));
    }
    settings.model.key = KeySource::Literal(ApiKey::new(key));
    Ok(())
}

/// `languages`.
pub(super) fn languages(field: Field, settings: &mut Settings) -> Result<(), Problem> {
    settings.languages = field.into_list()?.into_iter().map(language).collect::<Result<_, _>>()?;
    Ok(())
}

/// `execution.backends`.
pub(super) fn backends(field: Field, settings: &mut Settings) -> Result<(), Problem> {
    settings.backends = field.into_list()?.iter().map(backend).collect::<Result<_, _>>()?;
    Ok(())
}

/// `grants`.
pub(super) fn grants(field: Field, settings: &mut Settings) -> Result<(), Problem> {
    let known = Grant::ALL.map(|grant| (grant.name(), grant));
    let grants = field.into_list()?.into_iter().map(|item| item.choice(&known));
    settings.grants = grants.collect::<Result<_, _>>()?;
    Ok(())
}

/// `plugins.trusted_keys`.
pub(super) fn trusted_keys(field: Field, settings: &mut Settings) -> Result<(), Problem> {
    settings.trust.keys = field.into_list()?.iter().map(public_key).collect::<Result<_, _>>()?;
    Ok(())
}

fn public_key(field: &Field) -> Result<PublicKey, Problem> {
    let text = field.text()?.unwrap_or_default();
    text.parse().map_err(|_| field.unfit("a public key as `perfagent plugin keygen` prints it: ed25519:…"))
}

fn backend(field: &Field) -> Result<BackendUrl, Problem> {
    let text = field.text()?.unwrap_or_default();
    text.parse().map_err(|_| field.unfit("an HTTP URL without user, password or query, such as http://127.0.0.1:8000"))
}

/// A language as a user adds it.
fn language(field: Field) -> Result<Language, Problem> {
    let (key, line) = (field.key.clone(), field.line);
    let unfit = |error: serde_json::Error| {
        let expected = "a language: name, file_name, extension, run, probe, install_hint, …".to_owned();
        Mistake::Unfit { key, expected, found: error.to_string() }.at(line)
    };
    serde_json::from_value(field.json()?).map_err(unfit)
}
