//! Exact values of the numbers that answers write.

use crate::natural::Natural;
use std::fmt;

/// A rational number in lowest terms. Two are equal exactly if their values are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rational {
    /// Never set for zero.
    is_negative: bool,
    numerator: Natural,
    /// Never zero.
    denominator: Natural,
}

impl Rational {
    /// The value that `text` writes, without spaces: an integer or a decimal of any length, with or
    /// without commas between thousands, a quotient of two as `a/b` or `\frac{a}{b}`, a mixed number
    /// as `1\frac{a}{b}`; before it a sign, after it `%` for hundredths. None for anything else.
    ///
    /// ```
    /// use perfagent_aime::Rational;
    ///
    /// let value = |text| Rational::parse(text).map(|value| value.to_string());
    /// assert_eq!(value("073.0").as_deref(), Some("73"));
    /// assert_eq!(value(r"-\frac{6}{4}").as_deref(), Some("-3/2"));
    /// assert_eq!(value("x"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (text, scale) = match text.strip_suffix('%') {
            Some(hundredths) => (hundredths.strip_suffix('\\').unwrap_or(hundredths), 2),
            None => (text, 0),
        };
        let (is_negative, text) = signed(text);
        let value = if let Some((whole, arguments)) = text.split_once("\\frac{") {
            let (numerator, denominator) = arguments.strip_suffix('}')?.split_once("}{")?;
            let fraction = Self::quotient(Self::decimal(numerator)?, Self::decimal(denominator)?)?;
            if whole.is_empty() { fraction } else { fraction.after_whole(whole)? }
        } else if let Some((numerator, denominator)) = text.split_once('/') {
            Self::quotient(Self::unsigned(ungrouped(numerator))?, Self::decimal(ungrouped(denominator))?)?
        } else {
            Self::unsigned(text)?
        };
        let denominator = value.denominator.times(&Natural::power_of_ten(scale));
        Some(Self::new(value.is_negative != is_negative, value.numerator, denominator))
    }

    fn new(is_negative: bool, numerator: Natural, denominator: Natural) -> Self {
        let divisor = numerator.common_divisor(&denominator);
        let reduced = |number: Natural| match number.divided_by(&divisor) {
            Some((quotient, _)) if !divisor.is_one() => quotient,
            _ => number,
        };
        Self {
            is_negative: is_negative && !numerator.is_zero(),
            numerator: reduced(numerator),
            denominator: reduced(denominator),
        }
    }

    fn quotient(dividend: Self, divisor: Self) -> Option<Self> {
        if divisor.numerator.is_zero() {
            return None;
        }
        Some(Self::new(
            dividend.is_negative != divisor.is_negative,
            dividend.numerator.times(&divisor.denominator),
            dividend.denominator.times(&divisor.numerator),
        ))
    }

    /// The mixed number of `whole` and this fraction, which has no sign of its own.
    fn after_whole(self, whole: &str) -> Option<Self> {
        if self.is_negative {
            return None;
        }
        let whole = Natural::from_digits(whole)?;
        Some(Self::new(false, whole.times(&self.denominator).plus(&self.numerator), self.denominator))
    }

    /// A decimal with or without a sign.
    fn decimal(text: &str) -> Option<Self> {
        let (is_negative, text) = signed(text);
        let value = Self::unsigned(text)?;
        Some(Self::new(is_negative, value.numerator, value.denominator))
    }

    fn unsigned(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = without_thousands(whole)? + decimals;
        Some(Self::new(false, Natural::from_digits(&digits)?, Natural::power_of_ten(decimals.len())))
    }
}

/// Whether there is a minus, and what follows the sign.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// `text` without one pair of braces around it.
fn ungrouped(text: &str) -> &str {
    text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text)
}

/// Removes commas that stand where thousands end; none where one stands elsewhere.
fn without_thousands(digits: &str) -> Option<String> {
    let mut groups = digits.split(',');
    let first = groups.next().unwrap_or_default();
    let mut rest = groups.clone().peekable();
    let is_grouped = rest.peek().is_some();
    if is_grouped && (!(1..=3).contains(&first.len()) || rest.any(|group| group.len() != 3)) {
        return None;
    }
    Some(digits.replace(',', ""))
}

impl fmt::Display for Rational {
    /// `-3/2`, or `73` for an integer: something that [`Rational::parse`] reads as the same value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative { "-" } else { "" };
        write!(f, "{sign}{}", self.numerator)?;
        if self.denominator.is_one() { Ok(()) } else { write!(f, "/{}", self.denominator) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str) -> Option<String> {
        Rational::parse(text).map(|value| value.to_string())
    }

    #[test]
    fn numbers_have_exact_values() {
        let cases = [
            ("0", "0"),
            ("-0", "0"),
            ("-0.00", "0"),
            ("073", "73"),
            ("73.", "73"),
            (".5", "1/2"),
            ("+5", "5"),
            ("-1,234.50", "-2469/2"),
            ("12,345,678", "12345678"),
            ("25%", "1/4"),
            (r"-150\%", "-3/2"),
            ("6/4", "3/2"),
            ("1/-2", "-1/2"),
            ("-1/-2", "1/2"),
            ("{1}/{2}", "1/2"),
            ("0.5/0.25", "2"),
            (r"\frac{-1}{2}", "-1/2"),
            (r"-\frac{1}{-2}", "1/2"),
            (r"\frac{0}{7}", "0"),
            (r"2\frac{1}{3}", "7/3"),
            (r"-2\frac{1}{3}", "-7/3"),
            (
                "0.1000000000000000055511151231257827",
                "1000000000000000055511151231257827/10000000000000000000000000000000000",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_texts_have_none() {
        let texts = [
            "",
            "-",
            ".",
            "%",
            "--1",
            "1-",
            "1.2.3",
            "1/",
            "/2",
            "1/2/3",
            "1/0",
            "x",
            "1x",
            "1e3",
            "1,23",
            "1,2345",
            "1234,567",
            ",123",
            "1,,234",
            "1.0,5",
            "١",
            "²",
            r"\frac{1}{0}",
            r"\frac{1}{2}3",
            r"\frac{1}",
            r"\frac{}{2}",
            r"x\frac{1}{2}",
            r"2\frac{-1}{3}",
            r"\sqrt{2}",
            r"\frac{\frac{1}{2}}{3}",
            "{1}",
        ];
        for text in texts {
            assert_eq!(value(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_value_reads_its_own_text(text in r"-?[0-9]{1,40}(\.[0-9]{1,40}|/[1-9][0-9]{0,40})?") {
            let value = Rational::parse(&text).unwrap();
            prop_assert_eq!(Rational::parse(&value.to_string()), Some(value));
        }

        #[test]
        fn expanding_a_fraction_changes_nothing(a in any::<i32>(), b in 1..=u32::MAX, factor in 1..=u32::MAX) {
            let (a, b, factor) = (i128::from(a), i128::from(b), i128::from(factor));
            prop_assert_eq!(value(&format!("{a}/{b}")), value(&format!("{}/{}", a * factor, b * factor)));
            prop_assert_ne!(value(&format!("{a}/{b}")), value(&format!("{}/{}", a * factor + 1, b * factor)));
        }

        #[test]
        fn no_text_makes_it_panic(text in r"(\\frac\{|\}|\{|/|-|\.|,|%|[0-9]|é){0,12}") {
            let _ = Rational::parse(&text);
        }
    }
}
