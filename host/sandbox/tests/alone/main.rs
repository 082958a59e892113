//! Tests that compare the machine before and after, or that measure: one after the other, in a
//! process of their own, where nothing but what they do themselves happens.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at what it did not expect, and says what it skips"
)]

mod bad_input;
mod chaos;
mod corpus;
mod exactness;
mod leftovers;

use perfagent_core::execution::{CompileRequest, Limits, RunOptions, RunReport, RunRequest};
use perfagent_core::isolation::Strictness;
use perfagent_sandbox::{CorePlan, LanguageTable, Program, Sandbox, SandboxOptions};
use tokio::sync::{Mutex, MutexGuard};

/// A sandbox that no other test of this process disturbs.
struct Scene {
    sandbox: Sandbox,
    scratch: tempfile::TempDir,
    before: leftovers::Traces,
    _turn: MutexGuard<'static, ()>,
}

/// Waits until the other tests are over.
async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

async fn scene(slots: usize) -> Scene {
    scene_with(slots, LanguageTable::built_in()).await
}

async fn scene_with(slots: usize, languages: LanguageTable) -> Scene {
    let turn = turn().await;
    let scratch = tempfile::tempdir().unwrap();
    let before = leftovers::Traces::find(scratch.path());
    let sandbox = start(&scratch.path().join("scratch"), slots, languages).await;
    Scene { sandbox, scratch, before, _turn: turn }
}

async fn start(scratch: &std::path::Path, slots: usize, languages: LanguageTable) -> Sandbox {
    let options = SandboxOptions {
        strictness: Strictness::BestEffort,
        scratch: scratch.to_owned(),
        search_path: std::env::var_os("PATH").unwrap(),
        cores: CorePlan::of_machine(),
        slots: Some(slots),
        languages,
    };
    Sandbox::start(options).await.unwrap()
}

fn request(language: &str, source: &str) -> CompileRequest {
    CompileRequest { language: language.into(), source: source.into(), files: Vec::new(), limits: Limits::default() }
}

impl Scene {
    async fn compile(&self, language: &str, source: &str) -> Program {
        self.sandbox.compile(request(language, source)).await.unwrap()
    }

    async fn run(&self, program: &Program, input: &str, limits: Limits) -> RunReport {
        let request = RunRequest { input: input.into(), arguments: Vec::new(), limits };
        self.sandbox.run(program, vec![request], RunOptions::default()).await.unwrap().remove(0)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Says that something cannot be tried here, which is no excuse where everything must be there.
fn skip(why: &str) {
    let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(!is_ci, "{why}");
    println!("skipped: {why}");
}
