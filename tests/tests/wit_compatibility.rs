//! The interface still fits every plugin that was released, and what would not fit is noticed.

use perfagent_tests::program::workspace;
use perfagent_tests::wit_diff::{breaks, read_package};

const RELEASED: &str = "tests/corpus/0.1.0/wit";

fn released() -> String {
    read_package(&workspace().join(RELEASED))
}

#[test]
fn released_plugins_still_fit() {
    let found = breaks(&released(), &read_package(&workspace().join("wit")));
    assert!(
        found.is_empty(),
        "wit/ breaks the plugins of {RELEASED}; grow by lists of details, `other` cases and new imports, or begin \
         another line of versions:\n{}",
        found.join("\n")
    );
}

/// The released interface with one text replaced.
fn with(from: &str, to: &str) -> String {
    let old = released();
    assert!(old.contains(from), "{from:?}");
    old.replacen(from, to, 1)
}

#[test]
fn every_kind_of_breaking_change_is_found_and_named() {
    let changes = [
        ("a field is appended", with("judged: bool,", "judged: bool,\n more: u32,"), "runner: type initial-solution"),
        ("a field is renamed", with("judged: bool,", "was-judged: bool,"), "runner: type initial-solution"),
        ("a field has another type", with("judged: bool,", "judged: u8,"), "runner: type initial-solution"),
        (
            "fields change places",
            with("name: string,\n        value: string,", "value: string,\n        name: string,"),
            "type",
        ),
        (
            "a case is appended",
            with("other(string),\n    }\n\n    enum direction", "other(string),\n late,\n    }\n\n    enum direction"),
            "runner: type task-error",
        ),
        ("a case has another payload", with("signaled(u32)", "signaled(s32)"), "execution: type outcome"),
        ("an enum's case is appended", with("maximize,", "maximize,\n neither,"), "runner: type direction"),
        ("an enum's case is gone", with("        debug,\n", ""), "log: type level"),
        (
            "a parameter is appended",
            with("write: func(level: level, message: string)", "write: func(level: level, message: string, more: u32)"),
            "log: function write",
        ),
        (
            "a result is other",
            with("describe: func() -> description;", "describe: func() -> option<description>;"),
            "runner: function describe",
        ),
        (
            "a method's result is other",
            with("-> result<extraction, task-error>", "-> extraction"),
            "runner: function [method]instance.extract",
        ),
        (
            "a static function becomes a method",
            with("compile: static func", "compile: func"),
            "program.compile is gone",
        ),
        ("a function is gone", with("write: func(level: level, message: string);", ""), "log: function write is gone"),
        ("an import is gone", with("import log;", ""), "world task: imports log is gone"),
        (
            "a plugin must export a further function",
            with("describe: func()", "further: func();\n describe: func()"),
            "runner: function further is new",
        ),
        (
            "a plugin must export a further method",
            with("summary: func()", "further: func();\n summary: func()"),
            "runner: function [method]instance.further is new",
        ),
        (
            "a plugin must export a further interface",
            with("export runner;", "export runner;\n export log;"),
            "world task: exports log is new",
        ),
    ];
    for (what, new, expected) in changes {
        let found = breaks(&released(), &new);
        assert!(found.iter().any(|line| line.contains(expected)), "{what}: {found:?}");
    }
}

#[test]
fn what_old_plugins_need_not_know_may_be_added() {
    let additions = [
        ("nothing", released()),
        ("a comment", with("interface log {", "/// More.\ninterface log {")),
        ("an imported function", with("write: func(", "flush: func();\n write: func(")),
        ("an imported method", with("resource program {", "resource program {\n size: func() -> u64;")),
        ("a type", with("interface log {", "interface log {\n record place { line: u32 }")),
        ("an imported interface", with("world task {", "interface more { go: func(); }\nworld task {\n import more;")),
        ("another order", with("import execution;\n    import toolkit;", "import toolkit;\n    import execution;")),
    ];
    for (what, new) in additions {
        assert_eq!(breaks(&released(), &new), Vec::<String>::new(), "{what}");
    }
}
