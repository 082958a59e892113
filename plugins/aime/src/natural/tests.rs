//! Arithmetic against machine numbers, and its laws where those end.

use super::*;
use proptest::prelude::*;

fn number(digits: &str) -> Natural {
    Natural::from_digits(digits).unwrap()
}

#[test]
fn only_digits_make_a_number() {
    for text in ["", "-1", "+1", "1 ", "1.0", "١"] {
        assert_eq!(Natural::from_digits(text), None, "{text}");
    }
    assert_eq!(number("000").to_string(), "0");
    assert_eq!(number("0000000000012000000000").to_string(), "12000000000");
    assert_eq!(Natural::power_of_ten(30).to_string(), format!("1{}", "0".repeat(30)));
}

#[test]
fn nothing_is_divided_by_zero() {
    assert_eq!(number("5").divided_by(&number("0")), None);
    assert_eq!(number("5").common_divisor(&number("0")), number("5"));
    assert!(number("0").common_divisor(&number("0")).is_zero());
}

proptest! {
    #[test]
    fn agrees_with_machine_numbers(one in any::<u64>(), other in 1..=u64::MAX) {
        let (one, other) = (u128::from(one), u128::from(other));
        let (a, b) = (number(&one.to_string()), number(&other.to_string()));
        prop_assert_eq!(a.times(&b).to_string(), (one * other).to_string());
        prop_assert_eq!(a.plus(&b).to_string(), (one + other).to_string());
        prop_assert_eq!(a.cmp(&b), one.cmp(&other));
        let (quotient, remainder) = a.divided_by(&b).unwrap();
        prop_assert_eq!(quotient.to_string(), (one / other).to_string());
        prop_assert_eq!(remainder.to_string(), (one % other).to_string());
    }

    #[test]
    fn division_undoes_multiplication(a in "[1-9][0-9]{0,90}", b in "[1-9][0-9]{0,90}", c in "[0-9]{1,20}") {
        let (a, b, c) = (number(&a), number(&b), number(&c));
        let (quotient, remainder) = a.times(&b).plus(&c).divided_by(&b).unwrap();
        prop_assert!(remainder < b);
        prop_assert_eq!(quotient.times(&b).plus(&remainder), a.times(&b).plus(&c));
    }

    #[test]
    fn a_common_divisor_divides_and_leaves_none(a in "[1-9][0-9]{0,60}", b in "[1-9][0-9]{0,60}", c in "[1-9][0-9]{0,30}") {
        let c = number(&c);
        let (a, b) = (number(&a).times(&c), number(&b).times(&c));
        let divisor = a.common_divisor(&b);
        prop_assert!(divisor.divided_by(&c).unwrap().1.is_zero());
        let (one, other) = (a.divided_by(&divisor).unwrap(), b.divided_by(&divisor).unwrap());
        prop_assert!(one.1.is_zero() && other.1.is_zero());
        prop_assert!(one.0.common_divisor(&other.0).is_one());
    }

    #[test]
    fn digits_come_back(digits in "[1-9][0-9]{0,400}") {
        prop_assert_eq!(number(&digits).to_string(), digits);
    }
}
