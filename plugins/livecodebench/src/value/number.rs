//! Integers of any length, as far as comparing them needs.

/// An integer of any length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Integer {
    /// One that fits.
    Small(i64),
    /// One that does not: its sign and digits, without zeros before them.
    Large(Box<str>),
}

impl Integer {
    /// The integer of an optional `-` and at least one digit.
    pub(crate) fn of_digits(text: &str) -> Self {
        if let Ok(small) = text.parse() {
            return Self::Small(small);
        }
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        Self::Large(format!("{sign}{}", digits.trim_start_matches('0')).into_boxed_str())
    }

    /// Whether it is the value of `float`, exactly.
    pub(crate) fn equals_float(&self, float: f64) -> bool {
        // Rust prints all digits of an integral float, however many.
        float.is_finite() && float.fract() == 0.0 && *self == Self::of_digits(&format!("{float:.0}"))
    }
}

impl From<bool> for Integer {
    fn from(truth: bool) -> Self {
        Self::Small(i64::from(truth))
    }
}

#[cfg(test)]
impl From<i64> for Integer {
    fn from(integer: i64) -> Self {
        Self::Small(integer)
    }
}

impl std::fmt::Display for Integer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Small(integer) => write!(f, "{integer}"),
            Self::Large(digits) => f.write_str(digits),
        }
    }
}
