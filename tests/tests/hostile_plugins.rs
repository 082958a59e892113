//! Plugins that mean harm, through the built program: each is refused or ended with one clear line and
//! the exit code for plugins, and none costs memory that does not come back.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

#[path = "../../host/plugin/tests/support/mod.rs"]
mod support;

use perfagent_plugin::{PluginError, PluginHost, PluginLimits, Services};
use perfagent_tests::program::{compiler, perfagent};
use perfagent_tests::scene::{Printed, Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use support::guest::{Foreign, Guest, byte, compile, for_ever, many_exports, repeat, slow_to_compile, string, text};
use support::{host_with, load, services, source};

/// One test at a time: they count this process's memory.
static ALONE: Mutex<()> = Mutex::new(());

const CONFIG: &str = "plugins: {cpu_seconds: 0.2, memory_mb: 8, compile_cpu_seconds: 2, compile_memory_mb: 2048}\n";

const PLUGIN_REFUSED: i32 = 3;

/// Judges a solution with `component`.
fn evaluate(scene: &Scene, component: &[u8]) -> Printed {
    let plugin = scene.file("hostile.wasm", component);
    let (instance, solution) = (scene.file("i.json", "{}"), scene.file("s.txt", "solution"));
    let mut command = perfagent(scene.path());
    command.args(["evaluate", "--plugin"]).arg(plugin).arg("--instance").arg(instance);
    command.arg("--solution").arg(solution).arg("--config").arg(scene.file("c.yaml", CONFIG));
    finish(&mut command)
}

/// Guests that fail in a call, and what is said of it.
fn misbehaving() -> Vec<(&'static str, Guest, &'static str)> {
    let evaluating = |body: String| Guest::new().with("evaluate", body);
    let answer = |artifacts: &str| [byte(16, 1), text(20, "s"), text(28, artifacts)].concat();
    let deep = "(func $deep (param i64) (result i64) (i64.mul (local.get 0) (call $deep (i64.add (local.get 0) (i64.const 1)))))";
    let growing = for_ever("(drop (table.grow $more (ref.null func) (i32.const 1000)))");
    let door = Foreign {
        interface: "foreign:thing/door@1.0.0",
        package: "package foreign:thing@1.0.0 { interface door { open: func(); } }",
        import: r#"(import "foreign:thing/door@1.0.0" "open" (func $open))"#,
    };
    vec![
        ("spins", evaluating(for_ever("")), "`evaluate` used more than 0.2 s of processor time"),
        (
            "spins in start-up",
            Guest::new().having(&format!("(func $begin {}) (start $begin)", for_ever(""))),
            "`start-up` used more than 0.2 s of processor time",
        ),
        (
            "spins in allocation",
            Guest::new().allocating(for_ever("")),
            "`metadata` used more than 0.2 s of processor time",
        ),
        (
            "grows memory",
            evaluating(for_ever("(drop (memory.grow (i32.const 16)))")),
            "bytes of memory, more than the limit of 8388608",
        ),
        (
            "grows a table",
            Guest::new().having("(table $more 1 funcref)").with("evaluate", growing),
            "elements, more than the limit of 65536",
        ),
        (
            "hoards handles",
            evaluating(for_ever("(drop (call $new (i32.const 1)))")),
            "`evaluate` keeps more than 10000 handles",
        ),
        (
            "recurses",
            Guest::new().having(deep).with("evaluate", "(drop (call $deep (i64.const 1)))"),
            "`evaluate` recursed beyond its stack of 1048576 bytes",
        ),
        ("traps in describe", Guest::new().with("describe", "unreachable"), "`describe` trapped: "),
        ("traps in metadata", Guest::new().with("metadata", "unreachable"), "`metadata` trapped: "),
        ("traps in load", Guest::new().with("load", "unreachable"), "`load` trapped: "),
        ("traps in summary", Guest::new().with("summary", "unreachable"), "`summary` trapped: "),
        ("traps in evaluate", evaluating("unreachable".to_owned()), "`evaluate` trapped: "),
        (
            "returns an enormous string",
            Guest::new().with("metadata", [text(4, "echo"), string(1024 + 12, 0, 64 << 20)].concat()),
            "`metadata` trapped: ",
        ),
        ("returns invalid JSON", evaluating(answer("{\"a\": }")), "the artifacts is not valid JSON"),
        (
            "returns NaN",
            evaluating(format!("(f64.store (i32.const 1032) (f64.const nan)) {}", answer("{}"))),
            "the metric of a valid solution is NaN",
        ),
        ("has an id with a slash", Guest::new().with("metadata", text(4, "../../etc/passwd")), "holds a slash"),
        ("has an id that means a directory", Guest::new().with("metadata", text(4, "..")), "means a directory"),
        ("has no id", Guest::new().with("metadata", ""), "is empty"),
        (
            "has a schema that is none",
            Guest::new().with(
                "describe",
                [text(0, "echo"), text(8, "1.0.0"), text(24, "runtime"), text(44, "{\"type\": \"nonsense\"}")].concat(),
            ),
            "the plugin's configuration schema is invalid",
        ),
        ("imports what there is not", Guest::new().importing(door), "imports `foreign:thing/door@1.0.0`"),
        (
            "takes minutes to compile",
            Guest::new().having(&slow_to_compile()),
            "compiling the plugin took more than 2 s",
        ),
    ]
}

#[test]
fn each_ends_with_its_own_line_and_the_next_is_none_the_worse() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let scene = Scene::new();
    let whole = Guest::new().build();
    let mut cases: Vec<_> =
        misbehaving().into_iter().map(|(what, guest, expected)| (what, guest.build(), expected)).collect();
    cases.extend([
        ("is empty", Vec::new(), "the plugin is empty"),
        ("is a core module", wat::parse_str("(module)").unwrap(), "the plugin is a core module"),
        ("is cut short", whole[..whole.len() - 9].to_vec(), "the plugin is cut short"),
        ("is something else", b"#!/bin/sh\nexit 0\n".to_vec(), "the plugin is not WebAssembly"),
        ("has 65,000 exports", many_exports(), "exports no `perfagent:task/runner`"),
        ("speaks another version", Guest::new().build_for("0.2.0"), "the plugin speaks perfagent:task@0.2.0"),
    ]);
    for (what, component, expected) in cases {
        let printed = evaluate(&scene, &component);
        assert_eq!(printed.code, Some(PLUGIN_REFUSED), "{what}: {}", printed.err);
        assert!(printed.out.is_empty(), "{what}: {}", printed.out);
        let errors: Vec<_> = printed.err.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(matches!(errors.as_slice(), [line] if line.contains(expected)), "{what}: {}", printed.err);
        assert!(printed.err.len() < 2_000, "{what}: {} bytes", printed.err.len());
    }
    let printed = evaluate(&scene, &whole);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
}

