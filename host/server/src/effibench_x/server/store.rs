//! Submissions: those that wait, those that run, and what came of the others.

use super::ServerSettings;
use super::intake::Job;
use crate::effibench_x::protocol::{Answer, Status};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{Notify, oneshot};

/// There is no room for more.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the queue is full: {waiting} submissions wait ({waiting_bytes} bytes); try again later")]
pub(super) struct Full {
    waiting: usize,
    waiting_bytes: usize,
}

/// All submissions.
pub(super) struct Store {
    settings: ServerSettings,
    inner: Mutex<Inner>,
    arrived: Notify,
}

struct Inner {
    next_id: u64,
    submissions: HashMap<u64, Submission>,
    /// Batches, each carried out by one worker.
    queue: VecDeque<Vec<u64>>,
    waiting: usize,
    waiting_bytes: usize,
    /// The oldest first.
    finished: VecDeque<Finished>,
    finished_bytes: usize,
}

enum Submission {
    Waiting(Job),
    /// Dropping the sender ends the run.
    Processing(#[expect(dead_code, reason = "dropped, never sent on")] oneshot::Sender<()>),
    Finished(Answer),
}

struct Finished {
    id: u64,
    at: Instant,
    bytes: usize,
}

impl Store {
    pub(super) fn new(settings: ServerSettings) -> Self {
        let inner = Inner {
            // Whoever still asks for what was submitted before a restart must not get another's result.
            next_id: fastrand::u64(1..1 << 48),
            submissions: HashMap::new(),
            queue: VecDeque::new(),
            waiting: 0,
            waiting_bytes: 0,
            finished: VecDeque::new(),
            finished_bytes: 0,
        };
        Self { settings, inner: Mutex::new(inner), arrived: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a batch: all of it, or nothing.
    pub(super) fn submit(&self, jobs: Vec<Job>) -> Result<Vec<u64>, Full> {
        let mut inner = self.lock();
        let bytes: usize = jobs.iter().map(Job::bytes).sum();
        let (waiting, waiting_bytes) = (inner.waiting, inner.waiting_bytes);
        if waiting + jobs.len() > self.settings.waiting || waiting_bytes + bytes > self.settings.waiting_bytes {
            return Err(Full { waiting, waiting_bytes });
        }
        let mut ids = Vec::with_capacity(jobs.len());
        for job in jobs {
            let id = inner.next_id;
            inner.next_id += 1;
            inner.submissions.insert(id, Submission::Waiting(job));
            ids.push(id);
        }
        inner.waiting += ids.len();
        inner.waiting_bytes += bytes;
        inner.queue.push_back(ids.clone());
        drop(inner);
        self.arrived.notify_one();
        Ok(ids)
    }

    /// Submissions whose turn has not come.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// The next batch, as soon as there is one.
    pub(super) async fn next_batch(&self) -> Vec<u64> {
        loop {
            let (batch, more) = {
                let mut inner = self.lock();
                (inner.queue.pop_front(), !inner.queue.is_empty())
            };
            // One notice may stand for several batches.
            if more {
                self.arrived.notify_one();
            }
            match batch {
                Some(batch) => return batch,
                None => self.arrived.notified().await,
            }
        }
    }

    /// What is to be done for `id`, and what ends when it is cancelled; `None` where it was before.
    pub(super) fn start(&self, id: u64) -> Option<(Job, oneshot::Receiver<()>)> {
        let mut inner = self.lock();
        let place = inner.submissions.get_mut(&id)?;
        if !matches!(place, Submission::Waiting(_)) {
            return None;
        }
        let (alive, cancelled) = oneshot::channel();
        let Submission::Waiting(job) = std::mem::replace(place, Submission::Processing(alive)) else { return None };
        inner.leave(&job);
        Some((job, cancelled))
    }

    /// Keeps a result, unless the run was cancelled meanwhile.
    pub(super) fn finish(&self, answer: Answer) {
        let mut inner = self.lock();
        if matches!(inner.submissions.get(&answer.submission_id), Some(Submission::Processing(_))) {
            inner.keep(answer);
            inner.forget(&self.settings);
        }
    }

    /// Cancels what has not finished, and says what has become of it; `None`: there is no such id.
    pub(super) fn cancel(&self, id: u64) -> Option<Status> {
        let mut inner = self.lock();
        inner.forget(&self.settings);
        let answer = match inner.submissions.get(&id)? {
            Submission::Finished(answer) => return Some(answer.status),
            Submission::Waiting(_) => Answer::bare(id, Status::Cancelled),
            Submission::Processing(_) => {
                Answer { text: Some(String::new()), exit_code: Some(1), ..Answer::bare(id, Status::Cancelled) }
            }
        };
        if let Some(Submission::Waiting(job)) = inner.submissions.remove(&id) {
            inner.leave(&job);
        }
        inner.keep(answer);
        Some(Status::Cancelled)
    }

    /// Where `id` is, or what came of it; `None`: there is no such id.
    pub(super) fn answer(&self, id: u64) -> Option<Answer> {
        let mut inner = self.lock();
        inner.forget(&self.settings);
        Some(match inner.submissions.get(&id)? {
            Submission::Waiting(_) => Answer::bare(id, Status::Waiting),
            Submission::Processing(_) => Answer::bare(id, Status::Processing),
            Submission::Finished(answer) => answer.clone(),
        })
    }
}

impl Inner {
    /// `job` waits no longer.
    fn leave(&mut self, job: &Job) {
        self.waiting -= 1;
        self.waiting_bytes -= job.bytes();
    }

    fn keep(&mut self, answer: Answer) {
        let (id, bytes) = (answer.submission_id, answer.text.as_ref().map_or(0, String::len));
        self.submissions.insert(id, Submission::Finished(answer));
        self.finished.push_back(Finished { id, at: Instant::now(), bytes });
        self.finished_bytes += bytes;
    }

    /// Forgets results that are too old or too many.
    fn forget(&mut self, settings: &ServerSettings) {
        while let Some(oldest) = self.finished.front() {
            let over = self.finished.len() > settings.kept || self.finished_bytes > settings.kept_bytes;
            if !over && oldest.at.elapsed() <= settings.kept_for {
                return;
            }
            self.finished_bytes -= oldest.bytes;
            self.submissions.remove(&oldest.id);
            self.finished.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::intake::Source;
    use super::*;
    use perfagent_core::execution::RunRequest;
    use std::time::Duration;

    fn job(input: &str) -> Job {
        let source = Source { language: "python3".into(), code: "12345".into() };
        Job { source, run: RunRequest { input: input.into(), ..RunRequest::default() } }
    }

    fn done(id: u64, text: &str) -> Answer {
        Answer { text: Some(text.to_owned()), ..Answer::bare(id, Status::Done) }
    }

    fn status(store: &Store, id: u64) -> Option<Status> {
        store.answer(id).map(|answer| answer.status)
    }

    #[tokio::test]
    async fn a_submission_goes_its_way() {
        let store = Store::new(ServerSettings::default());
        let ids = store.submit(vec![job("a"), job("b")]).unwrap();
        assert_eq!((store.waiting(), status(&store, ids[0])), (2, Some(Status::Waiting)));
        assert_eq!(store.next_batch().await, ids);
        let (taken, _alive) = store.start(ids[0]).unwrap();
        assert_eq!((taken.run.input.as_slice(), store.waiting()), (&b"a"[..], 1));
        assert_eq!(status(&store, ids[0]), Some(Status::Processing));
        store.finish(done(ids[0], "out"));
        assert_eq!(store.answer(ids[0]).unwrap(), done(ids[0], "out"));
        assert!(store.start(ids[0]).is_none());
        assert_eq!((store.cancel(ids[0]), store.cancel(ids[1] + 1)), (Some(Status::Done), None));
    }

    #[tokio::test]
    async fn what_is_cancelled_stays_so() {
        let store = Store::new(ServerSettings::default());
        let ids = store.submit(vec![job("a"), job("b")]).unwrap();
        let (_, cancelled) = store.start(ids[0]).unwrap();
        assert_eq!((store.cancel(ids[0]), store.cancel(ids[1])), (Some(Status::Cancelled), Some(Status::Cancelled)));
        assert!(cancelled.await.is_err());
        store.finish(done(ids[0], "late"));
        assert_eq!((status(&store, ids[0]), store.waiting()), (Some(Status::Cancelled), 0));
        assert!(store.start(ids[1]).is_none());
    }

    #[test]
    fn a_full_queue_takes_all_or_nothing() {
        let settings = ServerSettings { waiting: 2, waiting_bytes: 20, ..ServerSettings::default() };
        let store = Store::new(settings);
        assert_eq!(store.submit(vec![job(""), job(""), job("")]), Err(Full { waiting: 0, waiting_bytes: 0 }));
        assert!(store.submit(vec![job("1234567890123456")]).is_err());
        let ids = store.submit(vec![job("1")]).unwrap();
        let full = store.submit(vec![job("1234567890")]).unwrap_err();
        assert_eq!(full.to_string(), "the queue is full: 1 submissions wait (6 bytes); try again later");
        store.cancel(ids[0]);
        store.submit(vec![job("1234567890")]).unwrap();
    }

    #[test]
    fn results_are_forgotten_in_number_and_in_time() {
        let finished = |settings: ServerSettings| {
            let store = Store::new(settings);
            let ids = store.submit(vec![job(""), job(""), job("")]).unwrap();
            let alive: Vec<_> = ids.iter().map(|&id| store.start(id).unwrap()).collect();
            for (&id, text) in ids.iter().zip(["1", "12", "123"]) {
                store.finish(done(id, text));
            }
            drop(alive);
            ids.into_iter().map(|id| status(&store, id).is_some()).collect::<Vec<_>>()
        };
        let most = ServerSettings::default();
        assert_eq!(finished(most.clone()), [true, true, true]);
        assert_eq!(finished(ServerSettings { kept: 2, ..most.clone() }), [false, true, true]);
        assert_eq!(finished(ServerSettings { kept_bytes: 4, ..most.clone() }), [false, false, true]);
        assert_eq!(finished(ServerSettings { kept_for: Duration::ZERO, ..most }), [false, false, false]);
    }
}
