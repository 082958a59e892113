//! Makes the program that is compiled of what the model wrote.
//!
//! For an `io` problem that is nearly all of it. For a `functional` one it is: common imports of the
//! language, what the two parts import beyond them, and the instance's test runner with the solution
//! in its place. The imports of the two parts move to the top, each once, because most languages
//! allow them nowhere else, and some refuse to bind a name twice.

use crate::language::Language;
use crate::source::{Import, Need, Preamble, Style, is_future, java, mask, part, words};
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
    let own = [runner.imports, solution.imports].concat();
    whole(language, &joined(language, own, &body))
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

/// Common imports, those of the program itself, and the body, one after another.
fn joined(language: &Language, own: Vec<Import>, body: &str) -> String {
    let (common, guesses) = match language.preamble {
        Preamble::Whole(text) => (text, Vec::new()),
        Preamble::Mentioned(text) => ("", part(text, &language.syntax, language.style).imports),
    };
    let guesses = needed(language, guesses, body);
    // What the program itself says counts before what was guessed for it: that is the last one in
    // Python, and the first where a name cannot be bound twice.
    let all = match language.style {
        Style::Python => [guesses, own].concat(),
        // Refused where it is not used.
        Style::Go => [needed(language, own, body), guesses].concat(),
        _ => [own, guesses].concat(),
    };
    let all = distinct(language, all, common);
    if language.style == Style::Go {
        return format!("package main\n\nimport (\n{})\n\n{body}", lines("\t", &all));
    }
    let (first, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(is_future);
    format!("{}{common}{}\n{body}", lines("", &first), lines("", &rest))
}

fn lines(indent: &str, imports: &[Import]) -> String {
    imports.iter().map(|import| format!("{indent}{}\n", import.text)).collect()
}

/// The imports that `body` needs, by what it mentions.
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
fn distinct(language: &Language, mut imports: Vec<Import>, common: &str) -> Vec<Import> {
    let plain = |text: &str| text.replace(char::is_whitespace, "");
    let mut texts: BTreeSet<String> = common.lines().map(plain).collect();
    let mut names: BTreeSet<String> = BTreeSet::new();
    let are_names_unique = matches!(language.style, Style::JavaScript | Style::Go | Style::Rust);
    imports.retain(|import| {
        let is_bound = are_names_unique && import.names.iter().any(|name| names.contains(name));
        let is_covered = language.style == Style::Java && java::is_covered(&import.text, common);
        names.extend(import.names.iter().cloned());
        !is_bound && !is_covered && texts.insert(plain(&import.text))
    });
    imports
}

#[cfg(test)]
mod tests;
