//! Counts the time that a plugin keeps a thread busy.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

/// A clock that runs while a call is being worked on and stands while it waits.
///
/// What the host computes for the guest at once (the toolkit, writing a log line) counts as the
/// guest's own work: else a guest could keep a thread busy for ever with such calls. One call runs
/// at a time, so plain atomics do; they only carry the clock between threads.
#[derive(Clone, Debug)]
pub(crate) struct Meter(Arc<Clock>);

#[derive(Debug)]
struct Clock {
    origin: Instant,
    spent_ns: AtomicU64,
    /// Nanoseconds since `origin` plus one while the clock runs, 0 while it stands.
    since_ns: AtomicU64,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Clock { origin: Instant::now(), spent_ns: AtomicU64::new(0), since_ns: AtomicU64::new(0) }))
    }

    /// Time spent since the last reset.
    pub(crate) fn spent(&self) -> Duration {
        let since = self.0.since_ns.load(Ordering::Relaxed);
        let running = if since == 0 { 0 } else { self.now_ns().saturating_sub(since) };
        Duration::from_nanos(self.0.spent_ns.load(Ordering::Relaxed) + running)
    }

    /// Sets the clock back to zero.
    pub(crate) fn reset(&self) {
        self.0.spent_ns.store(0, Ordering::Relaxed);
        self.0.since_ns.store(0, Ordering::Relaxed);
    }

    /// `future`, whose work is counted.
    pub(crate) async fn counting<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            self.start();
            let poll = future.as_mut().poll(context);
            self.stop();
            poll
        })
        .await
    }

    /// `future`, whose work is not counted although it belongs to one that is.
    pub(crate) async fn pausing<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|context| -> Poll<F::Output> {
            self.stop();
            let poll = future.as_mut().poll(context);
            self.start();
            poll
        })
        .await
    }

    fn start(&self) {
        self.0.since_ns.store(self.now_ns(), Ordering::Relaxed);
    }

    fn stop(&self) {
        let since = self.0.since_ns.swap(0, Ordering::Relaxed);
        if since != 0 {
            self.0.spent_ns.fetch_add(self.now_ns().saturating_sub(since), Ordering::Relaxed);
        }
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.0.origin.elapsed().as_nanos()).unwrap_or(u64::MAX - 1) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(duration: Duration) {
        let start = Instant::now();
        while start.elapsed() < duration {
            std::hint::spin_loop();
        }
    }

    #[tokio::test]
    async fn counts_work_but_neither_waiting_nor_paused_work() {
        let meter = Meter::new();
        let work = async {
            busy(Duration::from_millis(10));
            tokio::time::sleep(Duration::from_millis(40)).await;
            meter.pausing(async { busy(Duration::from_millis(40)) }).await;
        };
        let start = Instant::now();
        meter.counting(work).await;
        assert!(meter.spent() >= Duration::from_millis(10), "{:?}", meter.spent());
        assert!(start.elapsed() - meter.spent() >= Duration::from_millis(80), "{:?}", meter.spent());
        meter.reset();
        assert_eq!(meter.spent(), Duration::ZERO);
    }
}
