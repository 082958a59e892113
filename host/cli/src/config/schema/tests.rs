//! The schema says what the reader says.

use super::super::error::Problem;
use super::super::field::Field;
use super::super::table::SETTINGS;
use super::super::{json as json_config, read, yaml};
use crate::config::Settings;
use jsonschema::Validator;
use serde_json::{Value as Json, json};

fn validator() -> Validator {
    let schema = Settings::schema();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn environment(name: &str) -> Option<String> {
    (name == "NUMBER").then(|| "1.5".to_owned())
}

fn is_read(document: &Json) -> Result<(), Problem> {
    read::settings_of(json_config::node(document.clone()), &environment).map(drop)
}

/// The document that gives `value` to the setting called `name`.
fn document(name: &str, value: &Json) -> Json {
    match name.split_once('.') {
        Some((section, key)) => json!({section: {key: value}}),
        None => json!({name: value}),
    }
}

fn of_yaml(text: &str) -> Json {
    Field::new(String::new(), 1, yaml::parse(text).unwrap().unwrap()).json().unwrap()
}

#[test]
fn reader_and_schema_agree_on_every_setting() {
    let language = json!({"name": "perl", "file_name": "main.pl", "extension": "pl", "run": ["perl"],
        "probe": ["perl", "-v"], "install_hint": "install perl"});
    let mut halved = language.clone();
    halved.as_object_mut().unwrap().remove("probe");
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(2),
        json!(-1),
        json!(1.5),
        json!(2.0),
        json!(1e3),
        json!(2.000_000_1),
        json!(0.5),
        json!(1e300),
        json!(1_000_000_000),
        json!(u64::MAX),
        json!(""),
        json!("x"),
        json!("raw"),
        json!("Interval"),
        json!("BEST-effort"),
        json!("warning"),
        json!([]),
        json!(["x"]),
        json!([1]),
        json!([null]),
        json!(["Clock"]),
        json!(["http://h/"]),
        json!([{}]),
        json!([{"name": "a"}]),
        json!([{"name": "a", "weight": 2}]),
        json!([{"name": "a", "weight": 0}]),
        json!([{"name": "a", "wieght": 1}]),
        json!([{"name": ""}]),
        json!([language]),
        json!([halved]),
        json!({}),
        json!({"a": 1}),
        json!({"a": null}),
        json!({"a": {"input": 1, "output": 2}}),
        json!({"a": {"input": 1}}),
        json!({"a": {"input": 1, "output": null}}),
        json!({"tokens": 1, "usd": 0.5, "wall_time": 1, "calls": 1}),
        json!({"tokens": 1.5}),
        json!({"tokens": 3.0}),
        json!({"tokens": null}),
        json!({"task_type": "x"}),
        json!({"task_type": 3}),
    ];
    let validator = validator();
    let mut verdicts = [0; 2];
    for name in SETTINGS.iter().flat_map(|setting| setting.names) {
        for value in &values {
            let document = document(name, value);
            let (read, valid) = (is_read(&document), validator.is_valid(&document));
            assert_eq!(read.is_ok(), valid, "{document}: the reader says {read:?}");
            verdicts[usize::from(valid)] += 1;
        }
    }
    assert!(verdicts.iter().all(|count| *count > 300), "both verdicts are tried: {verdicts:?}");
}

#[test]
fn unknown_keys_and_two_names_of_one_setting_are_refused() {
    let validator = validator();
    for wrong in [
        json!({"max_iteration": 3}),
        json!({"model": {"nam": "x"}}),
        json!({"model": {"temperature": 1}, "temperature": 1}),
        json!({"model": {"name": "a"}, "model_name": "a"}),
        json!({"model.name": "x"}),
        json!([]),
        json!("x"),
    ] {
        assert!(!validator.is_valid(&wrong) && is_read(&wrong).is_err(), "{wrong}");
    }
    for right in [json!({}), json!({"model": null}), json!({"model": {"name": "a"}, "temperature": 1})] {
        assert!(validator.is_valid(&right) && is_read(&right).is_ok(), "{right}");
    }
}

#[test]
fn the_examples_and_variables_are_valid() {
    let validator = validator();
    for example in [include_str!("../../../examples/nested.yaml"), include_str!("../../../examples/flat.yaml")] {
        let document = of_yaml(example);
        let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    assert!(validator.is_valid(&of_yaml("model: {temperature: '${NUMBER}', seed: 'a${NUMBER}'}")));
    for literal in ["$${NUMBER}", "${", "${1}", "$NUMBER"] {
        assert!(!validator.is_valid(&document("model.temperature", &literal.into())), "{literal}");
    }
}
