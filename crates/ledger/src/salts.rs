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

/// Most salts that are asked of the system at once: 8 KiB.
const POOL: usize = 256;

/// Gives the salts of one request. Drawn ones are asked of the system many at once: a call each would cost a large
/// batch more than hashing them.
pub(crate) struct Salter {
    from: Salts,
    /// Relogements that may still ask.
    left: usize,
    pool: Vec<[u8; 32]>,
}

impl Salter {
    /// For a request of so many events.
    pub(crate) fn new(from: Salts, events: usize) -> Self {
        Self { from, left: events, pool: Vec::new() }
    }

    /// The salt of the commitment of one event.
    pub(crate) fn salt(&mut self, event_id: &EventId) -> Result<Salt, LedgerError> {
        if let Salts::Derived(seed) = &self.from {
            let hash = Sha256::new_with_prefix(seed).chain_update(event_id.as_str());
            return Ok(Salt::new(hash.finalize().into()));
        }
        if self.pool.is_empty() {
            let mut drawn = vec![[0; 32]; self.left.clamp(1, POOL)];
            getrandom::fill(drawn.as_flattened_mut())
                .map_err(|error| LedgerError::Randomness(error.to_string()))?;
            self.pool = drawn;
        }
        self.left = self.left.saturating_sub(1);
        let salt = self.pool.pop().ok_or_else(|| LedgerError::Randomness("nothing was drawn".to_owned()))?;
        Ok(Salt::new(salt))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_salt_never_comes_twice_and_a_derived_one_always_does() {
        let id = |text| EventId::parse("event_id", text).unwrap();
        let salt = |salts: Salts, text| Salter::new(salts, 1).salt(&id(text)).unwrap();
        assert_ne!(salt(Salts::Drawn, "e"), salt(Salts::Drawn, "e"));
        let mut many = Salter::new(Salts::Drawn, 700);
        let drawn: Vec<Salt> = (0..1_000).map(|_| many.salt(&id("e")).unwrap()).collect();
        let bytes: std::collections::BTreeSet<_> = drawn.iter().map(|salt| *salt.bytes()).collect();
        assert_eq!(bytes.len(), 1_000);
        let derived = Salts::Derived([1; 32]);
        assert_eq!(salt(derived, "e"), salt(derived, "e"));
        assert_ne!(salt(derived, "e"), salt(derived, "f"));
        assert_ne!(salt(derived, "e"), salt(Salts::Derived([2; 32]), "e"));
    }
}
