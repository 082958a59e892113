//! The handle that everything else holds.

use crate::SandboxError;
use crate::cores::CorePlan;
use crate::directories::Directories;
use crate::language::{Language, LanguageTable, Toolchain};
use crate::program::Kept;
use crate::slots::Slots;
use crate::tier;
use crate::toolchain::Found;
use perfagent_core::execution::{Failure, FailureKind};
use perfagent_core::isolation::{Isolation, Strictness};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// How a sandbox is to be.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// How much isolation is insisted on.
    pub strictness: Strictness,
    /// Directory for its files, made where it is missing; only its owner can look into it. Several
    /// sandboxes may share one: each uses a directory of its own below it.
    pub scratch: PathBuf,
    /// Where toolchains are looked up: directories as in the variable `PATH`.
    pub search_path: OsString,
    /// Which cores measure, and which do the rest.
    pub cores: CorePlan,
    /// Programs that are checked at the same time; `None`: as many as the cores have room for.
    pub slots: Option<usize>,
    /// The languages that programs may be written in.
    pub languages: LanguageTable,
    /// Told, once, when a program has waited a second for a core that another process measures on.
    pub told_to_wait: fn(&str),
}

/// Runs and measures programs that nobody trusts. Cheap to clone; dropping the last clone, and the
/// last [`Program`](crate::Program), ends the launchers and removes what they left.
#[derive(Clone, Debug)]
pub struct Sandbox {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    languages: LanguageTable,
    search_path: OsString,
    /// Toolchains that were looked for, by the names of their languages.
    found: Mutex<HashMap<String, Arc<Found>>>,
    isolation: Isolation,
    pub(crate) slots: Arc<Slots>,
    pub(crate) directories: Arc<Directories>,
    /// Programs that were compiled lately.
    pub(crate) kept: Mutex<Kept>,
}

impl Sandbox {
    /// Starts a launcher, sees what isolation the machine allows and refuses too little of it.
    ///
    /// # Errors
    /// The isolation is weaker than `options.strictness`, or nothing works at all; the scratch
    /// directory cannot be made.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let started = tokio::task::spawn_blocking(move || Self::start_blocking(options)).await;
        started.map_err(|error| SandboxError::Launcher(std::io::Error::other(error)))?
    }

    fn start_blocking(options: SandboxOptions) -> Result<Self, SandboxError> {
        let directories = Arc::new(Directories::make(&options.scratch)?);
        let (slots, isolation) = tier::choose(&directories, &options)?;
        let inner = Inner {
            languages: options.languages,
            search_path: options.search_path,
            found: Mutex::default(),
            isolation,
            slots: Arc::new(slots),
            directories,
            kept: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The isolation in force.
    pub fn isolation(&self) -> &Isolation {
        &self.inner.isolation
    }

    /// The languages that programs may be written in.
    pub fn languages(&self) -> &LanguageTable {
        &self.inner.languages
    }

    /// What this machine has for each language, in the order of the table.
    pub async fn toolchains(&self) -> Vec<Toolchain> {
        let languages: Vec<&Language> = self.inner.languages.iter().collect();
        let found = languages.into_iter().map(|language| self.found(language));
        let found = futures_util::future::join_all(found).await;
        found.into_iter().flatten().map(|found| found.toolchain.clone()).collect()
    }

    /// The language called `name`, where its toolchain is there.
    pub(crate) async fn language(&self, name: &str) -> Result<(&Language, Arc<Found>), Failure> {
        let unavailable = |message: String| Failure::new(FailureKind::Unavailable, message);
        let language = self.inner.languages.find(name).ok_or_else(|| {
            let known: Vec<_> = self.inner.languages.iter().map(|language| language.name.as_str()).collect();
            unavailable(format!("the sandbox has no language {name:?}; it has {}", known.join(", ")))
        })?;
        let found = self.found(language).await?;
        match &found.toolchain.version {
            Ok(_) => Ok((language, found)),
            Err(problem) => Err(unavailable(format!("{}: {problem}", language.name))),
        }
    }

    /// The toolchain of a language, looked for when it is first needed.
    async fn found(&self, language: &Language) -> Result<Arc<Found>, Failure> {
        let known =
            |inner: &Inner| inner.found.lock().unwrap_or_else(PoisonError::into_inner).get(&language.name).cloned();
        if let Some(found) = known(&self.inner) {
            return Ok(found);
        }
        let (asked, path) = (language.clone(), self.inner.search_path.clone());
        let found = tokio::task::spawn_blocking(move || Found::probe(&asked, &path)).await;
        let found = found.map_err(|error| Failure::new(FailureKind::Internal, format!("the sandbox: {error}")))?;
        let mut all = self.inner.found.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.entry(language.name.clone()).or_insert_with(|| Arc::new(found));
        self.inner.slots.show(found);
        Ok(Arc::clone(found))
    }
}
