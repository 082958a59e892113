//! Writes components: a task of a few instructions whose exports a test replaces one by one.

use std::collections::BTreeMap;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where exports leave what they return. The strings that it points to lie behind it.
const ANSWER: usize = 1024;
const STRINGS: usize = 4096;
const STRING_BYTES: usize = 96;

/// Each export: its name in the interface, and its parameters as they arrive.
const EXPORTS: [(&str, &str); 9] = [
    ("describe", ""),
    ("metadata", "(param $name i32) (param $name_len i32) (param $data i32) (param $data_len i32)"),
    ("[static]instance.load", "(param i32 i32 i32 i32 i32 i32)"),
    ("[method]instance.summary", "(param $self i32)"),
    ("[method]instance.initial-solution", "(param $self i32)"),
    ("[method]instance.system-prompt", "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)"),
    ("[method]instance.optimization-prompt", "(param $all i32)"),
    ("[method]instance.extract", "(param $self i32) (param $reply i32) (param $reply_len i32) (param i32 i32)"),
    ("[method]instance.evaluate", "(param $self i32) (param i32 i32 i32 i32 i32)"),
];

/// Every import that a body may call.
const IMPORTS: [(&str, &str); 9] = [
    ("$log", r#"(import "perfagent:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#),
    (
        "$compile",
        r#"(import "perfagent:task/execution@0.1.0" "[static]program.compile" (func $compile (param i32 i32)))"#,
    ),
    (
        "$run",
        r#"(import "perfagent:task/execution@0.1.0" "[method]program.run"
            (func $run (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))"#,
    ),
    (
        "$template",
        r#"(import "perfagent:task/toolkit@0.1.0" "render-template" (func $template (param i32 i32 i32 i32 i32)))"#,
    ),
    (
        "$compare",
        r#"(import "perfagent:task/execution@0.1.0" "[method]program.compare"
            (func $compare (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))"#,
    ),
    ("$edits", r#"(import "perfagent:task/toolkit@0.1.0" "apply-edits" (func $edits (param i32 i32 i32 i32 i32)))"#),
    ("$blocks", r#"(import "perfagent:task/toolkit@0.1.0" "code-blocks" (func $blocks (param i32 i32 i32)))"#),
    ("$summary", r#"(import "perfagent:task/toolkit@0.1.0" "summarize" (func $summary (param i32 i32 f64 i32)))"#),
    (
        "$pairs",
        r#"(import "perfagent:task/toolkit@0.1.0" "compare-pairs" (func $pairs (param i32 i32 i32 i32 f64 i32)))"#,
    ),
];

/// An interface that is not part of the task interface.
#[derive(Clone, Copy)]
pub(crate) struct Foreign {
    /// Its full name.
    pub(crate) interface: &'static str,
    /// Its package, as WIT.
    pub(crate) package: &'static str,
    /// The import in the core module.
    pub(crate) import: &'static str,
}

/// A task in the making.
pub(crate) struct Guest {
    bodies: BTreeMap<&'static str, String>,
    more: String,
    reallocation: String,
    foreign: Option<Foreign>,
}

/// Instructions that set the string at `offset` of the answer.
pub(crate) fn text(offset: usize, value: &str) -> String {
    assert!(value.len() <= STRING_BYTES, "{value:?} is too long");
    let at = STRINGS + offset * STRING_BYTES;
    let mut code = string(ANSWER + offset, at, value.len());
    for (index, byte) in value.bytes().enumerate() {
        code.push_str(&format!("(i32.store8 (i32.const {}) (i32.const {byte}))\n", at + index));
    }
    code
}

/// Instructions that set the string at address `at`.
pub(crate) fn string(at: usize, pointer: usize, length: usize) -> String {
    format!(
        "(i32.store (i32.const {at}) (i32.const {pointer}))\n(i32.store (i32.const {}) (i32.const {length}))\n",
        at + 4
    )
}

/// Instructions that set one byte of the answer.
pub(crate) fn byte(offset: usize, value: u8) -> String {
    format!("(i32.store8 (i32.const {}) (i32.const {value}))\n", ANSWER + offset)
}

/// Instructions that set four bytes of the answer to what `code` yields.
pub(crate) fn word(offset: usize, code: &str) -> String {
    format!("(i32.store (i32.const {}) {code})\n", ANSWER + offset)
}

pub(crate) fn repeat(count: u32, code: &str) -> String {
    format!(
        "(local.set $i (i32.const {count}))
         (loop $again {code} (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))\n"
    )
}

pub(crate) fn for_ever(code: &str) -> String {
    format!("(loop $again {code} (br $again))\n")
}

/// An evaluation that is all right.
pub(crate) fn evaluation() -> String {
    format!(
        "(f64.store (i32.const {}) (f64.const 1.5)) {} {} {}",
        ANSWER + 8,
        byte(16, 1),
        text(20, "measured"),
        text(28, "{\"runs\": 3}")
    )
}

/// A request to compile a program, and the result behind it at `into`.
pub(crate) fn compile(language: &str, into: usize) -> String {
    let request = 512;
    let mut code = string(request, 700, language.len());
    for (index, byte) in language.bytes().enumerate() {
        code.push_str(&format!("(i32.store8 (i32.const {}) (i32.const {byte}))\n", 700 + index));
    }
    format!("{code} (call $compile (i32.const {request}) (i32.const {into}))")
}

impl Guest {
    /// A task that does as it should.
    pub(crate) fn new() -> Self {
        // A list of one language, whose name is `pr`.
        let name = "(i32.store (i32.const 908) (i32.const 0x7270))";
        let languages = [string(ANSWER + 36, 900, 1), string(900, 908, 2), name.to_owned()].concat();
        let bodies = [
            (
                "describe",
                [
                    text(0, "echo"),
                    text(8, "1.0.2-rc.1"),
                    text(16, "Answers what it is asked."),
                    text(24, "runtime"),
                    languages,
                    text(44, "{\"type\": \"object\"}"),
                ]
                .concat(),
            ),
            ("metadata", [text(4, "echo"), text(12, "the problem")].concat()),
            ("[static]instance.load", word(4, "(call $new (i32.const 7))")),
            ("[method]instance.summary", [byte(0, 1), text(4, "pr"), text(12, "txt")].concat()),
            ("[method]instance.initial-solution", [text(4, "start"), byte(12, 1)].concat()),
            ("[method]instance.system-prompt", text(4, "you are a test")),
            ("[method]instance.optimization-prompt", text(4, "do better")),
            (
                "[method]instance.extract",
                // The reply itself, as a changed solution.
                [word(8, "(local.get $reply)"), word(12, "(local.get $reply_len)")].concat(),
            ),
            ("[method]instance.evaluate", evaluation()),
        ];
        Self { bodies: bodies.into_iter().collect(), more: String::new(), reallocation: String::new(), foreign: None }
    }

    /// Replaces what an export does, given by the last part of its name, before it returns its answer.
    pub(crate) fn with(mut self, export: &str, body: impl Into<String>) -> Self {
        let ends = |name: &&str| *name == export || name.ends_with(&format!(".{export}"));
        let name = self.bodies.keys().copied().find(ends).unwrap();
        self.bodies.insert(name, body.into());
        self
    }

    /// Adds to the core module.
    pub(crate) fn having(mut self, text: &str) -> Self {
        self.more.push_str(text);
        self
    }

    /// Replaces what allocation starts with.
    pub(crate) fn allocating(mut self, code: impl Into<String>) -> Self {
        self.reallocation = code.into();
        self
    }

    /// Imports an interface of another package.
    pub(crate) fn importing(mut self, foreign: Foreign) -> Self {
        self.foreign = Some(foreign);
        self
    }

    fn module(&self) -> String {
        let mut code = String::from("(module\n");
        let uses = |name: &str| self.bodies.values().any(|body| body.contains(name));
        for (_, import) in IMPORTS.iter().filter(|(name, _)| uses(name)) {
            code.push_str(import);
        }
        code.push_str(self.foreign.map_or("", |foreign| foreign.import));
        code.push_str(&format!(
            r#"(import "[export]perfagent:task/runner@0.1.0" "[resource-new]instance" (func $new (param i32) (result i32)))
            (memory (export "memory") 2)
            (global $heap (mut i32) (i32.const 65536))
            (func (export "cabi_realloc") (param i32 i32 i32) (param $len i32) (result i32) (local $at i32)
              {}
              (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
              (global.set $heap (i32.add (local.get $at) (local.get $len)))
              (block $enough (loop $again
                (br_if $enough (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
                (drop (memory.grow (i32.const 16)))
                (br $again)))
              (local.get $at))
            {}"#,
            self.reallocation, self.more
        ));
        for (name, parameters) in EXPORTS {
            let body = &self.bodies[name];
            code.push_str(&format!(
                r#"(func $"{name}" (export "perfagent:task/runner@0.1.0#{name}") {parameters} (result i32) (local $i i32)
                  (memory.fill (i32.const {ANSWER}) (i32.const 0) (i32.const 256))
                  {body}
                  (i32.const {ANSWER}))"#
            ));
        }
        code.push(')');
        code
    }

    /// The component.
    pub(crate) fn build(&self) -> Vec<u8> {
        self.build_for("0.1.0")
    }

    /// The component, for another version of the interface.
    pub(crate) fn build_for(&self, version: &str) -> Vec<u8> {
        let adapt = |text: &str| text.replace("@0.1.0", &format!("@{version}"));
        let mut module = wat::parse_str(adapt(&self.module())).unwrap();
        let mut resolve = Resolve::default();
        let package = resolve.push_source("task.wit", &adapt(&interface())).unwrap();
        let world = match self.foreign {
            None => resolve.select_world(&[package], Some("task")).unwrap(),
            Some(Foreign { interface, package, .. }) => {
                let world = format!("world guest {{ include perfagent:task/task@{version}; import {interface}; }}");
                let text = format!("package test:guest;\n{package}\n{world}");
                let package = resolve.push_source("guest.wit", &text).unwrap();
                resolve.select_world(&[package], Some("guest")).unwrap()
            }
        };
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
    }
}

/// The WIT of the task interface as one text.
fn interface() -> String {
    const FILES: [&str; 5] = [
        include_str!("../../../../wit/execution.wit"),
        include_str!("../../../../wit/log.wit"),
        include_str!("../../../../wit/runner.wit"),
        include_str!("../../../../wit/toolkit.wit"),
        include_str!("../../../../wit/world.wit"),
    ];
    let mut text = "package perfagent:task@0.1.0;\n".to_owned();
    for file in FILES {
        text.extend(file.lines().filter(|line| !line.starts_with("package ")).map(|line| format!("{line}\n")));
    }
    text
}

/// A core function that takes minutes to compile: blocks within blocks, each of which may be left to
/// any around it, with values that differ on each way.
pub(crate) fn slow_to_compile() -> String {
    const BLOCKS: usize = 2_500;
    let mut code = "(func $slow (param $to i32) (local $a i32) (local $b i32)\n".to_owned();
    code.push_str(&"block\n".repeat(BLOCKS));
    let mut targets = String::new();
    for depth in (1..=BLOCKS).rev() {
        targets.clear();
        for target in 0..depth {
            targets.push_str(&format!(" {target}"));
        }
        code.push_str(&format!(
            "(local.set $a (i32.mul (local.get $b) (i32.const {depth})))
             (local.set $b (i32.xor (local.get $a) (local.get $to)))
             (br_table{targets} (local.get $b))\nend\n"
        ));
    }
    code + ")"
}

/// Tens of thousands of exports, none of which is a task.
pub(crate) fn many_exports() -> Vec<u8> {
    let mut text = "(component (core module $m (func (export \"f\"))) (core instance $i (instantiate $m)) \
                    (func $f (canon lift (core func $i \"f\")))"
        .to_owned();
    for number in 0..65_000 {
        text.push_str(&format!("(export \"e{number}\" (func $f))"));
    }
    text.push(')');
    wat::parse_str(&text).unwrap()
}
