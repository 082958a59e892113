//! Many instances: a run for each, so many at a time, over one plugin, one sandbox and one model.
//!
//! What a run waits for (a model, a free slot of the sandbox, the disk) holds up no other, so there may be
//! far more at a time than the machine has cores. Of a run that has ended nothing stays but what
//! [`Batch::next`] gave.

mod clock;
mod summary;

pub use clock::{elapsed_before, keep_elapsed};
pub use summary::{Ending, Outline, Summary, write_predictions};

use crate::account::spent;
use crate::dataset::{Dataset, Source};
use crate::files::{self, FileError, RunFiles, run_name};
use crate::run::{Funds, Services, run};
use crate::state::State;
use crate::task::{Task, check_config};
use crate::{RunError, journal, report};
use perfagent_core::digest::Digest;
use perfagent_core::event::Record;
use perfagent_core::isolation::Isolation;
use perfagent_core::result::AgentResult;
use perfagent_core::spec::{Named, RunSpec};
use perfagent_core::task::Description;
use perfagent_model::budget::{Prices, Spent};
use perfagent_model::{Model, ModelError};
use perfagent_plugin::Plugin;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinSet};
use tracing::Instrument as _;

/// Makes the services of one run's plugin, among them one of its own that runs programs.
pub type ServicesOf = Box<dyn Fn() -> perfagent_plugin::Services + Send + Sync>;

/// Gives the run with these files its model.
pub type ModelOf = Box<dyn Fn(&RunFiles) -> Result<Model, ModelError> + Send + Sync>;

/// Tells where the files of the run of a name are.
pub type FilesOf = Box<dyn Fn(&str) -> RunFiles + Send + Sync>;

/// Watches runs, by name: each record as it becomes durable, with the state after it.
pub type Watch = Box<dyn Fn(&str, &Record, &State) + Send + Sync>;

/// What all runs of a batch share.
pub struct Shared {
    /// The task.
    pub plugin: Plugin,
    /// Gives each run's plugin what it may use.
    pub services: ServicesOf,
    /// What keeps programs in.
    pub isolation: Isolation,
    /// Gives each run the model, with logs among its files.
    pub model: ModelOf,
    /// What each run may spend, and all together.
    pub funds: Funds,
    /// What each run is to do; its instance and where it starts are filled in.
    pub spec: RunSpec,
    /// Holds programs that runs start from, named as for [`files::initial_code`].
    pub initial_code_dir: Option<PathBuf>,
    /// The files of the run of this name.
    pub files: FilesOf,
    /// Whether earlier runs are moved aside.
    pub fresh: bool,
    /// Watches all runs.
    pub watch: Watch,
}

/// Which runs there are, and how many at a time.
pub struct Plan {
    /// The instances.
    pub dataset: Dataset,
    /// Runs of each instance.
    pub samples: u32,
    /// Runs at the same time.
    pub parallel: usize,
}

/// One run of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Names its directory: the instance's name, and from the second sample on which it is.
    pub name: String,
    /// Where the instance comes from.
    pub origin: String,
    /// Which sample of the instance it is, from 1.
    pub sample: u32,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Which one.
    pub member: Member,
    /// Its result, or why it failed.
    pub result: Result<AgentResult, Unfinished>,
    /// Whether an earlier call had carried it out.
    pub is_earlier: bool,
}

/// What is known of a run that failed.
#[derive(Debug)]
pub struct Unfinished {
    /// Why.
    pub error: BatchError,
    /// What it had come to, where it had begun and could write that.
    pub result: Option<Box<AgentResult>>,
    /// Whether it may have called the model, in this call or an earlier one.
    pub has_begun: bool,
}

/// Why a run of a batch has no result.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The run failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Its instance has a name that cannot name a directory.
    #[error("the instance needs a name that does not start with a dot")]
    Name,
    /// A bug ended it.
    #[error("the run ended by a bug of perfagent")]
    Bug(#[source] tokio::task::JoinError),
}

/// Many runs.
pub struct Batch {
    shared: Arc<Shared>,
    plan: Plan,
    /// The instance under way, with its next sample.
    current: Option<(Source, u32)>,
    running: JoinSet<Result<(AgentResult, bool), BatchError>>,
    members: HashMap<Id, Member>,
    is_stopping: bool,
}

impl Batch {
    /// A batch of which nothing has begun. Dropping it ends all its runs; the next one of the same plan goes
    /// on from what they left.
    pub fn new(shared: Shared, plan: Plan) -> Self {
        Self {
            shared: Arc::new(shared),
            plan,
            current: None,
            running: JoinSet::new(),
            members: HashMap::new(),
            is_stopping: false,
        }
    }

    /// Begins no further run: those under way are the last.
    pub fn stop(&mut self) {
        self.is_stopping = true;
    }

    /// Runs under way.
    pub fn in_flight(&self) -> usize {
        self.running.len()
    }

    /// Runs that have not begun.
    pub fn count_left(&self) -> usize {
        let samples = self.plan.samples as usize;
        let current = self.current.as_ref().map_or(0, |(_, next)| samples + 1 - *next as usize);
        self.plan.dataset.count_left() * samples + current
    }

