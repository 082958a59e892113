//! Whole programs made of runners and solutions.

use super::{functional, whole};
use crate::language::{LANGUAGES, Language};
use crate::source::Preamble;
use proptest::prelude::*;

fn language(name: &str) -> &'static Language {
    Language::named(name).unwrap()
}

/// The program without the preamble that every program of the language has.
fn assembled(name: &str, runner: &str, solution: &str) -> String {
    let program = functional(language(name), runner, solution);
    match language(name).preamble {
        Preamble::Whole(text) => program.strip_prefix(text).unwrap().to_owned(),
        Preamble::Mentioned(_) => program,
    }
}

#[test]
fn python_gets_what_it_mentions() {
    let runner = "import sys\n\n# ==Code Submission== (here)\nprint(Solution().f(sys.argv))\n";
    let solution = "from __future__ import annotations\nimport heapq as h, sys\nimport sys\nclass Solution:\n    \
                    def f(self, x: List[int]):\n        import re\n        x.copy()\n        \
                    return h.nsmallest(math.inf, Counter(x), 'deque')\n\n";
    let expected = "from __future__ import annotations\n\
                    import math\n\
                    import sys\n\
                    from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple\n\
                    from typing import Any, Callable, DefaultDict, Deque, Dict, Generator, Generic, Iterable, \
                    Iterator, List, Literal\n\
                    import heapq as h, sys\n\
                    \n\
                    \nclass Solution:\n    def f(self, x: List[int]):\n        import re\n        x.copy()\n        \
                    return h.nsmallest(math.inf, Counter(x), 'deque')\nprint(Solution().f(sys.argv))\n";
    assert_eq!(assembled("python3", runner, solution), expected);
}

#[test]
fn includes_stand_once() {
    let runner =
        "#include <vector>\n#include <bits/stdc++.h>\nusing namespace std;\n==Code Submission==\nint main() {}";
    let solution = "#include<bits/stdc++.h>\n#include \"x.h\"\nint f();";
    let expected = "#include <bits/stdc++.h>\n#include \"x.h\"\n\nusing namespace std;\nint f();\nint main() {}";
    assert_eq!(assembled("cpp", runner, solution), expected);
}

#[test]
fn java_has_one_public_class_which_is_main() {
    let runner = "import java.util.List;\nimport javax.crypto.Cipher;\n// ==Code Submission==\npublic class Main { }\n";
    let solution = "package p;\nimport java.util.*;\nimport java.awt.Point;\npublic class Solution { }\n";
    let expected =
        "import javax.crypto.Cipher;\nimport java.awt.Point;\n\n class Solution { }\npublic class Main { }\n";
    assert_eq!(assembled("java", runner, solution), expected);
}

#[test]
fn javascript_binds_each_name_once() {
    let runner = "const fs = require('fs');\n// ==Code Submission==\nf(fs);\n";
    let solution =
        "import fs, { statSync } from 'node:fs';\nconst { Queue } = require('datastructures-js');\nfunction f() {}";
    let expected = "const fs = require(\"fs\");\nconst statSync = require(\"node:fs\").statSync;\n\
                    const Queue = require(\"datastructures-js\").Queue;\n\nfunction f() {}\nf(fs);\n";
    assert_eq!(assembled("javascript", runner, solution), expected);
}

#[test]
fn go_imports_what_it_mentions() {
    let runner = "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\n// ==Code Submission==\n\nfunc main() { fmt.Println(f()) }\n";
    let solution =
        "package main\nimport str \"strings\"\nfunc f() int { return sort.SearchInts(nil, len(str.Split(x.os))) }\n";
    let expected = "package main\n\nimport (\n\t\"fmt\"\n\tstr \"strings\"\n\t\"sort\"\n)\n\n\n\nfunc f() int { return \
                    sort.SearchInts(nil, len(str.Split(x.os))) }\n\nfunc main() { fmt.Println(f()) }\n";
    assert_eq!(assembled("golang", runner, solution), expected);
}

