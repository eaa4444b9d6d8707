//! Chains: a transfer frees a dwelling for the next one, and the last frees one for a household to rehouse.
//!
//! The study's case: a single person in a large dwelling asks to move; the bailleur answers faster, and a family to
//! rehouse takes the large one. A chain has as many links as it has transfers; each is consented to and dated.

use crate::trade::ids::{ChainId, DwellingRef};
use chambre_domain::{Date, HouseholdId, Reason, Refusal, Siren};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One transfer: a tenant leaves a dwelling for the one that the link before freed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Pseudonym of the tenant who moves.
    pub tenant: HouseholdId,
    /// The bailleur that moves its tenant.
    pub landlord: Siren,
    /// Where the tenant goes.
    pub to: DwellingRef,
    /// What it frees.
    pub frees: DwellingRef,
    /// The tenant asked for it: nobody is moved to make room.
    pub agreed: bool,
}

/// A chain and the leases signed so far.
///
/// Invariant: each link goes to the dwelling that the one before frees; no dwelling appears twice; every tenant
/// agreed; links are signed in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Chain {
    id: ChainId,
    links: Vec<Link>,
    signed_on: Vec<Date>,
}

/// A chain as it is stored: it comes back through the same doors. How long it may be was settled when it was made.
#[derive(Deserialize)]
struct Stored {
    id: ChainId,
    links: Vec<Link>,
    signed_on: Vec<Date>,
}

impl TryFrom<Stored> for Chain {
    type Error = Refusal;
    fn try_from(stored: Stored) -> Result<Self, Refusal> {
        let mut chain = Self::new(stored.id, stored.links, u8::MAX)?;
        stored.signed_on.into_iter().try_for_each(|on| chain.sign_next(on))?;
        Ok(chain)
    }
}

impl Chain {
    /// A chain of one to `most` transfers, from the vacant dwelling on.
    ///
    /// # Errors
    /// [`Reason::ValueRange`] for no link or more than `most`; [`Reason::PairNotEligible`] naming the link that
    /// does not follow the one before, comes back to a dwelling, or moves a tenant who did not agree.
    pub fn new(id: ChainId, links: Vec<Link>, most: u8) -> Result<Self, Refusal> {
        let length = i64::try_from(links.len()).unwrap_or(i64::MAX);
        crate::trade::band::in_range("chain.links", length, 1, i64::from(most))?;
        let mut seen = BTreeSet::from([&links[0].to]);
        for (place, link) in links.iter().enumerate() {
            let wrong = |fact| {
                Err(Refusal::new(Reason::PairNotEligible, format!("chain.links[{place}]"), &link.to)
                    .with("why", fact))
            };
            if place > 0 && links[place - 1].frees != link.to {
                return wrong("does not follow");
            }
            if !seen.insert(&link.frees) {
                return wrong("comes back");
            }
            if !link.agreed {
                return wrong("not agreed");
            }
        }
        Ok(Self { id, links, signed_on: Vec::new() })
    }

    /// Its identifier.
    #[must_use]
    pub const fn id(&self) -> &ChainId {
        &self.id
    }

    /// Its links, from the vacant dwelling on.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Another name takes the place of a tenant's, which is destroyed.
    pub fn rename(&mut self, tenant: &HouseholdId, name: &HouseholdId) {
        for link in self.links.iter_mut().filter(|link| link.tenant == *tenant) {
            link.tenant = name.clone();
        }
    }

    /// The transfer at a place, from 1.
    #[must_use]
    pub fn link(&self, place: u8) -> Option<&Link> {
        self.links.get(usize::from(place).checked_sub(1)?)
    }

    /// The dwelling that the household to rehouse takes.
    #[must_use]
    pub fn frees(&self) -> Option<&DwellingRef> {
        self.links.last().map(|link| &link.frees)
    }

