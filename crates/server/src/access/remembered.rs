//! Tokens that were right, and who their bearers were, as long as nothing that decides it has changed.

use super::identity::Identity;
use super::token::Token;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tokens kept at once; beyond, all are forgotten and verified again.
const MOST: usize = 4_096;

/// States of everything that decides who a bearer is: the keys of the issuer, the directory, the register, the list
/// of what is revoked. Read before deciding: a change in between then makes what was decided out of date.
pub type Editions = [u64; 4];

/// A bearer that was established.
#[derive(Debug, Clone)]
pub struct Bearer {
    pub token: Arc<Token>,
    pub identity: Arc<Identity>,
    /// What was in force when it was.
    pub under: Editions,
}

/// SHA-256 of a token: no token is kept.
pub type Digest = [u8; 32];

/// What is kept of a token.
pub fn digest(token: &str) -> Digest {
    Sha256::digest(token.as_bytes()).into()
}

/// The bearers that were established.
#[derive(Debug, Default)]
pub struct Remembered {
    bearers: Mutex<HashMap<Digest, Bearer>>,
}

impl Remembered {
    /// The bearer of a token, if it still is; `now` in seconds since 1970. One that no longer is, is forgotten.
    pub fn of(&self, digest: &Digest, under: Editions, now: i64) -> Option<Bearer> {
        let mut bearers = self.lock();
        let known = bearers.get(digest)?;
        if known.under == under && known.token.holds_at(now) {
            return Some(known.clone());
        }
        bearers.remove(digest);
        None
    }

    /// Keeps a bearer, and gives it back.
    pub fn keep(&self, digest: Digest, bearer: Bearer) -> Bearer {
        let mut bearers = self.lock();
        if bearers.len() >= MOST {
            bearers.clear();
        }
        bearers.insert(digest, bearer.clone());
        bearer
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Bearer>> {
        self.bearers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::identity::{Proof, Rights};
    use super::*;

    fn bearer(until: i64, under: Editions) -> Bearer {
        let said = super::super::identity::Said::default();
        let token = Token { name: "a".to_owned(), said, id: None, bound_to: None, until };
        let identity = Identity { rights: Rights::Auditor, proof: Proof::Token, ..Identity::trial() };
        Bearer { token: Arc::new(token), identity: Arc::new(identity), under }
    }

    #[test]
    fn a_bearer_is_known_until_its_token_ends_or_anything_that_decides_changes() {
        let remembered = Remembered::default();
        let key = digest("t");
        remembered.keep(key, bearer(1_000, [1, 2, 3, 4]));
        assert!(remembered.of(&key, [1, 2, 3, 4], 999).is_some());
        assert!(remembered.of(&digest("u"), [1, 2, 3, 4], 999).is_none());
        for place in 0..4 {
            let mut changed = [1, 2, 3, 4];
            changed[place] += 1;
            remembered.keep(key, bearer(1_000, [1, 2, 3, 4]));
            assert!(remembered.of(&key, changed, 999).is_none(), "{place}");
            assert!(remembered.of(&key, [1, 2, 3, 4], 999).is_none(), "forgotten");
        }
        remembered.keep(key, bearer(1_000, [0; 4]));
        assert!(remembered.of(&key, [0; 4], 2_000).is_none());
    }

    #[test]
    fn a_flood_of_tokens_does_not_fill_the_memory() {
        let remembered = Remembered::default();
        (0..3 * MOST).for_each(|n| drop(remembered.keep(digest(&n.to_string()), bearer(0, [0; 4]))));
        assert!(remembered.lock().len() <= MOST);
    }
}
