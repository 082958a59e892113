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

use perfagent_core::execution::{CompileRequest, Limits, RunOptions, RunReport, RunRequest};
use perfagent_core::isolation::Strictness;
use perfagent_sandbox::{CorePlan, LanguageTable, Program, Sandbox, SandboxOptions};

struct Scene {
    sandbox: Sandbox,
    scratch: tempfile::TempDir,
}

async fn scene() -> Scene {
    scene_with(LanguageTable::built_in()).await
}

async fn scene_with(languages: LanguageTable) -> Scene {
    let scratch = tempfile::tempdir().unwrap();
    let options = SandboxOptions {
        strictness: Strictness::BestEffort,
        scratch: scratch.path().join("scratch"),
        search_path: std::env::var_os("PATH").unwrap(),
        cores: CorePlan::of_machine(),
        slots: Some(2),
        languages,
    };
    Scene { sandbox: Sandbox::start(options).await.unwrap(), scratch }
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

    async fn python(&self, source: &str, limits: Limits) -> RunReport {
        let program = self.compile("python3", source).await;
        self.run(&program, "", limits).await
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
