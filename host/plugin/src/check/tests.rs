//! Whatever a task returns is checked: what passes keeps the promises, and what does not is told briefly.

use super::*;
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

proptest! {
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
