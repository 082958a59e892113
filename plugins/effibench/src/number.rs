//! Numbers in JSON and in texts for people.

use serde_json::{Value, json};

/// Significant digits of numbers in texts.
const DIGITS: i32 = 4;

/// A number in JSON, where what is not finite is a string.
pub(crate) fn to_json(value: f64) -> Value {
    if value.is_nan() {
        json!("NaN")
    } else if value.is_infinite() {
        json!(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        json!(value)
    }
}

/// A number that [`to_json`] wrote.
pub(crate) fn from_json(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) if text == "Infinity" => Some(f64::INFINITY),
        Value::String(text) if text == "-Infinity" => Some(f64::NEG_INFINITY),
        other => other.as_f64(),
    }
}

/// A number for people, with four significant digits.
pub(crate) fn rounded(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return if value > 0.0 { "infinite" } else { "unknown" }.to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-6..15).contains(&magnitude) {
        return format!("{value:.*e}", DIGITS as usize - 1);
    }
    format!("{value:.*}", usize::try_from(DIGITS - 1 - magnitude).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits() {
        let cases = [
            (0.0, "0"),
            (1.234_56, "1.235"),
            (0.012_345_6, "0.01235"),
            (123_456.7, "123457"),
            (99.0, "99.00"),
            (1e-9, "1.000e-9"),
            (f64::INFINITY, "infinite"),
        ];
        for (value, expected) in cases {
            assert_eq!(rounded(value), expected);
        }
    }

    #[test]
    fn infinities_survive_json() {
        for value in [f64::INFINITY, f64::NEG_INFINITY, 1.5] {
            assert_eq!(from_json(&to_json(value)), Some(value));
        }
        assert_eq!(to_json(f64::NAN), json!("NaN"));
    }
}