    /// The next run that ends; `None` once there is none. Nothing is lost where the future is dropped.
    pub async fn next(&mut self) -> Option<Ended> {
        while !self.is_stopping && self.running.len() < self.plan.parallel {
            match self.begin() {
                Ok(true) => {}
                Ok(false) => break,
                Err(ended) => return Some(*ended),
            }
        }
        let joined = self.running.join_next_with_id().await?;
        let (id, done) = match joined {
            Ok((id, done)) => (id, done),
            Err(error) => (error.id(), Err(BatchError::Bug(error))),
        };
        let member = self.members.remove(&id).expect("every run under way has its member");
        Some(match done {
            Ok((result, is_earlier)) => Ended { member, result: Ok(result), is_earlier },
            Err(error) => self.failed(member, error),
        })
    }

    /// Begins the next run, and says whether there was one. An instance that cannot be read ends at once.
    fn begin(&mut self) -> Result<bool, Box<Ended>> {
        let (source, sample) = match self.current.take() {
            Some(current) => current,
            None => match self.plan.dataset.next() {
                Some(source) => (source.map_err(|error| Box::new(self.unread(error)))?, 1),
                None => return Ok(false),
            },
        };
        let member = Member::new(&source, sample);
        if sample < self.plan.samples {
            self.current = Some((source.clone(), sample + 1));
        }
        if source.name.is_empty() || source.name.starts_with('.') {
            return Err(Box::new(self.failed(member, BatchError::Name)));
        }
        let span = tracing::info_span!("run", name = member.name);
        let work = Arc::clone(&self.shared).carry_out(member.clone(), source).instrument(span);
        let handle = self.running.spawn(work);
        self.members.insert(handle.id(), member);
        Ok(true)
    }

    fn unread(&self, error: FileError) -> Ended {
        let origin = error.path.display().to_string();
        let name = error.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.failed(Member { name, origin, sample: 1 }, BatchError::Run(error.into()))
    }

    fn failed(&self, member: Member, error: BatchError) -> Ended {
        let files = (self.shared.files)(&member.name);
        let (result, is_another) = match &error {
            BatchError::Run(error) => (files.failed_result(error), matches!(error, RunError::DifferentRequest { .. })),
            BatchError::Name | BatchError::Bug(_) => (None, false),
        };
        // A run that failed before its first event leaves an empty journal.
        let is_journaled = fs::metadata(&files.journal).is_ok_and(|journal| journal.len() > 0);
        let has_begun = is_journaled && !is_another;
        Ended { member, result: Err(Unfinished { error, result: result.map(Box::new), has_begun }), is_earlier: false }
    }
}

impl Member {
    fn new(source: &Source, sample: u32) -> Self {
        let Source { name, origin, .. } = source;
        Self { name: run_name(name, sample), origin: origin.clone(), sample }
    }
}

impl Shared {
    /// What the task says of itself, after checking the configuration that all runs have.
    ///
    /// # Errors
    /// A plugin that fails, a configuration that does not fit.
    pub async fn check(&self) -> Result<Description, RunError> {
        let description = self.plugin.open((self.services)()).await?.describe().await?;
        check_config(&description.config_schema, &self.spec.task_config)?;
        Ok(description)
    }

    async fn open(&self, spec: &RunSpec, data: Arc<[u8]>) -> Result<Task, RunError> {
        Task::open(&self.plugin, (self.services)(), &spec.instance.name, data, &spec.task_config).await
    }

    /// The result of `member`, the run of `source`, and whether it was there before.
    async fn carry_out(self: Arc<Self>, member: Member, source: Source) -> Result<(AgentResult, bool), BatchError> {
        let instance = Named { name: source.name, digest: Digest::of(&source.data) };
        let mut spec = RunSpec { instance, ..self.spec.clone() }.of_sample(member.sample);
        let files = (self.files)(&member.name);
        // The task knows what initial programs are called, so it is loaded before a finished run is known.
        let mut task = None;
        if let Some(directory) = &self.initial_code_dir {
            let opened = self.open(&spec, Arc::clone(&source.data)).await?;
            spec.initial_code = files::initial_code(directory, &spec.instance.name, &opened.summary().extension)
                .map_err(RunError::from)?;
            task = Some(opened);
        }
        if self.fresh {
            files.set_aside().map_err(RunError::from)?;
        } else if let Some(result) = files.finished_result(&spec.digest()) {
            return Ok((result, true));
        }
        let mut task = match task {
            Some(task) => task,
            None => self.open(&spec, source.data).await?,
        };
        files.create().map_err(RunError::from)?;
        let model = (self.model)(&files).map_err(RunError::from)?;
        let services = Services {
            task: &mut task,
            model: &model,
            isolation: &self.isolation,
            funds: self.funds.clone(),
            observer: &mut |record, state| (self.watch)(&member.name, record, state),
        };
        Ok((run(&spec, services, &files).await?, false))
    }
}

/// What earlier calls have spent in all runs below `directory`, but for time. Journals that cannot be read are left
/// out: their runs will say so.
///
/// # Errors
/// The directory cannot be read.
pub fn spent_before(directory: &Path, prices: &Prices) -> Result<Spent, FileError> {
    let failed = |source| FileError { action: "read", path: directory.to_owned(), source };
    let mut all = Spent::default();
    for run in report::directories(directory).map_err(failed)? {
        for path in report::journals(&run).map_err(failed)? {
            if let Ok(records) = journal::read(&path) {
                all += spent(&records, prices);
            }
        }
    }
    // Runs go on side by side: the time of all together is not what the batch took.
    Ok(Spent { wall_time: Duration::ZERO, ..all })
}
