//! Guests that mean harm: each gets its own error, and the host, its other sessions and the same
//! session's next call go on.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends at what it did not expect")]

mod support;

use perfagent_core::task::{Attempt, PromptContext};
use perfagent_plugin::{Compiler, Plugin, PluginError, PluginHost, PluginLimits, TaskInstance, Violation};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use support::guest::{Foreign, Guest, byte, compile, for_ever, many_exports, slow_to_compile, string, text};
use support::{host_with, load, services, source, tight};

/// A host with the compiler that is built beside the tests.
fn host(limits: PluginLimits) -> PluginHost {
    let program = env!("CARGO_BIN_EXE_perfagent-plugin-compiler").into();
    host_with(limits, Compiler { program, arguments: Vec::new() })
}

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
    let error = host.load(&bytes, || {}).await.err().unwrap();
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
    host(tight()).load(&Guest::new().build_for("0.1.7"), || {}).await.unwrap();
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
    let error = refused(many_exports()).await;
    assert!(matches!(error, PluginError::NoTask { .. }), "{error:?}");
    assert!(error.to_string().len() < 1_000, "{} bytes", error.to_string().len());
}

#[tokio::test]
async fn files_that_take_minutes_to_compile() {
    let bytes = Guest::new().having(&slow_to_compile()).build();
    let refusal = async |limits: PluginLimits| {
        let host = host(limits);
        let told = AtomicBool::new(false);
        let error = host.load(&bytes, || told.store(true, Ordering::SeqCst)).await.err().unwrap();
        load(&host, Guest::new()).await;
        (error, told.into_inner())
    };
    let second = Duration::from_secs(1);
    let (error, told) = refusal(PluginLimits { compile_cpu_time: second, ..tight() }).await;
    assert!(matches!(error, PluginError::CompileCpuLimit { limit } if limit == second), "{error}");
    assert!(told, "it took long enough to say so");
    let (error, _) = refusal(PluginLimits { compile_wall_time: second * 2, ..tight() }).await;
    assert!(matches!(error, PluginError::CompileWallLimit { limit } if limit == second * 2), "{error}");
    let (error, _) = refusal(PluginLimits { compile_memory_bytes: 192 << 20, ..tight() }).await;
    assert!(matches!(error, PluginError::CompileMemoryLimit { limit_bytes: 201_326_592 }), "{error} ({error:?})");
}

#[tokio::test]
async fn flipped_bits() {
    let host = host(tight());
    let whole = Guest::new().build();
    for position in (0..whole.len()).step_by((whole.len() / 50).max(1)) {
        let mut flipped = whole.clone();
        flipped[position] ^= 0x10;
        // Those that hit a text or a number still are tasks; what they do is bounded as ever.
        if let Ok(plugin) = host.load(&flipped, || {}).await
            && let Ok(mut session) = plugin.open(services()).await
        {
            let _ = session.describe().await;
            let _ = session.metadata("", b"").await;
        }
    }
    for length in (0..whole.len()).step_by((whole.len() / 50).max(1)) {
        let error = host.load(&whole[..length], || {}).await.err().unwrap();
        let expected = matches!(
            error,
            PluginError::Empty
                | PluginError::NotWebAssembly
                | PluginError::Truncated { .. }
                | PluginError::Compile { .. }
                | PluginError::NoTask { .. }
        );
        assert!(expected, "{length}: {error}");
    }
    load(&host, Guest::new()).await;
}

#[tokio::test]
async fn too_many_parts() {
    let limits = PluginLimits { memories: 1, instances: 3, tables: 1, ..tight() };
    let host = host(limits);
    for more in ["(memory 1)", "(table 1 funcref) (table 1 funcref)"] {
        let loaded = host.load(&Guest::new().having(more).build(), || {}).await;
        let error = match loaded {
            Ok(plugin) => plugin.open(services()).await.err().unwrap(),
            Err(error) => error,
        };
        assert!(matches!(error, PluginError::Oversized { .. }), "{more}: {error:?}");
    }
}