    /// The lease of one transfer is signed, which must be the next.
    ///
    /// # Errors
    /// [`Reason::ChainUnsigned`] while one before it has no lease; what [`Chain::sign_next`] refuses.
    pub fn sign(&mut self, place: u8, on: Date) -> Result<(), Refusal> {
        if self.signed_on.len() + 1 < usize::from(place) {
            let refusal = Refusal::new(Reason::ChainUnsigned, "chain", &self.id);
            return Err(refusal.with("signed", self.signed_on.len()).with("links", self.links.len()));
        }
        self.sign_next(on)
    }

    /// The lease of the next transfer is signed.
    ///
    /// # Errors
    /// [`Reason::ProposalStep`] when all are; [`Reason::DatesOutOfOrder`] before the lease of the link before.
    pub fn sign_next(&mut self, on: Date) -> Result<(), Refusal> {
        if self.signed_on.len() == self.links.len() {
            return Err(
                Refusal::new(Reason::ProposalStep, "chain.sign", &self.id).with("links", self.links.len())
            );
        }
        if let Some(last) = self.signed_on.last().filter(|last| **last > on) {
            return Err(Refusal::new(Reason::DatesOutOfOrder, "chain.signed_on", on).with("last", last));
        }
        self.signed_on.push(on);
        Ok(())
    }

    /// The day of its last lease, once every transfer has one: only then is the dwelling free.
    ///
    /// # Errors
    /// [`Reason::ChainUnsigned`] with the number of leases signed.
    pub fn signed(&self) -> Result<Date, Refusal> {
        match self.signed_on.last() {
            Some(last) if self.signed_on.len() == self.links.len() => Ok(*last),
            _ => {
                let refusal = Refusal::new(Reason::ChainUnsigned, "chain", &self.id);
                Err(refusal.with("signed", self.signed_on.len()).with("links", self.links.len()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(tenant: &str, to: &str, frees: &str) -> Link {
        let dwelling = |text: &str| DwellingRef::parse("dwelling", text).unwrap();
        let tenant = HouseholdId::parse("tenant", tenant).unwrap();
        Link {
            tenant,
            landlord: Siren::fictitious(3),
            to: dwelling(to),
            frees: dwelling(frees),
            agreed: true,
        }
    }

    fn chain(links: Vec<Link>) -> Result<Chain, Refusal> {
        Chain::new(ChainId::parse("chain", "C-1").unwrap(), links, 2)
    }

    #[test]
    fn a_single_person_leaves_a_large_dwelling_for_a_family() {
        let mut chain = chain(vec![link("h-8", "D-1", "D-2"), link("h-9", "D-2", "D-3")]).unwrap();
        assert_eq!(chain.frees().unwrap().as_str(), "D-3");
        assert_eq!(chain.signed().unwrap_err().reason, Reason::ChainUnsigned);
        chain.sign_next(Date::constant(2026, 3, 1)).unwrap();
        let earlier = chain.sign_next(Date::constant(2026, 2, 28)).unwrap_err();
        assert_eq!(earlier.reason, Reason::DatesOutOfOrder);
        chain.sign_next(Date::constant(2026, 3, 1)).unwrap();
        assert_eq!(chain.signed().unwrap(), Date::constant(2026, 3, 1));
        assert_eq!(chain.sign_next(Date::constant(2026, 3, 2)).unwrap_err().reason, Reason::ProposalStep);
    }

    #[test]
    fn a_chain_that_does_not_hold_is_refused_by_its_link() {
        let why = |links| {
            let refusal = chain(links).unwrap_err();
            (refusal.field, refusal.facts.into_iter().map(|fact| fact.1).next().unwrap_or_default())
        };
        let broken = why(vec![link("h-8", "D-1", "D-2"), link("h-9", "D-4", "D-3")]);
        assert_eq!(broken, ("chain.links[1]".to_owned(), "does not follow".to_owned()));
        let back = why(vec![link("h-8", "D-1", "D-2"), link("h-9", "D-2", "D-1")]);
        assert_eq!(back.1, "comes back");
        let forced = Link { agreed: false, ..link("h-8", "D-1", "D-2") };
        assert_eq!(why(vec![forced]).1, "not agreed");
        assert_eq!(chain(Vec::new()).unwrap_err().reason, Reason::ValueRange);
    }
}
