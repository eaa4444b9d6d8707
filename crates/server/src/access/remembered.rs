//! Tokens whose signature was right, and who their bearers are.

use super::identity::Identity;
use super::token::Token;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tokens kept at once; beyond, all are forgotten and verified again.
const MOST: usize = 4_096;

/// States of what decides over names: the directory, the register, the list of what is revoked. Read before deciding:
/// a change in between then makes what was decided out of date.
pub type Editions = [u64; 3];

/// The bearer of a token whose signature was right.
#[derive(Debug, Clone)]
pub struct Bearer {
    pub token: Arc<Token>,
    /// State of the issuer's keys that it was verified with.
    pub keys: u64,
    /// Who it is, or why nobody: for the record only.
    pub who: Result<Arc<Identity>, String>,
    /// What was in force when that was established.
    pub names: Editions,
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
    /// The bearer of a token that still holds under these keys; `now` in seconds since 1970. One that no longer does is
    /// forgotten.
    pub fn of(&self, digest: &Digest, keys: u64, now: i64) -> Option<Bearer> {
        let mut bearers = self.lock();
        let known = bearers.get(digest)?;
        if known.keys == keys && known.token.holds_at(now) {
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

    fn bearer(until: i64, keys: u64) -> Bearer {
        let said = super::super::identity::Said::default();
        let token = Token { name: "a".to_owned(), said, id: None, bound_to: None, until };
        let identity = Identity { rights: Rights::Auditor, proof: Proof::Token, ..Identity::trial() };
        Bearer { token: Arc::new(token), keys, who: Ok(Arc::new(identity)), names: [0; 3] }
    }

    #[test]
    fn a_bearer_is_known_until_its_token_ends_or_the_keys_change() {
        let remembered = Remembered::default();
        let key = digest("t");
        remembered.keep(key, bearer(1_000, 1));
        assert!(remembered.of(&key, 1, 999).is_some());
        assert!(remembered.of(&digest("u"), 1, 999).is_none());
        assert!(remembered.of(&key, 2, 999).is_none());
        assert!(remembered.of(&key, 1, 999).is_none(), "forgotten");
        remembered.keep(key, bearer(1_000, 1));
        assert!(remembered.of(&key, 1, 2_000).is_none());
    }

    #[test]
    fn a_flood_of_tokens_does_not_fill_the_memory() {
        let remembered = Remembered::default();
        (0..3 * MOST).for_each(|n| drop(remembered.keep(digest(&n.to_string()), bearer(0, 0))));
        assert!(remembered.lock().len() <= MOST);
    }
}
