//! Reads every setting of a configuration, under its names in all layouts.

use super::Environment;
use super::bounds;
use super::document::Document;
use super::error::{Mistake, Problem};
use super::expand::{expand, is_variable_name};
use super::field::Field;
use super::settings::{KeySource, Settings};
use super::{limits, spending, task, yaml};
use perfagent_core::isolation::Strictness;
use perfagent_core::spec::Acceptance;
use perfagent_model::ApiKey;
use perfagent_plugin::Grant;
use perfagent_registry::PublicKey;
use perfagent_sandbox::Language;
use perfagent_server::effibench_x::BackendUrl;
use tracing::level_filters::LevelFilter;

/// The settings that the YAML document `text` gives.
pub(super) fn settings(text: &str, environment: &Environment<'_>) -> Result<Settings, Problem> {
    let mut settings = Settings::default();
    let Some(mut root) = yaml::parse(text)? else { return Ok(settings) };
    expand(&mut root, "", environment)?;
    let mut document = Document::new(root)?;
    fill(&mut document, &mut settings)?;
    document.finish()?;
    Ok(settings)
}

/// Moves everything known from `document` into `settings`.
pub(super) fn fill(document: &mut Document, settings: &mut Settings) -> Result<(), Problem> {
    iteration(document, settings)?;
    model(document, settings)?;
    requests(document, settings)?;
    spending::read(document, settings)?;
    logging(document, settings)?;
    prompts(document, settings)?;
    plugin(document, settings)?;
    limits::read(document, &mut settings.plugin_limits)?;
    task::read(document, settings)
}

