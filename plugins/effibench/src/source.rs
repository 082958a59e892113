//! Reads just enough of a program to know what it imports.
//!
//! [`mask`] blanks comments and texts out, so that what remains can be searched for keywords; the
//! modules of the languages find import statements in it, and [`part`] takes them out of the program.

mod cut;
mod go;
mod include;
pub(crate) mod java;
mod javascript;
mod mask;
mod python;
mod ruby;
mod rust;
mod scan;

pub(crate) use mask::{Syntax, Text, mask};
pub(crate) use python::is_future;
pub(crate) use scan::words;

use cut::without;
use std::ops::Range;

/// How a language's programs say what they import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Python,
    Include,
    Java,
    JavaScript,
    Go,
    Ruby,
    Rust,
}

/// What is imported on behalf of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Preamble {
    /// The text as it is.
    Whole(&'static str),
    /// Those imports of the text whose names the program mentions: where the others would cost time
    /// or be errors.
    Mentioned(&'static str),
}

/// One thing that a program imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// The statement, or in Go its part without the keyword.
    pub(crate) text: String,
    /// Names that the program can use because of it; none where the statement does not tell.
    pub(crate) names: Vec<String>,
    /// When a program needs it.
    pub(crate) need: Need,
}

/// When a program needs an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Whatever it mentions.
    Always,
    /// When it mentions one of the names.
    Name,
    /// When it mentions one of the names before a dot.
    Qualifier,
}

/// A program without its imports.
#[derive(Debug)]
pub(crate) struct Parted {
    pub(crate) imports: Vec<Import>,
    pub(crate) body: String,
}

/// An import, and the part of the program that says so.
struct Found {
    imports: Vec<Import>,
    range: Range<usize>,
}

/// Takes `source` apart.
pub(crate) fn part(source: &str, syntax: &Syntax, style: Style) -> Parted {
    let masked = mask(source, syntax);
    let find = match style {
        Style::Python => python::find,
        Style::Include => include::find,
        Style::Java => java::find,
        Style::JavaScript => javascript::find,
        Style::Go => go::find,
        Style::Ruby => ruby::find,
        Style::Rust => rust::find,
    };
    let found = find(source, &masked);
    let ranges: Vec<Range<usize>> = found.iter().map(|found| found.range.clone()).collect();
    Parted { imports: found.into_iter().flat_map(|found| found.imports).collect(), body: without(source, &ranges) }
}

#[cfg(test)]
mod tests;
