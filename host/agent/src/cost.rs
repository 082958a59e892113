//! What calls to a model cost.

use perfagent_core::chat::Usage;
use perfagent_core::event::{Record, RunEvent};
use perfagent_core::spec::ModelSpec;
use perfagent_model::budget::{Prices, Spent};

/// What `record`, of a run that asks `model`, adds to the cost of its run, US dollars; `None` where that is not
/// known, for a model has no price.
pub fn added_cost(record: &Record, model: &ModelSpec, prices: &Prices) -> Option<f64> {
    let (iteration, mut usage, lost) = match &record.event {
        RunEvent::ModelReplied { iteration, reply } => (*iteration, reply.usage, reply.lost),
        RunEvent::CallFailed { iteration, lost } => (*iteration, Usage::default(), *lost),
        RunEvent::Started(_) if model.models.names().any(|name| prices.of(name).is_none()) => return None,
        _ => return Some(0.0),
    };
    usage += lost;
    Some(Spent::of(1, usage, Some(prices.of(model.name(iteration))?)).usd.dollars())
}
