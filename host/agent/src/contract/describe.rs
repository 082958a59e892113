//! `describe`: what holds for every instance of the task.

use super::Suite;
use super::ledger::{Ledger, Verdict, failed, fault};
use perfagent_core::task::Description;
use perfagent_plugin::Session;
use perfagent_toolkit::template;
use serde_json::Value;

/// The dialect of JSON Schema that configurations are described in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

const LATER: [&str; 5] =
    ["describe.idempotent", "describe.name", "describe.languages", "describe.config-schema", "describe.templates"];

/// Checks the description, and gives it where there is one.
pub(super) async fn check(suite: &Suite<'_>, ledger: &mut Ledger<'_>) -> Option<Description> {
    let asked = async {
        let mut session = suite.session().await?;
        let description = session.describe().await?;
        Ok((session, description))
    };
    let (session, it) = match asked.await {
        Ok(answered) => answered,
        Err(error) => {
            ledger.record("describe.answers", Err(failed("the component starts and describes itself", "", &error)));
            ledger.skip_all(&LATER, "the task does not describe itself");
            return None;
        }
    };
    ledger.record("describe.answers", Ok(format!("{} {}", it.name, it.version)));
    ledger.record("describe.idempotent", idempotent(suite, session, &it).await);
    ledger.record("describe.name", name(&it));
    ledger.record("describe.languages", languages(suite, &it));
    ledger.record("describe.config-schema", schema(&it.config_schema));
    ledger.record("describe.templates", templates(&it));
    Some(it)
}

async fn idempotent(suite: &Suite<'_>, mut session: Session, first: &Description) -> Verdict {
    let expected = "the same description each time, in the same store and in a new one";
    let again = session.describe_again().await.map_err(|error| failed(expected, "", &error))?;
    let fresh = async { suite.session().await?.describe().await };
    let fresh = fresh.await.map_err(|error| failed(expected, "", &error))?;
    for (what, other) in [("the second time", again), ("in a new store", fresh)] {
        if let Some(difference) = difference(first, &other) {
            let happened = format!("{what}, {difference}");
            return Err(fault(expected, happened, "make the description of constants only"));
        }
    }
    Ok(String::new())
}

/// The first field that differs.
fn difference(first: &Description, second: &Description) -> Option<String> {
    let fields = |it: &Description| match serde_json::to_value(it).expect("descriptions have string keys") {
        Value::Object(fields) => fields,
        _ => serde_json::Map::new(),
    };
    let (first, second) = (fields(first), fields(second));
    let short = |value: Option<&Value>| {
        perfagent_toolkit::text::cut_middle(&value.map(Value::to_string).unwrap_or_default(), 80)
    };
    let key = first.keys().find(|key| first.get(*key) != second.get(*key))?;
    Some(format!("`{key}` was {}, then {}", short(first.get(key)), short(second.get(key))))
}

fn name(it: &Description) -> Verdict {
    let expected = "a name of lower case letters, digits and `-`, and a summary of one sentence";
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !it.name.bytes().all(fits) {
        return Err(fault(expected, format!("the name is `{}`", it.name), "rename the task"));
    }
    if it.summary.trim().is_empty() {
        return Err(fault(expected, "the summary is empty", "say in one sentence what the task is"));
    }
    Ok(String::new())
}

fn languages(suite: &Suite<'_>, it: &Description) -> Verdict {
    let known: Vec<_> = suite.languages.iter().map(|language| language.name.as_str()).collect();
    match it.languages.iter().find(|name| suite.languages.find(name).is_none()) {
        None => Ok(if it.languages.is_empty() { "it runs no programs".to_owned() } else { it.languages.join(", ") }),
        Some(name) => Err(fault(
            "languages that the sandbox knows",
            format!("`{name}` is none of {}", known.join(", ")),
            "use one of those names, or tell users to add the language under `languages` in the configuration",
        )),
    }
}

fn schema(schema: &Value) -> Verdict {
    let expected = "a valid JSON Schema (2020-12) of the configuration";
    let advice =
        "correct `config-schema`; an object schema with `properties` and `additionalProperties: false` is usual";
    let dialect = schema.get("$schema").and_then(Value::as_str);
    if let Some(other) = dialect.filter(|dialect| dialect.trim_end_matches('#') != DIALECT) {
        return Err(fault(expected, format!("`$schema` is {other}"), advice));
    }
    if let Err(error) = jsonschema::draft202012::meta::validate(schema) {
        return Err(fault(expected, format!("{}: {error}", error.instance_path()), advice));
    }
    match jsonschema::draft202012::new(schema) {
        Ok(_) => Ok(String::new()),
        Err(error) => Err(fault(expected, error.to_string(), advice)),
    }
}

fn templates(it: &Description) -> Verdict {
    let pairs = [
        ("system", &it.system_template, &it.system_variables),
        ("optimization", &it.optimization_template, &it.optimization_variables),
    ];
    for (which, text, variables) in pairs {
        let variables: Vec<_> = variables.iter().map(|name| (name.as_str(), "")).collect();
        if let Err(error) = template::render(text, &variables) {
            return Err(fault(
                "default templates that use only the placeholders declared for them",
                format!("{which}-template: {error}"),
                &format!("declare the placeholder in `{which}-variables`, or correct the template"),
            ));
        }
    }
    Ok(String::new())
}