#[test]
fn a_flood_of_lines_is_bounded() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let line = [text(64, "a line"), "(local.set $i (i32.const 0))".to_owned()].concat();
    let write = repeat(100_000, "(call $log (i32.const 3) (i32.load (i32.const 1088)) (i32.load (i32.const 1092)))");
    let guest = Guest::new().with("metadata", [line, write, text(4, "echo")].concat());
    let printed = evaluate(&Scene::new(), &guest.build());
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(printed.err.lines().count() < 1_100, "{} lines", printed.err.lines().count());
}

/// Resident memory of this process, bytes.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

/// Lets `fails` fail a thousand times, and sees that no memory goes.
async fn stays_flat(what: &str, mut fails: impl AsyncFnMut() -> bool) {
    const MAY_GROW: usize = 8 << 20;
    let mut after_hundred = 0;
    for number in 0..1_000 {
        assert!(fails().await, "{what}");
        if number == 99 {
            after_hundred = resident();
        }
    }
    let grown = resident().saturating_sub(after_hundred);
    assert!(grown < MAY_GROW, "{what}: {grown} bytes more after 900 repetitions");
}

/// What the test's own log gets is not kept.
fn forgetting() -> Services {
    Services { log: Arc::new(|_| {}), ..services() }
}

/// Guests of which an evaluation fails.
fn failing_evaluations() -> Vec<(&'static str, Guest)> {
    let evaluating = |body: String| Guest::new().with("evaluate", body);
    let answer = |artifacts: &str| [byte(16, 1), text(20, "s"), text(28, artifacts)].concat();
    let deep = "(func $deep (param i64) (result i64) (i64.mul (local.get 0) (call $deep (i64.add (local.get 0) (i64.const 1)))))";
    let growing = for_ever("(drop (table.grow $more (ref.null func) (i32.const 1000)))");
    vec![
        ("traps", evaluating("unreachable".to_owned())),
        ("spins", evaluating(for_ever(""))),
        ("grows memory", evaluating(for_ever("(drop (memory.grow (i32.const 1)))"))),
        ("grows a table", Guest::new().having("(table $more 1 funcref)").with("evaluate", growing)),
        ("hoards handles", evaluating(for_ever("(drop (call $new (i32.const 1)))"))),
        ("hoards programs", evaluating(for_ever(&compile("pr", 2048)))),
        ("recurses", Guest::new().having(deep).with("evaluate", "(drop (call $deep (i64.const 1)))")),
        ("floods the log", evaluating(for_ever("(call $log (i32.const 0) (i32.const 0) (i32.const 8))"))),
        ("returns an enormous string", evaluating([byte(16, 1), string(1024 + 20, 0, 64 << 20)].concat())),
        ("returns invalid JSON", evaluating(answer("{\"a\": }"))),
        ("returns NaN", evaluating(format!("(f64.store (i32.const 1032) (f64.const nan)) {}", answer("{}")))),
    ]
}

