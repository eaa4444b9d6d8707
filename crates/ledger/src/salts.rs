//! Where the salts of commitments come from.

use crate::error::LedgerError;
use chambre_domain::{EventId, Salt};
use sha2::{Digest, Sha256};

/// Where the salt of each commitment comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Salts {
    /// Drawn from the system: nobody can find one again once it is destroyed.
    #[default]
    Drawn,
    /// SHA-256 of a seed and of the event id. For demonstrations and tests, where the same events must have the
    /// same seals; whoever has the seed undoes every destruction.
    Derived([u8; 32]),
}

impl Salts {
    /// The salt of the commitment of one event.
    pub(crate) fn salt(&self, event_id: &EventId) -> Result<Salt, LedgerError> {
        let mut bytes = [0; 32];
        match self {
            Self::Drawn => {
                getrandom::fill(&mut bytes).map_err(|error| LedgerError::Randomness(error.to_string()))?;
            }
            Self::Derived(seed) => {
                let hash = Sha256::new_with_prefix(seed).chain_update(event_id.as_str());
                bytes = hash.finalize().into();
            }
        }
        Ok(Salt::new(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_salt_never_comes_twice_and_a_derived_one_always_does() {
        let id = |text| EventId::parse("event_id", text).unwrap();
        let salt = |salts: Salts, text| salts.salt(&id(text)).unwrap();
        assert_ne!(salt(Salts::Drawn, "e"), salt(Salts::Drawn, "e"));
        let derived = Salts::Derived([1; 32]);
        assert_eq!(salt(derived, "e"), salt(derived, "e"));
        assert_ne!(salt(derived, "e"), salt(derived, "f"));
        assert_ne!(salt(derived, "e"), salt(Salts::Derived([2; 32]), "e"));
    }
}
