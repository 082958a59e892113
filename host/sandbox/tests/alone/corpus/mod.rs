//! Programs that mean harm: how each of them ends, that it reached nothing, and that a program which
//! runs beside it meanwhile notices nothing.
//!
//! A program of the corpus prints a line that begins with `gained` for whatever it should not have
//! got, and `tried` at its end.

mod bait;
mod cheating;
mod compilers;
mod escape;
mod kernel;
mod resources;
mod time;
mod witness;

use super::{Scene, scene_with, skip, text};
use bait::Bait;
use perfagent_core::execution::{CompileError, CompileRequest, Limits, Outcome, RunOptions, RunReport, RunRequest};
use perfagent_sandbox::{Compilation, Language, LanguageTable};
use witness::Witness;

/// Limits of a program of the corpus, where it says nothing else.
const LIMITS: Limits = Limits {
    wall_ms: Some(10_000),
    cpu_ms: None,
    memory_bytes: Some(128 << 20),
    processes: Some(32),
    output_bytes: None,
    file_bytes: Some(16 << 20),
};

/// What begins every C program.
const PRELUDE: &str = include_str!("prelude.h");

/// How a program of the corpus ends.
#[derive(Clone, Debug)]
enum Expected {
    /// By itself, with exit code 0 and this output.
    Says(&'static str),
    /// In this way, whatever it wrote.
    Ends(Outcome),
    /// Its compiler ends in this way.
    Rejected(Outcome),
}

/// A program of the corpus.
#[derive(Clone, Debug)]
struct Case {
    name: &'static str,
    language: &'static str,
    source: &'static str,
    /// Of its run, or of its compilation where that is the harm.
    limits: Limits,
    expected: Expected,
    /// Whether it takes memory that only the kernel's own accounting sees.
    needs_accounting: bool,
    /// Processes that it leaves behind.
    leftovers: u64,
    /// How often it runs; each time it must do the same.
    runs: usize,
}

fn case(name: &'static str, language: &'static str, source: &'static str, expected: Expected) -> Case {
    Case { name, language, source, limits: LIMITS, expected, needs_accounting: false, leftovers: 0, runs: 1 }
}

fn c(name: &'static str, source: &'static str, expected: Expected) -> Case {
    case(name, "c", source, expected)
}

fn python(name: &'static str, source: &'static str, expected: Expected) -> Case {
    case(name, "python3", source, expected)
}

/// A language whose compiler is the program itself, called with `compile` and the directory for its
/// products.
fn maker(python: &Language) -> Language {
    let compile = ["python3", "main.py", "compile", "{output}"].map(str::to_owned).into();
    let run = ["python3", "{program}/main.py", "run"].map(str::to_owned).into();
    Language {
        name: "maker".into(),
        aliases: Vec::new(),
        compile: Some(Compilation { command: compile }),
        run,
        ..python.clone()
    }
}

/// Runs `cases` one after the other and reports all that went wrong by their names. Nothing is left
/// of them.
async fn gain_nothing(cases: Vec<Case>) {
    let mut languages = LanguageTable::built_in();
    languages.insert(maker(languages.find("python3").unwrap()));
    let scene = scene_with(2, languages).await;
    if scene.sandbox.isolation().tier > 4 {
        return skip("without namespaces programs may see much that the corpus calls a gain");
    }
    let problems = problems_of(&scene, cases).await;
    scene.end().await;
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

async fn problems_of(scene: &Scene, cases: Vec<Case>) -> Vec<String> {
    let bait = Bait::lay(scene);
    let witness = Witness::call(scene).await;
    let mut problems = Vec::new();
    for case in cases {
        if case.needs_accounting && scene.sandbox.isolation().tier > 3 {
            skip(&format!("{}: the kernel does not account for this here", case.name));
            continue;
        }
        let tried = witness.beside(scene, try_case(scene, &case, &bait)).await;
        let result = tried.and_then(|()| bait.untouched());
        problems.extend(result.err().map(|problem| format!("{}: {problem}", case.name)));
    }
    problems
}

async fn try_case(scene: &Scene, case: &Case, bait: &Bait) -> Result<(), String> {
    let source = bait.fill_in(case.source);
    let source = if case.language == "c" { format!("{PRELUDE}{source}") } else { source };
    let is_compilation = matches!(case.expected, Expected::Rejected(_));
    let limits = if is_compilation { case.limits } else { Limits::default() };
    let request = CompileRequest { language: case.language.into(), source, files: Vec::new(), limits };
    let program = match (scene.sandbox.compile(request).await, &case.expected) {
        (Err(CompileError::Rejected(rejection)), Expected::Rejected(outcome)) if rejection.outcome == *outcome => {
            return if rejection.message.contains("root:") { Err(rejection.message) } else { Ok(()) };
        }
        (Err(CompileError::Rejected(rejection)), _) => return Err(format!("{rejection:?}")),
        (Err(CompileError::Failed(failure)), _) => return Err(format!("{failure:?}")),
        (Ok(_), Expected::Rejected(_)) => return Err("it was compiled".to_owned()),
        (Ok(program), _) => program,
    };
    for _ in 0..case.runs {
        // More than fits into a pipe: most programs read none of it.
        let request = RunRequest { input: vec![b'\n'; 1 << 20], limits: case.limits, ..RunRequest::default() };
        let run = scene.sandbox.run(&program, vec![request], RunOptions::default()).await;
        case.judge(&run.map_err(|failure| format!("{failure:?}"))?.remove(0))?;
    }
    Ok(())
}

impl Case {
    fn judge(&self, report: &RunReport) -> Result<(), String> {
        let (output, errors) = (text(&report.output), text(&report.error_output));
        let short = |text: &str| text.chars().take(1_000).collect::<String>();
        let problem = |what: &str| {
            Err(format!("{what}: {:?}, wrote {:?} and {:?}", report.outcome, short(&output), short(&errors)))
        };
        if output.lines().any(|line| line.starts_with("gained")) {
            return problem("it gained something");
        }
        let leftovers = report.measurement.details.iter().find(|detail| detail.name == "leftover-processes").unwrap();
        let is_as_expected = match &self.expected {
            Expected::Says(expected) => {
                report.outcome == Outcome::Exited(0)
                    && output == *expected
                    && leftovers.value == self.leftovers.to_string()
            }
            Expected::Ends(outcome) => report.outcome == *outcome,
            Expected::Rejected(_) => false,
        };
        if is_as_expected { Ok(()) } else { problem(&format!("{:?} was expected", self.expected)) }
    }
}

#[tokio::test]
async fn resources_are_bounded() {
    gain_nothing(resources::cases()).await;
}

#[tokio::test]
async fn compilers_are_bounded() {
    gain_nothing(compilers::cases()).await;
}

#[tokio::test]
async fn time_is_bounded() {
    gain_nothing(time::cases()).await;
}

#[tokio::test]
async fn nobody_gets_out() {
    gain_nothing(escape::cases()).await;
}

#[tokio::test]
async fn the_kernel_and_networks_are_out_of_reach() {
    gain_nothing(kernel::cases()).await;
}

#[tokio::test]
async fn cheating_does_not_pay() {
    gain_nothing(cheating::cases()).await;
}

#[tokio::test]
async fn what_is_gained_would_be_seen() {
    let scene = super::scene(2).await;
    let bait = Bait::lay(&scene);
    for (source, said) in [
        ("print('gained', 1)\nprint('tried')", "it gained something"),
        ("print('tried')\nraise SystemExit(1)", "was expected"),
        ("print('tried')\nprint('more')", "was expected"),
        ("import os\nif os.fork(): print('tried')\nelse:\n  while True: pass", "was expected"),
    ] {
        let problem = try_case(&scene, &python("", source, Expected::Says("tried\n")), &bait).await.unwrap_err();
        assert!(problem.contains(said), "{problem}");
    }
    assert_eq!(bait.untouched(), Ok(()));
    for take in [Bait::connect_loopback, Bait::connect_abstract, Bait::connect_socket, Bait::write_answers] {
        take(&bait);
        assert!(bait.untouched().is_err());
        bait.restore();
    }
    drop(bait);
    scene.end().await;
}
