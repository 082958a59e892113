//! The contract suite finds nothing wrong with a task that does as it should, and in each task that
//! does one thing wrong exactly that.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

#[path = "../../../host/plugin/tests/support/guest.rs"]
#[allow(dead_code, reason = "its other users need more of it")]
mod guest;
mod guests;

use guest::{Guest, byte, compile, for_ever, text, word};
use guests::{
    COUNT, COUNTER, INSTANCE, SCHEMA, bad_template, description, evaluate, good, invalid, load, refusal, system_prompt,
};
use perfagent_agent::contract::{EXAMPLE_CHECKS, Example, Outcome, Report, Suite, check};
use perfagent_plugin::{Grants, HostOptions, PluginHost, PluginLimits, Services};
use perfagent_sandbox::LanguageTable;
use perfagent_tests::execution::NoRuns;
use perfagent_tests::program::compiler;
use serde_json::Map;
use std::sync::Arc;
use std::time::Duration;

fn services() -> Services {
    Services { execution: Arc::new(NoRuns::Compiled), grants: Grants::default(), log: Arc::new(|_| {}) }
}

async fn report(guest: &Guest, examples: &[Example]) -> Report {
    let limits = PluginLimits { cpu_time: Duration::from_secs(1), memory_bytes: 32 << 20, ..PluginLimits::default() };
    let host = PluginHost::new(HostOptions { limits, ..HostOptions::new(compiler()) }).unwrap();
    let plugin = host.load(&guest.build(), || {}).await.unwrap();
    let suite = Suite {
        plugin: &plugin,
        services: &services,
        languages: &LanguageTable::built_in(),
        config: &Map::new(),
        examples,
    };
    let mut seen = Vec::new();
    let report = check(&suite, &mut |check| seen.push(check.clone())).await;
    assert_eq!(seen, report.checks, "every check is told as soon as it is done");
    report
}

fn example() -> Example {
    Example { name: "one".to_owned(), data: INSTANCE.into() }
}

/// Name and happening of each failed check.
async fn faults(guest: Guest) -> Vec<(&'static str, String)> {
    let report = report(&guest, &[example()]).await;
    for (check, finding) in report.failures() {
        assert!(!finding.expected.is_empty() && !finding.advice.is_empty(), "{check:?}");
    }
    report.failures().map(|(check, finding)| (check.name, finding.happened.clone())).collect()
}

/// Holds the suite to find `expected` and no more, each with a part of what happened.
async fn finds(guest: Guest, expected: &[(&str, &str)]) {
    let found = faults(guest).await;
    let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
    let wanted: Vec<_> = expected.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, wanted, "{found:#?}");
    for ((_, happened), (_, part)) in found.iter().zip(expected) {
        assert!(happened.contains(part), "{part:?}: {happened}");
    }
}

#[tokio::test]
async fn a_good_task_passes_every_check() {
    let report = report(&good(), &[example(), Example { name: "two".to_owned(), ..example() }]).await;
    assert_eq!(report.failures().count(), 0, "{:#?}", report.failures().collect::<Vec<_>>());
    for name in ["one", "two"] {
        let of_example = report.checks.iter().filter(|check| check.example.as_deref() == Some(name));
        assert_eq!(of_example.map(|check| check.name).collect::<Vec<_>>(), EXAMPLE_CHECKS);
    }
    let skipped = report.checks.iter().filter(|check| matches!(check.outcome, Outcome::Skipped { .. }));
    assert!(skipped.into_iter().all(|check| check.name == "extract.identical"), "{:#?}", report.checks);
    assert_eq!(report.description.unwrap().name, "echo");
}

#[tokio::test]
async fn without_an_example_the_rest_is_skipped() {
    let report = report(&good(), &[]).await;
    assert_eq!(report.failures().count(), 0);
    let skipped = report.checks.iter().filter(|check| matches!(check.outcome, Outcome::Skipped { .. }));
    assert_eq!(skipped.map(|check| check.name).collect::<Vec<_>>(), EXAMPLE_CHECKS);
}

