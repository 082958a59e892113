//! Makes the program that is compiled of what the model wrote.
//!
//! For an `io` problem that is nearly all of it. For a `functional` one it is: common imports of the
//! language, what the two parts import beyond them, and the instance's test runner with the solution
//! in its place. The imports of the two parts move to the top, each once, because most languages
//! allow them nowhere else, and some refuse to bind a name twice.

use crate::language::Language;
use crate::source::{Import, Need, Parted, Preamble, Style, java, mask, part, words};
use std::collections::BTreeSet;

/// What the line holds in whose place a runner takes the solution.
pub(crate) const MARK: &str = "==Code Submission==";

/// The program of a solution that reads standard input and writes standard output.
pub(crate) fn whole(language: &Language, solution: &str) -> String {
    match language.style {
        Style::Java => java::with_entry(solution, &language.syntax),
        Style::Go if !has_package(language, solution) => format!("package main\n\n{solution}"),
        _ => solution.to_owned(),
    }
}

fn has_package(language: &Language, source: &str) -> bool {
    mask(source, &language.syntax).lines().any(|line| line.trim_start().starts_with("package"))
}

/// The program of a solution that `runner` calls.
pub(crate) fn functional(language: &Language, runner: &str, solution: &str) -> String {
    let part = |source: &str| part(source, &language.syntax, language.style);
    // As a comment the marked line disturbs nobody who reads the runner.
    let mark = language.comment(MARK);
    let runner = part(&with_mark(runner, &mark));
    let solution = part(solution);
    let body = in_place(&runner.body, &solution.body);
    let imports = [runner.imports, solution.imports].concat();
    let program = match language.style {
        Style::Go => go(language, imports, &body),
        _ => joined(language, imports, &body),
    };
    whole(language, &program)
}

/// `runner` with its marked line replaced by `mark`, which ends a line.
fn with_mark(runner: &str, mark: &str) -> String {
    runner.split_inclusive('\n').map(|line| if line.contains(MARK) { mark } else { line }).collect()
}

/// `runner` with the first marked line replaced by the solution.
fn in_place(runner: &str, solution: &str) -> String {
    let mut parts = Vec::new();
    let mut is_placed = false;
    for line in runner.split_inclusive('\n') {
        if !line.contains(MARK) {
            parts.push(line);
        } else if !is_placed {
            is_placed = true;
            parts.extend([solution.trim_end(), "\n"]);
        }
    }
    parts.concat()
}

/// Preamble, imports and body, one after another.
fn joined(language: &Language, imports: Vec<Import>, body: &str) -> String {
    let (common, mut chosen) = match language.preamble {
        Preamble::Whole(text) => (text.to_owned(), Vec::new()),
        Preamble::Mentioned(text) => (String::new(), mentioned(language, text, body)),
    };
    // A mentioned import is a guess: what the program itself says comes first where names must be
    // unique, and last where the last one counts.
    let guesses = std::mem::take(&mut chosen);
    let all = match language.style {
        Style::Python => [guesses, imports].concat(),
        _ => [imports, guesses].concat(),
    };
    let all = distinct(language, all, &common);
    let (first, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|import| is_first(language, import));
    let lines = |imports: &[Import]| imports.iter().map(|import| format!("{}\n", import.text)).collect::<String>();
    format!("{}{common}{}\n{body}", lines(&first), lines(&rest))
}

fn is_first(language: &Language, import: &Import) -> bool {
    language.style == Style::Python && crate::source::is_future(import)
}

/// Go refuses what is imported and not used: only what is mentioned is imported.
fn go(language: &Language, imports: Vec<Import>, body: &str) -> String {
    let (Preamble::Mentioned(text) | Preamble::Whole(text)) = language.preamble;
    let all = [imports, part(text, &language.syntax, language.style).imports].concat();
    let all = distinct(language, needed(language, all, body), "");
    let lines: String = all.iter().map(|import| format!("\t{}\n", import.text)).collect();
    format!("package main\n\nimport (\n{lines})\n\n{body}")
}

/// The imports of a preamble that `body` mentions.
fn mentioned(language: &Language, preamble: &str, body: &str) -> Vec<Import> {
    let Parted { imports, .. } = part(preamble, &language.syntax, language.style);
    needed(language, imports, body)
}

fn needed(language: &Language, mut imports: Vec<Import>, body: &str) -> Vec<Import> {
    let masked = mask(body, &language.syntax);
    let is_member = |start: usize| masked[..start].ends_with('.') && !masked[..start].ends_with("..");
    let free = || words(&masked).filter(|(range, _)| !is_member(range.start));
    let names: BTreeSet<&str> = free().map(|(_, word)| word).collect();
    let qualifiers: BTreeSet<&str> =
        free().filter(|(range, _)| masked[range.end..].starts_with('.')).map(|(_, word)| word).collect();
    let any = |import: &Import, known: &BTreeSet<&str>| import.names.iter().any(|name| known.contains(name.as_str()));
    imports.retain(|import| match import.need {
        Need::Always => true,
        Need::Name => any(import, &names),
        Need::Qualifier => any(import, &qualifiers),
    });
    imports
}

/// `imports` without those that are said twice, or in `common` already.
fn distinct(language: &Language, imports: Vec<Import>, common: &str) -> Vec<Import> {
    let plain = |text: &str| text.replace(char::is_whitespace, "");
    let mut texts: BTreeSet<String> = common.lines().map(plain).collect();
    let mut names = BTreeSet::new();
    let is_unique = matches!(language.style, Style::JavaScript | Style::Go | Style::Rust);
    let is_new = |import: &Import| {
        let is_bound = is_unique && !import.names.is_empty() && import.names.iter().all(|name| names.contains(name));
        let is_covered = language.style == Style::Java && java::is_covered(&import.text, common);
        let is_new = !is_bound && !is_covered && texts.insert(plain(&import.text));
        names.extend(import.names.iter().cloned());
        is_new
    };
    let mut imports = imports;
    imports.retain({
        let mut is_new = is_new;
        move |import| is_new(import)
    });
    imports
}
