//! Decimal numbers of any length and exponent, as far as comparing them needs: what Python's
//! `Decimal(text)` accepts and when two of them are equal.

/// A number with its sign, in one form for each value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decimal {
    /// `digits` × 10^`exponent`; the digits begin and end with none that is zero. Zero has none.
    Finite {
        is_negative: bool,
        digits: String,
        exponent: i128,
    },
    Infinite {
        is_negative: bool,
    },
    NotANumber,
    /// Comparing it is an error in Python, which ends the judging of the line.
    SignalingNotANumber,
}

/// Numbers of this size and beyond are out of Python's range, which then refuses the text.
const MAX_EXPONENT: i128 = 1_000_000_000_000_000_000;

impl Decimal {
    /// The number that `text`, without blanks around it, spells.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|character| *character != '_').map(ascii_digit).collect();
        let (is_negative, rest) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (text.starts_with('-'), rest),
            None => (false, text.as_str()),
        };
        Self::finite(is_negative, rest).or_else(|| Self::special(is_negative, rest))
    }

    /// Whether Python says that the two are equal; `None` where it raises an error instead.
    pub(crate) fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::SignalingNotANumber, _) | (_, Self::SignalingNotANumber) => None,
            (Self::NotANumber, _) | (_, Self::NotANumber) => Some(false),
            _ => Some(self == other),
        }
    }

    fn finite(is_negative: bool, text: &str) -> Option<Self> {
        let (coefficient, exponent) = match text.split_once(['e', 'E']) {
            Some((coefficient, exponent)) => (coefficient, exponent_of(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = coefficient.split_once('.').unwrap_or((coefficient, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if exponent.abs() >= 2 * MAX_EXPONENT {
            return None;
        }
        let digits = all.trim_start_matches('0');
        if digits.is_empty() {
            return Some(Self::Finite { is_negative: false, digits: String::new(), exponent: 0 });
        }
        let exponent = exponent - fraction.len() as i128;
        if exponent + digits.len() as i128 > MAX_EXPONENT {
            return None;
        }
        let kept = digits.trim_end_matches('0');
        let exponent = exponent + (digits.len() - kept.len()) as i128;
        Some(Self::Finite { is_negative, digits: kept.to_owned(), exponent })
    }

    fn special(is_negative: bool, text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        if text == "inf" || text == "infinity" {
            return Some(Self::Infinite { is_negative });
        }
        let is_payload = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if text.strip_prefix("nan").is_some_and(is_payload) {
            return Some(Self::NotANumber);
        }
        text.strip_prefix("snan").is_some_and(is_payload).then_some(Self::SignalingNotANumber)
    }
}

/// The number after the `e`; one that is too large for any use stays one that is.
fn exponent_of(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (if text.starts_with('-') { -1 } else { 1 }, digits),
        None => (1, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    let size = if digits.len() > 30 { 10 * MAX_EXPONENT } else { digits.parse().unwrap_or(0) };
    Some(sign * size)
}

/// Digits of other scripts as those of ASCII.
fn ascii_digit(character: char) -> char {
    if character.is_ascii() {
        return character;
    }
    let code = u32::from(character);
    let before = ZEROS.partition_point(|zero| *zero <= code);
    let digit = before.checked_sub(1).map(|index| code - ZEROS[index]).filter(|digit| *digit < 10);
    digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(character)
}

/// The zero of each script that has digits; the other nine follow it.
const ZEROS: [u32; 65] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50,
    0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136,
    0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0,
    0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn equal(one: &str, other: &str) -> Option<bool> {
        Decimal::parse(one).unwrap_or_else(|| panic!("{one}")).equals(&Decimal::parse(other).unwrap())
    }

    #[test]
    fn spellings_of_one_number_are_equal() {
        for (one, other) in [
            ("1", "1.0"),
            ("1", "+1."),
            ("0.50", ".5"),
            ("100", "1e2"),
            ("1E+2", "10000e-2"),
            ("0", "-0.000e999999999999"),
            ("1_000", "1000"),
            ("٣", "3"),
            ("１２", "12.0"),
            ("inf", "+Infinity"),
            ("1e1000000000", "10e999999999"),
            ("00012", "12"),
        ] {
            assert_eq!(equal(one, other), Some(true), "{one} {other}");
        }
    }

    #[test]
    fn different_numbers_are_not() {
        for (one, other) in [
            ("1", "-1"),
            ("0.1", "0.10000000000000000000000000000000000000001"),
            ("1e1000000000", "1e1000000001"),
            ("inf", "-inf"),
            ("nan", "nan"),
            ("NaN12", "1"),
            ("10", "1"),
        ] {
            assert_eq!(equal(one, other), Some(false), "{one} {other}");
        }
        assert_eq!(equal("sNaN", "1"), None);
    }

    #[test]
    fn what_decimal_refuses_is_refused() {
        for text in [
            "",
            "-",
            "+",
            ".",
            "e5",
            "1e",
            "1e+",
            "1e1.5",
            "--1",
            "1.2.3",
            "0x10",
            "1,5",
            "infin",
            "nanx",
            "1e999999999999999999999",
            "0e-9999999999999999999999",
            "½",
            "²",
            "1 2",
            "_",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn shifting_the_point_changes_nothing(digits in "[0-9]{1,30}", places in 0_usize..20, exponent in -1000_i64..1000) {
            let number = format!("{digits}e{exponent}");
            let zeros = "0".repeat(places);
            let shifted = format!("{digits}{zeros}e{}", exponent - places as i64);
            let with_fraction = format!("000{digits}.{zeros}e{exponent}");
            prop_assert_eq!(equal(&number, &shifted), Some(true));
            prop_assert_eq!(equal(&number, &with_fraction), Some(true));
            let other = format!("{digits}{zeros}1e{}", exponent - places as i64 - 1);
            prop_assert_eq!(equal(&number, &other), Some(false));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), odd in "[-+_.eE0-9nasif]{0,20}") {
            let _ = (Decimal::parse(&text), Decimal::parse(&odd));
        }
    }
}
