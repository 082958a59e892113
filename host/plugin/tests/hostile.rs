//! Guests that mean harm: each gets its own error, and the host, its other sessions and the same
//! session's next call go on.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends at what it did not expect")]

mod support;

use perfagent_core::task::{Attempt, PromptContext};
use perfagent_plugin::{PluginError, PluginHost, PluginLimits, TaskInstance};
use std::fmt::Write as _;
use support::guest::{Foreign, Guest, for_ever, string, text};
use support::{host, load, services, source, tight};

/// Evaluates with `guest`, and shows that others go on.
async fn evaluate(host: &PluginHost, guest: Guest) -> PluginError {
    let plugin = load(host, guest).await;
    let mut task = plugin.open(services()).await.unwrap().load(source()).await.unwrap();
    let mut other = plugin.open(services()).await.unwrap().load(source()).await.unwrap();
    // On one thread: a guest that kept it would keep the other one from answering.
    let (result, summary) = tokio::join!(task.evaluate("", None), other.summary());
    assert_eq!(summary.unwrap().extension, "txt");
    assert_eq!(task.summary().await.unwrap().extension, "txt", "a new store serves the next call");
    result.unwrap_err()
}

#[tokio::test]
async fn spins() {
    let host = host(tight());
    let error = evaluate(&host, Guest::new().with("evaluate", for_ever(""))).await;
    assert!(matches!(error, PluginError::CpuLimit { export: "evaluate", .. }), "{error}");

    let begin = format!("(func $begin {}) (start $begin)", for_ever(""));
    let error = load(&host, Guest::new().having(&begin)).await.open(services()).await.err().unwrap();
    assert!(matches!(error, PluginError::CpuLimit { export: "start-up", .. }), "{error}");

    let mut session = load(&host, Guest::new().allocating(for_ever(""))).await.open(services()).await.unwrap();
    let error = session.metadata("name", b"data").await.unwrap_err();
    assert!(matches!(error, PluginError::CpuLimit { export: "metadata", .. }), "{error}");
}

#[tokio::test]
async fn spins_while_calling_the_host() {
    // Each call of the log does little, and nothing of it counts as waiting.
    let body = for_ever("(call $log (i32.const 0) (i32.const 0) (i32.const 8))");
    let error = evaluate(&host(tight()), Guest::new().with("evaluate", body)).await;
    assert!(matches!(error, PluginError::CpuLimit { export: "evaluate", .. }), "{error}");
}

#[tokio::test]
async fn grows() {
    let host = host(tight());
    let body = for_ever("(drop (memory.grow (i32.const 16)))");
    let error = evaluate(&host, Guest::new().with("evaluate", body)).await;
    assert!(matches!(error, PluginError::MemoryLimit { limit_bytes: 8_388_608, .. }), "{error}");

    let body = for_ever("(drop (table.grow $more (ref.null func) (i32.const 1000)))");
    let error = evaluate(&host, Guest::new().having("(table $more 1 funcref)").with("evaluate", body)).await;
    assert!(matches!(error, PluginError::TableLimit { limit: 65_536, .. }), "{error}");

    let body = for_ever("(drop (call $new (i32.const 1)))");
    let error = evaluate(&host, Guest::new().with("evaluate", body)).await;
    assert!(matches!(error, PluginError::HandleLimit { limit: 10_000, .. }), "{error}");
}

#[tokio::test]
async fn recurses() {
    let deep = "(func $deep (param i64) (result i64) (i64.mul (local.get 0) (call $deep (i64.add (local.get 0) (i64.const 1)))))";
    let guest = Guest::new().having(deep).with("evaluate", "(drop (call $deep (i64.const 1)))");
    let error = evaluate(&host(tight()), guest).await;
    assert!(matches!(error, PluginError::StackLimit { export: "evaluate", limit_bytes: 1_048_576, .. }), "{error}");
}

#[tokio::test]
async fn traps_in_each_export() {
    let host = host(tight());
    for export in ["describe", "metadata"] {
        let mut session = load(&host, Guest::new().with(export, "unreachable")).await.open(services()).await.unwrap();
        let error = match export {
            "describe" => session.describe().await.err(),
            _ => session.metadata("", b"").await.err(),
        };
        trapped(&error.unwrap(), export);
    }
    let load_error = load(&host, Guest::new().with("load", "unreachable")).await.open(services()).await.unwrap();
    trapped(&load_error.load(source()).await.err().unwrap(), "load");
    for export in ["summary", "initial-solution", "system-prompt", "optimization-prompt", "extract", "evaluate"] {
        let plugin = load(&host, Guest::new().with(export, "unreachable")).await;
        let mut task = plugin.open(services()).await.unwrap().load(source()).await.unwrap();
        // The second time it is a new store that traps.
        for _ in 0..2 {
            trapped(&call(&mut task, export).await.unwrap(), export);
        }
        assert_eq!(task.description().name, "echo");
    }
}

fn trapped(error: &PluginError, expected: &str) {
    let PluginError::Trap { export, message, .. } = error else { panic!("{error}") };
    assert_eq!((*export, message.as_str()), (expected, "wasm trap: wasm `unreachable` instruction executed"));
    assert!(error.backtrace().is_some_and(|trace| trace.contains(expected)), "{:?}", error.backtrace());
}

