//! Turns what a task returns into the host's types, after checking what the interface promises.

use crate::bindings::exports::perfagent::task::runner as out;
use crate::convert;
use crate::limits::PluginLimits;
use crate::promise::Violation;
use crate::text;
use perfagent_core::execution::Detail;
use perfagent_core::metric::{Direction, Metric};
use perfagent_core::task::{
    Description, Evaluation, Extraction, Finding, InitialSolution, InstanceSummary, Metadata, Ratio,
};
use serde_json::{Map, Value};

/// Longest id, bytes.
const ID_BYTES: usize = 200;

/// Most details of an instance's summary.
const SUMMARY_DETAILS: usize = 32;
/// Longest word, such as a name or a unit, bytes.
const WORD_BYTES: usize = 100;
/// Levels of a JSON object at most. Readers stop at 128, and records hold what a task gives some levels deeper.
const JSON_LEVELS: usize = 64;

fn size(what: &'static str, size: usize, limit: usize) -> Result<(), Violation> {
    if size > limit { Err(Violation::TooLarge { what, size, unit: "bytes", limit }) } else { Ok(()) }
}

fn count(what: &'static str, size: usize, limit: usize) -> Result<(), Violation> {
    if size > limit { Err(Violation::TooLarge { what, size, unit: "items", limit }) } else { Ok(()) }
}

fn object(what: &'static str, json: &str) -> Result<Map<String, Value>, Violation> {
    let value = serde_json::from_str(json).map_err(|source| Violation::NotJson { what, source })?;
    let levels = levels(&value);
    if levels > JSON_LEVELS {
        return Err(Violation::TooLarge { what, size: levels, unit: "levels of nesting", limit: JSON_LEVELS });
    }
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(Violation::NotAnObject { what }),
    }
}

/// How many lists and objects lie within each other.
fn levels(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or_default(),
        Value::Object(entries) => 1 + entries.values().map(levels).max().unwrap_or_default(),
        _ => 0,
    }
}

/// A short text that names something, as `fits` says.
fn word(
    what: &'static str,
    value: String,
    expected: &'static str,
    fits: impl Fn(&str) -> bool,
) -> Result<String, Violation> {
    size(what, value.len(), WORD_BYTES)?;
    if fits(&value) { Ok(value) } else { Err(Violation::Malformed { what, value, expected }) }
}

fn plain(value: &str) -> bool {
    !value.chars().any(text::is_hidden)
}

fn is_name(value: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    !value.is_empty() && value.bytes().all(fits)
}

/// Three numbers with dots between, and whatever Semantic Versioning allows after them.
fn is_version(value: &str) -> bool {
    let core = value.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<_> = core.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let tail = value[core.len()..].bytes();
    parts.len() == 3
        && parts.iter().all(number)
        && tail.into_iter().all(|byte| byte.is_ascii_alphanumeric() || b"-+.".contains(&byte))
}

/// The one sentence or line that a task may say of something.
fn sentence(text: &str) -> String {
    text::line(text)
}

