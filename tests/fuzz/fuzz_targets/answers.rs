//! What a task answers and the host reads: the host's own checks, with the interface's types as a guest has them.

#![no_main]
#![allow(dead_code, reason = "the parts of the host that are not fuzzed here")]

mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "task" });
}
#[path = "../../../host/plugin/src/check.rs"]
mod check;
#[path = "../../../host/plugin/src/convert.rs"]
mod convert;
#[path = "../../../host/plugin/src/error.rs"]
mod error;
#[path = "../../../host/plugin/src/limits.rs"]
mod limits;
#[path = "../../../host/plugin/src/promise.rs"]
mod promise;
#[path = "../../../host/plugin/src/text.rs"]
mod text;

use bindings::exports::perfagent::task::runner as out;
use bindings::perfagent::task::toolkit;
use libfuzzer_sys::fuzz_target;
use limits::PluginLimits;
use perfagent_core::event::{Record, RunEvent};
use perfagent_core::task::Finding;
use promise::Violation;
use std::path::Path;

/// What the errors tell.
const INTERFACE_VERSION: &str = "0.1.0";

/// Reaches every bound with few bytes.
fn limits() -> PluginLimits {
    PluginLimits {
        artifact_bytes: 200,
        text_bytes: 100,
        prompt_bytes: 100,
        solution_bytes: 100,
        list_items: 5,
        ..PluginLimits::default()
    }
}

/// What passed, after a look at what a refusal says.
fn passed<T>(checked: Result<T, Violation>) -> Option<T> {
    checked.inspect_err(|violation| assert!(violation.to_string().len() < 2_000)).ok()
}

fn is_line(text: &str) -> bool {
    !text.chars().any(|it| it != '\t' && text::is_hidden(it))
}

fuzz_target!(|input: (&str, &str, Vec<&str>, f64, Vec<f64>, [f64; 4], u8)| {
    let (one, other, many, number, numbers, [estimate, low, high, confidence], choice) = input;
    let limits = limits();
    let owned = || many.iter().map(ToString::to_string).collect::<Vec<_>>();
    let detail = |text: &&str| bindings::perfagent::task::execution::Detail { name: (*text).to_owned(), value: one.to_owned() };
    let details = || many.iter().map(detail).collect::<Vec<_>>();

    if let Some(it) = passed(check::metadata(out::TaskMetadata { id: one.to_owned(), problem: other.to_owned() }, &limits)) {
        assert_eq!(Path::new("base").join(&it.id).parent(), Some(Path::new("base")), "an id is one file's name");
        assert!(is_line(&it.id) && it.problem.len() <= limits.text_bytes);
    }

    let description = out::Description {
        name: one.to_owned(),
        version: "1.0.0".to_owned(),
        summary: other.to_owned(),
        metric: other.to_owned(),
        direction: out::Direction::Minimize,
        languages: owned(),
        config_schema: other.to_owned(),
        system_template: other.to_owned(),
        system_variables: owned(),
        optimization_template: one.to_owned(),
        optimization_variables: owned(),
        details: details(),
    };
    if let Some(it) = passed(check::description(description, &limits)) {
        assert!(is_line(&it.name) && is_line(&it.metric) && is_line(&it.summary) && it.config_schema.is_object());
        assert!(it.languages.len() <= limits.list_items && it.languages.iter().all(|it| is_line(it)));
        let mut variables = it.system_variables.iter().chain(&it.optimization_variables);
        assert!(variables.all(|it| it.len() <= 100 && is_line(it)));
    }

    let summary = out::InstanceSummary {
        language: Some(one.to_owned()),
        extension: other.to_owned(),
        target: Some(one.to_owned()),
        unit: None,
        details: details(),
    };
    if let Some(it) = passed(check::summary(summary)) {
        assert!(it.extension.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert!(it.details.iter().all(|it| is_line(&it.name) && is_line(&it.value)));
    }

    let finding = match choice % 5 {
        0 => out::Finding::Changed(one.to_owned()),
        1 => out::Finding::NoSolution(one.to_owned()),
        2 => out::Finding::EditsFailed(one.to_owned()),
        3 => out::Finding::Identical,
        _ => out::Finding::Other(one.to_owned()),
    };
    let verdict = |message: &&str| toolkit::EditVerdict {
        status: toolkit::EditStatus::Ambiguous,
        message: (*message).to_owned(),
        lines: (0..u32::from(choice)).collect(),
    };
    let extraction = out::Extraction { finding, verdicts: many.iter().map(verdict).collect() };
    if let Some(it) = passed(check::extraction(extraction, &limits)) {
        assert!(it.verdicts.len() <= limits.list_items && it.verdicts.iter().all(|it| it.message.lines().all(is_line)));
        assert!(it.verdicts.iter().map(|it| it.lines.len()).sum::<usize>() <= limits.list_items);
        assert!(it.verdicts.iter().map(|it| it.message.len()).sum::<usize>() <= limits.text_bytes);
        match it.finding {
            Finding::Changed(solution) => assert!(solution.len() <= limits.solution_bytes),
            Finding::NoSolution(why) | Finding::EditsFailed(why) | Finding::Other(why) => {
                assert!(why.lines().all(is_line));
            }
            Finding::Identical => {}
        }
    }

    let evaluation = out::Evaluation {
        metric: number,
        success: choice % 2 == 0,
        summary: other.to_owned(),
        artifacts: one.to_owned(),
        samples: numbers,
        ratio: (choice % 3 != 0).then_some(out::Ratio { estimate, low, high, confidence }),
        details: details(),
    };
    if let Some(it) = passed(check::evaluation(evaluation, &limits)) {
        assert!(!(it.success && it.metric.0.is_nan()) && is_line(&it.summary));
        assert!(it.samples.len() <= limits.list_items && it.details.len() <= limits.list_items);
        assert!(it.details.iter().all(|it| is_line(&it.name) && is_line(&it.value)));
        assert!(it.ratio.is_none_or(|it| it.low <= it.estimate && it.estimate <= it.high && !it.confidence.is_nan()));
        let event = RunEvent::Evaluated { iteration: 1, result: Ok(it) };
        let line = serde_json::to_string(&Record { at: String::new(), took_ns: 0, event }).expect("a line");
        assert!(serde_json::from_str::<Record>(&line).is_ok(), "a run that is resumed reads it");
    }

    for text in [passed(check::prompt(one.to_owned(), &limits)), passed(check::initial(
        out::InitialSolution { code: one.to_owned(), judged: true },
        &limits,
    )).map(|it| it.code)].into_iter().flatten() {
        assert!(text.len() <= 100);
    }
});
