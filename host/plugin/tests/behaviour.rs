//! What a task may rely on, and what a task that breaks its promises is told.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod support;

use perfagent_core::metric::Metric;
use perfagent_core::task::{Attempt, Finding, PromptContext};
use perfagent_plugin::{Compiler, Grant, Grants, PluginError, PluginHost, PluginLimits, TaskError, Violation};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use support::guest::{Foreign, Guest, byte, compile, evaluation, repeat, string, text, word};
use support::{Counting, World, host_with, load, services, source};

/// A host with the compiler that is built beside the tests.
fn host(limits: PluginLimits) -> PluginHost {
    let program = env!("CARGO_BIN_EXE_perfagent-plugin-compiler").into();
    host_with(limits, Compiler { program, arguments: Vec::new() })
}

#[tokio::test]
async fn every_call_arrives_and_returns() {
    let plugin = load(&host(PluginLimits::default()), Guest::new()).await;
    let mut session = plugin.open(services()).await.unwrap();
    assert_eq!(session.metadata("echo", b"data").await.unwrap().problem, "the problem");
    let mut task = session.load(source()).await.unwrap();
    assert_eq!(
        (task.description().name.as_str(), task.description().languages.as_slice()),
        ("echo", &["pr".into()][..])
    );
    assert_eq!(task.summary().await.unwrap().language.as_deref(), Some("pr"));
    assert!(task.initial_solution().await.unwrap().judged);
    let context = PromptContext { system_template: Some("t".to_owned()), ..PromptContext::default() };
    assert_eq!(task.system_prompt(&context).await.unwrap(), "you are a test");
    let evaluation = task.evaluate("candidate", Some("incumbent")).await.unwrap();
    assert_eq!((evaluation.metric, evaluation.success), (Metric(1.5), true));
    assert_eq!(evaluation.artifacts["runs"], 3);
    let attempt = Attempt { solution: "s".to_owned(), evaluation: Some(evaluation), notes: vec!["note".to_owned()] };
    assert_eq!(task.optimization_prompt(&context, &attempt).await.unwrap(), "do better");
    let reply = "größer".repeat(100_000);
    assert_eq!(task.extract(&reply, "current").await.unwrap().finding, Finding::Changed(reply));
}

