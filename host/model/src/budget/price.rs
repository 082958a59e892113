//! Money: what models cost.

use perfagent_core::chat::Usage;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Units of the last digit in a dollar.
const PER_DOLLAR: f64 = 1e12;

/// An amount of US dollars, counted in millionths of a millionth: what one token costs is whole numbers of
/// them, so that sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usd(u64);

impl Usd {
    /// `dollars`; what is below zero is nothing, what is too much is the most there is.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the conversion keeps within the bounds"
    )]
    pub fn from_dollars(dollars: f64) -> Self {
        Self((dollars * PER_DOLLAR).round() as u64)
    }

    /// In dollars.
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / PER_DOLLAR
    }

    pub(crate) fn saturating_add(self, more: Self) -> Self {
        Self(self.0.saturating_add(more.0))
    }

    pub(crate) fn saturating_sub(self, less: Self) -> Self {
        Self(self.0.saturating_sub(less.0))
    }
}

impl std::fmt::Display for Usd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let decimals = if self.dollars() >= 1.0 { 2 } else { 6 };
        write!(f, "${:.decimals$}", self.dollars())
    }
}

/// What a model's tokens cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    input: Usd,
    output: Usd,
}

impl Price {
    /// A price in dollars for a million tokens of prompts and for a million of replies.
    pub fn per_million(input: f64, output: f64) -> Self {
        Self { input: Usd::from_dollars(input / 1e6), output: Usd::from_dollars(output / 1e6) }
    }

    /// What `usage` costs. Tokens that a provider counts beside prompt and reply cost what a reply's do.
    pub(crate) fn of(self, usage: Usage) -> Usd {
        let output = usage.total_tokens.saturating_sub(usage.prompt_tokens);
        let cost = |price: Usd, tokens: u64| Usd(price.0.saturating_mul(tokens));
        cost(self.input, usage.prompt_tokens).saturating_add(cost(self.output, output))
    }
}

/// What models cost, by their names at the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices(Arc<BTreeMap<String, Price>>);

impl Prices {
    /// What `model` costs, where that is known.
    pub fn of(&self, model: &str) -> Option<Price> {
        self.0.get(model).copied()
    }

    /// Each model with what a million tokens of prompts and of replies cost, dollars.
    pub fn per_million(&self) -> impl Iterator<Item = (&str, f64, f64)> {
        let dollars = |price: Usd| price.dollars() * 1e6;
        self.0.iter().map(move |(model, price)| (model.as_str(), dollars(price.input), dollars(price.output)))
    }

    /// Whether no model has a price.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Price)> for Prices {
    fn from_iter<T: IntoIterator<Item = (String, Price)>>(prices: T) -> Self {
        Self(Arc::new(prices.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact() {
        let price = Price::per_million(0.15, 0.6);
        let usage = Usage::new(1, 1, false);
        let mut sum = Usd::default();
        for _ in 0..1_000_000 {
            sum = sum.saturating_add(price.of(usage));
        }
        assert_eq!(sum, Usd::from_dollars(0.75));
        assert_eq!(sum.to_string(), "$0.750000");
        assert_eq!(Usd::from_dollars(12.345).to_string(), "$12.35");
    }

    #[test]
    fn reasoning_tokens_cost_what_a_reply_does_and_the_absurd_does_not_overflow() {
        let usage = Usage { prompt_tokens: 1, completion_tokens: 1, total_tokens: 4, estimated: false };
        assert_eq!(Price::per_million(1.0, 10.0).of(usage), Usd(31_000_000));
        let absurd = Usage { prompt_tokens: u64::MAX, completion_tokens: 0, total_tokens: u64::MAX, estimated: false };
        assert_eq!(Price::per_million(1e9, 1.0).of(absurd), Usd(u64::MAX));
        assert_eq!(Usd::from_dollars(-1.0), Usd(0));
        assert_eq!(Usd::from_dollars(f64::INFINITY), Usd(u64::MAX));
    }
}
