//! What a provider's headers say of its own limits: `x-ratelimit-remaining-…` and `x-ratelimit-reset-…`.

use crate::retry::LONGEST_ASKED;
use reqwest::header::HeaderMap;
use std::time::Duration;
use tokio::time::Instant;

/// What is left of a limit until it is set anew.
#[derive(Debug)]
pub(super) struct Window {
    /// Requests or tokens.
    pub(super) left: u64,
    /// When there will be as much as at first.
    pub(super) reset: Instant,
}

impl Window {
    /// What `headers`, which came at `now`, say of `resource`. A window that ends too late to wait for says
    /// nothing: its refusals tell each call when to give up.
    pub(super) fn read(headers: &HeaderMap, resource: &str, now: Instant) -> Option<Self> {
        let header = |what: &str| headers.get(format!("x-ratelimit-{what}-{resource}"))?.to_str().ok();
        let left = header("remaining")?.trim().parse().ok()?;
        let reset = duration(header("reset")?).filter(|reset| *reset <= LONGEST_ASKED)?;
        Some(Self { left, reset: now + reset })
    }
}

/// A duration such as `6m0s`, `20ms` or a number of seconds.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        let scale = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * scale;
        rest = after;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_providers_write() {
        for (text, milliseconds) in
            [("1s", 1000), ("6m0s", 360_000), ("20ms", 20), ("1h0m1.5s", 3_601_500), ("12", 12_000), ("0.25", 250)]
        {
            assert_eq!(duration(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["s", "1", "1x", "1s2", "soon", "1e400s", "-1"] {
            assert_eq!(duration(text), (text == "1").then_some(Duration::from_secs(1)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), like in "[0-9.hmsun]{0,12}") {
            duration(&text);
            duration(&like);
        }
    }
}
