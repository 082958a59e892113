//! Runs that were handed to one backend.

use super::ClientSettings;
use super::answer::{Meaning, read};
use super::backend::{Backend, BackendError};
use crate::effibench_x::protocol::{Answers, BatchRequest, Cancelled, Request, SubmissionIds};
use perfagent_core::execution::{Limits, RunReport};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Bytes of programs and inputs in one request; larger batches are several.
const BATCH_BYTES: usize = 16 << 20;
/// Submissions asked for at once: their texts must fit into one answer.
const ASKED_AT_ONCE: usize = 16;
/// Longest time for an answer to a cancellation.
const CANCEL_TIME: Duration = Duration::from_secs(5);

/// One run that a backend is to carry out.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) request: Request,
    pub(super) limits: Limits,
}

/// What came of a batch.
pub(super) struct Ended {
    pub(super) backend: Arc<Backend>,
    /// The results that there are, by the numbers of the jobs.
    pub(super) reports: Vec<(usize, RunReport)>,
    /// Why there are no others, and the jobs without a result.
    pub(super) failed: Option<(BackendError, Vec<usize>)>,
}

/// Has `backend` carry out those of `jobs` that `share` names by number.
pub(super) async fn run(backend: Arc<Backend>, share: Vec<usize>, jobs: &[Job], settings: &ClientSettings) -> Ended {
    let mut reports = Vec::new();
    let done = attempt(&backend, &share, jobs, settings, &mut reports).await;
    let failed = done.err().map(|error| {
        let answered: BTreeSet<usize> = reports.iter().map(|(job, _)| *job).collect();
        (error, share.into_iter().filter(|job| !answered.contains(job)).collect())
    });
    Ended { backend, reports, failed }
}

async fn attempt(
    backend: &Arc<Backend>,
    share: &[usize],
    jobs: &[Job],
    settings: &ClientSettings,
    reports: &mut Vec<(usize, RunReport)>,
) -> Result<(), BackendError> {
    let mut batch = Batch { backend: Arc::clone(backend), pending: BTreeMap::new() };
    for part in parts(share, jobs) {
        batch.submit(part, jobs, settings).await?;
    }
    let mut news = Instant::now();
    while !batch.pending.is_empty() {
        let before = reports.len();
        batch.poll(jobs, settings, reports).await?;
        if reports.len() > before {
            news = Instant::now();
        } else if news.elapsed() > settings.patience {
            return Err(BackendError::Late { url: backend.url.clone(), after: settings.patience });
        } else {
            tokio::time::sleep(settings.poll).await;
        }
    }
    Ok(())
}

/// `share` in parts that fit into requests.
fn parts<'a>(share: &'a [usize], jobs: &[Job]) -> Vec<&'a [usize]> {
    let size = |job: usize| {
        let request = &jobs[job].request;
        request.code.len() + request.stdin.as_ref().map_or(0, String::len)
    };
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, &job) in share.iter().enumerate() {
        if bytes > 0 && bytes + size(job) > BATCH_BYTES {
            parts.push(&share[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes += size(job);
    }
    parts.extend((start < share.len()).then(|| &share[start..]));
    parts
}

/// Submissions without a result. Dropping it cancels them, so that nothing runs for nobody.
struct Batch {
    backend: Arc<Backend>,
    /// The numbers of the jobs by the backend's ids.
    pending: BTreeMap<u64, usize>,
}

impl Batch {
    async fn submit(&mut self, part: &[usize], jobs: &[Job], settings: &ClientSettings) -> Result<(), BackendError> {
        let requests = part.iter().map(|&job| jobs[job].request.clone()).collect();
        let body = BatchRequest { requests };
        let submitted: SubmissionIds = self.backend.post("submit_batch", &body, settings.request_timeout).await?;
        let ids = submitted.submission_ids;
        if ids.len() != part.len() {
            return Err(self.backend.nonsense(format!("{} ids for {} programs", ids.len(), part.len())));
        }
        for (id, &job) in ids.into_iter().zip(part) {
            if self.pending.insert(id, job).is_some() {
                return Err(self.backend.nonsense(format!("submission {id} is two")));
            }
        }
        Ok(())
    }

    /// Asks for results; those that there are go into `reports`, whatever is wrong with others.
    async fn poll(
        &mut self,
        jobs: &[Job],
        settings: &ClientSettings,
        reports: &mut Vec<(usize, RunReport)>,
    ) -> Result<(), BackendError> {
        // Backends go by the order of the submissions, so the first ones are done first.
        let mut asked: BTreeSet<u64> = self.pending.keys().copied().take(ASKED_AT_ONCE).collect();
        let body = SubmissionIds { submission_ids: asked.iter().copied().collect() };
        let answers: Answers = self.backend.post("submissions", &body, settings.request_timeout).await?;
        let mut is_lost = false;
        for answer in answers.results {
            let id = answer.submission_id;
            let job = if asked.remove(&id) { self.pending.get(&id).copied() } else { None };
            let job = job.ok_or_else(|| self.backend.nonsense(format!("submission {id}, which was not asked for")))?;
            match read(answer, &jobs[job].limits).map_err(|what| self.backend.nonsense(what))? {
                Meaning::Unfinished => {}
                Meaning::Lost => is_lost = true,
                Meaning::Finished(report) => {
                    self.pending.remove(&id);
                    reports.push((job, *report));
                }
            }
        }
        if is_lost || !asked.is_empty() {
            return Err(BackendError::Lost { url: self.backend.url.clone() });
        }
        Ok(())
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if pending.is_empty() {
            return;
        }
        let backend = Arc::clone(&self.backend);
        runtime.spawn(async move {
            // The last ones first: the others would start while one is cancelled after the other.
            for id in pending.into_keys().rev() {
                let told: Result<Cancelled, _> = backend.post(&format!("cancel/{id}"), &(), CANCEL_TIME).await;
                if matches!(told, Err(BackendError::Unreachable { .. } | BackendError::Late { .. })) {
                    return;
                }
            }
        });
    }
}
