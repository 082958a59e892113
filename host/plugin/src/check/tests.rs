//! Whatever a task returns is checked: what passes keeps the promises, and what does not is told briefly.

use super::*;
use crate::bindings::perfagent::task::toolkit;
use perfagent_core::event::{Record, RunEvent};
use proptest::prelude::*;

fn limits() -> PluginLimits {
    PluginLimits { artifact_bytes: 200, text_bytes: 50, prompt_bytes: 50, list_items: 5, ..PluginLimits::default() }
}

fn told(violation: &Violation) -> Result<(), TestCaseError> {
    let text = violation.to_string();
    prop_assert!(text.len() < 1_000 && !text.contains(char::is_control), "{text:?}");
    Ok(())
}

fn described(name: String, schema: String, languages: Vec<String>) -> out::Description {
    out::Description {
        name,
        version: "1.0.0".to_owned(),
        summary: String::new(),
        metric: "runtime".to_owned(),
        direction: out::Direction::Minimize,
        languages,
        config_schema: schema,
        system_template: String::new(),
        system_variables: Vec::new(),
        optimization_template: String::new(),
        optimization_variables: Vec::new(),
        details: Vec::new(),
    }
}

#[test]
fn a_solution_that_is_too_large_is_none_and_the_model_is_told() {
    let most = limits().solution_bytes;
    let found = |bytes: usize| {
        let finding = out::Finding::Changed("x".repeat(bytes));
        extraction(out::Extraction { finding, verdicts: Vec::new() }, &limits()).unwrap().finding
    };
    assert!(matches!(found(most), Finding::Changed(solution) if solution.len() == most));
    let Finding::Other(why) = found(most + 1) else { unreachable!("it is refused") };
    assert_eq!(why, "the solution in it has 1048577 bytes, and a solution may have 1048576 at most");
}

#[test]
fn a_schema_holds_nothing_that_acts_on_a_terminal() {
    let schema = |text: &str| described("a".to_owned(), serde_json::json!({text: [text]}).to_string(), Vec::new());
    assert!(description(schema("one\n\ttwo ü"), &limits()).is_ok());
    for hidden in ["\r\u{1b}[9A", "\u{9b}", "\u{202e}"] {
        let refused = description(schema(hidden), &limits());
        assert!(matches!(refused, Err(Violation::Malformed { .. })), "{hidden:?}");
    }
}

fn evaluated(artifacts: String) -> out::Evaluation {
    let (samples, details) = (Vec::new(), Vec::new());
    out::Evaluation { metric: 1.0, success: true, summary: String::new(), artifacts, samples, ratio: None, details }
}

/// Whether a run that is resumed can read `evaluation`.
fn is_readable(evaluation: Evaluation) -> bool {
    let event = RunEvent::Evaluated { iteration: 1, result: Ok(evaluation) };
    let line = serde_json::to_string(&Record { at: String::new(), took_ns: 0, event }).unwrap();
    serde_json::from_str::<Record>(&line).is_ok()
}