/// Refuses keys and texts of a schema that would be something else on a terminal than they are: people read them
/// before they decide on a plugin.
fn visible(schema: &Value) -> Result<(), Violation> {
    let check = |shown: &str| {
        let fits = |it: &str| it.chars().all(|one| matches!(one, '\n' | '\t') || !text::is_hidden(one));
        let (what, expected) = ("a text in the configuration schema", "text without control characters");
        let malformed = || Violation::Malformed { what, value: text::cut(shown, WORD_BYTES).to_owned(), expected };
        if fits(shown) { Ok(()) } else { Err(malformed()) }
    };
    match schema {
        Value::String(text) => check(text),
        Value::Array(items) => items.iter().try_for_each(visible),
        Value::Object(entries) => entries.iter().try_for_each(|(key, value)| check(key).and_then(|()| visible(value))),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn schema(text: &str) -> Result<Value, Violation> {
    let schema = Value::Object(object("the configuration schema", text)?);
    visible(&schema)?;
    Ok(schema)
}

pub(crate) fn description(it: out::Description, limits: &PluginLimits) -> Result<Description, Violation> {
    let name = "lower case letters, digits, `-` and `_`";
    count("the list of languages", it.languages.len(), limits.list_items)?;
    let languages = it.languages.into_iter().map(|language| word("a language", language, name, is_name));
    size("the configuration schema", it.config_schema.len(), limits.text_bytes)?;
    let templates = [
        ("the system template", &it.system_template, &it.system_variables),
        ("the optimisation template", &it.optimization_template, &it.optimization_variables),
    ];
    for (what, template, variables) in templates {
        size(what, template.len(), limits.prompt_bytes)?;
        count("the list of variables", variables.len(), limits.list_items)?;
    }
    let variables = |names: Vec<String>| {
        let names =
            names.into_iter().map(|it| word("a variable's name", it, "a word without control characters", plain));
        names.collect::<Result<Vec<_>, _>>()
    };
    Ok(Description {
        name: word("the task's name", it.name, name, is_name)?,
        version: word("the task's version", it.version, "a semantic version such as 1.0.2", is_version)?,
        summary: sentence(&it.summary),
        metric: word("the metric's name", it.metric, "a word without control characters", |it| {
            !it.is_empty() && plain(it)
        })?,
        direction: match it.direction {
            out::Direction::Minimize => Direction::Minimize,
            out::Direction::Maximize => Direction::Maximize,
        },
        languages: languages.collect::<Result<_, _>>()?,
        config_schema: schema(&it.config_schema)?,
        system_template: it.system_template,
        system_variables: variables(it.system_variables)?,
        optimization_template: it.optimization_template,
        optimization_variables: variables(it.optimization_variables)?,
    })
}

pub(crate) fn metadata(it: out::TaskMetadata, limits: &PluginLimits) -> Result<Metadata, Violation> {
    let problem = match it.id.as_str() {
        "" => Some("is empty"),
        "." | ".." => Some("means a directory"),
        id if id.len() > ID_BYTES => Some("is too long"),
        id if id.contains('/') => Some("holds a slash"),
        id if !plain(id) => Some("holds a control character"),
        _ => None,
    };
    if let Some(problem) = problem {
        return Err(Violation::Id { id: text::cut(&it.id, ID_BYTES).to_owned(), problem });
    }
    size("the problem", it.problem.len(), limits.text_bytes)?;
    Ok(Metadata { id: it.id, problem: it.problem })
}

/// A detail fit for terminals.
fn shown(detail: Detail) -> Detail {
    Detail { name: text::line(&detail.name), value: text::line(&detail.value) }
}

pub(crate) fn summary(it: out::InstanceSummary) -> Result<InstanceSummary, Violation> {
    let optional = |what, value: Option<String>| {
        value.map(|value| word(what, value, "a word without control characters", plain)).transpose()
    };
    let extension = |it: &str| it.bytes().all(|byte| byte.is_ascii_alphanumeric());
    count("the list of details", it.details.len(), SUMMARY_DETAILS)?;
    let details = it.details.into_iter().map(convert::detail).map(|detail| {
        let wanted = "a word without control characters";
        let name = word("a detail's name", detail.name, wanted, plain)?;
        Ok(Detail { name, value: word("a detail's value", detail.value, wanted, plain)? })
    });
    Ok(InstanceSummary {
        details: details.collect::<Result<_, _>>()?,
        language: optional("the language", it.language)?,
        extension: word("the extension", it.extension, "letters and digits", extension)?,
        target: optional("the target", it.target)?,
        unit: optional("the unit", it.unit)?,
    })
}

pub(crate) fn initial(it: out::InitialSolution, limits: &PluginLimits) -> Result<InitialSolution, Violation> {
    size("the initial solution", it.code.len(), limits.solution_bytes)?;
    Ok(InitialSolution { code: it.code, judged: it.judged })
}

pub(crate) fn prompt(it: String, limits: &PluginLimits) -> Result<String, Violation> {
    size("the prompt", it.len(), limits.prompt_bytes)?;
    Ok(it)
}

pub(crate) fn extraction(it: out::Extraction, limits: &PluginLimits) -> Result<Extraction, Violation> {
    let mut extraction = convert::extraction(it);
    // How much there is to tell is the reply's doing, not the task's: what is too much is left out.
    extraction.verdicts.truncate(limits.list_items);
    let (mut lines, mut bytes) = (limits.list_items, limits.text_bytes);
    for verdict in &mut extraction.verdicts {
        verdict.lines.truncate(lines);
        lines -= verdict.lines.len();
        verdict.message.truncate(text::cut(&verdict.message, bytes).len());
        bytes -= verdict.message.len();
    }
    // The model wrote it, not the task: it is told, and the run goes on.
    if let Finding::Changed(solution) = &extraction.finding
        && solution.len() > limits.solution_bytes
    {
        let (bytes, most) = (solution.len(), limits.solution_bytes);
        let why = format!("the solution in it has {bytes} bytes, and a solution may have {most} at most");
        extraction.finding = Finding::Other(why);
    }
    Ok(extraction)
}

/// A ratio within its interval, whose ends may be infinite. NaN is within none.
fn ratio(it: out::Ratio) -> Result<Ratio, Violation> {
    let Ratio { estimate, low, high, confidence } = convert::ratio(it);
    let is_quotient = estimate >= 0.0 && estimate.is_finite() && low <= estimate && estimate <= high;
    if is_quotient && confidence > 0.0 && confidence < 1.0 {
        return Ok(Ratio { estimate, low, high, confidence });
    }
    let value = format!("{estimate:?} in [{low:?}, {high:?}] at {confidence:?}");
    let expected = "a number from 0 on between low and high, with a confidence between 0 and 1";
    Err(Violation::Malformed { what: "the ratio", value, expected })
}

pub(crate) fn evaluation(it: out::Evaluation, limits: &PluginLimits) -> Result<Evaluation, Violation> {
    if it.success && it.metric.is_nan() {
        return Err(Violation::NanWithSuccess);
    }
    size("the artifacts", it.artifacts.len(), limits.artifact_bytes)?;
    count("the list of samples", it.samples.len(), limits.list_items)?;
    count("the list of details", it.details.len(), limits.list_items)?;
    let bytes = it.details.iter().map(|detail| detail.name.len() + detail.value.len()).sum();
    size("the details of an evaluation", bytes, limits.artifact_bytes)?;
    Ok(Evaluation {
        metric: Metric(it.metric),
        success: it.success,
        summary: sentence(&it.summary),
        artifacts: object("the artifacts", &it.artifacts)?,
        samples: it.samples.into_iter().map(Metric).collect(),
        ratio: it.ratio.map(ratio).transpose()?,
        details: it.details.into_iter().map(convert::detail).map(shown).collect(),
    })
}

#[cfg(test)]
mod tests;
