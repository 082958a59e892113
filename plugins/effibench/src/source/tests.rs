//! What is found of imports, language by language.

use super::{Import, part};
use crate::language::{LANGUAGES, Language};
use proptest::prelude::*;

/// The texts of the imports, and what remains of the program.
fn parts(language: &str, source: &str) -> (Vec<String>, String) {
    let language = Language::named(language).unwrap();
    let parted = part(source, &language.syntax, language.style);
    (parted.imports.into_iter().map(|import: Import| import.text).collect(), parted.body)
}

fn check(language: &str, source: &str, imports: &[&str], body: &str) {
    let (found, rest) = parts(language, source);
    assert_eq!(found, imports, "{language}: {source}");
    assert_eq!(rest, body, "{language}: {source}");
}

#[test]
fn python() {
    let source = "import os, sys  # both\nfrom a import (  # one\n    b,\n    c as d,\n)\nx = 1\n";
    check("py", source, &["import os, sys  # both", "from a import (  # one\n    b,\n    c as d,\n)"], "x = 1\n");
    check("py", "import sys; input = sys.stdin.readline\n", &["import sys"], "input = sys.stdin.readline\n");
    check("py", "import a; import b;import c ; d\n", &["import a", "import b", "import c"], "d\n");
    check("py", "import a;x = 1 ; import b ;y = 2\n", &["import a", "import b"], "x = 1 ; y = 2\n");
    check("py", "from a import b, \\\n    c\ny\n", &["from a import b, \\\n    c"], "y\n");
    let kept = "try:\n    import numpy\nexcept ImportError:\n    pass\n'''\nimport no\n'''\nimportant = 1\nfrom_ = 2\n";
    check("py", kept, &[], kept);
    check("py", "import a\r\nb\r\n", &["import a"], "b\r\n");
}

#[test]
fn includes() {
    let source =
        "#include <map>\n# include \"x.h\" // why\nusing namespace std;\n#ifdef A\n#include <a>\n#endif\nint x;\n";
    let body = "using namespace std;\n#ifdef A\n#include <a>\n#endif\nint x;\n";
    check("cpp", source, &["#include <map>", "# include \"x.h\""], body);
    check("c", "/*\n#include <a>\n*/\n#define include 1\n", &[], "/*\n#include <a>\n*/\n#define include 1\n");
}

#[test]
fn java() {
    let source = "package a.b;\n// c\nimport java.util.*; import static java.lang.Math.max;\nclass A { }\n";
    check("java", source, &["import java.util.*;", "import static java.lang.Math.max;"], "// c\nclass A { }\n");
    check("java", "class A { String importance; }\n", &[], "class A { String importance; }\n");
}

#[test]
fn javascript() {
    let source = "const fs = require('fs');\nlet {\n  a, // x\n  b: c,\n} = require(\"m/n\")\nvar p = require('fs').promises\nf()\n";
    let imports = [
        "const fs = require(\"fs\");",
        "const a = require(\"m/n\").a;",
        "const c = require(\"m/n\").b;",
        "const p = require(\"fs\").promises;",
    ];
    check("js", source, &imports, "f()\n");
    let modules = "import d, { e as g } from 'x';\nimport * as h from \"y\";\nimport 'z'\n";
    let imports =
        ["const d = require(\"x\");", "const g = require(\"x\").e;", "const h = require(\"y\");", "require(\"z\");"];
    check("js", modules, &imports, "");
    let kept =
        "const x = require('a')(1);\nconst [y] = require('b');\nconst z = 'require';\nconst a = require('a'), b = 1;\n";
    check("js", kept, &[], kept);
}

#[test]
fn go() {
    let source = "package main // p\n\nimport (\n\t\"fmt\"\n\tr \"math/rand\" // x \"y\"\n)\nimport . \"os\"\nimport _ `a/b`\nfunc f() {}\n";
    let imports = ["\"fmt\"", "r \"math/rand\"", ". \"os\"", "_ \"a/b\""];
    check("go", source, &imports, "\nfunc f() {}\n");
    check(
        "go",
        "import (\"a\"; b \"c\")\nvar importx = `\nimport \"d\"\n`\n",
        &["\"a\"", "b \"c\""],
        "var importx = `\nimport \"d\"\n`\n",
    );
}

#[test]
fn ruby() {
    check(
        "ruby",
        "require 'set'\nrequire(\"json\") # j\nputs 1\n",
        &["require 'set'", "require(\"json\")"],
        "puts 1\n",
    );
    let kept = "require 'a' if b\n  require 'c'\nrequired = 1\n=begin\nrequire 'd'\n=end\n";
    check("ruby", kept, &[], kept);
}

#[test]
fn rust() {
    let source = "use std::collections::{HashMap, hash_map::{self, Entry as E}};\nuse std::io::*; // all\nfn f() {}\n";
    let imports = [
        "use std::collections::HashMap;",
        "use std::collections::hash_map;",
        "use std::collections::hash_map::Entry as E;",
        "use std::io::*;",
    ];
    check("rust", source, &imports, " // all\nfn f() {}\n");
}

#[test]
fn hostile_programs_take_little_time() {
    let sources = [
        "import (\n",
        "import a;",
        "const {\n",
        "use {",
        "import {",
        "#include",
        "/",
        "'",
        "\"",
        "require(",
        "{class a",
        "a.",
    ];
    for start in sources {
        let source = start.repeat(20_000);
        for language in &LANGUAGES {
            let parted = part(&source, &language.syntax, language.style);
            assert!(parted.body.len() <= source.len());
            let _ = super::java::with_entry(&source, &language.syntax);
        }
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(
        source in "(import a;|import|from|package|use|require|const|#include|#if|class|public|void main| |\n|;|,|'|\"|`|/\\*|//|\\(|\\)|\\{|\\}|=|a|é|\\\\|\\*|as|::|main){0,40}"
    ) {
        for language in &LANGUAGES {
            let parted = part(&source, &language.syntax, language.style);
            prop_assert!(parted.body.len() <= source.len());
            let _ = super::java::with_entry(&source, &language.syntax);
        }
    }

    #[test]
    fn programs_without_imports_stay_as_they_are(source in "([a-eg-hj-oq-tv-z =()\"'{}]{0,12}\n){0,12}") {
        for language in &LANGUAGES {
            let parted = part(&source, &language.syntax, language.style);
            prop_assert!(parted.imports.is_empty());
            prop_assert_eq!(&parted.body, &source);
        }
    }
}
