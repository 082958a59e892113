//! The languages as data.

use super::Language;
use crate::source::{Preamble, Style, Syntax, Text};

/// Texts of the languages that took theirs from C.
const QUOTED: [Text; 2] = [Text::line("\""), Text::line("'")];

/// Comments of the languages that took theirs from C++.
const fn braces(texts: &'static [Text]) -> Syntax {
    Syntax { line_comment: "//", block_comment: Some(("/*", "*/")), texts, has_regexes: false }
}

/// The languages that the task runs.
pub(crate) const LANGUAGES: [Language; 8] = [
    Language {
        name: "python3",
        title: "Python 3",
        aliases: &["python", "py"],
        fences: &[],
        extension: "py",
        toolchain: "python3 -u",
        imports: "the standard library, and the packages sortedcontainers and numpy where they are installed",
        syntax: Syntax {
            line_comment: "#",
            block_comment: None,
            texts: &[Text::block("\"\"\""), Text::block("'''"), Text::line("\""), Text::line("'")],
            has_regexes: false,
        },
        out_of_memory: &["MemoryError"],
        style: Style::Python,
        preamble: Preamble::Mentioned(include_str!("preambles/python3.py")),
    },
    Language {
        name: "cpp",
        title: "C++",
        aliases: &["c++", "cxx"],
        fences: &["cc"],
        extension: "cpp",
        toolchain: "g++ -std=c++20 -O2",
        imports: "the standard library of C++20",
        syntax: braces(&[Text::raw("R\"(", ")\""), QUOTED[0], QUOTED[1]]),
        out_of_memory: &["std::bad_alloc"],
        style: Style::Include,
        preamble: Preamble::Whole(include_str!("preambles/cpp.cpp")),
    },
    Language {
        name: "java",
        title: "Java",
        aliases: &[],
        fences: &[],
        extension: "java",
        toolchain: "javac, then java Main",
        imports: "the standard library of Java",
        syntax: braces(&[Text::block("\"\"\""), QUOTED[0], QUOTED[1]]),
        out_of_memory: &["java.lang.OutOfMemoryError"],
        style: Style::Java,
        preamble: Preamble::Whole(include_str!("preambles/java.java")),
    },
    Language {
        name: "javascript",
        title: "JavaScript",
        aliases: &["js", "node"],
        fences: &["mjs", "cjs"],
        extension: "js",
        toolchain: "node --harmony, as a CommonJS module",
        imports: "the modules of Node.js, and the packages lodash and datastructures-js where they are installed",
        syntax: Syntax { has_regexes: true, ..braces(&[Text::block("`"), QUOTED[0], QUOTED[1]]) },
        out_of_memory: &["heap out of memory", "Array buffer allocation failed"],
        style: Style::JavaScript,
        preamble: Preamble::Whole(include_str!("preambles/javascript.js")),
    },
    Language {
        name: "golang",
        title: "Go",
        aliases: &["go"],
        fences: &[],
        extension: "go",
        toolchain: "go build, one file of package main",
        imports: "the standard library of Go",
        syntax: braces(&[Text::raw("`", "`"), QUOTED[0], QUOTED[1]]),
        out_of_memory: &["runtime: out of memory"],
        style: Style::Go,
        preamble: Preamble::Mentioned(include_str!("preambles/golang.go")),
    },
    Language {
        name: "ruby",
        title: "Ruby",
        aliases: &["rb"],
        fences: &[],
        extension: "rb",
        toolchain: "ruby",
        imports: "the standard library of Ruby",
        syntax: Syntax {
            line_comment: "#",
            block_comment: Some(("\n=begin", "\n=end")),
            texts: &QUOTED,
            has_regexes: false,
        },
        out_of_memory: &["NoMemoryError"],
        style: Style::Ruby,
        preamble: Preamble::Whole(include_str!("preambles/ruby.rb")),
    },
    Language {
        name: "c",
        title: "C",
        aliases: &[],
        fences: &[],
        extension: "c",
        toolchain: "gcc -O2",
        imports: "the standard library of C",
        syntax: braces(&QUOTED),
        out_of_memory: &[],
        style: Style::Include,
        preamble: Preamble::Whole(include_str!("preambles/c.c")),
    },
    Language {
        name: "rust",
        title: "Rust",
        aliases: &["rs"],
        fences: &[],
        extension: "rs",
        toolchain: "rustc --edition 2021 -O",
        imports: "the standard library of Rust",
        syntax: braces(&[Text::block("\"")]),
        out_of_memory: &["memory allocation of "],
        style: Style::Rust,
        preamble: Preamble::Mentioned(include_str!("preambles/rust.rs")),
    },
];
