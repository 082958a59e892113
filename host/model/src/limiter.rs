//! How many requests a provider gets at once: one more for each round of replies while all goes well, half as
//! many when it is overloaded (additive increase, multiplicative decrease, as TCP does it), and none while its
//! headers say that it would take none.

mod window;

use crate::retry::LONGEST_ASKED;
use reqwest::header::HeaderMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use window::Window;

/// Requests at once that a provider gets before anything is known of it.
const FIRST_LIMIT: f64 = 8.0;

/// Requests at once that no provider gets more than.
const HIGHEST_LIMIT: f64 = 1024.0;

/// Shared by everything that asks one provider.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    state: Mutex<State>,
    /// More requests may be let through than before.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    limit: f64,
    in_flight: u32,
    /// Until the first overload the limit grows with each reply, to find out quickly what is possible.
    searching: bool,
    /// When the limit was last cut: requests sent before say nothing new.
    cut: Option<Instant>,
    /// Nothing is sent until then.
    paused: Option<Instant>,
    requests: Option<Window>,
    tokens: Option<Window>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            limit: FIRST_LIMIT,
            in_flight: 0,
            searching: true,
            cut: None,
            paused: None,
            requests: None,
            tokens: None,
        }
    }
}

/// Whether a request may be sent.
enum Admission {
    Now,
    /// Not before then.
    At(Instant),
    /// When another has ended.
    Later,
}

impl State {
    fn admit(&mut self, now: Instant, tokens: u64) -> Admission {
        if let Some(until) = self.paused.filter(|until| *until > now) {
            return Admission::At(until);
        }
        for (window, need) in [(&mut self.requests, 1), (&mut self.tokens, tokens)] {
            *window = window.take().filter(|window| window.reset > now);
            if let Some(window) = window.as_ref().filter(|window| window.left < need) {
                return Admission::At(window.reset);
            }
        }
        if f64::from(self.in_flight) + 1.0 > self.limit {
            return Admission::Later;
        }
        for (window, need) in [(&mut self.requests, 1), (&mut self.tokens, tokens)] {
            if let Some(window) = window {
                window.left -= need;
            }
        }
        self.in_flight += 1;
        Admission::Now
    }

    /// Only a limit that was reached has been tried, so only such a one grows.
    fn succeeded(&mut self) {
        if f64::from(self.in_flight) + 1.0 > self.limit {
            let step = if self.searching { 1.0 } else { 1.0 / self.limit };
            self.limit = (self.limit + step).min(HIGHEST_LIMIT);
        }
    }

    fn overloaded(&mut self, sent: Instant, now: Instant, asked: Option<Duration>) {
        if let Some(wait) = asked.filter(|wait| *wait <= LONGEST_ASKED) {
            self.paused = self.paused.max(Some(now + wait));
        }
        if self.cut.is_some_and(|cut| sent <= cut) {
            return;
        }
        self.limit = (self.limit.min(f64::from(self.in_flight)) / 2.0).max(1.0);
        self.searching = false;
        self.cut = Some(now);
    }
}

impl Limiter {
    /// Waits for the right to send one request that may need `tokens`.
    pub(crate) async fn slot(&self, tokens: u64) -> Slot<'_> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            let now = Instant::now();
            let admission = self.state().admit(now, tokens);
            match admission {
                Admission::Now => return Slot { limiter: self, sent: now },
                // Either way it is time to look again.
                Admission::At(instant) => drop(timeout_at(instant, changed).await),
                Admission::Later => changed.await,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to have one request on its way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    limiter: &'a Limiter,
    sent: Instant,
}

impl Slot<'_> {
    /// Takes in what the provider says of its own limits.
    pub(crate) fn heard(&self, headers: &HeaderMap) {
        let now = Instant::now();
        let mut state = self.limiter.state();
        // Of those on their way, some may not have been counted yet.
        let others = u64::from(state.in_flight.saturating_sub(1));
        if let Some(window) = Window::read(headers, "requests", now) {
            state.requests = Some(Window { left: window.left.saturating_sub(others), ..window });
        }
        if let Some(window) = Window::read(headers, "tokens", now) {
            state.tokens = Some(window);
        }
    }