#[tokio::test]
async fn broken_promises_are_named() {
    let limits = PluginLimits { text_bytes: 1 << 10, artifact_bytes: 64, ..PluginLimits::default() };
    let host = host(limits);
    let described = [
        (text(0, "Echo Task"), "the task's name \"Echo Task\" is not lower case letters"),
        ([text(0, "echo"), text(8, "one")].concat(), "the task's version \"one\" is not a semantic version"),
        (
            [text(0, "echo"), text(8, "1.0.0"), text(44, "[]")].concat(),
            "the configuration schema is JSON but not an object",
        ),
        ([text(0, "echo"), text(8, "1.0.0"), text(44, "{")].concat(), "the configuration schema is not valid JSON"),
    ];
    for (body, expected) in described {
        let plugin = load(&host, Guest::new().with("describe", format!("{body} {}", text(24, "runtime")))).await;
        let error = plugin.open(services()).await.unwrap().describe().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let long = string(1024 + 12, 65_536, 60_000);
    for (body, expected) in [
        (text(4, "a/b"), "holds a slash"),
        (text(4, "a\nb"), "holds a control character"),
        (text(4, ".."), "means a directory"),
        (text(4, ""), "is empty"),
        (string(1024 + 4, 4096, 60_000), "is too long"),
        ([text(4, "echo"), long].concat(), "the problem has 60000 bytes, more than the limit of 1024"),
    ] {
        let plugin = load(&host, Guest::new().with("metadata", body)).await;
        let error = plugin.open(services()).await.unwrap().metadata("x", b"").await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.to_string().len() < 1_000, "{error}");
    }
    let evaluated = |artifacts: &str| [byte(16, 1), text(20, "s"), text(28, artifacts)].concat();
    let nan = format!("(f64.store (i32.const 1032) (f64.const nan)) {}", evaluated("{}"));
    for (body, expected) in [
        (nan, "the metric of a valid solution is NaN"),
        ([byte(48, 1), evaluated("{}")].concat(), "the ratio \"0.0 in [0.0, 0.0] at 0.0\" is not a number from 0 on"),
        (evaluated("[1]"), "the artifacts is JSON but not an object"),
        (evaluated("{\"a\": }"), "the artifacts is not valid JSON"),
        (evaluated(&format!("{{\"a\": \"{}\"}}", "x".repeat(70))), "more than the limit of 64"),
    ] {
        let plugin = load(&host, Guest::new().with("evaluate", body)).await;
        let mut task = plugin.open(services()).await.unwrap().load(source()).await.unwrap();
        let error = task.evaluate("", None).await.unwrap_err();
        assert!(matches!(error, PluginError::BrokenPromise { export: "evaluate", .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn errors_of_the_task_keep_their_kind() {
    let body = [byte(0, 1), byte(4, 1), text(8, "`target`:\u{1b}[2J unknown")].concat();
    let plugin = load(&host(PluginLimits::default()), Guest::new().with("load", body)).await;
    let error = plugin.open(services()).await.unwrap().load(source()).await.err().unwrap();
    let PluginError::Task { export: "load", error: TaskError::BadConfig(message) } = error else { panic!("{error}") };
    assert_eq!(message, "`target`:\\u{1b}[2J unknown");
}

#[tokio::test]
async fn a_flood_of_lines_is_bounded_counted_and_harmless() {
    let line = [text(64, "red\u{1b}[31m\n"), "(local.set $i (i32.const 0))".to_owned()].concat();
    let write = repeat(5_000, "(call $log (i32.const 3) (i32.load (i32.const 1088)) (i32.load (i32.const 1092)))");
    let body = [line, write, text(4, "echo")].concat();
    let plugin = load(&host(PluginLimits::default()), Guest::new().with("metadata", body)).await;
    let world = World::default();
    let mut session = plugin.open(world.services()).await.unwrap();
    session.metadata("x", b"").await.unwrap();
    assert_eq!(world.lines.lock().unwrap().len(), 1_000);
    drop(session);
    let lines = world.lines.lock().unwrap();
    assert_eq!(lines[0].message, "red\\u{1b}[31m\\n");
    assert_eq!(lines[1_000].message, "4000 more lines of the plugin were dropped: its log is full");
}

/// Compiles for ever, and says as its own error what the host says in the end.
fn hoarder(language: &str) -> Guest {
    let failure =
        [byte(0, 1), byte(8, 3), word(12, "(i32.load (i32.const 2060))"), word(16, "(i32.load (i32.const 2064))")]
            .concat();
    let body = format!(
        "(loop $again {} (br_if $again (i32.eqz (i32.load8_u (i32.const 2048))))) {failure}",
        compile(language, 2048)
    );
    Guest::new().with("evaluate", body)
}

#[tokio::test]
async fn programs_are_bounded_and_released_with_the_session() {
    let plugin = load(&host(PluginLimits::default()), hoarder("pr")).await;
    let world = World::default();
    let mut task = plugin.open(world.services()).await.unwrap().load(source()).await.unwrap();
    let error = task.evaluate("", None).await.unwrap_err();
    assert_eq!(error.to_string(), "`evaluate`: execution failed: a plugin may have 64 compiled programs at most");
    assert_eq!(world.execution.compiled.load(Ordering::SeqCst), 64);
    assert_eq!(world.execution.released.load(Ordering::SeqCst), 0);
    drop(task);
    assert_eq!(world.execution.released.load(Ordering::SeqCst), 64);
}

#[tokio::test]
async fn only_declared_languages_are_compiled() {
    let plugin = load(&host(PluginLimits::default()), hoarder("sh")).await;
    let world = World::default();
    let mut task = plugin.open(world.services()).await.unwrap().load(source()).await.unwrap();
    let error = task.evaluate("", None).await.unwrap_err();
    let expected = "the language \"sh\" is not among those that the plugin declares (pr)";
    assert!(error.to_string().ends_with(expected), "{error}");
    assert_eq!(world.execution.compiled.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn requests_in_one_call_are_bounded() {
    let run = "(call $run (i32.load (i32.const 2052)) (i32.const 131072) (local.get $i)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 2048))";
    let failure =
        [byte(0, 1), byte(8, 3), word(12, "(i32.load (i32.const 2056))"), word(16, "(i32.load (i32.const 2060))")];
    for (count, expected) in [(10_000, "10000 runs"), (10_001, "a plugin may have 10000 runs in one call at most")] {
        let body = format!(
            "(drop (memory.grow (i32.const 20))) {} (local.set $i (i32.const {count})) {run} {}",
            compile("pr", 2048),
            failure.concat()
        );
        let plugin = load(&host(PluginLimits::default()), Guest::new().with("evaluate", body)).await;
        let mut task = plugin.open(services()).await.unwrap().load(source()).await.unwrap();
        let error = task.evaluate("", None).await.unwrap_err();
        assert_eq!(error.to_string(), format!("`evaluate`: execution failed: {expected}"));
    }
}

#[tokio::test]
async fn rounds_without_requests_are_bounded() {
    let failure =
        [byte(0, 1), byte(8, 3), word(12, "(i32.load (i32.const 2056))"), word(16, "(i32.load (i32.const 2060))")];
    for (rounds, expected) in [(10_000, "no comparisons"), (-1, "a plugin may have 10000 runs in one call at most")] {
        let body = format!(
            "{} (call $compare (i32.load (i32.const 2052)) (i32.load (i32.const 2052)) (i32.const 0) (i32.const 0)
                (i32.const {rounds}) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                (i32.const 2048)) {}",
            compile("pr", 2048),
            failure.concat()
        );
        let plugin = load(&host(PluginLimits::default()), Guest::new().with("evaluate", body)).await;
        let mut task = plugin.open(services()).await.unwrap().load(source()).await.unwrap();
        let error = task.evaluate("", None).await.unwrap_err();
        assert_eq!(error.to_string(), format!("`evaluate`: execution failed: {expected}"));
    }
}

#[tokio::test]
async fn files_beside_a_program_are_bounded() {
    // The list of files in the request, and what is in the memory behind it.
    let files = |count: usize| string(528, 131_072, count);
    let sharing: String = (0..4).map(|file| string(131_072 + 16 * file + 8, 0, 17 << 20)).collect();
    let failure =
        [byte(0, 1), byte(8, 3), word(12, "(i32.load (i32.const 2060))"), word(16, "(i32.load (i32.const 2064))")];
    for (request, expected) in [
        (files(1_000), ""),
        (files(1_001), "a plugin may have 1000 files beside a program at most"),
        ([files(3), sharing.clone()].concat(), ""),
        ([files(4), sharing].concat(), "a plugin may have 67108864 bytes in a program and its files at most"),
        ([files(1), string(131_072, 0, 256)].concat(), "a plugin may have 255 bytes in the path of a file at most"),
    ] {
        let body =
            format!("(drop (memory.grow (i32.const 300))) {request} {} {}", compile("pr", 2048), failure.concat());
        let plugin = load(&host(PluginLimits::default()), Guest::new().with("evaluate", body)).await;
        let world = World::default();
        let mut task = plugin.open(world.services()).await.unwrap().load(source()).await.unwrap();
        let error = task.evaluate("", None).await.unwrap_err();
        assert_eq!(error.to_string(), format!("`evaluate`: execution failed: {expected}"));
        assert_eq!(world.execution.compiled.load(Ordering::SeqCst), u64::from(expected.is_empty()));
    }
}

#[tokio::test]
async fn a_reading_that_fails_after_a_trap_is_tried_again() {
    // Loading needs the second and third compilation, too, and the second one fails.
    let load_body = format!(
        "{} {}",
        compile("pr", 2048),
        "(if (i32.load8_u (i32.const 2048))
           (then (i32.store8 (i32.const 1024) (i32.const 1)))
           (else (i32.store (i32.const 1028) (call $new (i32.const 7)))))"
    );
    let guest = Guest::new().with("load", load_body).with("evaluate", "unreachable");
    let plugin = load(&host(PluginLimits::default()), guest).await;
    let world =
        World { execution: Arc::new(Counting { fails_at: Some(1), ..Counting::default() }), ..World::default() };
    let mut task = plugin.open(world.services()).await.unwrap().load(source()).await.unwrap();
    let error = task.evaluate("", None).await.unwrap_err();
    assert!(matches!(error, PluginError::Trap { export: "evaluate", .. }), "{error}");
    let error = task.summary().await.unwrap_err();
    assert!(matches!(error, PluginError::Task { export: "load", .. }), "{error}");
    assert_eq!(task.summary().await.unwrap().extension, "txt");
}

const RANDOM: Foreign = Foreign {
    interface: "wasi:random/random@0.2.0",
    package: "package wasi:random@0.2.0 { interface random { get-random-u64: func() -> u64; } }",
    import: r#"(import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))"#,
};

const CLOCK: Foreign = Foreign {
    interface: "wasi:clocks/monotonic-clock@0.2.0",
    package: "package wasi:clocks@0.2.0 { interface monotonic-clock { now: func() -> u64; } }",
    import: r#"(import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $random (result i64)))"#,
};

/// Lists of WASI that tell of the machine, each as `$list`.
const LISTS: [Foreign; 3] = [
    Foreign {
        interface: "wasi:cli/environment@0.2.0",
        package: "package wasi:cli@0.2.0 {
            interface environment { get-environment: func() -> list<tuple<string, string>>; }
        }",
        import: r#"(import "wasi:cli/environment@0.2.0" "get-environment" (func $list (param i32)))"#,
    },
    Foreign {
        interface: "wasi:cli/environment@0.2.0",
        package: "package wasi:cli@0.2.0 { interface environment { get-arguments: func() -> list<string>; } }",
        import: r#"(import "wasi:cli/environment@0.2.0" "get-arguments" (func $list (param i32)))"#,
    },
    Foreign {
        interface: "wasi:filesystem/preopens@0.2.0",
        package: "package wasi:filesystem@0.2.0 {
            interface types { resource descriptor; }
            interface preopens {
                use types.{descriptor};
                get-directories: func() -> list<tuple<descriptor, string>>;
            }
        }",
        import: r#"(import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $list (param i32)))"#,
    },
];

#[tokio::test]
async fn wasi_has_no_environment_no_arguments_and_no_directories() {
    let host = host(PluginLimits::default());
    for foreign in LISTS {
        // The list's length, which the host has to write over what was there.
        let asked = "(i32.store (i32.const 2052) (i32.const 99)) (call $list (i32.const 2048))
            (f64.store (i32.const 1032) (f64.convert_i32_u (i32.load (i32.const 2052))))";
        let body = [&evaluation(), asked].concat();
        let plugin = load(&host, Guest::new().importing(foreign).with("evaluate", body)).await;
        let world = World { grants: Grants::from_iter([Grant::Clock, Grant::Random]), ..World::default() };
        let mut task = plugin.open(world.services()).await.unwrap().load(source()).await.unwrap();
        assert_eq!(task.evaluate("", None).await.unwrap().metric.0, 0.0, "{}", foreign.import);
    }
}

#[tokio::test]
async fn wasi_knows_nothing_of_the_machine_unless_granted() {
    let host = host(PluginLimits::default());
    for (foreign, grant) in [(RANDOM, Grant::Random), (CLOCK, Grant::Clock)] {
        let body = [text(20, "s"), text(28, "{}")].concat();
        let body = format!("{body} (f64.store (i32.const 1032) (f64.convert_i64_u (call $random)))");
        let plugin = load(&host, Guest::new().importing(foreign).with("evaluate", body)).await;
        let inspection = plugin.inspect();
        let import = inspection.imports.iter().find(|import| import.name == foreign.interface).unwrap();
        assert_eq!(import.grant, Some(grant));
        assert_eq!(inspection.limits.memory_bytes, 1 << 30);
        let draw = async |grants: Grants| {
            let world = World { grants, ..World::default() };
            let mut task = plugin.open(world.services()).await.unwrap().load(source()).await.unwrap();
            task.evaluate("", None).await.unwrap().metric.0
        };
        assert_eq!(draw(Grants::default()).await, draw(Grants::default()).await, "{grant:?}");
        assert_ne!(draw(Grants::from_iter([grant])).await, draw(Grants::from_iter([grant])).await, "{grant:?}");
    }
}

#[tokio::test]
async fn random_bytes_of_one_call_are_bounded() {
    let random = Foreign {
        interface: "wasi:random/random@0.2.0",
        package: "package wasi:random@0.2.0 { interface random { get-random-bytes: func(len: u64) -> list<u8>; } }",
        import: r#"(import "wasi:random/random@0.2.0" "get-random-bytes" (func $bytes (param i64 i32)))"#,
    };
    let host = host(PluginLimits::default());
    for (bytes, is_much) in [(1 << 20, false), ((1 << 20) + 1, true)] {
        let body = format!("(call $bytes (i64.const {bytes}) (i32.const 2048)) {}", evaluation());
        let plugin = load(&host, Guest::new().importing(random).with("evaluate", body)).await;
        let mut task = plugin.open(services()).await.unwrap().load(source()).await.unwrap();
        let error = task.evaluate("", None).await.err();
        assert_eq!(error.is_some(), is_much, "{error:?}");
        assert!(error.is_none_or(|error| error.to_string().contains("len 1048577 exceeds limit 1048576")));
    }
}

#[tokio::test]
async fn templates_that_would_keep_the_host_busy_are_refused() {
    // Many variables: the list's items are never looked at one by one.
    let call = "(drop (memory.grow (i32.const 20)))
        (call $template (i32.const 0) (i32.const 0) (i32.const 131072) (i32.const 1001) (i32.const 2048))";
    let failure =
        [byte(0, 1), byte(8, 4), word(12, "(i32.load (i32.const 2052))"), word(16, "(i32.load (i32.const 2056))")];
    let guest = Guest::new().with("evaluate", [call.to_owned(), failure.concat()].concat());
    let plugin = load(&host(PluginLimits::default()), guest).await;
    let mut task = plugin.open(services()).await.unwrap().load(source()).await.unwrap();
    let error = task.evaluate("", None).await.unwrap_err();
    assert!(error.to_string().ends_with("the template has more than 1000 variables"), "{error}");
}

/// Limits that a short text and a short list are beyond.
fn brief() -> PluginLimits {
    PluginLimits { solution_bytes: 100, prompt_bytes: 200, list_items: 10, ..PluginLimits::default() }
}

#[tokio::test]
async fn edits_of_long_texts_are_malformed() {
    // The first verdict's message.
    let message = |offset: usize| format!("(i32.load offset={offset} (i32.load (i32.const 2056)))");
    let told = [byte(0, 1), byte(8, 3), word(12, &message(4)), word(16, &message(8))].concat();
    for (program, reply, expected) in [
        (101, 200, "the program has more than 100 bytes: no edits are looked for"),
        (100, 201, "the reply has more than 200 bytes: no edits are looked for"),
        (100, 200, ""),
    ] {
        let verdict = if expected.is_empty() { [byte(0, 1), byte(8, 3)].concat() } else { told.clone() };
        let lost = format!("(if (i32.ne (i32.load (i32.const 2052)) (i32.const {program})) (then unreachable))");
        let none = format!(
            "(if (i32.ne (i32.load (i32.const 2060)) (i32.const {})) (then unreachable))",
            u8::from(!expected.is_empty())
        );
        let body = format!(
            "(call $edits (i32.const 8192) (i32.const {program}) (i32.const 8192) (i32.const {reply}) (i32.const 2048))
             {lost} {none} {verdict}"
        );
        let plugin = load(&host(brief()), Guest::new().with("evaluate", body)).await;
        let mut task = plugin.open(services()).await.unwrap().load(source()).await.unwrap();
        let error = task.evaluate("", None).await.unwrap_err();
        assert_eq!(error.to_string(), format!("`evaluate`: execution failed: {expected}"));
    }
}

#[tokio::test]
async fn the_toolkit_passes_over_what_is_too_long() {
    // A fence, and numbers that are all alike.
    let fence = "(i32.store (i32.const 8192) (i32.const 0x0a606060))";
    let numbers = "(memory.fill (i32.const 8192) (i32.const 0x3f) (i32.const 88))";
    let code = |bytes: usize| format!("{fence} (call $blocks (i32.const 8192) (i32.const {bytes}) (i32.const 2048))");
    let pairs = |one: usize, other: usize| {
        format!(
            "{numbers} (call $pairs (i32.const 8192) (i32.const {one}) (i32.const 8192) (i32.const {other})
                (f64.const 0.9) (i32.const 2048))"
        )
    };
    let summary = |count: usize| {
        format!("{numbers} (call $summary (i32.const 8192) (i32.const {count}) (f64.const 0) (i32.const 2048))")
    };
    // How many blocks there are, or whether there is a result.
    let (blocks, found) = ("(i32.load (i32.const 2052))", "(i32.load8_u (i32.const 2048))");
    for (call, result, expected) in [
        (code(200), blocks, 1.0),
        (code(201), blocks, 0.0),
        (pairs(10, 10), found, 1.0),
        (pairs(11, 10), found, 0.0),
        (pairs(10, 11), found, 0.0),
        (summary(10), found, 1.0),
        (summary(11), found, 0.0),
    ] {
        let answer = [text(20, "s"), text(28, "{}")].concat();
        let body = format!("{call} {answer} (f64.store (i32.const 1032) (f64.convert_i32_u {result}))");
        let plugin = load(&host(brief()), Guest::new().with("evaluate", body)).await;
        let world = World::default();
        let mut task = plugin.open(world.services()).await.unwrap().load(source()).await.unwrap();
        assert_eq!(task.evaluate("", None).await.unwrap().metric, Metric(expected), "{call}");
        assert_eq!(world.lines.lock().unwrap().len(), usize::from(expected == 0.0), "{call}");
    }
}

#[test]
fn a_violation_says_what_to_do() {
    let violation = Violation::Id { id: "a/b".to_owned(), problem: "holds a slash" };
    assert!(violation.to_string().contains("an id has 1 to 200 bytes"), "{violation}");
}
