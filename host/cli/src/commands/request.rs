//! `perfagent request`: the protocol with an outer optimiser.

use super::stage::{Order, Place, Stage, Tapes, Undone, tell_leftover};
use crate::args::RequestArgs;
use crate::config::{Settings, nearest};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::warn;
use crate::output::{json, note, print};
use crate::surroundings::{Surroundings, variable};
use perfagent_core::bounded;
use perfagent_core::request::{AgentRequest, RequestConfig};
use perfagent_core::result::AgentResult;
use perfagent_core::unique::Unique;
use serde_json::Value;
use std::fs::File;
use std::path::Path;

/// Where the files of requests go that do not say it.
const OUTPUTS: &str = "perfagent-out";

/// Does what the request asks and prints the result. Whatever fails once the request is understood becomes a
/// result, too.
pub(crate) async fn request(args: &RequestArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let request = read(args.file())?;
    let result = match carry_out(&request, args, surroundings).await {
        Ok(result) => result,
        Err(undone) => failed(&request, undone),
    };
    print(&json(&result)).map(|()| Exit::Success)
}

async fn carry_out(
    request: &AgentRequest,
    args: &RequestArgs,
    surroundings: &Surroundings,
) -> Result<AgentResult, Undone> {
    let settings = settings(request)?;
    warn(&settings);
    let order = Order {
        plugin: args.plugin.as_deref(),
        instance: &request.task_data_path,
        place: request.output_dir.as_deref().map_or(Place::OfRequest(Path::new(OUTPUTS)), Place::At),
        initial_code_dir: None,
        samples: 1,
        fresh: false,
        tapes: Tapes::of(&args.tapes),
    };
    let mut stage = Stage::open(order, settings, surroundings).await?;
    let result = stage.run(1).await?.result;
    tell_leftover(stage.model.as_ref());
    Ok(result)
}

/// The result of a request that failed.
fn failed(request: &AgentRequest, Undone { failure, result }: Undone) -> AgentResult {
    let error = failure.message.split_whitespace().collect::<Vec<_>>().join(" ");
    note(&format!("error: {error}"));
    let name = request.task_data_path.file_stem().unwrap_or_default().to_string_lossy();
    let result = result.unwrap_or_else(|| AgentResult::failed(name, ""));
    AgentResult { error: Some(error), ..result }
}

/// The request's configuration, with what the request says itself on top.
fn settings(request: &AgentRequest) -> Result<Settings, Failure> {
    let settings = match &request.config {
        RequestConfig::Settings(config) => Settings::of_request(config.clone(), &variable),
        RequestConfig::File(path) => Settings::load(path, &variable),
    };
    let mut settings = settings?.complete(&variable)?;
    let prompts = &mut settings.prompts;
    for (given, target) in [
        (&request.additional_requirements, &mut prompts.additional_requirements),
        (&request.local_memory, &mut prompts.local_memory),
        (&request.global_memory, &mut prompts.global_memory),
    ] {
        if let Some(given) = given {
            target.clone_from(given);
        }
    }
    settings.check_prices()?;
    Ok(settings)
}

/// Reads a request; `None` is standard input.
fn read(file: Option<&Path>) -> Result<AgentRequest, Failure> {
    /// Far more than the longest memory that an optimiser sends along.
    const MOST_BYTES: u64 = 64 << 20;
    let shown = file.map_or_else(|| "standard input".to_owned(), |file| file.display().to_string());
    let read = match file {
        Some(file) => File::open(file).and_then(|file| bounded::read(file, MOST_BYTES)),
        None => bounded::read(std::io::stdin().lock(), MOST_BYTES),
    };
    let unreadable = |error| Failure::from_error(Exit::Usage, &error);
    let bytes = read.map_err(|error| unreadable(error).of(format!("the request cannot be read: {shown}")))?;
    understand(&bytes).map_err(|problem| Failure::new(Exit::Usage, format!("the request in {shown}: {problem}")))
}

/// The request that `bytes` hold, or what is wrong with it.
fn understand(bytes: &[u8]) -> Result<AgentRequest, String> {
    let Unique(value) = serde_json::from_slice(bytes).map_err(|error| format!("not JSON as it should be: {error}"))?;
    let Value::Object(fields) = &value else {
        return Err("expected an object (`perfagent schema request` says of what kind)".to_owned());
    };
    let schema = schemars::schema_for!(AgentRequest);
    let known: Vec<&str> =
        schema.as_value()["properties"].as_object().into_iter().flatten().map(|it| it.0.as_str()).collect();
    if let Some(unknown) = fields.keys().find(|key| !known.contains(&key.as_str())) {
        let meant = match nearest(unknown, &known) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("there are {}", known.join(", ")),
        };
        return Err(format!("unknown field `{unknown}`; {meant}"));
    }
    serde_path_to_error::deserialize(value).map_err(|error| match error.path().to_string().as_str() {
        "." => error.inner().to_string(),
        field => format!("`{field}`: {}", error.inner()),
    })
}

#[cfg(test)]
mod tests {
    use super::understand;

    #[test]
    fn mistakes_name_the_field() {
        let wrong = [
            "",
            "[]",
            "{}",
            r#"{"task_data_path": "a"}"#,
            r#"{"task_data_path": 3, "config": {}}"#,
            r#"{"task_data_path": "a", "config": 3}"#,
            r#"{"task_data_path": "a", "config": null}"#,
            r#"{"task_data_path": "a", "config": {}, "local_memory": ["x"]}"#,
            r#"{"task_data_path": "a", "config": {}, "local_memry": "x"}"#,
            r#"{"task_data_path": "a", "config": {}, "colour": "x"}"#,
            r#"{"task_data_path": "a", "task_data_path": "b", "config": {}}"#,
            r#"{"task_data_path": "a", "config": {"model": {"seed": 1, "seed": 2}}}"#,
            r#"{"task_data_path": "a", "config": {}} more"#,
        ];
        let told: Vec<_> =
            wrong.iter().map(|text| format!("{text}\n    {}", understand(text.as_bytes()).unwrap_err())).collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn what_is_absent_may_be_null() {
        let text = r#"{"task_data_path": "a", "config": "c.yaml", "local_memory": null, "output_dir": null}"#;
        let request = understand(text.as_bytes()).unwrap();
        assert_eq!((request.local_memory, request.output_dir), (None, None));
    }
}
