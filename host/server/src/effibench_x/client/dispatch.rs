//! Several backends: who gets what, and what happens when one fails.

use super::ClientSettings;
use super::backend::{Backend, BackendError, BackendUrl};
use super::batch::{Ended, Job, run};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use perfagent_agent::chain;
use perfagent_core::execution::{Failure, FailureKind, RunReport};
use perfagent_model::ModelError;
use std::sync::Arc;

/// Why backends cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("no connection to {url} can be made")]
pub struct BackendsError {
    /// The backend.
    pub url: BackendUrl,
    /// Why.
    #[source]
    source: Box<ModelError>,
}

/// Backends that share a client's work. One for all tasks of a process: what one task learns of them
/// holds for the others.
#[derive(Debug)]
pub struct Backends {
    backends: Vec<Arc<Backend>>,
    settings: ClientSettings,
}

/// How the runs of a call are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placing {
    /// Wherever there is room.
    Spread,
    /// All on one backend, this one if it is well: their measures are compared. Where it fails, all run
    /// again on another.
    Together(Option<usize>),
}

/// A backend that is well, by number, and the length of its queue.
type Ready = (usize, u64);

impl Backends {
    /// Backends at `urls`. Nothing is sent yet.
    ///
    /// # Errors
    /// The machine's certificates cannot be used.
    pub fn new(urls: &[BackendUrl], settings: ClientSettings) -> Result<Self, BackendsError> {
        let backend = |url: &BackendUrl| {
            Backend::new(url.clone())
                .map(Arc::new)
                .map_err(|source| BackendsError { url: url.clone(), source: source.into() })
        };
        Ok(Self { backends: urls.iter().map(backend).collect::<Result<_, _>>()?, settings })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.backends.len()
    }

    /// One report for each of `jobs`, in their order, and the backend that the last ones came from. Each
    /// job has exactly one: what a backend that has failed still answers is not listened to.
    ///
    /// # Errors
    /// A backend refuses a program, or all fail again and again.
    pub(super) async fn run(&self, jobs: &[Job], placing: Placing) -> Result<(Vec<RunReport>, Option<usize>), Failure> {
        let mut reports: Vec<Option<RunReport>> = vec![None; jobs.len()];
        let mut open: Vec<usize> = (0..jobs.len()).collect();
        let mut running = FuturesUnordered::new();
        let mut trouble = Trouble { settings: &self.settings, failures: 0, last: None };
        let mut used = None;
        loop {
            if !open.is_empty() {
                let ready = self.ready().await;
                if ready.is_empty() {
                    trouble.wait().await?;
                    continue;
                }
                for (number, share) in shares(std::mem::take(&mut open), &ready, placing) {
                    used = Some(number);
                    running.push(run(Arc::clone(&self.backends[number]), share, jobs, &self.settings));
                }
            }
            let Some(Ended { backend, reports: found, failed }) = running.next().await else { break };
            let unanswered = match failed {
                None => Vec::new(),
                Some((error, unanswered)) => {
                    backend.falls_ill();
                    trouble.add(&error, placing == Placing::Spread && !found.is_empty())?;
                    unanswered
                }
            };
            if placing != Placing::Spread && !unanswered.is_empty() {
                open.extend(0..jobs.len());
                continue;
            }
            open.extend(unanswered);
            for (job, report) in found {
                reports[job] = Some(report);
            }
        }
        let reports: Option<Vec<RunReport>> = reports.into_iter().collect();
        let reports = reports.ok_or_else(|| Failure::new(FailureKind::Internal, "a run without a report"))?;
        Ok((reports, used))
    }

    /// The backends that are well, the shortest queue first. Those that failed lately are asked only
    /// where no other is left.
    async fn ready(&self) -> Vec<Ready> {
        let ill = |number: &usize| self.backends[*number].is_ill(self.settings.recheck);
        let (resting, likely): (Vec<usize>, Vec<usize>) = (0..self.backends.len()).partition(ill);
        let ready = self.asked(likely).await;
        if ready.is_empty() { self.asked(resting).await } else { ready }
    }

