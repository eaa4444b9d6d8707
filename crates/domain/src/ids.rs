//! Identifiers that callers choose, and the pseudonym of a household.

use crate::refusal::{Reason, Refusal};
use serde::{Deserialize, Serialize};
use std::fmt;

fn check(field: &str, text: &str) -> Result<(), Refusal> {
    if text.is_empty() {
        Err(Refusal::new(Reason::IdEmpty, field, text))
    } else if text.len() > 64 {
        Err(Refusal::new(Reason::IdTooLong, field, text).with("limit", 64))
    } else if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte)) {
        Err(Refusal::new(Reason::IdCharacters, field, text))
    } else {
        Ok(())
    }
}

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// 1 to 64 characters: ASCII letters, digits, and `-`, `_`, `.`, `:`. Compared byte by byte.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Reads an identifier.
            ///
            /// # Errors
            /// Refuses an empty one, a long one, and other characters, naming `field`.
            pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
                check(field, text)?;
                Ok(Self(text.into()))
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )*};
}

text_id! {
    /// Names one declaration for ever: the key of idempotency. A UUIDv7 keeps the journal fastest.
    EventId;
    /// Names one relogement: the household's move, with all its later events.
    RelogementId;
    /// Names a renewal operation.
    OperationId;
    /// Names one netting run (arrêté).
    NettingId;
    /// Names one payment of a netting run; also its end-to-end reference at the bank.
    PaymentId;
    /// Names an officer of AORIF, for the four-eyes rule.
    OfficerId;
    /// Names the voucher (facture, attestation) behind an amount, in the bailleur's own filing.
    VoucherRef;
}

impl EventId {
    /// The id under which the chamber books its own events: `netting-approved/N-2025-1`, one for each noun.
    ///
    /// Invariant: it holds a `/`, which no caller may send, so that nobody can take it first.
    #[must_use]
    pub fn of_chamber(kind: &str, noun: impl fmt::Display) -> Self {
        Self(format!("{kind}/{noun}").into())
    }

    /// Takes a stored id back: those of the chamber may be longer than a caller's.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        (text.len() <= 128).then(|| Self(text.into()))
    }
}

/// Pseudonym of a household, computed by the origin bailleur with a key that it keeps.
///
/// Invariant: it is never a NIR nor a bare NUR (RGPD; the ledger holds no personal data).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HouseholdId(Box<str>);

impl HouseholdId {
    /// What a refusal shows in place of a household.
    pub const HIDDEN: &'static str = "***";

    /// Reads a pseudonym.
    ///
    /// # Errors
    /// Refuses what [`EventId::parse`] refuses; anything shaped like a NIR (13 or 15 digits, the Corsican
    /// departments 2A and 2B included, separators ignored) or like a bare NUR (18 digits). The refusal does
    /// not repeat the value.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        let compact: Vec<u8> = text.bytes().filter(|byte| !b" .-_:/".contains(byte)).collect();
        let digits = compact.iter().filter(|byte| byte.is_ascii_digit()).count();
        let corsican =
            compact.get(5..7).is_some_and(|department| matches!(department, b"2A" | b"2B" | b"2a" | b"2b"));
        let nir_digits = digits + usize::from(corsican);
        if nir_digits == compact.len() && matches!(nir_digits, 13 | 15) {
            return Err(Refusal::new(Reason::HouseholdNir, field, Self::HIDDEN));
        }
        if digits == compact.len() && digits == 18 {
            return Err(Refusal::new(Reason::HouseholdNur, field, Self::HIDDEN));
        }
        check(field, text).map_err(|refusal| Refusal { value: Self::HIDDEN.to_owned(), ..refusal })?;
        Ok(Self(text.into()))
    }

    /// The pseudonym as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HouseholdId {
    /// Hidden: a pseudonym stays out of logs.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("HouseholdId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_plain_id_is_accepted() {
        for text in ["0192f0c1-7d3e-7cc2-9f6a-0d5b1f3f8f01", "1", "REL:2025.001_a"] {
            assert_eq!(EventId::parse("event_id", text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_bad_id_is_refused_with_its_reason() {
        assert_eq!(EventId::parse("event_id", "").unwrap_err().reason, Reason::IdEmpty);
        assert_eq!(EventId::parse("event_id", &"x".repeat(65)).unwrap_err().reason, Reason::IdTooLong);
        for text in ["a b", "é", "a/b", "a\n"] {
            assert_eq!(EventId::parse("event_id", text).unwrap_err().reason, Reason::IdCharacters, "{text}");
        }
    }

    #[test]
    fn a_nir_or_a_bare_nur_never_enters() {
        for text in ["1850578006084", "185057800608436", "2 85 05 2A 006 084 36", "1-85-05-78-006-084"] {
            let refusal = HouseholdId::parse("household", text).unwrap_err();
            assert_eq!(refusal.reason, Reason::HouseholdNir, "{text}");
            assert!(!refusal.to_string().contains("85"));
        }
        assert_eq!(
            HouseholdId::parse("household", "075011999999910001").unwrap_err().reason,
            Reason::HouseholdNur
        );
        assert!(HouseholdId::parse("household", "h-7f3a9c2e41").is_ok());
    }

    #[test]
    fn a_pseudonym_stays_out_of_logs() {
        assert_eq!(format!("{:?}", HouseholdId::parse("household", "h-secret").unwrap()), "HouseholdId(…)");
    }
}