async fn call(task: &mut TaskInstance, export: &str) -> Option<PluginError> {
    let context = PromptContext::default();
    let attempt = Attempt { solution: String::new(), evaluation: None, notes: Vec::new() };
    match export {
        "summary" => task.summary().await.err(),
        "initial-solution" => task.initial_solution().await.err(),
        "system-prompt" => task.system_prompt(&context).await.err(),
        "optimization-prompt" => task.optimization_prompt(&context, &attempt).await.err(),
        "extract" => task.extract("", "").await.err(),
        _ => task.evaluate("", None).await.err(),
    }
}

#[tokio::test]
async fn returns_enormous_or_impossible_strings() {
    let limits = PluginLimits { transfer_bytes: 1 << 20, ..tight() };
    let answer = |length: usize| [text(4, "echo"), string(1024 + 12, 0, length)].concat();
    let grown = format!("(drop (memory.grow (i32.const 64))) {}", answer(4 << 20));
    let mut session = load(&host(limits), Guest::new().with("metadata", grown)).await.open(services()).await.unwrap();
    let error = session.metadata("", b"").await.unwrap_err();
    assert!(matches!(error, PluginError::TransferLimit { limit_bytes: 1_048_576, .. }), "{error}");

    let guest = Guest::new().with("metadata", answer(64 << 20));
    let mut session = load(&host(tight()), guest).await.open(services()).await.unwrap();
    let error = session.metadata("", b"").await.unwrap_err();
    assert!(matches!(error, PluginError::Trap { export: "metadata", .. }), "{error}");

    let invalid = [text(4, "echo"), string(1024 + 12, 600, 1), "(i32.store8 (i32.const 600) (i32.const 0xff))".into()];
    let guest = Guest::new().with("metadata", invalid.concat());
    let mut session = load(&host(tight()), guest).await.open(services()).await.unwrap();
    let error = session.metadata("", b"").await.unwrap_err();
    assert!(matches!(error, PluginError::Trap { export: "metadata", .. }), "{error}");
}

/// Why bytes are refused; the host then loads a good task.
async fn refused(bytes: Vec<u8>) -> PluginError {
    let host = host(tight());
    let error = host.load(bytes.into(), || {}).await.err().unwrap();
    load(&host, Guest::new()).await.open(services()).await.unwrap().describe().await.unwrap();
    error
}

#[tokio::test]
async fn files_that_are_no_tasks() {
    assert!(matches!(refused(Vec::new()).await, PluginError::Empty));
    assert!(matches!(refused(wat::parse_str("(module)").unwrap()).await, PluginError::CoreModule));
    let whole = Guest::new().build();
    assert!(matches!(refused(whole[..whole.len() - 1].to_vec()).await, PluginError::Truncated { .. }));
    assert!(matches!(refused(wat::parse_str("(component)").unwrap()).await, PluginError::NoTask { .. }));

    let other = refused(Guest::new().build_for("0.2.0")).await;
    assert!(matches!(&other, PluginError::OtherInterface { found } if found == "perfagent:task@0.2.0"), "{other}");
    load(&host(tight()), Guest::new()).await;
    host(tight()).load(Guest::new().build_for("0.1.7").into(), || {}).await.unwrap();
}

#[tokio::test]
async fn imports_that_the_host_lacks() {
    let door = Foreign {
        interface: "foreign:thing/door@1.0.0",
        package: "package foreign:thing@1.0.0 { interface door { open: func(); } }",
        import: r#"(import "foreign:thing/door@1.0.0" "open" (func $open))"#,
    };
    let http = Foreign {
        interface: "wasi:http/outgoing-handler@0.2.0",
        package: "package wasi:http@0.2.0 { interface outgoing-handler { open: func(); } }",
        import: r#"(import "wasi:http/outgoing-handler@0.2.0" "open" (func $open))"#,
    };
    for foreign in [door, http] {
        let error = refused(Guest::new().importing(foreign).build()).await;
        assert!(matches!(&error, PluginError::UnknownImport { import } if import == foreign.interface), "{error}");
    }
    // A known interface with a function that it does not have.
    let extra = Foreign {
        interface: "wasi:random/random@0.2.0",
        package: "package wasi:random@0.2.0 { interface random { steal: func(); } }",
        import: r#"(import "wasi:random/random@0.2.0" "steal" (func $open))"#,
    };
    let error = refused(Guest::new().importing(extra).build()).await;
    let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(matches!(error, PluginError::Mismatch { .. } | PluginError::UnknownImport { .. }), "{error}: {source}");
}

#[tokio::test]
async fn thousands_of_exports() {
    let mut text = "(component (instance $e)".to_owned();
    for number in 0..65_000 {
        write!(text, "(export \"e{number}\" (instance $e))").unwrap();
    }
    text.push(')');
    let error = refused(wat::parse_str(&text).unwrap()).await;
    assert!(error.to_string().len() < 1_000, "{} bytes", error.to_string().len());
}
