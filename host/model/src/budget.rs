//! What may be spent on models, and what was.
//!
//! Before a call is sent, the most it can cost is reserved in every budget that bounds it: its run's, and the
//! one that its run shares with others. What it did cost is settled afterwards. So many runs at once exceed a
//! budget by no more than what one reply costs beyond its estimate.

mod charge;
mod price;

pub use charge::{Charge, reserved};
pub use price::{Price, Prices, Usd};

use perfagent_core::chat::Usage;
use perfagent_core::event::{BudgetScope, Resource};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Most that may be spent; `None`: no bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BudgetLimits {
    /// Tokens of prompts and replies.
    pub tokens: Option<u64>,
    /// Money; every model must have a price.
    pub usd: Option<Usd>,
    /// Time from the start. A reply that is on its way may come, and is judged.
    pub wall_time: Option<Duration>,
    /// Calls that brought a reply, or a part of one.
    pub calls: Option<u64>,
}

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Tokens of prompts and replies.
    pub tokens: u64,
    /// Money, as far as models have prices.
    pub usd: Usd,
    /// Time.
    pub wall_time: Duration,
    /// Calls that brought a reply, or a part of one.
    pub calls: u64,
}

impl Spent {
    /// What `calls` calls with `usage` cost.
    pub fn of(calls: u64, usage: Usage, price: Option<Price>) -> Self {
        let usd = price.map(|price| price.of(usage)).unwrap_or_default();
        Self { tokens: usage.total_tokens, usd, wall_time: Duration::ZERO, calls }
    }
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, more: Self) {
        self.tokens = self.tokens.saturating_add(more.tokens);
        self.usd = self.usd.saturating_add(more.usd);
        self.wall_time = self.wall_time.saturating_add(more.wall_time);
        self.calls = self.calls.saturating_add(more.calls);
    }
}

/// A budget; clones are handles of the same one.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    scope: BudgetScope,
    limits: BudgetLimits,
    started: Instant,
    /// Time that earlier processes took.
    before: Duration,
    ledger: Mutex<Ledger>,
    /// A reservation has ended.
    settled: Notify,
}

#[derive(Debug)]
struct Ledger {
    spent: Spent,
    reserved: Spent,
}

/// Why a call may not be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// It could cost more than is left.
    #[error(
        "{scope}.{resource} is used up: {limit} were allowed, {spent} are spent, and the next call may need {needed}"
    )]
    Exhausted {
        /// Whose budget.
        scope: BudgetScope,
        /// What of it.
        resource: Resource,
        /// How much was allowed.
        limit: String,
        /// How much is spent.
        spent: String,
        /// How much the call may need.
        needed: String,
    },
    /// Money is bounded, but nobody knows what the model costs.
    #[error("{scope}.usd cannot hold, for the model {model} has no price: give it one in `prices`")]
    Unpriced {
        /// Whose budget.
        scope: BudgetScope,
        /// The model.
        model: String,
    },
}

impl Budget {
    /// A budget of which `before` was spent by earlier processes. Its time runs from now.
    pub fn new(scope: BudgetScope, limits: BudgetLimits, before: Spent) -> Self {
        let (before, spent) = (before.wall_time, Spent { wall_time: Duration::ZERO, ..before });
        let ledger = Mutex::new(Ledger { spent, reserved: Spent::default() });
        Self(Arc::new(Shared { scope, limits, started: Instant::now(), before, ledger, settled: Notify::new() }))
    }

    /// What is spent by now.
    pub fn spent(&self) -> Spent {
        Spent { wall_time: self.elapsed(), ..self.ledger().spent }
    }

    fn elapsed(&self) -> Duration {
        self.0.before.saturating_add(self.0.started.elapsed())
    }

    /// When its time is up.
    fn deadline(&self) -> Option<Instant> {
        let left = self.0.limits.wall_time?.saturating_sub(self.0.before);
        self.0.started.checked_add(left)
    }

    /// Reserves `need`, or says whether it would fit if what others have reserved turned out to cost nothing.
    fn try_reserve(&self, need: Spent) -> Result<bool, BudgetError> {
        let mut ledger = self.ledger();
        self.fits(ledger.spent, need)?;
        let mut committed = ledger.spent;
        committed += ledger.reserved;
        let fits = self.fits(committed, need).is_ok();
        if fits {
            ledger.reserved += need;
        }
        Ok(fits)
    }

    fn fits(&self, spent: Spent, need: Spent) -> Result<(), BudgetError> {
        self.check_time(Instant::now())?;
        let limits = &self.0.limits;
        let counts = [
            (Resource::Calls, limits.calls, spent.calls, need.calls),
            (Resource::Tokens, limits.tokens, spent.tokens, need.tokens),
        ];
        for (resource, limit, spent, need) in counts {
            if let Some(limit) = limit.filter(|limit| spent.saturating_add(need) > *limit) {
                return Err(self.exhausted(resource, limit.to_string(), spent.to_string(), need.to_string()));
            }
        }
        match limits.usd.filter(|limit| spent.usd.saturating_add(need.usd) > *limit) {
            Some(limit) => {
                Err(self.exhausted(Resource::Usd, limit.to_string(), spent.usd.to_string(), need.usd.to_string()))
            }
            None => Ok(()),
        }
    }

    /// Whether there is time left at `instant`.
    fn check_time(&self, instant: Instant) -> Result<(), BudgetError> {
        if self.deadline().is_none_or(|deadline| instant < deadline) {
            return Ok(());
        }
        let limit = self.0.limits.wall_time.unwrap_or_default();
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        Err(self.exhausted(Resource::WallTime, seconds(limit), seconds(self.elapsed()), "more".to_owned()))
    }

    fn exhausted(&self, resource: Resource, limit: String, spent: String, needed: String) -> BudgetError {
        BudgetError::Exhausted { scope: self.0.scope, resource, limit, spent, needed }
    }

    /// Notes what was spent.
    fn spend(&self, spent: Spent) {
        self.ledger().spent += spent;
    }

    /// Gives back a reservation.
    fn release(&self, reserved: Spent) {
        let mut ledger = self.ledger();
        ledger.reserved = Spent {
            tokens: ledger.reserved.tokens.saturating_sub(reserved.tokens),
            usd: ledger.reserved.usd.saturating_sub(reserved.usd),
            wall_time: Duration::ZERO,
            calls: ledger.reserved.calls.saturating_sub(reserved.calls),
        };
        drop(ledger);
        self.0.settled.notify_waiters();
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