/// Reads the setting with one of `names` into `target`, where it is given.
fn set<T>(
    document: &mut Document,
    names: &[&'static str],
    target: &mut T,
    read: impl FnOnce(&Field) -> Result<T, Problem>,
) -> Result<(), Problem> {
    if let Some(field) = document.take(names)? {
        *target = read(&field)?;
    }
    Ok(())
}

fn iteration(document: &mut Document, settings: &mut Settings) -> Result<(), Problem> {
    const ACCEPTANCE: [(&str, Acceptance); 2] = [("interval", Acceptance::Interval), ("raw", Acceptance::Raw)];
    let target = &mut settings.iteration;
    let count = |field: &Field| field.count(&bounds::ITERATIONS);
    set(document, &["max_iterations"], &mut target.max_iterations, count)?;
    set(document, &["early_stop_no_improve"], &mut target.early_stop_no_improve, count)?;
    set(document, &["adopt_only_if_improved"], &mut target.adopt_only_if_improved, Field::flag)?;
    set(document, &["acceptance"], &mut target.acceptance, |field| field.choice(&ACCEPTANCE))?;
    set(document, &["prompts.include_all_history"], &mut target.include_all_history, Field::flag)?;
    let target = &mut settings.metric_higher_is_better;
    set(document, &["metric_higher_is_better"], target, |field| field.flag().map(Some))
}

fn model(document: &mut Document, settings: &mut Settings) -> Result<(), Problem> {
    let target = &mut settings.model;
    target.models = spending::models(document)?;
    set(document, &["model.seed"], &mut target.seed, |field| field.large_count(&bounds::SEED).map(Some))?;
    set(document, &["model.api_base"], &mut target.api_base, Field::text)?;
    set(document, &["model.temperature", "temperature"], &mut target.temperature, |field| {
        field.number(&bounds::TEMPERATURE)
    })?;
    set(document, &["model.max_input_tokens"], &mut target.max_input_tokens, |field| {
        field.count(&bounds::TOKENS).map(Some)
    })?;
    set(document, &["model.max_output_tokens", "max_tokens"], &mut target.max_output_tokens, |field| {
        field.count(&bounds::TOKENS)
    })?;
    if let Some(field) = document.take(&["model.api_key_env"])?
        && let Some(variable) = field.text()?
    {
        // Whoever pastes the key itself here by mistake must not see it in a message.
        if !is_variable_name(&variable) {
            return Err(field.unfit("the name of an environment variable"));
        }
        settings.model.key = KeySource::Variable(variable);
    }
    key(document, settings)
}

fn key(document: &mut Document, settings: &mut Settings) -> Result<(), Problem> {
    if let Some(field) = document.take(&["model.api_key_file"])?
        && let Some(path) = field.path()?
    {
        settings.model.key = KeySource::File(path);
    }
    let Some(field) = document.take(&["model.api_key"])? else { return Ok(()) };
    let Some(key) = field.text()? else { return Ok(()) };
    if !field.is_expanded() {
        settings.warnings.push(format!(
            "{}: the model's key stands in the configuration; better keep it in the environment and name the \
             variable in `model.api_key_env`",
            field.line
        ));
    }
    settings.model.key = KeySource::Literal(ApiKey::new(key));
    Ok(())
}

fn requests(document: &mut Document, settings: &mut Settings) -> Result<(), Problem> {
    let target = &mut settings.model;
    let delay = |field: &Field| field.seconds(&bounds::DELAY_SECONDS);
    set(document, &["model.request_timeout"], &mut target.request_timeout, |field| {
        field.seconds(&bounds::TIMEOUT_SECONDS)
    })?;
    set(document, &["model.total_timeout"], &mut target.total_timeout, |field| {
        field.seconds(&bounds::TIMEOUT_SECONDS)
    })?;
    set(document, &["model.max_retries"], &mut target.retry.max_retries, |field| field.count(&bounds::RETRIES))?;
    set(document, &["model.retry_delay"], &mut target.retry.delay, delay)?;
    set(document, &["model.retry_backoff_factor"], &mut target.retry.backoff_factor, |field| {
        field.number(&bounds::BACKOFF_FACTOR)
    })?;
    set(document, &["model.retry_jitter"], &mut target.retry.jitter, delay)?;
    set(document, &["model.log_inputs_outputs"], &mut target.log_inputs_outputs, Field::flag)?;
    set(document, &["model.log_sanitize"], &mut target.log_sanitize, Field::flag)
}

fn logging(document: &mut Document, settings: &mut Settings) -> Result<(), Problem> {
    const LEVELS: [(&str, LevelFilter); 4] = [
        ("DEBUG", LevelFilter::DEBUG),
        ("INFO", LevelFilter::INFO),
        ("WARNING", LevelFilter::WARN),
        ("ERROR", LevelFilter::ERROR),
    ];
    let target = &mut settings.logging;
    set(document, &["logging.save_trajectory", "save_trajectory"], &mut target.save_trajectory, Field::flag)?;
    set(document, &["logging.trajectory_dir", "trajectory_dir"], &mut target.trajectory_dir, Field::path)?;
    set(document, &["logging.log_dir", "log_dir"], &mut target.log_dir, Field::path)?;
    set(document, &["logging.log_level", "log_level"], &mut target.level, |field| field.choice(&LEVELS))
}

fn prompts(document: &mut Document, settings: &mut Settings) -> Result<(), Problem> {
    let target = &mut settings.prompts;
    let text = |field: &Field| Ok(field.text()?.unwrap_or_default());
    set(document, &["prompts.system_template"], &mut target.system_template, Field::text)?;
    set(document, &["prompts.optimization_template"], &mut target.optimization_template, Field::text)?;
    set(document, &["prompts.additional_requirements"], &mut target.additional_requirements, text)?;
    set(document, &["prompts.local_memory"], &mut target.local_memory, text)?;
    set(document, &["prompts.global_memory"], &mut target.global_memory, text)
}

fn plugin(document: &mut Document, settings: &mut Settings) -> Result<(), Problem> {
    const STRICTNESS: [(&str, Strictness); 2] =
        [("strict", Strictness::Strict), ("best-effort", Strictness::BestEffort)];
    set(document, &["sandbox"], &mut settings.sandbox, |field| field.choice(&STRICTNESS))?;
    if let Some(field) = document.take(&["languages"])? {
        settings.languages = field.into_list()?.into_iter().map(language).collect::<Result<_, _>>()?;
    }
    if let Some(field) = document.take(&["execution.backends"])? {
        settings.backends = field.into_list()?.iter().map(backend).collect::<Result<_, _>>()?;
    }
    if let Some(field) = document.take(&["grants"])? {
        let known = Grant::ALL.map(|grant| (grant.name(), grant));
        let grants = field.into_list()?.into_iter().map(|item| item.choice(&known));
        settings.grants = grants.collect::<Result<_, _>>()?;
    }
    if let Some(field) = document.take(&["plugins.trusted_keys"])? {
        settings.trust.keys = field.into_list()?.iter().map(public_key).collect::<Result<_, _>>()?;
    }
    set(document, &["plugins.require_signed"], &mut settings.trust.require_signed, Field::flag)
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