/// Guests that fail before anything is judged.
fn failing_starts() -> Vec<(&'static str, Guest)> {
    let begin = format!("(func $begin {}) (start $begin)", for_ever(""));
    vec![
        ("spins in start-up", Guest::new().having(&begin)),
        ("spins in allocation", Guest::new().allocating(for_ever(""))),
        ("has an id with a slash", Guest::new().with("metadata", text(4, "../../etc/passwd"))),
        ("lies in describe", Guest::new().with("describe", text(0, "../echo"))),
    ]
}

#[test]
fn memory_stays_flat_over_a_thousand_repetitions() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let limits = PluginLimits {
            cpu_time: Duration::from_millis(1),
            memory_bytes: 2 << 20,
            handles: 100,
            ..PluginLimits::default()
        };
        let host: PluginHost = host_with(limits, compiler());
        for (what, guest) in failing_evaluations() {
            let plugin = load(&host, guest).await;
            let mut task = plugin.open(forgetting()).await.unwrap().load(source()).await.unwrap();
            stays_flat(what, async || task.evaluate("", None).await.is_err()).await;
        }
        for (what, guest) in failing_starts() {
            let plugin = load(&host, guest).await;
            let start = async || -> Result<(), PluginError> {
                let mut session = plugin.open(forgetting()).await?;
                session.metadata("name", b"data").await?;
                session.describe().await.map(drop)
            };
            stays_flat(what, async || start().await.is_err()).await;
        }
        let whole = Guest::new().build();
        let mut flipped = whole.clone();
        flipped[40] ^= 0x10;
        for (what, bytes) in [
            ("is cut short", &whole[..whole.len() - 9]),
            ("is no component", &b"#!/bin/sh\nexit 0\n"[..]),
            ("has a flipped bit", &flipped[..]),
            ("speaks another version", &Guest::new().build_for("0.2.0")[..]),
        ] {
            stays_flat(what, async || host.load(bytes, || {}).await.is_err()).await;
        }
    });
}

#[test]
fn a_reply_that_the_plugin_fails_on_does_not_end_the_run() {
    let scene = Scene::new();
    let plugin = scene.file("g.wasm", Guest::new().with("extract", "unreachable").build());
    let server = ModelServer::start(vec![Answer::Plain("one".to_owned()), Answer::Plain("two".to_owned())]);
    let mut command = scene.run_plugin(&plugin, &scene.file("i.json", "{}"), &server.api_base());
    let printed = finish(command.args(["--max-iterations", "2", "--sandbox", "best-effort"]));
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(
        printed.err.matches("unchanged: Your last reply changed nothing: `extract`").count(),
        2,
        "{}",
        printed.err
    );
    let result = scene.json("i", "result.json");
    assert_eq!((&result["success"], &result["total_iterations"]), (&true.into(), &2.into()), "{result}");
}
