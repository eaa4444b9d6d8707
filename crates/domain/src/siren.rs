//! SIREN: the nine-digit number of a French organisation, with its check digit.

use crate::refusal::{Reason, Refusal};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A SIREN whose check digit is right (Luhn over nine digits, INSEE).
///
/// Ordered as its digits are: the order of the numbers is the order of the texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Siren(u32);

impl Siren {
    /// Reads nine digits.
    ///
    /// # Errors
    /// [`Reason::SirenFormat`] for anything but nine ASCII digits, [`Reason::SirenCheckDigit`] when Luhn fails.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        if text.len() != 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::new(Reason::SirenFormat, field, text));
        }
        let number = text.bytes().fold(0_u32, |number, byte| number * 10 + u32::from(byte - b'0'));
        if number == 0 || !luhn(number) {
            return Err(Refusal::new(Reason::SirenCheckDigit, field, text));
        }
        Ok(Self(number))
    }

    /// The number, as stored in the packed encoding of a transfer.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Takes a stored number back; nothing when it is not a SIREN.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        (number > 0 && number <= 999_999_999 && luhn(number)).then_some(Self(number))
    }

    /// The `n`-th visibly fictitious SIREN: in the block starting `000`, for examples and trials.
    ///
    /// No real organisation has such a number. Defined for `n` up to 99 999.
    #[must_use]
    pub fn fictitious(n: u32) -> Self {
        let stem = (n % 100_000) * 10 + 10;
        (stem..stem + 10).find_map(Self::from_number).unwrap_or(Self(18))
    }
}

/// Luhn: every second digit from the right is doubled, the digits of the products are added.
fn luhn(mut number: u32) -> bool {
    let (mut sum, mut double) = (0, false);
    while number > 0 {
        let digit = number % 10 * if double { 2 } else { 1 };
        sum += digit / 10 + digit % 10;
        double = !double;
        number /= 10;
    }
    sum.is_multiple_of(10)
}

impl fmt::Display for Siren {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:09}", self.0)
    }
}

impl fmt::Debug for Siren {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl Serialize for Siren {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Siren {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse("siren", &text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_siren_is_read() {
        // Plaine Commune and the Ville de Paris, in the reference data.
        for text in ["200057867", "217500016"] {
            assert_eq!(Siren::parse("siren", text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_bad_siren_is_refused_with_its_reason() {
        for text in ["", "20005786", "2000578670", "20005786a", "٢٠٠٠٥٧٨٦٧", "200 057 867"] {
            assert_eq!(Siren::parse("siren", text).unwrap_err().reason, Reason::SirenFormat, "{text}");
        }
        for text in ["200057868", "200075867", "000000000"] {
            assert_eq!(Siren::parse("siren", text).unwrap_err().reason, Reason::SirenCheckDigit, "{text}");
        }
    }

    #[test]
    fn fictitious_sirens_are_valid_distinct_and_start_with_zeros() {
        let sirens: std::collections::BTreeSet<_> = (0..1000).map(Siren::fictitious).collect();
        assert_eq!(sirens.len(), 1000);
        assert!(sirens.iter().all(|siren| siren.to_string().starts_with("000") && luhn(siren.number())));
    }
}
