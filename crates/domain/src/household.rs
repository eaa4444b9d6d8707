//! The household of a relogement: its pseudonym, or the commitment that stands for it under the seal.
//!
//! The journal is never changed; so what must be destroyed one day does not enter it. The sealed event holds a
//! commitment, and its *opening* — the salt and the pseudonym — lies beside the journal until its destruction.

use crate::ids::HouseholdId;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write as _};

/// What the hash of a commitment starts with, so that it is the hash of nothing else.
const DOMAIN: &[u8] = b"chambre/household-commitment/v2\0";

/// What the text of a commitment starts with: with its digits, longer than any pseudonym.
const PREFIX: &str = "c2:";

/// The household of a relogement, as declared or as sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Household {
    /// As the bailleur declares it; sealed as it is in journals begun before commitments.
    Pseudonym(HouseholdId),
    /// What the journal seals in place of the pseudonym.
    Commitment(HouseholdCommitment),
}

impl Household {
    /// The pseudonym, when it is known.
    #[must_use]
    pub const fn pseudonym(&self) -> Option<&HouseholdId> {
        match self {
            Self::Pseudonym(pseudonym) => Some(pseudonym),
            Self::Commitment(_) => None,
        }
    }
}

impl From<HouseholdId> for Household {
    fn from(pseudonym: HouseholdId) -> Self {
        Self::Pseudonym(pseudonym)
    }
}

impl Serialize for Household {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Pseudonym(pseudonym) => pseudonym.serialize(serializer),
            Self::Commitment(commitment) => serializer.collect_str(commitment),
        }
    }
}

impl<'de> Deserialize<'de> for Household {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = HouseholdId::deserialize(deserializer)?;
        Ok(HouseholdCommitment::parse(text.as_str()).map_or(Self::Pseudonym(text), Self::Commitment))
    }
}

/// SHA-256 of `chambre/household-commitment/v2`, a zero byte, the salt and the pseudonym.
///
/// Written `c2:` and 64 hexadecimal digits. Without the salt it tells nothing of the pseudonym, even to whoever
/// knows every pseudonym there is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HouseholdCommitment([u8; 32]);

impl HouseholdCommitment {
    /// Commits to a pseudonym.
    #[must_use]
    pub fn of(salt: &Salt, pseudonym: &HouseholdId) -> Self {
        let hash = Sha256::new_with_prefix(DOMAIN).chain_update(salt.0).chain_update(pseudonym.as_str());
        Self(hash.finalize().into())
    }

    /// Reads one as it is written; nothing for any other text, which may then be a pseudonym.
    fn parse(text: &str) -> Option<Self> {
        let bytes = HEXLOWER.decode(text.strip_prefix(PREFIX)?.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for HouseholdCommitment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(PREFIX)?;
        write!(out, "{}", HEXLOWER.encode_display(&self.0))
    }
}

impl fmt::Debug for HouseholdCommitment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "HouseholdCommitment({self})")
    }
}

/// 32 bytes drawn for one commitment; once destroyed, nobody can tell which pseudonym it stands for.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// The salt of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    /// Hidden: a salt stays out of logs.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_char('…')
    }
}

/// What a commitment stands for, kept beside the journal until its destruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Drawn for this commitment alone.
    pub salt: Salt,
    /// As the bailleur declared it.
    pub pseudonym: HouseholdId,
}

impl Opening {
    /// The commitment that it opens.
    #[must_use]
    pub fn commitment(&self) -> HouseholdCommitment {
        HouseholdCommitment::of(&self.salt, &self.pseudonym)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonym(text: &str) -> HouseholdId {
        HouseholdId::parse("household", text).unwrap()
    }

    fn read(json: &str) -> Household {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_commitment_is_the_documented_one() {
        // Computed apart with Python's hashlib from docs/journal-format.md.
        let commitment = HouseholdCommitment::of(&Salt::new([7; 32]), &pseudonym("h-7f3a9c2e41"));
        assert_eq!(
            commitment.to_string(),
            "c2:72d33859059538c27a077948adfeb7b64fa44bf090338317b62e3315e57a81ea"
        );
    }

    #[test]
    fn salt_and_pseudonym_both_count() {
        let commitment = |salt, text| HouseholdCommitment::of(&Salt::new([salt; 32]), &pseudonym(text));
        assert_eq!(commitment(1, "h-1"), commitment(1, "h-1"));
        assert_ne!(commitment(1, "h-1"), commitment(2, "h-1"));
        assert_ne!(commitment(1, "h-1"), commitment(1, "h-2"));
    }

    #[test]
    fn a_commitment_reads_back_and_no_pseudonym_passes_for_one() {
        let commitment = HouseholdCommitment::of(&Salt::new([7; 32]), &pseudonym("h-1"));
        let written = serde_json::to_string(&Household::Commitment(commitment)).unwrap();
        assert_eq!(read(&written), Household::Commitment(commitment));
        // The longest that a declaration may hold is 64 characters.
        assert!(HouseholdId::parse("household", &commitment.to_string()).is_err());
        for text in ["h-7f3a9c2e41", "c2:00", &format!("c2:{}", "0".repeat(61))] {
            let household = Household::from(pseudonym(text));
            assert_eq!(read(&serde_json::to_string(&household).unwrap()), household, "{text}");
        }
    }

    #[test]
    fn an_upper_case_or_longer_text_is_not_a_commitment() {
        for text in ["A".repeat(64), "0".repeat(63), "0".repeat(66), "é".repeat(32)] {
            assert_eq!(HouseholdCommitment::parse(&format!("c2:{text}")), None, "{text}");
        }
    }

    #[test]
    fn a_salt_and_a_pseudonym_stay_out_of_logs() {
        let opening = Opening { salt: Salt::new([171; 32]), pseudonym: pseudonym("h-secret") };
        let told = format!("{opening:?} {:?}", Household::from(opening.pseudonym.clone()));
        assert!(!told.contains("secret") && !told.contains("171") && !told.contains("ab"), "{told}");
    }
}