#[test]
fn ruby_requires_once() {
    let expected = "require \"set\"\nrequire 'prime'\n\ndef f = 1\np f\n";
    assert_eq!(
        assembled("ruby", "require \"set\"\n# ==Code Submission==\np f\n", "require 'prime'\ndef f = 1"),
        expected
    );
}

#[test]
fn rust_uses_each_name_once() {
    let runner = "use std::io::{self, Read};\n// ==Code Submission==\nfn main() { f(io::stdin()) }\n";
    let solution = "use std::collections::{HashMap as Map, HashSet};\nuse std::io;\nfn f() -> VecDeque<Map> {}\n";
    let program = assembled("rust", runner, solution);
    let uses: Vec<&str> = program.lines().filter(|line| line.starts_with("use ")).collect();
    let expected = [
        "use std::io;",
        "use std::io::Read;",
        "use std::collections::HashMap as Map;",
        "use std::collections::HashSet;",
        "use std::collections::VecDeque;",
    ];
    assert!(expected.iter().all(|expected| uses.contains(expected)), "{program}");
    let names = uses.iter().map(|line| line.rsplit([':', ' ']).next().unwrap());
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{program}");
}

#[test]
fn programs_of_java_start_with_main() {
    let cases = [
        // A constructor, a reference to it, texts and comments.
        (
            "package a;\npublic class Sum { Sum() {} /* Sum */ Supplier<Sum> s = Sum::new; String t = \"Sum\"; int Sums; }",
            "public class Main { Main() {} /* Sum */ Supplier<Main> s = Main::new; String t = \"Sum\"; int Sums; }",
        ),
        // The class with the method `main`, though another one is public.
        (
            "public class A { }\nfinal class B { public static void  main(String[] a) { new B(); } }",
            " class A { }\nfinal class Main { public static void  main(String[] a) { new Main(); } }",
        ),
        // Nothing to do, though an inner class is public.
        (
            "class Main { public static class X { } }\nrecord P(int x) { }",
            "class Main { public static class X { } }\nrecord P(int x) { }",
        ),
        ("public record P(int x) { static void main() { } }", "public record Main(int x) { static void main() { } }"),
        ("interface A { }", "interface A { }"),
        ("public enum E { X; }", "public enum Main { X; }"),
    ];
    for (source, expected) in cases {
        assert_eq!(whole(language("java"), source), expected);
    }
}

#[test]
fn programs_of_go_have_a_package() {
    assert_eq!(whole(language("go"), "func main() {}"), "package main\n\nfunc main() {}");
    for whole_program in ["package main\nfunc main() {}", "// c\n\npackage main\n"] {
        assert_eq!(whole(language("go"), whole_program), whole_program);
    }
}

#[test]
fn other_programs_stay_as_they_are() {
    for name in ["python3", "cpp", "c", "javascript", "ruby", "rust"] {
        let source = "import x\r\n\tpackage y; public class Z {}";
        assert_eq!(whole(language(name), source), source);
    }
}

proptest! {
    #[test]
    fn solutions_stand_where_the_runner_wants_them(
        before in "[a-z =]{0,20}\n", after in "\n[a-z =]{0,20}", solution in "([a-eg-hj-oq-tv-z]{1,9}\n){1,5}"
    ) {
        for language in &LANGUAGES {
            let runner = format!("{before}x ==Code Submission== y{after}");
            let program = functional(language, &runner, &solution);
            let (start, end) = (program.find(&before).unwrap(), program.rfind(&after).unwrap());
            prop_assert!(program[start..=end].contains(&solution), "{program}");
            prop_assert!(!program.contains("==Code Submission=="), "{program}");
        }
    }

    #[test]
    fn no_parts_make_it_panic(runner in "(import|use|class|public|==Code Submission==| |\n|\\{|\\}|a|\"){0,20}", solution in "\\PC{0,40}") {
        for language in &LANGUAGES {
            functional(language, &runner, &solution);
        }
    }
}