    async fn asked(&self, numbers: Vec<usize>) -> Vec<Ready> {
        let ask = async |number: usize| Some((number, self.backends[number].queue(&self.settings).await?));
        let mut ready: Vec<Ready> = join_all(numbers.into_iter().map(ask)).await.into_iter().flatten().collect();
        // So that of several idle ones not always the first is taken.
        fastrand::shuffle(&mut ready);
        ready.sort_by_key(|(_, queue)| *queue);
        ready
    }
}

/// What has gone wrong in a call so far.
struct Trouble<'a> {
    settings: &'a ClientSettings,
    /// In a row.
    failures: u32,
    last: Option<String>,
}

impl Trouble<'_> {
    /// A backend has failed, after some results or none.
    fn add(&mut self, error: &BackendError, had_results: bool) -> Result<(), Failure> {
        let message = chain(error);
        if error.is_refusal() {
            return Err(Failure::new(FailureKind::Refused, message));
        }
        tracing::warn!("{message}");
        self.last = Some(message);
        self.failures = if had_results { 1 } else { self.failures + 1 };
        self.bounded()
    }

    /// No backend is well: waits before they are asked again.
    async fn wait(&mut self) -> Result<(), Failure> {
        self.failures += 1;
        self.bounded()?;
        let factor = 1_u32.checked_shl(self.failures - 1).unwrap_or(u32::MAX);
        let wait = self.settings.backoff.saturating_mul(factor).min(self.settings.backoff_most);
        tracing::warn!("no backend is well; they are asked again in {wait:?}");
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn bounded(&self) -> Result<(), Failure> {
        if self.failures <= self.settings.retries {
            return Ok(());
        }
        let last = self.last.as_ref().map(|last| format!("; the last failure: {last}")).unwrap_or_default();
        let message = format!(
            "no backend of execution.backends could run the programs, {} times in a row{last}; see that they run and \
             answer /health",
            self.failures
        );
        Err(Failure { retryable: true, ..Failure::new(FailureKind::Unavailable, message) })
    }
}

/// Who gets which of the jobs `open`; `ready` is not empty.
fn shares(open: Vec<usize>, ready: &[Ready], placing: Placing) -> Vec<(usize, Vec<usize>)> {
    if let Placing::Together(preferred) = placing {
        let chosen = ready.iter().find(|(number, _)| Some(*number) == preferred).or(ready.first());
        return chosen.map(|(number, _)| (*number, open)).into_iter().collect();
    }
    let mut load: Vec<u64> = ready.iter().map(|(_, queue)| *queue).collect();
    let mut given: Vec<Vec<usize>> = vec![Vec::new(); ready.len()];
    for job in open {
        let shortest = (0..load.len()).min_by_key(|&place| load[place]).unwrap_or_default();
        load[shortest] = load[shortest].saturating_add(1);
        given[shortest].push(job);
    }
    let shares = ready.iter().map(|(number, _)| *number).zip(given);
    shares.filter(|(_, share)| !share.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_shortest_queue_gets_most() {
        let given = shares((0..10).collect(), &[(4, 2), (1, 4), (0, 90)], Placing::Spread);
        let counts: Vec<(usize, usize)> = given.iter().map(|(number, share)| (*number, share.len())).collect();
        assert_eq!(counts, [(4, 6), (1, 4)]);
    }

    #[test]
    fn what_belongs_together_goes_where_it_went_before() {
        let ready = [(4, 2), (1, 4)];
        assert_eq!(shares(vec![0, 1], &ready, Placing::Together(None)), [(4, vec![0, 1])]);
        assert_eq!(shares(vec![0, 1], &ready, Placing::Together(Some(1))), [(1, vec![0, 1])]);
        assert_eq!(shares(vec![0, 1], &ready, Placing::Together(Some(7))), [(4, vec![0, 1])]);
    }

    proptest! {
        #[test]
        fn every_job_goes_to_exactly_one(count in 0..60_usize, queues in prop::collection::vec(any::<u64>(), 1..6)) {
            let ready: Vec<Ready> = queues.into_iter().enumerate().collect();
            let given = shares((0..count).collect(), &ready, Placing::Spread);
            let mut all: Vec<usize> = given.into_iter().flat_map(|(_, share)| share).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }
}