#[test]
fn json_is_bounded_in_depth() {
    let nested = |levels: usize| format!("{{\"a\": {}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    let limits = PluginLimits::default();
    assert!(is_readable(evaluation(evaluated(nested(64)), &limits).unwrap()));
    for levels in [65, 126, 127] {
        let refused = evaluation(evaluated(nested(levels)), &limits).unwrap_err();
        let expected = format!("the artifacts has {levels} levels of nesting, more than the limit of 64");
        assert_eq!(refused.to_string(), expected);
        let refused = description(described("a".to_owned(), nested(levels), Vec::new()), &limits).unwrap_err();
        assert!(matches!(refused, Violation::TooLarge { what: "the configuration schema", .. }), "{refused}");
    }
}

#[test]
fn details_of_an_evaluation_are_bounded_and_visible() {
    let given = |count: usize, value: &str| {
        let detail = out::Detail { name: "compiler".to_owned(), value: value.to_owned() };
        evaluation(out::Evaluation { details: vec![detail; count], ..evaluated("{}".to_owned()) }, &limits())
    };
    let details = given(1, "1.2\n\u{1b}[2J").unwrap().details;
    assert_eq!((details[0].name.as_str(), details[0].value.as_str()), ("compiler", "1.2\\n\\u{1b}[2J"));
    assert_eq!(given(5, &"v".repeat(32)).unwrap().details.len(), 5);
    for (count, value) in [(6, ""), (5, &*"v".repeat(33))] {
        let refused = given(count, value).unwrap_err();
        assert!(matches!(refused, Violation::TooLarge { .. }), "{refused}");
    }
}

#[test]
fn variables_are_short_and_visible() {
    let given = |name: &str| {
        let (system_variables, optimization_variables) = (vec!["a".to_owned()], vec![name.to_owned()]);
        let plain = described("a".to_owned(), "{}".to_owned(), Vec::new());
        description(out::Description { system_variables, optimization_variables, ..plain }, &limits())
    };
    assert_eq!(given("metric").unwrap().optimization_variables, ["metric"]);
    assert!(matches!(given("\u{1b}[2J"), Err(Violation::Malformed { what: "a variable's name", .. })));
    let refused = given(&"n".repeat(101)).unwrap_err();
    assert_eq!(refused.to_string(), "a variable's name has 101 bytes, more than the limit of 100");
}

#[test]
fn verdicts_are_bounded_together() {
    let verdict = |lines: u32| toolkit::EditVerdict {
        status: toolkit::EditStatus::Ambiguous,
        message: "m".repeat(20),
        lines: (1..=lines).collect(),
    };
    let verdicts = vec![verdict(3), verdict(4), verdict(1)];
    let found = extraction(out::Extraction { finding: out::Finding::Identical, verdicts }, &limits()).unwrap();
    let messages: Vec<_> = found.verdicts.iter().map(|verdict| verdict.message.len()).collect();
    assert_eq!(messages, [20, 20, 10]);
    let lines: Vec<_> = found.verdicts.into_iter().map(|verdict| verdict.lines).collect();
    assert_eq!(lines, [vec![1, 2, 3], vec![1, 2], Vec::new()]);
    let verdicts = vec![verdict(1); 7];
    let found = extraction(out::Extraction { finding: out::Finding::Identical, verdicts }, &limits()).unwrap();
    assert_eq!(found.verdicts.len(), 5, "as many as a list may have");
}

proptest! {
    #[test]
    fn ratios_lie_within_their_intervals_or_are_refused(
        mut numbers in proptest::array::uniform3(prop_oneof![proptest::num::f64::ANY, Just(f64::INFINITY)]),
        is_sorted: bool,
        confidence in prop_oneof![0.01..0.99, proptest::num::f64::ANY],
    ) {
        if is_sorted {
            numbers.sort_by(f64::total_cmp);
        }
        let [low, estimate, high] = numbers;
        let is_quotient = (0.0..f64::INFINITY).contains(&estimate) && low <= estimate && estimate <= high;
        let is_promised = is_quotient && confidence > 0.0 && confidence < 1.0;
        let ratio = Some(out::Ratio { estimate, low, high, confidence });
        match evaluation(out::Evaluation { ratio, ..evaluated("{}".to_owned()) }, &limits()) {
            Ok(evaluation) => prop_assert!(is_promised && is_readable(evaluation)),
            Err(violation) => {
                prop_assert!(!is_promised, "{}", violation);
                told(&violation)?;
            }
        }
    }

    #[test]
    fn ids_name_files(id in r"(\PC|/|\.|\n|\x00|\u{202e}|a{50}){0,8}", problem in r"\PC{0,60}") {
        let it = out::TaskMetadata { id: id.clone(), problem };
        match metadata(it, &limits()) {
            Ok(metadata) => {
                prop_assert_eq!(&metadata.id, &id);
                prop_assert!(!id.is_empty() && id.len() <= 200 && metadata.problem.len() <= 50);
                prop_assert!(!id.contains('/') && !id.contains(text::is_hidden) && id != "." && id != "..");
                let path = std::path::Path::new("base").join(&id);
                prop_assert_eq!(path.parent(), Some(std::path::Path::new("base")));
            }
            Err(violation) => told(&violation)?,
        }
    }

    #[test]
    fn evaluations_are_valid_or_refused(
        metric in any::<f64>(),
        success: bool,
        artifacts in r#"(\{|\}|\[|"[a-z]*"|:|,|[0-9]|null|\\u[0-9]{4}|\PC){0,20}|\{\}|\{"a": \[1, 2]\}"#,
        samples in proptest::collection::vec(any::<f64>(), 0..10),
    ) {
        let is_object = serde_json::from_str::<Value>(&artifacts).is_ok_and(|value| value.is_object());
        let expected = is_object && artifacts.len() <= 200 && samples.len() <= 5 && !(success && metric.is_nan());
        let summary = artifacts.clone();
        let it = out::Evaluation { metric, success, summary, artifacts, samples, ratio: None, details: Vec::new() };
        match evaluation(it, &limits()) {
            Ok(evaluation) => {
                prop_assert!(expected);
                prop_assert!(!evaluation.summary.contains('\n'));
            }
            Err(violation) => {
                prop_assert!(!expected, "{}", violation);
                told(&violation)?;
            }
        }
    }

    #[test]
    fn descriptions_are_valid_or_refused(
        name in r"[a-z0-9_-]{0,12}|\PC{0,12}|a{120}",
        schema in r#"\{\}|\{"type": "object"\}|\[\]|\PC{0,9}"#,
        languages in proptest::collection::vec(r"[a-z]{1,4}|\PC{0,3}", 0..8),
    ) {
        match description(described(name.clone(), schema, languages.clone()), &limits()) {
            Ok(description) => {
                prop_assert!(is_name(&name) && name.len() <= WORD_BYTES);
                prop_assert!(languages.len() <= 5 && languages.iter().all(|it| is_name(it)));
                prop_assert!(description.config_schema.is_object());
            }
            Err(violation) => told(&violation)?,
        }
    }

    #[test]
    fn prompts_are_bounded(text in r"\PC{0,80}") {
        let length = text.len();
        prop_assert_eq!(prompt(text, &limits()).is_ok(), length <= 50);
    }
}
