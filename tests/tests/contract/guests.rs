//! A task of a few instructions that does everything as it should, and parts to spoil it with.

use crate::guest::{Guest, byte, evaluation, text, word};

/// The one instance that the task reads.
pub(crate) const INSTANCE: &[u8] = br#"{"a":1}"#;

/// Where the task puts a prompt that it makes.
const PROMPT: usize = 40_000;

/// A description with a summary, `schema` and nothing else of note.
pub(crate) fn description(name: &str, schema: &str) -> String {
    let parts = [text(0, name), text(8, "1.0.2"), text(16, "Answers 0."), text(24, "runtime"), text(44, schema)];
    parts.concat()
}

pub(crate) const SCHEMA: &str = r#"{"type": "object"}"#;

/// Instructions that answer with the error of number `case`.
pub(crate) fn refusal(case: u8, message: &str) -> String {
    [byte(0, 1), byte(4, case), text(8, message)].concat()
}

/// Loads [`INSTANCE`] and does `otherwise` with anything else.
pub(crate) fn load(otherwise: &str) -> String {
    let length = INSTANCE.len();
    format!(
        "(if (i32.and (i32.eq (local.get 3) (i32.const {length}))
                (i32.and (i32.eq (i32.load8_u (local.get 2)) (i32.const 0x7b))
                    (i32.eq (i32.load8_u (i32.add (local.get 2) (i32.const {}))) (i32.const 0x7d))))
            (then {}) (else {otherwise}))",
        length - 1,
        word(4, "(call $new (i32.const 7))")
    )
}

/// Renders the template at `pointer`, without variables; `refused` is done with the toolkit's error at 2048.
fn rendered(pointer: &str, length: &str, refused: &str) -> String {
    format!(
        "(call $template {pointer} {length} (i32.const 0) (i32.const 0) (i32.const 2048))
         (if (i32.load8_u (i32.const 2048)) (then {refused}) (else {} {}))",
        word(4, "(i32.load (i32.const 2052))"),
        word(8, "(i32.load (i32.const 2056))")
    )
}

/// Answers with the toolkit's error as that of the template.
pub(crate) fn bad_template() -> String {
    let message = [word(8, "(i32.load (i32.const 2052))"), word(12, "(i32.load (i32.const 2056))")].concat();
    format!("{} {} {message}", byte(0, 1), byte(4, 2))
}

/// The system prompt: the user's template, or everything that the user adds.
pub(crate) fn system_prompt(refused: &str) -> String {
    let mut default = format!("(local.set $i (i32.const {PROMPT}))");
    for (pointer, length) in [(7, 8), (9, 10), (11, 12)] {
        default.push_str(&format!(
            "(memory.copy (local.get $i) (local.get {pointer}) (local.get {length}))
             (local.set $i (i32.add (local.get $i) (local.get {length})))"
        ));
    }
    default.push_str(&word(4, &format!("(i32.const {PROMPT})")));
    default.push_str(&word(8, &format!("(i32.sub (local.get $i) (i32.const {PROMPT}))")));
    let own = rendered("(local.get 2)", "(local.get 3)", refused);
    format!("(if (local.get 1) (then {own}) (else {default}))")
}

/// The optimisation prompt: the user's template, or the attempt's first note.
pub(crate) fn optimization_prompt() -> String {
    let field = |offset: usize| format!("(i32.load offset={offset} (local.get $all))");
    let own = rendered(&field(20), &field(24), &bad_template());
    let (notes, count) = (field(168), field(172));
    let note = [word(4, &format!("(i32.load {notes})")), word(8, &format!("(i32.load offset=4 {notes})"))].concat();
    format!(
        "(if (i32.load8_u offset=16 (local.get $all)) (then {own})
            (else (if {count} (then {note}) (else {}))))",
        text(4, "do better")
    )
}

/// Finds no solution.
pub(crate) fn no_solution() -> String {
    [byte(4, 1), text(8, "a fence was looked for")].concat()
}

/// The initial solution is valid, and `otherwise` is done with anything else.
pub(crate) fn evaluate(otherwise: &str) -> String {
    format!("(if (i32.eq (local.get 2) (i32.const 5)) (then {}) (else {otherwise}))", evaluation())
}

/// A judgement of what is no solution, with the metric `metric`.
pub(crate) fn invalid(metric: &str) -> String {
    format!("(f64.store (i32.const 1032) (f64.const {metric})) {} {}", text(20, "no solution"), text(28, "{}"))
}

/// The task.
pub(crate) fn good() -> Guest {
    Guest::new()
        .with("describe", description("echo", SCHEMA))
        .with("load", load(&refusal(0, "a: expected 1")))
        .with("summary", text(12, "txt"))
        .with("system-prompt", system_prompt(&bad_template()))
        .with("optimization-prompt", optimization_prompt())
        .with("extract", no_solution())
        .with("evaluate", evaluate(&invalid("inf")))
}

/// A global that counts from 48 (`0`), and what adds one to it.
pub(crate) const COUNTER: &str = "(global $count (mut i32) (i32.const 48))";
pub(crate) const COUNT: &str = "(global.set $count (i32.add (global.get $count) (i32.const 1)))";
