//! One call's share of the budgets that bound it.

use super::{Budget, BudgetError, Price, Prices, Spent};
use perfagent_core::chat::{ChatRequest, Usage};
use tokio::time::{Instant, timeout_at};

/// Bytes of a token at least, about: more than three in English prose, three in code, one character of
/// Chinese or Japanese.
const BYTES_PER_TOKEN: u64 = 3;

/// Tokens that a message has beside its text.
const TOKENS_PER_MESSAGE: u64 = 4;

/// Most tokens that a call with `request` can cost; those of the prompt are estimated, and rather too high.
pub fn reserved(request: &ChatRequest) -> Usage {
    let message = |text: &str| (text.len() as u64).div_ceil(BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE;
    let prompt = request.messages.iter().map(|it| message(&it.content)).sum();
    Usage::new(prompt, u64::from(request.max_output_tokens), true)
}

/// What is reserved for one call in all its budgets. Dropping it gives back what the call cannot have cost;
/// a call that is dropped while it is on its way counts as if it had cost everything.
#[derive(Debug, Default)]
pub struct Charge {
    budgets: Vec<Budget>,
    need: Spent,
    price: Option<Price>,
    lost: Usage,
    in_flight: bool,
}

impl Charge {
    /// Reserves in all `budgets` what `request` can cost. Waits while it does not fit beside what other calls
    /// have reserved, but would if they turned out cheaper.
    ///
    /// # Errors
    /// See [`BudgetError`]; nothing is reserved then.
    pub async fn reserve(budgets: &[Budget], request: &ChatRequest, prices: &Prices) -> Result<Self, BudgetError> {
        let price = prices.of(&request.model);
        let need = Spent::of(1, reserved(request), price);
        let mut charge = Self::default();
        (charge.need, charge.price) = (need, price);
        for budget in budgets {
            if budget.0.limits.usd.is_some() && price.is_none() {
                return Err(BudgetError::Unpriced { scope: budget.0.scope, model: request.model.clone() });
            }
            while !reserve_in(budget, need).await? {}
            charge.budgets.push(budget.clone());
        }
        Ok(charge)
    }

    /// Estimated tokens of replies that broke off.
    pub fn lost(&self) -> Usage {
        self.lost
    }

    /// When the first of the budgets' times is up.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.budgets.iter().filter_map(Budget::deadline).min()
    }

    /// Whether there is time left at `instant`.
    ///
    /// # Errors
    /// [`BudgetError::Exhausted`] when there is none.
    pub(crate) fn check_time(&self, instant: Instant) -> Result<(), BudgetError> {
        self.budgets.iter().try_for_each(|budget| budget.check_time(instant))
    }

    /// The request is on its way.
    pub(crate) fn sent(&mut self) {
        self.in_flight = true;
    }

    /// The request failed, after a part of a reply worth `lost` had come.
    ///
    /// # Errors
    /// [`BudgetError::Exhausted`] when another attempt could cost more than is left.
    pub(crate) fn failed(&mut self, lost: Usage) -> Result<(), BudgetError> {
        self.in_flight = false;
        self.lost += lost;
        let spent = Spent::of(0, lost, self.price);
        for budget in &self.budgets {
            budget.spend(spent);
        }
        if lost.is_zero() {
            return Ok(());
        }
        self.budgets.iter().try_for_each(|budget| budget.fits(budget.ledger().spent, self.need))
    }

    /// The reply cost `usage`. A model does so for each of its replies.
    pub fn settle(&mut self, usage: Usage) {
        self.in_flight = false;
        let spent = Spent::of(1, usage, self.price);
        self.end(spent);
    }

    fn end(&mut self, spent: Spent) {
        for budget in std::mem::take(&mut self.budgets) {
            budget.spend(spent);
            budget.release(self.need);
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        let spent = match (self.in_flight, self.lost.is_zero()) {
            (true, _) => self.need,
            (false, false) => Spent { calls: 1, ..Spent::default() },
            (false, true) => Spent::default(),
        };
        self.end(spent);
    }
}

/// Reserves `need` in `budget`, or waits for the end of another reservation.
async fn reserve_in(budget: &Budget, need: Spent) -> Result<bool, BudgetError> {
    let settled = budget.0.settled.notified();
    tokio::pin!(settled);
    // From here on no end is missed.
    settled.as_mut().enable();
    if budget.try_reserve(need)? {
        return Ok(true);
    }
    match budget.deadline() {
        // Once the time is up, the next try says so.
        Some(deadline) => drop(timeout_at(deadline, settled).await),
        None => settled.await,
    }
    Ok(false)
}
