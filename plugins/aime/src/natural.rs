//! Natural numbers of any length, with as much arithmetic as exact comparison needs.

use std::cmp::Ordering;
use std::fmt;

/// Decimal digits that fit into one limb, and ten to their number.
const CHUNK_DIGITS: usize = 9;
const CHUNK: u32 = 1_000_000_000;

/// A natural number. Operations take time in proportion to the product of the lengths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Natural {
    /// In base 2³², the least first, without zeros at the end.
    limbs: Vec<u32>,
}

impl Natural {
    pub(crate) fn one() -> Self {
        Self { limbs: vec![1] }
    }

    /// The number that decimal digits write; none where there is no digit, or anything else.
    pub(crate) fn from_digits(digits: &str) -> Option<Self> {
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut number = Self { limbs: Vec::new() };
        for chunk in digits.as_bytes().chunks(CHUNK_DIGITS) {
            let (value, scale) =
                chunk.iter().fold((0, 1), |(value, scale), digit| (value * 10 + u32::from(digit - b'0'), scale * 10));
            number.multiply_add(scale, value);
        }
        Some(number)
    }

    pub(crate) fn power_of_ten(exponent: usize) -> Self {
        let mut number = Self::one();
        (0..exponent).for_each(|_| number.multiply_add(10, 0));
        number
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    pub(crate) fn is_one(&self) -> bool {
        self.limbs == [1]
    }

    fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for limb in &mut self.limbs {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.limbs.push(carry as u32);
        }
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        let mut limbs = vec![0_u32; self.limbs.len() + other.limbs.len()];
        for (shift, factor) in self.limbs.iter().enumerate() {
            let mut carry = 0_u64;
            let others = other.limbs.iter().map(|limb| u64::from(*limb)).chain(std::iter::once(0));
            for (limb, other) in limbs[shift..].iter_mut().zip(others) {
                carry += u64::from(*limb) + u64::from(*factor) * other;
                *limb = carry as u32;
                carry >>= 32;
            }
        }
        Self::trimmed(limbs)
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        let (long, short) = if self.limbs.len() < other.limbs.len() { (other, self) } else { (self, other) };
        let mut carry = 0_u64;
        let shorts = short.limbs.iter().copied().chain(std::iter::repeat(0));
        let mut limbs: Vec<u32> = (long.limbs.iter().zip(shorts))
            .map(|(one, other)| {
                carry += u64::from(*one) + u64::from(other);
                let limb = carry as u32;
                carry >>= 32;
                limb
            })
            .collect();
        limbs.push(carry as u32);
        Self::trimmed(limbs)
    }

    /// Quotient and remainder, by long division in base 2; none for division by zero.
    pub(crate) fn divided_by(&self, divisor: &Self) -> Option<(Self, Self)> {
        if divisor.is_zero() {
            return None;
        }
        let mut remainder = self.clone();
        let Some(shift) = self.bits().checked_sub(divisor.bits()) else {
            return Some((Self { limbs: Vec::new() }, remainder));
        };
        let mut scaled = divisor.shifted_left(shift);
        let mut quotient = vec![0_u32; shift / 32 + 1];
        for bit in (0..=shift).rev() {
            if remainder >= scaled {
                remainder.subtract(&scaled);
                quotient[bit / 32] |= 1 << (bit % 32);
            }
            scaled.halve();
        }
        Some((Self::trimmed(quotient), remainder))
    }

    /// The greatest common divisor, by Euclid's algorithm.
    pub(crate) fn common_divisor(&self, other: &Self) -> Self {
        let (mut one, mut other) = (self.clone(), other.clone());
        while let Some((_, remainder)) = one.divided_by(&other) {
            one = std::mem::replace(&mut other, remainder);
        }
        one
    }

    fn bits(&self) -> usize {
        self.limbs.last().map_or(0, |last| self.limbs.len() * 32 - last.leading_zeros() as usize)
    }

    fn shifted_left(&self, bits: usize) -> Self {
        let mut limbs = vec![0_u32; bits / 32];
        let mut carry = 0_u64;
        for limb in &self.limbs {
            carry |= u64::from(*limb) << (bits % 32);
            limbs.push(carry as u32);
            carry >>= 32;
        }
        limbs.push(carry as u32);
        Self::trimmed(limbs)
    }

    fn halve(&mut self) {
        let mut carry = 0;
        for limb in self.limbs.iter_mut().rev() {
            let next = *limb << 31;
            *limb = (*limb >> 1) | carry;
            carry = next;
        }
        self.trim();
    }

    /// Takes away `other`, which is not greater.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = false;
        let others = other.limbs.iter().copied().chain(std::iter::repeat(0));
        for (limb, other) in self.limbs.iter_mut().zip(others) {
            let (difference, first) = limb.overflowing_sub(other);
            let (difference, second) = difference.overflowing_sub(u32::from(borrow));
            *limb = difference;
            borrow = first || second;
        }
        self.trim();
    }

    fn trimmed(limbs: Vec<u32>) -> Self {
        let mut number = Self { limbs };
        number.trim();
        number
    }

    fn trim(&mut self) {
        let used = self.limbs.iter().rposition(|limb| *limb != 0).map_or(0, |last| last + 1);
        self.limbs.truncate(used);
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_length = self.limbs.len().cmp(&other.limbs.len());
        by_length.then_with(|| self.limbs.iter().rev().cmp(other.limbs.iter().rev()))
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Natural {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut limbs = self.limbs.clone();
        let mut chunks = Vec::new();
        while limbs.iter().any(|limb| *limb != 0) {
            let remainder = limbs.iter_mut().rev().fold(0_u64, |remainder, limb| {
                let value = (remainder << 32) | u64::from(*limb);
                *limb = (value / u64::from(CHUNK)) as u32;
                value % u64::from(CHUNK)
            });
            chunks.push(remainder);
        }
        write!(f, "{}", chunks.pop().unwrap_or(0))?;
        chunks.iter().rev().try_for_each(|chunk| write!(f, "{chunk:0CHUNK_DIGITS$}"))
    }
}

#[cfg(test)]
mod tests;