#[tokio::test]
async fn descriptions_that_lie() {
    let host = host(PluginLimits { list_items: 100, ..tight() });
    // Another name each time: the first answer stands.
    let counting = "(global $calls (mut i32) (i32.const 0))";
    let body = [
        "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))",
        &[text(0, "echo"), text(8, "1.0.0"), text(24, "runtime"), text(44, "{}")].concat(),
        "(i32.store8 (i32.const 4096) (i32.add (i32.const 96) (global.get $calls)))",
    ];
    let plugin = load(&host, Guest::new().having(counting).with("describe", body.concat())).await;
    let mut session = plugin.open(services()).await.unwrap();
    let first = session.describe().await.unwrap();
    assert_eq!(first.name, "acho");
    assert_eq!(session.describe().await.unwrap(), first);
    assert_eq!(session.load(source()).await.unwrap().description(), &first);

    // A hundred thousand languages, and one that is none.
    for (languages, expected) in [
        (string(1024 + 36, 65_536, 101), "the list of languages has 101 items, more than the limit of 100"),
        (
            [string(1024 + 36, 900, 1), string(900, 908, 2), "(i32.store (i32.const 908) (i32.const 0x2f2e))".into()]
                .concat(),
            "a language \"./\" is not lower case letters",
        ),
    ] {
        let body = [text(0, "echo"), text(8, "1.0.0"), text(24, "runtime"), text(44, "{}"), languages].concat();
        let plugin = load(&host, Guest::new().with("describe", body)).await;
        let error = plugin.open(services()).await.unwrap().describe().await.unwrap_err();
        assert!(matches!(error, PluginError::BrokenPromise { export: "describe", .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn an_id_of_ten_megabytes_and_json_without_end() {
    let host = host(PluginLimits { memory_bytes: 64 << 20, ..tight() });
    let body = format!("(drop (memory.grow (i32.const 200))) {}", string(1024 + 4, 65_536, 10 << 20));
    let plugin = load(&host, Guest::new().with("metadata", body)).await;
    let error = plugin.open(services()).await.unwrap().metadata("x", b"").await.unwrap_err();
    let too_long = matches!(
        &error,
        PluginError::BrokenPromise { violation: Violation::Id { id, problem: "is too long" }, .. } if id.len() <= 200
    );
    assert!(too_long, "{error:?}");

    // A million lists within each other.
    let body = format!(
        "(drop (memory.grow (i32.const 20))) (memory.fill (i32.const 65536) (i32.const 0x5b) (i32.const 1000000)) {}",
        [byte(16, 1), text(20, "s"), string(1024 + 28, 65_536, 1_000_000)].concat()
    );
    let error = evaluate(&host, Guest::new().with("evaluate", body)).await;
    assert!(matches!(error, PluginError::BrokenPromise { violation: Violation::NotJson { .. }, .. }), "{error:?}");
}

#[tokio::test]
async fn a_socket_cannot_be_had() {
    let socket = Foreign {
        interface: "wasi:sockets/tcp-create-socket@0.2.0",
        package: "package wasi:sockets@0.2.0 {
            interface network {
                enum error-code {
                    unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout,
                    concurrency-conflict, not-in-progress, would-block, invalid-state, new-socket-limit,
                    address-not-bindable, address-in-use, remote-unreachable, connection-refused,
                    connection-reset, connection-aborted, datagram-too-large, name-unresolvable,
                    temporary-resolver-failure, permanent-resolver-failure,
                }
                enum ip-address-family { ipv4, ipv6 }
            }
            interface tcp { resource tcp-socket; }
            interface tcp-create-socket {
                use network.{error-code, ip-address-family};
                use tcp.{tcp-socket};
                create-tcp-socket: func(family: ip-address-family) -> result<tcp-socket, error-code>;
            }
        }",
        import: r#"(import "wasi:sockets/tcp-create-socket@0.2.0" "create-tcp-socket" (func $socket (param i32 i32)))"#,
    };
    let body = [
        "(call $socket (i32.const 0) (i32.const 2048))",
        &[byte(16, 1), text(20, "s"), text(28, "{}")].concat(),
        "(f64.store (i32.const 1032) (f64.convert_i32_u (i32.add
            (i32.mul (i32.load8_u (i32.const 2048)) (i32.const 100)) (i32.load8_u (i32.const 2052)))))",
    ];
    let plugin = load(&host(tight()), Guest::new().importing(socket).with("evaluate", body.concat())).await;
    let inspection = plugin.inspect();
    let import = inspection.imports.iter().find(|import| import.name == socket.interface).unwrap();
    assert_eq!(import.lets, "nothing: it is given no network");
    assert_eq!(inspection.interpreter, Some("it imports WASI"));
    let mut task = plugin.open(services()).await.unwrap().load(source()).await.unwrap();
    // An error (100) whose code is `access-denied` (1).
    assert_eq!(task.evaluate("", None).await.unwrap().metric.0, 101.0);
}

/// The same work beside a run that misbehaves, on two threads: its results are those that it has alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_goes_on_beside_each_of_them() {
    let host = host(tight());
    let work = async |plugin: &Plugin| {
        let mut task = plugin.open(services()).await.unwrap().load(source()).await.unwrap();
        let mut results = Vec::new();
        for number in 0..200 {
            let reply = format!("reply {number}");
            results.push((task.extract(&reply, "").await.unwrap(), task.evaluate(&reply, None).await.unwrap()));
        }
        results
    };
    let good = load(&host, Guest::new()).await;
    let alone = work(&good).await;
    let answer = |artifacts: &str| [byte(16, 1), text(20, "s"), text(28, artifacts)].concat();
    for body in [
        for_ever(""),
        for_ever("(drop (memory.grow (i32.const 16)))"),
        for_ever("(drop (table.grow $more (ref.null func) (i32.const 1000)))"),
        for_ever("(drop (call $new (i32.const 1)))"),
        for_ever("(call $log (i32.const 0) (i32.const 0) (i32.const 8))"),
        for_ever(&compile("pr", 2048)),
        "(drop (call $deep (i64.const 1)))".to_owned(),
        "unreachable".to_owned(),
        [byte(16, 1), string(1024 + 20, 0, 64 << 20)].concat(),
        answer("{\"a\": }"),
        format!("(f64.store (i32.const 1032) (f64.const nan)) {}", answer("{}")),
    ] {
        let deep = "(func $deep (param i64) (result i64) (i64.mul (local.get 0) (call $deep (i64.add (local.get 0) (i64.const 1)))))";
        let bad = Guest::new().having("(table $more 1 funcref)").having(deep).with("evaluate", body);
        let bad = load(&host, bad).await;
        let misbehaving = tokio::spawn(async move {
            let mut task = bad.open(services()).await.unwrap().load(source()).await.unwrap();
            loop {
                assert!(task.evaluate("", None).await.is_err());
            }
        });
        assert_eq!(work(&good).await, alone);
        assert!(!misbehaving.is_finished(), "it misbehaved all the time");
        misbehaving.abort();
    }
}
