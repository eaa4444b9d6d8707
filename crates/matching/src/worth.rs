//! What an assignment is worth: three levels, each above all below it together.

use serde::Serialize;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Urgent households, then households, then score: compared in this order.
///
/// Never one weighted number: no score, however large, buys a household, and no number of households buys an
/// urgent one. Vectors compared so can be added and subtracted like numbers, and prices are such vectors too.
/// Range: each level stays within ±2⁶² (at most 2³¹ pairs of at most 10⁹ points).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize)]
pub struct Worth {
    /// Urgent households placed.
    pub urgent: i64,
    /// Households placed.
    pub placed: i64,
    /// Points.
    pub score: i64,
}

impl Worth {
    /// Nothing.
    pub const ZERO: Self = Self { urgent: 0, placed: 0, score: 0 };

    /// What one pair is worth.
    #[must_use]
    pub fn of_pair(urgent: bool, score: i64) -> Self {
        Self { urgent: i64::from(urgent), placed: 1, score }
    }
}

impl Add for Worth {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            urgent: self.urgent + other.urgent,
            placed: self.placed + other.placed,
            score: self.score + other.score,
        }
    }
}

impl Sub for Worth {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Worth {
    type Output = Self;
    fn neg(self) -> Self {
        Self { urgent: -self.urgent, placed: -self.placed, score: -self.score }
    }
}

impl AddAssign for Worth {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Worth {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Worth {
    fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
        values.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_outweighs_all_below_it() {
        let worth = |urgent, placed, score| Worth { urgent, placed, score };
        assert!(worth(1, 0, 0) > worth(0, 9_000, 9_000_000));
        assert!(worth(0, 1, -9_000) > worth(0, 0, 9_000));
        assert!(worth(0, 1, -9) > Worth::ZERO && worth(0, -1, 9) < Worth::ZERO);
        assert_eq!(worth(1, 2, 3) - worth(0, 1, 5), worth(1, 1, -2));
    }
}
