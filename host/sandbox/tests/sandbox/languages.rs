//! Every language of the table, and one more that a user adds.

use super::support::skip;
use super::{Scene, request, scene, scene_with, text};
use perfagent_core::execution::{CompileError, Limits, Outcome, Policy, RunOptions, RunRequest};
use perfagent_sandbox::{Language, LanguageTable};

/// Programs that add the numbers of their input, by language.
const SUMS: [(&str, &str); 8] = [
    ("python3", "print(sum(map(int, input().split())))"),
    (
        "cpp",
        "#include <iostream>\nint main() { long s = 0, x; while (std::cin >> x) s += x; std::cout << s << '\\n'; }",
    ),
    (
        "c",
        "#include <stdio.h>\nint main(void) { long s = 0, x; while (scanf(\"%ld\", &x) == 1) s += x; printf(\"%ld\\n\", s); }",
    ),
    (
        "java",
        "import java.util.*;\npublic class Main { public static void main(String[] a) {
            Scanner in = new Scanner(System.in); long s = 0; while (in.hasNextLong()) s += in.nextLong();
            System.out.println(s); } }",
    ),
    (
        "javascript",
        "const text = require('fs').readFileSync(0, 'utf8');
         console.log(text.split(/\\s+/).filter(Boolean).map(Number).reduce((a, b) => a + b, 0));",
    ),
    // Without imports: goimports adds them where it is installed.
    (
        "golang",
        "package main\nimport (\"fmt\"; \"bufio\"; \"os\")\nfunc main() { in := bufio.NewReader(os.Stdin); s := 0
         for { var x int; if _, e := fmt.Fscan(in, &x); e != nil { break }; s += x }; fmt.Println(s) }",
    ),
    ("ruby", "puts $stdin.read.split.map(&:to_i).sum"),
    (
        "rust",
        "use std::io::Read; fn main() { let mut t = String::new(); std::io::stdin().read_to_string(&mut t).unwrap();
         println!(\"{}\", t.split_whitespace().map(|x| x.parse::<i64>().unwrap()).sum::<i64>()); }",
    ),
];

/// Whether a language can be tried here; says so where it cannot.
async fn has(scene: &Scene, language: &str) -> bool {
    let toolchains = scene.sandbox.toolchains().await;
    let toolchain = toolchains.iter().find(|toolchain| toolchain.language == language).unwrap();
    let Err(problem) = &toolchain.version else { return true };
    skip(&format!("{language}: {problem}"));
    false
}

#[tokio::test]
async fn every_language_reads_and_answers() {
    let scene = scene().await;
    for (language, source) in SUMS {
        if !has(&scene, language).await {
            continue;
        }
        let program = match scene.sandbox.compile(request(language, source)).await {
            Ok(program) => program,
            Err(error) => panic!("{language}: {error}"),
        };
        let measured = RunOptions { policy: Policy::Measure, max_parallel: None };
        for options in [RunOptions::default(), measured] {
            let request = RunRequest { input: b"20 21 1".to_vec(), ..RunRequest::default() };
            let mut reports = match scene.sandbox.run(&program, vec![request], options).await {
                Ok(reports) => reports,
                Err(failure) => panic!("{language}: {failure}"),
            };
            let report = reports.remove(0);
            assert_eq!(
                (report.outcome, text(&report.output).trim_end()),
                (Outcome::Exited(0), "42"),
                "{language}: {}",
                text(&report.error_output)
            );
        }
    }
}

#[tokio::test]
async fn what_a_compiler_refuses_is_a_rejection() {
    let scene = scene().await;
    for language in ["cpp", "c", "java", "golang", "rust"] {
        if !has(&scene, language).await {
            continue;
        }
        let error = scene.sandbox.compile(request(language, "this is no program")).await.unwrap_err();
        let CompileError::Rejected(rejection) = error else { panic!("{language}: {error}") };
        assert!(!rejection.message.is_empty(), "{language}");
    }
}

#[tokio::test]
async fn the_packages_that_programs_may_use_are_found() {
    let scene = scene().await;
    for (language, source) in [
        (
            "python3",
            "import numpy, sortedcontainers\nprint(sortedcontainers.SortedList([3, 1])[0] + int(numpy.sum([41])))",
        ),
        (
            "javascript",
            "const {Queue} = require('datastructures-js'); console.log(require('lodash').sum([40, new Queue([2]).pop()]))",
        ),
    ] {
        if !has(&scene, language).await {
            continue;
        }
        let program = scene.compile(language, source).await;
        let report = scene.run(&program, "", Limits::default()).await;
        let error = text(&report.error_output);
        let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        if !is_ci && (error.contains("No module named") || error.contains("Cannot find module")) {
            println!("skipped: {language}: the packages are not installed");
            continue;
        }
        assert_eq!(text(&report.output).trim_end(), "42", "{language}: {error}");
    }
}

#[tokio::test]
async fn users_add_languages() {
    let perl: Language = serde_json::from_str(
        r#"{
            "name": "perl", "aliases": ["pl"], "file_name": "main.pl", "extension": "pl",
            "run": ["perl", "{program}/main.pl"], "probe": ["perl", "-e", "print $^V"],
            "install_hint": "install perl", "environment": {"PERL_HASH_SEED": "{seed}"}
        }"#,
    )
    .unwrap();
    let mut languages = LanguageTable::built_in();
    languages.insert(perl);
    let scene = scene_with(languages).await;
    if !has(&scene, "perl").await {
        return;
    }
    let program = scene.compile("PL", "print $ENV{PERL_HASH_SEED}, ' ', <STDIN>").await;
    assert_eq!(text(&scene.run(&program, "in", Limits::default()).await.output), "0 in");
}

#[tokio::test]
async fn the_same_request_compiles_once() {
    let scene = scene().await;
    let source = SUMS[1].1;
    let first = scene.compile("cpp", source).await;
    let again = scene.compile("c++", source).await;
    assert!(first.is_same(&again));
    assert!(!first.is_same(&scene.compile("cpp", &format!("{source}\n")).await));
}
