//! When a failed request is sent again, and after how long.

use crate::{ModelError, RetrySettings, TransportStage};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// A longest wait of the back-off itself.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// A longest wait that a server may ask for.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_secs(600);

impl RetrySettings {
    /// The wait before the retry with this number, from 1.
    pub(crate) fn wait(&self, retry: u32) -> Duration {
        let longest = LONGEST_BACKOFF.max(self.delay).as_secs_f64();
        let exponent = i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX);
        let backoff = self.delay.as_secs_f64() * self.backoff_factor.max(1.0).powi(exponent);
        let jitter = self.jitter.as_secs_f64() * fastrand::f64();
        Duration::from_secs_f64(backoff.min(longest) + jitter)
    }
}

/// Whether the same request may do better later.
pub(crate) fn is_worth_another(error: &ModelError) -> bool {
    match error {
        ModelError::Transport { stage, .. } => *stage != TransportStage::Certificate,
        ModelError::Timeout { .. } | ModelError::Incomplete { .. } => true,
        ModelError::Status { status, .. } => matches!(status, 408 | 409 | 425 | 429 | 500..=599),
        _ => false,
    }
}

/// Whether the provider has too much to do, so that it should get less at once.
pub(crate) fn is_overload(error: &ModelError) -> bool {
    matches!(error, ModelError::Status { status: 429 | 503 | 529, .. } | ModelError::Timeout { .. })
}

/// What a `Retry-After` header asks for: a number of seconds or a date.
pub(crate) fn retry_after(value: &str, now: OffsetDateTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        // Numbers beyond every clock are absurd, not absent.
        return Some(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
    }
    // The date's zone is always GMT, which RFC 2822 writes as a number.
    let date = value.strip_suffix("GMT").map(|date| format!("{date}+0000"))?;
    let at = OffsetDateTime::parse(&date, &Rfc2822).ok()?;
    Some((at - now).try_into().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_grow_up_to_a_minute() {
        let settings = RetrySettings { jitter: Duration::ZERO, ..RetrySettings::default() };
        let waits: Vec<u64> = (1..=8).map(|retry| settings.wait(retry).as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn reads_both_forms_of_retry_after() {
        let now = OffsetDateTime::from_unix_timestamp(1_445_412_480).unwrap();
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:27:30 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after(&"9".repeat(40), now), Some(Duration::MAX));
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn a_certificate_that_is_refused_stays_refused() {
        let broken = |stage| ModelError::Transport { endpoint: String::new(), stage, source: "broken".into() };
        assert!(is_worth_another(&broken(TransportStage::Connecting)));
        assert!(is_worth_another(&broken(TransportStage::Connected)));
        assert!(!is_worth_another(&broken(TransportStage::Certificate)));
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), retry in any::<u32>(), factor in any::<f64>()) {
            let _ = retry_after(&text, OffsetDateTime::UNIX_EPOCH);
            if factor.is_finite() {
                RetrySettings { backoff_factor: factor, ..RetrySettings::default() }.wait(retry);
            }
        }
    }
}