    /// The provider replied.
    pub(crate) fn succeeded(self) {
        self.limiter.state().succeeded();
    }

    /// The provider has too much to do, and may have asked to wait.
    pub(crate) fn overloaded(self, asked: Option<Duration>) {
        self.limiter.state().overloaded(self.sent, Instant::now(), asked);
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.limiter.state().in_flight -= 1;
        self.limiter.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use reqwest::header::HeaderName;

    /// As many slots as there are.
    fn all(limiter: &Limiter) -> Vec<Slot<'_>> {
        std::iter::from_fn(|| limiter.slot(1).now_or_never()).collect()
    }

    /// What `slots` replies do to the limit.
    fn round(limiter: &Limiter) -> usize {
        let slots = all(limiter);
        let count = slots.len();
        slots.into_iter().for_each(Slot::succeeded);
        count
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn grows_quickly_then_by_one_a_round() {
        let limiter = Limiter::default();
        assert_eq!(round(&limiter), 8);
        // While several end at once, only those that end with the limit reached count.
        assert!(round(&limiter) > 8);
        let slots = all(&limiter);
        let many = slots.len();
        for slot in slots {
            tokio::time::advance(Duration::from_millis(1)).await;
            slot.overloaded(None);
        }
        let half = all(&limiter).len();
        assert_eq!(half, many / 2, "once a round trip, however many fail");
        for more in 0..3 {
            // Each slot is taken again at once, as when many wait.
            let mut slots = all(&limiter);
            assert_eq!(slots.len(), half + more);
            for _ in 0..=half + more {
                slots.remove(0).succeeded();
                slots.extend(all(&limiter));
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_is_not_reached_stays_and_one_always_gets_through() {
        let limiter = Limiter::default();
        for _ in 0..100 {
            limiter.slot(1).await.succeeded();
        }
        assert_eq!(all(&limiter).len(), 8);
        for _ in 0..10 {
            tokio::time::advance(Duration::from_millis(1)).await;
            limiter.slot(1).await.overloaded(None);
        }
        assert_eq!(all(&limiter).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_as_long_as_it_is_asked() {
        let limiter = Limiter::default();
        let start = Instant::now();
        limiter.slot(1).await.overloaded(Some(Duration::from_secs(7)));
        drop(limiter.slot(1).await);
        assert_eq!(start.elapsed().as_secs(), 7);
        // What is too long to wait for fails the call instead and holds up nobody else.
        limiter.slot(1).await.overloaded(Some(LONGEST_ASKED * 2));
        assert!(limiter.slot(1).now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn goes_by_what_the_server_has_left() {
        let limiter = Limiter::default();
        let start = Instant::now();
        let said = headers(&[("x-ratelimit-remaining-requests", "2"), ("x-ratelimit-reset-requests", "3s")]);
        limiter.slot(1).await.heard(&said);
        assert_eq!(all(&limiter).len(), 2);
        drop(limiter.slot(1).await);
        assert_eq!(start.elapsed().as_secs(), 3, "until the window ends");
        let said = headers(&[("x-ratelimit-remaining-tokens", "100"), ("x-ratelimit-reset-tokens", "1m0s")]);
        limiter.slot(1).await.heard(&said);
        drop(limiter.slot(60).await);
        assert!(limiter.slot(60).now_or_never().is_none());
        drop(limiter.slot(60).await);
        assert_eq!(start.elapsed().as_secs(), 63);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_takes_nothing_along() {
        let limiter = Limiter::default();
        let slots = all(&limiter);
        let waiting = tokio::time::timeout(Duration::from_secs(1), limiter.slot(1)).await;
        assert!(waiting.is_err());
        drop(slots);
        assert_eq!(all(&limiter).len(), 8);
    }
}
