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
#[path = "../support/mod.rs"]
mod support;

use perfagent_core::execution::{Limits, RunReport};
use perfagent_sandbox::{LanguageTable, Program, Sandbox};
use support::{request, skip, start, text};
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

impl Scene {
    async fn compile(&self, language: &str, source: &str) -> Program {
        support::compile(&self.sandbox, language, source).await
    }

    async fn run(&self, program: &Program, input: &str, limits: Limits) -> RunReport {
        support::run(&self.sandbox, program, input, limits).await
    }
}
