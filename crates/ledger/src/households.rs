//! What a verification finds of the households of relogements.

use chambre_domain::{Household, Opening};

/// Households of relogements, by what the journal and its openings tell of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Households {
    /// Sealed as a commitment, whose opening is there and opens it.
    pub kept: u64,
    /// Sealed as a commitment, whose opening was destroyed.
    pub destroyed: u64,
    /// Sealed as the pseudonym itself, before commitments: it can never be destroyed.
    pub in_clear: u64,
}

impl Households {
    /// Counts the household of a relogement; false when the opening beside it opens something else.
    pub(crate) fn count(&mut self, household: &Household, opening: Option<&Opening>) -> bool {
        match (household, opening) {
            (Household::Pseudonym(_), None) => self.in_clear += 1,
            (Household::Commitment(_), None) => self.destroyed += 1,
            (Household::Commitment(sealed), Some(opening)) if opening.commitment() == *sealed => {
                self.kept += 1;
            }
            (_, Some(_)) => return false,
        }
        true
    }

    /// What is wrong, in French, with the openings that are there and the destructions recorded.
    pub(crate) fn mismatch(&self, there: u64, recorded: u64) -> Option<String> {
        let Self { kept, destroyed, .. } = self;
        if there != *kept {
            return Some(format!(
                "{there} pseudonymes sont gardés, les écritures en engagent {kept} d’entre eux"
            ));
        }
        (*destroyed != recorded)
            .then(|| format!("{destroyed} pseudonymes manquent, {recorded} destructions sont inscrites"))
    }
}
