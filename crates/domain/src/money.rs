//! Money: whole cents, checked arithmetic, never a float.

use crate::refusal::{Reason, Refusal};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A signed number of cents: a rent gap, a balance, a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(i64);

impl Cents {
    /// Zero cents.
    pub const ZERO: Self = Self(0);

    /// The largest amount a declaration may carry: one billion euros.
    ///
    /// Far above any relogement, and small enough that 92 million such declarations fit one account.
    pub const MAX_DECLARED: Self = Self(100_000_000_000);

    /// So many cents.
    #[must_use]
    pub const fn new(cents: i64) -> Self {
        Self(cents)
    }

    /// The number of cents.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads euros as a person writes them: `1234,56`, `1 234.56`, `12`.
    ///
    /// # Errors
    /// Refuses what is not a number, anything finer than a cent, and anything beyond [`Cents::MAX_DECLARED`].
    pub fn parse_euros(field: &str, text: &str) -> Result<Self, Refusal> {
        let plain: String = text
            .trim()
            .chars()
            .filter(|c| !matches!(c, ' ' | '\u{202f}' | '\u{a0}'))
            .map(|c| if c == ',' { '.' } else { c })
            .collect();
        let euros =
            Decimal::from_str_exact(&plain).map_err(|_| Refusal::new(Reason::AmountFormat, field, text))?;
        Self::from_euros(field, euros)
    }

    /// Reads euros.
    ///
    /// # Errors
    /// Refuses anything finer than a cent: rounding here would make the journal disagree with the signed
    /// declaration. Refuses anything beyond [`Cents::MAX_DECLARED`].
    pub fn from_euros(field: &str, euros: Decimal) -> Result<Self, Refusal> {
        let too_large = || Refusal::new(Reason::AmountTooLarge, field, euros);
        let cents = euros.checked_mul(Decimal::ONE_HUNDRED).ok_or_else(too_large)?.normalize();
        if cents.scale() > 0 {
            return Err(Refusal::new(Reason::AmountSubCent, field, euros));
        }
        let cents = Self(i64::try_from(cents.mantissa()).map_err(|_| too_large())?);
        if cents.0.unsigned_abs() > Self::MAX_DECLARED.0.unsigned_abs() {
            Err(too_large())
        } else {
            Ok(cents)
        }
    }

    /// The same amount as a decimal number of euros, for display and exports.
    #[must_use]
    pub fn to_euros(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// The sum, or nothing when it leaves the range of a 64-bit counter.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or nothing when it leaves the range.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The opposite amount, or nothing for the one value that has none.
    #[must_use]
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }

    /// This amount `times` over, or nothing when it leaves the range.
    #[must_use]
    pub fn checked_times(self, times: u32) -> Option<Self> {
        self.0.checked_mul(i64::from(times)).map(Self)
    }

    /// `self × numerator ÷ denominator`, rounded half away from zero, exact before rounding.
    ///
    /// Nothing when the denominator is not above zero or the result leaves the range.
    #[must_use]
    pub fn ratio(self, numerator: i64, denominator: i64) -> Option<Self> {
        if denominator <= 0 {
            return None;
        }
        let product = i128::from(self.0) * i128::from(numerator);
        let denominator = i128::from(denominator);
        let rounded = (product.abs() * 2 + denominator) / (denominator * 2);
        i64::try_from(if product < 0 { -rounded } else { rounded }).ok().map(Self)
    }
}

impl fmt::Display for Cents {
    /// Euros with a point and two decimals, for logs and machine files: `-12.34`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(out, "{sign}{}.{:02}", self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}

/// A quantity moved by one transfer, in the unit of its accounts: always above zero.
///
/// Cents for euros, a count for placements, whole m² for building rights. Direction is never a sign: it is
/// which account is debited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(i64);

impl Amount {
    /// One: a single placement.
    pub const ONE: Self = Self(1);

    /// A quantity above zero.
    ///
    /// # Errors
    /// Refuses zero and below, and anything beyond [`Cents::MAX_DECLARED`].
    pub fn new(field: &str, quantity: i64) -> Result<Self, Refusal> {
        if quantity <= 0 {
            Err(Refusal::new(Reason::AmountNotPositive, field, quantity))
        } else if quantity > Cents::MAX_DECLARED.get() {
            Err(Refusal::new(Reason::AmountTooLarge, field, quantity))
        } else {
            Ok(Self(quantity))
        }
    }

    /// The amount of a payment between bailleurs: above zero. A sum of many efforts, it may be beyond what one
    /// declaration carries.
    ///
    /// # Errors
    /// Refuses zero and below.
    pub fn of_payment(field: &str, cents: i64) -> Result<Self, Refusal> {
        if cents <= 0 {
            return Err(Refusal::new(Reason::AmountNotPositive, field, cents));
        }
        Ok(Self(cents))
    }

    /// The size of a signed amount; nothing for zero, which moves nothing.
    #[must_use]
    pub fn size_of(cents: Cents) -> Option<Self> {
        match cents.get().checked_abs() {
            Some(size) if size > 0 => Some(Self(size)),
            _ => None,
        }
    }

    /// The quantity, above zero.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The quantity read as cents.
    #[must_use]
    pub const fn cents(self) -> Cents {
        Cents(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_may_be_beyond_what_one_declaration_carries() {
        // netting.md, tricky case T11: 1 200 000 000.00 euros.
        assert_eq!(Amount::of_payment("a", 120_000_000_000).unwrap().get(), 120_000_000_000);
        assert_eq!(Amount::of_payment("a", 0).unwrap_err().reason, Reason::AmountNotPositive);
        assert_eq!(Amount::new("a", 120_000_000_000).unwrap_err().reason, Reason::AmountTooLarge);
    }
    use proptest::prelude::*;

    fn reason(text: &str) -> Reason {
        Cents::parse_euros("amount", text).unwrap_err().reason
    }

    #[test]
    fn euros_are_read_as_people_write_them() {
        for (text, cents) in
            [("1234,56", 123_456), ("1 234.50", 123_450), ("12", 1_200), ("-0,01", -1), ("3840.120", 384_012)]
        {
            assert_eq!(Cents::parse_euros("amount", text).unwrap(), Cents::new(cents), "{text}");
        }
    }

    #[test]
    fn what_is_not_whole_cents_is_refused() {
        assert_eq!(reason("12.345"), Reason::AmountSubCent);
        assert_eq!(reason("douze"), Reason::AmountFormat);
        assert_eq!(reason(""), Reason::AmountFormat);
        assert_eq!(reason("1e9"), Reason::AmountFormat);
        assert_eq!(reason("1000000000.01"), Reason::AmountTooLarge);
        assert_eq!(reason("79228162514264337593543950335"), Reason::AmountTooLarge);
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!(Cents::new(5).ratio(1, 10), Some(Cents::new(1)));
        assert_eq!(Cents::new(-5).ratio(1, 10), Some(Cents::new(-1)));
        assert_eq!(Cents::new(4).ratio(1, 10), Some(Cents::ZERO));
        assert_eq!(Cents::new(1).ratio(1, 0), None);
        assert_eq!(Cents::new(i64::MAX).ratio(2, 1), None);
    }

    proptest! {
        #[test]
        fn written_then_read_is_the_same_amount(cents in -100_000_000_000_i64..=100_000_000_000) {
            prop_assert_eq!(Cents::parse_euros("a", &Cents::new(cents).to_string()).unwrap(), Cents::new(cents));
        }
    }
}
