//! What calls to a model cost.

use perfagent_core::chat::Usage;
use perfagent_core::spec::Models;
use perfagent_model::budget::{Prices, Spent};

/// What `usage` of `models` costs, US dollars; `None` where that is not known: of a model without a price, and
/// of several, whose shares of it are not.
pub fn cost(models: &Models, usage: Usage, prices: &Prices) -> Option<f64> {
    let Models::One { name } = models else { return None };
    Some(Spent::of(0, usage, Some(prices.of(name)?)).usd.dollars())
}
