//! What the test programs of the sandbox have in common.

use perfagent_core::execution::{CompileRequest, Limits, RunOptions, RunReport, RunRequest};
use perfagent_core::isolation::Strictness;
use perfagent_sandbox::{CorePlan, LanguageTable, Program, Sandbox, SandboxOptions};
use std::path::Path;

/// A sandbox with its files below `scratch`.
pub(crate) async fn start(scratch: &Path, slots: usize, languages: LanguageTable) -> Sandbox {
    let options = SandboxOptions {
        strictness: Strictness::BestEffort,
        scratch: scratch.to_owned(),
        search_path: std::env::var_os("PATH").unwrap(),
        cores: CorePlan::of_machine(),
        slots: Some(slots),
        told_to_wait: |_| {},
        languages,
    };
    Sandbox::start(options).await.unwrap()
}

/// A program in one file, under default limits.
pub(crate) fn request(language: &str, source: &str) -> CompileRequest {
    CompileRequest { language: language.into(), source: source.into(), files: Vec::new(), limits: Limits::default() }
}

pub(crate) async fn compile(sandbox: &Sandbox, language: &str, source: &str) -> Program {
    sandbox.compile(request(language, source)).await.unwrap()
}

/// One run that is only checked.
pub(crate) async fn run(sandbox: &Sandbox, program: &Program, input: &str, limits: Limits) -> RunReport {
    let request = RunRequest { input: input.into(), arguments: Vec::new(), limits };
    sandbox.run(program, vec![request], RunOptions::default()).await.unwrap().remove(0)
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Says that something cannot be tried here, which is no excuse where everything must be there.
pub(crate) fn skip(why: &str) {
    let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(!is_ci, "{why}");
    println!("skipped: {why}");
}
