//! Parsers of values that have bounds.

use crate::config::bounds::expected;
use perfagent_agent::grading::{self, Date};
use std::ops::RangeInclusive;
use std::time::Duration;

/// Parses whole numbers within `bounds`.
pub(super) fn count(bounds: RangeInclusive<u32>) -> impl Fn(&str) -> Result<u32, String> + Clone + Send + Sync {
    move |text| parse(text, "a whole number", &bounds)
}

/// Parses numbers within `bounds`.
pub(super) fn number(bounds: RangeInclusive<f64>) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync {
    move |text| parse(text, "a number", &bounds)
}

/// Parses durations, given as a number of seconds within `bounds`.
pub(super) fn seconds(bounds: RangeInclusive<f64>) -> impl Fn(&str) -> Result<Duration, String> + Clone + Send + Sync {
    move |text| parse(text, "a number of seconds", &bounds).map(Duration::from_secs_f64)
}

/// Parses days.
pub(super) fn date(text: &str) -> Result<Date, String> {
    let day = (text.len() == "2024-01-31".len()).then(|| grading::date(text)).flatten();
    day.ok_or_else(|| "expected a day such as 2024-01-31".to_owned())
}

fn parse<T>(text: &str, kind: &str, bounds: &RangeInclusive<T>) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    let value = text.parse().ok().filter(|value| bounds.contains(value));
    value.ok_or_else(|| format!("expected {}", expected(kind, bounds)))
}
