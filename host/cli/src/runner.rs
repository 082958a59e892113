//! Where a task's programs run: the sandbox of this machine, and backends where the user named some.

use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::start_sandbox;
use crate::output::{counted, note};
use crate::surroundings::Surroundings;
use perfagent_agent::SandboxExecution;
use perfagent_core::isolation::{Feature, Isolation};
use perfagent_plugin::Execution;
use perfagent_sandbox::{LanguageTable, Sandbox};
use perfagent_server::effibench_x::{Backends, ClientSettings, RemoteExecution};
use std::sync::Arc;

/// Weakest of all: what happens on a backend is not known.
const UNKNOWN_TIER: u8 = 5;

/// Where a task's programs run.
pub(crate) struct Runner {
    sandbox: Sandbox,
    backends: Option<Arc<Backends>>,
    isolation: Isolation,
}

impl Runner {
    /// Starts the sandbox, which runs what backends cannot, and says that there are backends.
    pub(crate) async fn start(settings: &Settings, surroundings: &Surroundings) -> Result<Self, Failure> {
        let sandbox = start_sandbox(settings, surroundings).await?;
        if settings.backends.is_empty() {
            let isolation = sandbox.isolation().clone();
            return Ok(Self { sandbox, backends: None, isolation });
        }
        let backends = Backends::new(&settings.backends, ClientSettings::default());
        let backends = backends.map_err(|error| Failure::from_error(Exit::Sandbox, &error))?;
        let isolation = unknown(sandbox.isolation(), backends.count());
        note(&format!("note: {}", isolation.summary));
        Ok(Self { sandbox, backends: Some(Arc::new(backends)), isolation })
    }

    /// What keeps programs in, as far as it is known.
    pub(crate) fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    /// The languages that programs may be written in.
    pub(crate) fn languages(&self) -> &LanguageTable {
        self.sandbox.languages()
    }

    /// An execution service for one task.
    pub(crate) fn execution(&self) -> Arc<dyn Execution> {
        let local = SandboxExecution::new(self.sandbox.clone());
        match &self.backends {
            Some(backends) => Arc::new(RemoteExecution::new(Arc::clone(backends), local)),
            None => Arc::new(local),
        }
    }
}

/// The isolation of programs that run on `count` backends, and of the few that run here.
fn unknown(here: &Isolation, count: usize) -> Isolation {
    let remote = Feature {
        name: "isolation on remote backends".to_owned(),
        active: false,
        note: "the protocol does not tell it; leave out execution.backends to run programs here".to_owned(),
    };
    let backends = counted(count, "remote backend");
    Isolation {
        tier: UNKNOWN_TIER,
        summary: format!(
            "programs run on {backends}, whose isolation is not known; what those cannot take runs here, in {}",
            here.summary
        ),
        features: std::iter::once(remote).chain(here.features.iter().cloned()).collect(),
    }
}
