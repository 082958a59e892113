//! The sandbox through its public interface.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at what it did not expect, and says what it skips"
)]

mod area;
mod hostile;
mod languages;
mod lifecycle;
mod programs;
#[path = "../support/mod.rs"]
mod support;

use perfagent_core::execution::{Limits, RunReport};
use perfagent_sandbox::{LanguageTable, Program, Sandbox};
use support::{request, text};

struct Scene {
    sandbox: Sandbox,
    scratch: tempfile::TempDir,
}

async fn scene() -> Scene {
    scene_with(LanguageTable::built_in()).await
}

async fn scene_with(languages: LanguageTable) -> Scene {
    let scratch = tempfile::tempdir().unwrap();
    let sandbox = support::start(&scratch.path().join("scratch"), 2, languages).await;
    Scene { sandbox, scratch }
}

impl Scene {
    async fn compile(&self, language: &str, source: &str) -> Program {
        support::compile(&self.sandbox, language, source).await
    }

    async fn run(&self, program: &Program, input: &str, limits: Limits) -> RunReport {
        support::run(&self.sandbox, program, input, limits).await
    }

    async fn python(&self, source: &str, limits: Limits) -> RunReport {
        let program = self.compile("python3", source).await;
        self.run(&program, "", limits).await
    }
}
