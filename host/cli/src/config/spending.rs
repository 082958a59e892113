//! Reads which models are asked, what they cost, and what may be spent on them.

use super::bounds;
use super::document::{Document, nearest};
use super::error::{Mistake, Problem};
use super::field::Field;
use super::settings::Settings;
use super::yaml::join;
use perfagent_core::spec::{Models, WeightedModel};
use perfagent_model::budget::{BudgetLimits, Price, Prices, Usd};

/// `batch.budget`.
pub(super) fn batch_budget(field: Field, settings: &mut Settings) -> Result<(), Problem> {
    let fields = fields(field, &["tokens", "usd", "wall_time", "calls"])?;
    fields.iter().try_for_each(|field| limit(field, &mut settings.batch_budget))
}

/// `prices`.
pub(super) fn prices(field: Field, settings: &mut Settings) -> Result<(), Problem> {
    let key = field.key.clone();
    let prices = field.into_mapping()?.into_iter().map(|entry| {
        let field = Field::new(join(&key, &entry.key), entry.line, entry.value);
        Ok((entry.key, price(field)?))
    });
    settings.prices = prices.collect::<Result<Prices, Problem>>()?;
    Ok(())
}

/// `model.name`, or the list `model.models`.
pub(super) fn models(document: &mut Document) -> Result<Option<Models>, Problem> {
    let name = document.take(&["model.name", "model_name"])?;
    let Some(several) = document.take(&["model.models"])? else {
        let name = name.map(|field| field.text()).transpose()?.flatten();
        return Ok(name.map(|name| Models::One { name }));
    };
    if let Some(name) = name {
        let (key, other, other_line) = (several.key, name.key, name.line);
        return Err(Mistake::TwoNames { key, other, other_line }.at(several.line));
    }
    let models = several.into_list()?.into_iter().map(weighted_model).collect::<Result<Vec<_>, _>>()?;
    Ok(if models.is_empty() { None } else { Some(Models::Weighted { models }) })
}

fn weighted_model(field: Field) -> Result<WeightedModel, Problem> {
    let unnamed = field.unfit("models, each with a `name` and, where not 1, a `weight`");
    let mut model = WeightedModel { name: String::new(), weight: 1.0 };
    for field in fields(field, &["name", "weight"])? {
        match last(&field.key) {
            "name" => model.name = field.text()?.unwrap_or_default(),
            _ => model.weight = field.number(&bounds::WEIGHT)?,
        }
    }
    if model.name.is_empty() { Err(unnamed) } else { Ok(model) }
}

fn limit(field: &Field, limits: &mut BudgetLimits) -> Result<(), Problem> {
    match last(&field.key) {
        "tokens" => limits.tokens = Some(field.large_count(&bounds::SPENDING)?),
        "calls" => limits.calls = Some(field.large_count(&bounds::SPENDING)?),
        "usd" => limits.usd = Some(Usd::from_dollars(field.number(&bounds::DOLLARS)?)),
        _ => limits.wall_time = Some(field.seconds(&bounds::BUDGET_SECONDS)?),
    }
    Ok(())
}

/// Dollars per million tokens; both must be given, for a price left out is a mistake rather than free.
fn price(field: Field) -> Result<Price, Problem> {
    let halved = field.unfit("`input` and `output`, each in US dollars per million tokens");
    let (mut input, mut output) = (None, None);
    for field in fields(field, &["input", "output"])? {
        let dollars = field.number(&bounds::DOLLARS)?;
        *if last(&field.key) == "input" { &mut input } else { &mut output } = Some(dollars);
    }
    match (input, output) {
        (Some(input), Some(output)) => Ok(Price::per_million(input, output)),
        _ => Err(halved),
    }
}

/// The entries of a mapping that have values and, all of them, `known` keys.
fn fields(field: Field, known: &[&'static str]) -> Result<Vec<Field>, Problem> {
    let path = field.key.clone();
    let mut fields = Vec::new();
    for entry in field.into_mapping()? {
        if !known.contains(&entry.key.as_str()) {
            let nearest = nearest(&entry.key, known).map(|it| join(&path, it));
            return Err(Mistake::UnknownKey { key: join(&path, &entry.key), nearest }.at(entry.line));
        }
        let field = Field::new(join(&path, &entry.key), entry.line, entry.value);
        if !field.is_null() {
            fields.push(field);
        }
    }
    Ok(fields)
}

fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}
