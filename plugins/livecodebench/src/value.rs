//! Plain values as Python has them, with Python's `==`.

mod number;
mod parse;
mod show;

pub(crate) use number::Integer;
pub(crate) use parse::{Dialect, parse};

use std::collections::BTreeMap;

/// A text: UTF-8 that may also hold halves of surrogate pairs, as Python's strings may.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text(pub(crate) Vec<u8>);

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(Integer),
    Float(f64),
    Text(Text),
    List(Vec<Self>),
    /// A tuple inside of another value; never equal to a list.
    Tuple(Vec<Self>),
    Dict(BTreeMap<Text, Self>),
    /// What is not plain, by its description; equal to nothing.
    Other(Text),
}

impl Value {
    /// Whether Python says that the two are equal: `True == 1 == 1.0`, and not a number equals
    /// nothing.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::List(one), Self::List(other)) | (Self::Tuple(one), Self::Tuple(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.equals(other))
            }
            (Self::Dict(one), Self::Dict(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|((key, one), (its, other))| key == its && one.equals(other))
            }
            (Self::Float(one), Self::Float(other)) => one == other,
            (Self::Float(float), number) | (number, Self::Float(float)) => {
                number.integer().is_some_and(|integer| integer.equals_float(*float))
            }
            _ => self.integer().is_some_and(|integer| other.integer() == Some(integer)),
        }
    }

    /// The integer that this is, a truth value's too.
    fn integer(&self) -> Option<Integer> {
        match self {
            Self::Bool(truth) => Some(Integer::from(*truth)),
            Self::Int(integer) => Some(integer.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str) -> Value {
        parse(text.as_bytes(), Dialect::Reply).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn equality_is_pythons() {
        for (one, other) in [
            ("true", "1"),
            ("false", "0.0"),
            ("120", "120.0"),
            ("-0.0", "0"),
            ("99999999999999991611392", "1e23"),
            ("[1,[2.0,null]]", "[true,[2,null]]"),
            (r#"{"a":1,"b":[]}"#, r#"{"b":[],"a":1.0}"#),
            (r#""\u00e9\ud83d\ude00""#, r#""é😀""#),
            ("Infinity", "1e999"),
            ("((1),2)", "((true),2.0)"),
        ] {
            assert!(value(one).equals(&value(other)) && value(other).equals(&value(one)), "{one} {other}");
        }
    }

    #[test]
    fn what_differs_is_not_equal() {
        for (one, other) in [
            ("1", "\"1\""),
            ("null", "false"),
            ("null", "0"),
            ("9007199254740993", "9007199254740992.0"),
            ("100000000000000000000000", "1e23"),
            ("NaN", "NaN"),
            ("[1]", "[1,1]"),
            ("[[1]]", "[(1)]"),
            ("[]", "{}"),
            ("0", "[]"),
            (r#"{"a":1}"#, r#"{"a":2}"#),
            (r#"{"a":1}"#, r#"{"b":1}"#),
            (r#"?"x""#, r#"?"x""#),
            (r#"?"x""#, r#""x""#),
            ("1", "1.5"),
            ("Infinity", "-Infinity"),
        ] {
            assert!(!value(one).equals(&value(other)) && !value(other).equals(&value(one)), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn integers_and_floats_compare_exactly(integer in any::<i64>(), float in -1e19_f64..1e19) {
            let float = float.round();
            // The quotient of the two in more bits than either has.
            let is_equal = float.abs() < 1e19 && integer as i128 == float as i128;
            prop_assert_eq!(Value::Int(Integer::from(integer)).equals(&Value::Float(float)), is_equal);
            let same = integer as f64;
            let is_exact = same as i128 == i128::from(integer);
            prop_assert_eq!(Value::Int(Integer::from(integer)).equals(&Value::Float(same)), is_exact);
        }
    }
}