#[tokio::test]
async fn bad_descriptions() {
    let echo = description("echo", SCHEMA);
    // The last letter of the summary is a number that grows.
    let changing = format!("{echo} (i32.store8 (i32.const 5640) (global.get $count)) {COUNT}");
    finds(
        good().having(COUNTER).with("describe", changing),
        &[("describe.idempotent", "the second time, `summary` was")],
    )
    .await;
    finds(good().with("describe", description("my_echo", SCHEMA)), &[("describe.name", "`my_echo`")]).await;
    let language = [&echo, word(36, "(i32.const 900)").as_str(), &word(40, "(i32.const 1)"), "(i32.store (i32.const 900) (i32.const 908)) (i32.store (i32.const 904) (i32.const 2)) (i32.store (i32.const 908) (i32.const 0x7270))"].concat();
    finds(good().with("describe", language), &[("describe.languages", "`pr` is none of")]).await;
    finds(
        good().with("describe", description("echo", r#"{"type": 3}"#)),
        &[("describe.config-schema", "/type"), ("load.answers", "schema")],
    )
    .await;
    let dialect = r#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#;
    finds(good().with("describe", description("echo", dialect)), &[("describe.config-schema", "draft-07")]).await;
    let template = [echo.as_str(), &text(52, "Improve {x}.")].concat();
    finds(good().with("describe", template), &[("describe.templates", "unknown placeholder {x}")]).await;
    finds(good().with("describe", "unreachable"), &[("describe.answers", "trapped")]).await;
    finds(good().with("describe", description("Echo", SCHEMA)), &[("describe.answers", "\"Echo\"")]).await;
}

#[tokio::test]
async fn bad_metadata() {
    let id = |id: &str| [text(4, id), text(12, "the problem")].concat();
    let slash = [("metadata.answers", "holds a slash"), ("metadata.bad-instance", "holds a slash")];
    finds(good().with("metadata", id("a/b")), &slash).await;
    finds(good().with("metadata", text(4, "echo")), &[("metadata.answers", "the problem is empty")]).await;
    let by_name = format!("{} {}", id("echo"), word(16, "(local.get $name_len)"));
    finds(good().with("metadata", by_name), &[("metadata.any-name", "the problem is another one")]).await;
    let own_name = [
        text(12, "the problem"),
        word(4, "(local.get $name)"),
        word(8, "(i32.mul (i32.const 80) (local.get $name_len))"),
    ]
    .concat();
    let long = [("metadata.answers", "is too long"), ("metadata.bad-instance", "is too long")];
    finds(good().with("metadata", own_name), &long).await;
    let empty = format!("(if (i32.eqz (local.get $data_len)) (then unreachable)) {}", id("echo"));
    finds(good().with("metadata", empty), &[("metadata.bad-instance", "with no bytes, `metadata` trapped")]).await;
}

#[tokio::test]
async fn bad_reading() {
    finds(
        good().with("load", word(4, "(call $new (i32.const 7))")),
        &[("load.bad-instance", "with no bytes it loaded")],
    )
    .await;
    finds(
        good().with("load", load("unreachable")),
        &[("load.bad-instance", "trapped"), ("load.wrong-types", "trapped")],
    )
    .await;
    let internal = load(&refusal(4, "oh"));
    let both = [("load.bad-instance", "the task failed: oh"), ("load.wrong-types", "another type of value at /a")];
    finds(good().with("load", internal), &both).await;
    let silent = load(&refusal(0, ""));
    finds(good().with("load", silent), &[("load.bad-instance", "the message is empty"), ("load.wrong-types", "empty")])
        .await;
    // `{"a":"text"}`
    let strict = load(&format!("(if (i32.eq (local.get 3) (i32.const 12)) (then unreachable)) {}", refusal(0, "no")));
    finds(good().with("load", strict), &[("load.wrong-types", "with another type of value at /a, `load` trapped")])
        .await;
    let picky = format!("(if (i32.ne (local.get 5) (i32.const 2)) (then unreachable)) {}", load(&refusal(0, "no")));
    let keyed = description("echo", r#"{"properties": {"k": {"type": "boolean"}}}"#);
    let guest = good().with("describe", keyed).with("load", picky);
    finds(guest, &[("load.bad-config", "with `k: true`, `load` trapped")]).await;
    finds(good().with("load", refusal(0, "never")), &[("load.answers", "bad instance: never")]).await;
    finds(good().with("summary", text(4, "")), &[("load.summary", "the extension is empty")]).await;
    let language = [byte(0, 1), text(4, "pr"), text(12, "txt")].concat();
    finds(good().with("summary", language), &[("load.summary", "`pr`")]).await;
}

#[tokio::test]
async fn bad_prompts() {
    // A digit that grows, in front of what a good task answers where it made the prompt itself.
    let counting = format!(
        "{} (i32.store8 (i32.const 39999) (global.get $count)) {COUNT} (if (i32.eqz (local.get 1)) (then {} {}))",
        system_prompt(&bad_template()),
        word(4, "(i32.const 39999)"),
        word(8, "(i32.add (i32.const 1) (i32.load (i32.const 1032)))")
    );
    finds(
        good().having(COUNTER).with("system-prompt", counting),
        &[("prompts.deterministic", "`system-prompt` differed from the same instance")],
    )
    .await;
    let fixed = text(4, "do better");
    let ignores = [
        ("prompts.own-template", "`optimization-prompt`"),
        ("prompts.unknown-placeholder", "made a prompt"),
        ("prompts.attempts", "a note"),
    ];
    finds(good().with("optimization-prompt", fixed), &ignores).await;
    let vague = system_prompt(&refusal(2, "wrong"));
    finds(good().with("system-prompt", vague), &[("prompts.unknown-placeholder", "says only: wrong")]).await;
    let other = system_prompt(&refusal(4, "oh"));
    finds(good().with("system-prompt", other), &[("prompts.unknown-placeholder", "the task failed: oh")]).await;
    let forgets = format!("(local.set 12 (i32.const 0)) {}", system_prompt(&bad_template()));
    finds(good().with("system-prompt", forgets), &[("prompts.additions", "global")]).await;
    let traps =
        format!("(if (i32.load8_u offset=72 (local.get $all)) (then unreachable)) {}", guests::optimization_prompt());
    finds(
        good().with("optimization-prompt", traps),
        &[("prompts.attempts", "with an attempt that failed, `optimization-prompt` trapped")],
    )
    .await;
}

#[tokio::test]
async fn bad_extraction() {
    let reply = [word(8, "(local.get $reply)"), word(12, "(local.get $reply_len)")].concat();
    finds(
        good().with("extract", reply.as_str()),
        &[
            ("extract.hostile", "with an empty reply the finding is `changed`"),
            ("extract.identical", "it is the current one"),
        ],
    )
    .await;
    let empty = format!("(if (i32.eqz (local.get $reply_len)) (then unreachable)) {}", guests::no_solution());
    finds(good().with("extract", empty), &[("extract.hostile", "with an empty reply, `extract` trapped")]).await;
    let counting = format!("{} (i32.store8 (i32.const 4864) (global.get $count)) {COUNT}", guests::no_solution());
    finds(good().having(COUNTER).with("extract", counting), &[("extract.hostile", "the second finding differs")]).await;
    // The fenced block that the suite makes of `start`, and no other reply.
    let block =
        format!("(if (i32.eq (local.get $reply_len) (i32.const 14)) (then {reply}) (else {}))", guests::no_solution());
    finds(good().with("extract", block), &[("extract.identical", "it is the current one")]).await;
}

#[tokio::test]
async fn bad_judgements() {
    let all = |part| {
        [
            ("evaluate.initial", part),
            ("evaluate.empty", part),
            ("evaluate.garbage", part),
            ("evaluate.no-sandbox", part),
        ]
    };
    finds(good().with("evaluate", "unreachable"), &all("trapped")).await;
    let list = [guest::evaluation(), text(28, "[]")].concat();
    finds(good().with("evaluate", list), &all("the artifacts is JSON but not an object")).await;
    let valid = [("evaluate.empty", "is valid"), ("evaluate.garbage", "is valid")];
    finds(good().with("evaluate", guest::evaluation()), &valid).await;
    for metric in ["0", "-inf", "nan"] {
        let part = [("evaluate.empty", "the metric is"), ("evaluate.garbage", "the metric is")];
        finds(good().with("evaluate", evaluate(&invalid(metric))), &part).await;
    }
    let unlimited = format!("{} (f64.store (i32.const 1032) (f64.const -inf))", evaluate(&invalid("inf")));
    let part = [
        ("evaluate.initial", "the metric of a valid solution is -Infinity"),
        ("evaluate.empty", "is -Infinity"),
        ("evaluate.garbage", "is -Infinity"),
    ];
    finds(good().with("evaluate", unlimited), &part).await;
    // Valid every second time.
    let moody = format!(
        "{COUNT} {} (if (i32.and (global.get $count) (i32.const 1)) (then {}))",
        evaluate(&invalid("inf")),
        byte(16, 0)
    );
    finds(
        good().having(COUNTER).with("evaluate", moody),
        &[("evaluate.initial", "was not valid (measured), then valid (measured)")],
    )
    .await;
    let mute = format!("{} {}", evaluate(&invalid("inf")), word(24, "(i32.const 0)"));
    let part =
        [("evaluate.initial", "the summary is empty"), ("evaluate.empty", "empty"), ("evaluate.garbage", "empty")];
    finds(good().with("evaluate", mute), &part).await;
}

#[tokio::test]
async fn a_score_below_that_of_valid_solutions_may_stand_for_failure() {
    let scores = |metric| {
        let maximize = [description("echo", SCHEMA), byte(32, 1)].concat();
        good().with("describe", maximize).with("evaluate", evaluate(&invalid(metric)))
    };
    finds(scores("-1"), &[]).await;
    finds(scores("2"), &[("evaluate.empty", "the metric is 2"), ("evaluate.garbage", "the metric is 2")]).await;
}

#[tokio::test]
async fn a_missing_sandbox_is_passed_on() {
    let languages = "(i32.store (i32.const 900) (i32.const 908)) (i32.store (i32.const 904) (i32.const 1)) (i32.store8 (i32.const 908) (i32.const 99))";
    let c = [description("echo", SCHEMA), word(36, "(i32.const 900)"), word(40, "(i32.const 1)"), languages.to_owned()]
        .concat();
    let with = |refused: &str| {
        let body = format!(
            "{} (if (i32.load8_u (i32.const 2048)) (then {refused}) (else {}))",
            compile("c", 2048),
            evaluate(&invalid("inf"))
        );
        good().with("describe", c.as_str()).with("evaluate", body)
    };
    finds(with(&[byte(0, 1), byte(8, 3), text(12, "no compiler")].concat()), &[]).await;
    finds(with("unreachable"), &[("evaluate.no-sandbox", "with no sandbox, `evaluate` trapped")]).await;
}

#[tokio::test]
async fn limits_are_told_and_watched() {
    let spins = faults(good().with("evaluate", for_ever(""))).await;
    assert!(spins.iter().any(|(name, happened)| *name == "evaluate.initial" && happened.contains("more than 1 s of processor time")), "{spins:?}");
    assert!(spins.iter().any(|(name, _)| *name == "limits"), "{spins:?}");
    // 470 pages of 64 KiB are 29 of 32 MB.
    let hungry = format!("(drop (memory.grow (i32.const 470))) {}", evaluate(&invalid("inf")));
    let hungry = faults(good().with("evaluate", hungry)).await;
    assert!(
        hungry.iter().any(|(name, happened)| *name == "limits" && happened.contains("of 32 MB of memory")),
        "{hungry:?}"
    );
}
