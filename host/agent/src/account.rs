//! What a run has spent, as its journal tells: a fold over its records.

use perfagent_core::chat::Usage;
use perfagent_core::event::{Record, RunEvent};
use perfagent_core::spec::RunSpec;
use perfagent_model::budget::{Prices, Spent, reserved};
use std::time::Duration;

/// What the run with these `records` has spent. A call that was sent and of which nothing more is known counts
/// as if it had cost everything it could.
pub fn spent(records: &[Record], prices: &Prices) -> Spent {
    let mut fold = Fold { prices, spec: None, spent: Spent::default(), most: Usage::default(), under_way: None };
    for record in records {
        fold.spent.wall_time = fold.spent.wall_time.saturating_add(Duration::from_nanos(record.took_ns));
        fold.take_in(&record.event);
    }
    fold.lose();
    fold.spent
}

struct Fold<'a> {
    prices: &'a Prices,
    spec: Option<&'a RunSpec>,
    spent: Spent,
    /// The most that a call with the newest prompt can cost.
    most: Usage,
    /// The iteration whose call is under way.
    under_way: Option<u32>,
}

impl<'a> Fold<'a> {
    fn take_in(&mut self, event: &'a RunEvent) {
        match event {
            RunEvent::Started(started) => self.spec = Some(&started.spec),
            RunEvent::PromptBuilt { iteration, messages } => {
                let most = self.spec.map(|spec| reserved(&spec.model.request(*iteration, messages.clone())));
                self.most = most.unwrap_or_default();
                self.under_way = Some(*iteration);
            }
            RunEvent::Resumed { iteration } => {
                self.lose();
                self.under_way = Some(*iteration);
            }
            RunEvent::CallFailed { iteration, lost } => self.replied(*iteration, u64::from(!lost.is_zero()), *lost),
            RunEvent::ModelReplied { iteration, reply } => {
                let mut usage = reply.usage;
                usage += reply.lost;
                self.replied(*iteration, 1, usage);
            }
            RunEvent::Finished { .. } => self.under_way = None,
            RunEvent::Extracted { .. }
            | RunEvent::Evaluated { .. }
            | RunEvent::Confirmed { .. }
            | RunEvent::Decided { .. } => {}
        }
    }

    fn replied(&mut self, iteration: u32, calls: u64, usage: Usage) {
        self.under_way = None;
        let price = self.spec.and_then(|spec| self.prices.of(spec.model.name(iteration)));
        self.spent += Spent::of(calls, usage, price);
    }

    fn lose(&mut self) {
        if let Some(iteration) = self.under_way {
            self.replied(iteration, 1, self.most);
        }
    }
}
