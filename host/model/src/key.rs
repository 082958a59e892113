//! A provider's key, kept from being shown.

use zeroize::Zeroizing;

/// Shorter values are placeholders such as `none` or `any`, and common words of programs.
const SHORTEST_SECRET: usize = 6;

/// What stands in the place of something secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// A provider's key. It does not print, cannot be serialised, and is overwritten when dropped.
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// Keeps `key`, without the white space around it that files and copying leave.
    pub fn new(key: impl Into<String>) -> Self {
        let key = Zeroizing::new(key.into());
        Self(Zeroizing::new(key.trim().to_owned()))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key itself, for the request's header alone.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// `text` without the key.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.0.len() >= SHORTEST_SECRET {
            text.replace(self.expose(), REDACTED)
        } else if !self.is_empty() && text == self.expose() {
            REDACTED.to_owned()
        } else {
            text.to_owned()
        }
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_not_print() {
        let key = ApiKey::new("  sk-secret-123\n");
        assert_eq!(format!("{key:?} {key:#?}"), "ApiKey(***) ApiKey(***)");
        assert_eq!(key.expose(), "sk-secret-123");
    }

    #[test]
    fn redacts_itself_but_no_common_words() {
        assert_eq!(ApiKey::new("sk-secret").redact("key sk-secret."), "key [redacted].");
        assert_eq!(ApiKey::new("any").redact("any of many"), "any of many");
        assert_eq!(ApiKey::new("any").redact("any"), "[redacted]");
        assert_eq!(ApiKey::new("").redact(""), "");
    }
}
