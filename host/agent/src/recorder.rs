//! The one place that events go through: journal first, then state, trajectory and whoever watches.

use crate::RunError;
use crate::files::{self, FileError, RunFiles};
use crate::journal::Journal;
use crate::result::agent_result;
use crate::state::State;
use crate::trajectory::TrajectoryFold;
use perfagent_core::event::{Record, RunEvent, Started, StopReason};
use perfagent_core::result::AgentResult;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Watches a run: each record as it becomes durable, with the state after it.
pub type Observer<'a> = &'a mut (dyn FnMut(&Record, &State) + Send);

pub(crate) struct Recorder<'a> {
    journal: Journal,
    state: State,
    trajectory: TrajectoryFold,
    files: &'a RunFiles,
    observer: Observer<'a>,
    finished: Option<StopReason>,
    /// Whether the files hold all that the run has come to.
    is_written: bool,
    /// The iteration whose solution is in the file of the best one.
    predicted: Option<u32>,
}

impl<'a> Recorder<'a> {
    /// Starts a new journal with `started`.
    pub(crate) fn start(
        mut journal: Journal,
        started: Started,
        took: Duration,
        files: &'a RunFiles,
        observer: Observer<'a>,
    ) -> Result<Self, RunError> {
        let record = record(RunEvent::Started(Box::new(started.clone())), took);
        journal.append(&record)?;
        let recorder = Self::fold(journal, started, &record, files, observer);
        recorder.write_problem()?;
        Ok(recorder)
    }

    /// Goes on from the records of an earlier process. The first of them holds `started`.
    pub(crate) fn resume(
        journal: Journal,
        started: Started,
        records: &[Record],
        files: &'a RunFiles,
        observer: Observer<'a>,
    ) -> Result<Self, RunError> {
        let (first, rest) = records.split_first().expect("a journal that is resumed has its first record");
        let mut recorder = Self::fold(journal, started, first, files, observer);
        for record in rest {
            recorder.take_in(record)?;
        }
        // The earlier process may have ended right after its first event.
        if !files.problem.exists() {
            recorder.write_problem()?;
        }
        Ok(recorder)
    }

    fn write_problem(&self) -> Result<(), FileError> {
        files::write(&self.files.problem, self.state.started().metadata.problem.as_bytes())
    }

    fn fold(journal: Journal, started: Started, first: &Record, files: &'a RunFiles, observer: Observer<'a>) -> Self {
        let trajectory = TrajectoryFold::new(&started, &first.at);
        let state = State::new(started);
        observer(first, &state);
        Self { journal, state, trajectory, files, observer, finished: None, is_written: false, predicted: None }
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Why the run ended, where its last event is recorded.
    pub(crate) fn finished(&self) -> Option<StopReason> {
        self.finished
    }

    /// Makes `event` durable, then takes it in and rewrites the files that a completed step changes.
    pub(crate) fn record(&mut self, event: RunEvent, took: Duration) -> Result<(), RunError> {
        let record = record(event, took);
        self.journal.append(&record)?;
        if self.take_in(&record)? {
            self.write_files(None)?;
        }
        Ok(())
    }

    fn take_in(&mut self, record: &Record) -> Result<bool, RunError> {
        self.state.apply(&record.event)?;
        self.finished = match record.event {
            RunEvent::Finished { reason } => Some(reason),
            _ => None,
        };
        self.is_written &= self.finished.is_some();
        let completed = self.trajectory.apply(record, &self.state);
        (self.observer)(record, &self.state);
        Ok(completed)
    }

    /// Writes the trajectory and the best solution as they are now.
    fn write_files(&mut self, error: Option<&str>) -> Result<(), RunError> {
        if let Some(best) = self.state.best().filter(|best| self.predicted != Some(best.iteration)) {
            files::write(&self.files.prediction, best.solution.as_bytes())?;
            self.predicted = Some(best.iteration);
        }
        if let Some(path) = &self.files.trajectory {
            let trajectory = self.trajectory.trajectory(&now(), &self.state, error);
            let text = serde_json::to_vec_pretty(trajectory).expect("trajectories have string keys");
            files::write(path, &text)?;
        }
        self.is_written = true;
        Ok(())
    }

    /// Writes all files for the last time and gives the result. `error` is why the run stopped
    /// before its end, where it did.
    pub(crate) fn conclude(&mut self, error: Option<String>, cost_usd: Option<f64>) -> Result<AgentResult, RunError> {
        if error.is_some() || !self.is_written {
            self.write_files(error.as_deref())?;
        }
        let result = AgentResult { cost_usd, ..agent_result(&self.state, self.files, self.finished, error) };
        let text = serde_json::to_vec_pretty(&result).expect("results have string keys");
        files::write(&self.files.result, &text)?;
        Ok(result)
    }
}

fn record(event: RunEvent, took: Duration) -> Record {
    Record { at: now(), took_ns: u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), event }
}

fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).expect("the current time has an RFC 3339 form")
}
