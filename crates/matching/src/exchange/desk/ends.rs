//! What follows when a proposal ends, or is accepted: others are released, a formal offer is taken back, a dwelling
//! passes on.

use super::{Desk, Effect};
use crate::exchange::proposal::{Proposal, Step};
use crate::exchange::stages::{End, WithdrawReason};
use crate::exchange::terms::{Cause, Stamp};

impl Desk {
    /// The dwelling that a link would have freed will not be: what comes after it in its chain is withdrawn.
    pub(super) fn break_chain(&mut self, ended: &Proposal, stamp: &Stamp) -> Vec<Effect> {
        let (Some(chain), place) = (&ended.terms().chain, place(ended)) else { return Vec::new() };
        let later = self.proposals.values().filter(|other| {
            other.is_live() && other.terms().chain.as_ref() == Some(chain) && self::place(other) > place
        });
        let mut broken = Vec::new();
        for other in later {
            let stamp = Stamp {
                on: stamp.on.max(other.since()),
                cause: Cause::Proposal(ended.terms().id.clone()),
                author: stamp.author.clone(),
            };
            broken.extend(other.clone().take(&Step::Withdraw(WithdrawReason::ChainBroken), &stamp));
        }
        let mut effects = Vec::new();
        for ended in broken {
            self.proposals.insert(ended.terms().id.clone(), ended.clone());
            effects.extend(self.take_back(&ended));
            effects.push(self.passes_on(&ended));
        }
        effects
    }

    /// The other dwelling of a double proposition, and the other candidates of this dwelling, are released at once.
    pub(super) fn release_others(&mut self, accepted: &Proposal, stamp: &Stamp) -> Vec<Effect> {
        let terms = accepted.terms();
        let siblings = self.of_same_household(terms).map(|other| (WithdrawReason::SiblingAccepted, other));
        let rivals = self.of_same_dwelling(terms).map(|other| (WithdrawReason::GivenToAnother, other));
        let others =
            siblings.chain(rivals).filter(|(_, other)| other.is_live() && other.terms().id != terms.id);
        let mut released = Vec::new();
        for (reason, other) in others {
            let stamp = Stamp {
                // An acceptance may be written down after a later step of the other proposal.
                on: stamp.on.max(other.since()),
                cause: Cause::Proposal(terms.id.clone()),
                author: stamp.author.clone(),
            };
            if let Ok(ended) = other.clone().take(&Step::Withdraw(reason), &stamp) {
                released.push((reason, ended));
            }
        }
        let mut effects = Vec::new();
        for (reason, ended) in released {
            self.proposals.insert(ended.terms().id.clone(), ended.clone());
            effects.extend(match reason {
                WithdrawReason::SiblingAccepted => Some(self.passes_on(&ended)),
                _ => self.take_back(&ended),
            });
        }
        effects
    }

    pub(super) fn passes_on(&self, ended: &Proposal) -> Effect {
        let offer = ended.terms().offer.clone();
        let waiting = self.of_same_dwelling(ended.terms()).filter(|other| other.is_live());
        let next = waiting.min_by_key(|other| (other.terms().rank, other.terms().id.clone()));
        Effect::PassesOn { next: next.map(|other| other.terms().id.clone()), offer }
    }

    /// A formal offer whose every dwelling was lost before the household could choose does not count.
    pub(super) fn take_back(&mut self, ended: &Proposal) -> Option<Effect> {
        let terms = ended.terms();
        let offer = terms.formal_offer.as_ref()?;
        let never_chosen = |proposal: &Proposal| {
            use WithdrawReason::{ChainBroken, DwellingLost, GivenToAnother, Mistake};
            let withdrawn = matches!(
                proposal.end(),
                Some(End::Withdrawn(DwellingLost | GivenToAnother | Mistake | ChainBroken))
            );
            withdrawn
                || matches!(proposal.end(), Some(End::Declined(_) | End::Expired | End::CaleolRefused(_)))
        };
        let mut mine = self.of_same_household(terms);
        if !mine.all(|other| other.terms().formal_offer.as_ref() != Some(offer) || never_chosen(other)) {
            return None;
        }
        drop(mine);
        let file = self.files.get_mut(&terms.household).filter(|file| file.holds(offer))?;
        file.take_back(offer);
        let (used, near_the_last) = (file.used(), file.is_near_the_last());
        Some(Effect::FormalOffer { household: terms.household.clone(), used, near_the_last })
    }

    /// The last formal offer is refused, and no other dwelling of it is still open.
    pub(super) fn title_lost(&self, ended: &Proposal) -> Option<Effect> {
        let (terms, file) = (ended.terms(), self.files.get(&ended.terms().household)?);
        let refused = matches!(ended.end(), Some(End::Refused(_))) && terms.formal_offer.is_some();
        let open = self.of_same_household(terms).any(Proposal::is_live);
        let on = file.title_lost_on().filter(|_| refused && !open)?;
        Some(Effect::TitleLost { household: terms.household.clone(), on })
    }
}

/// Where a proposal of a chain comes: the household to rehouse is last.
fn place(proposal: &Proposal) -> u8 {
    proposal.terms().link.unwrap_or(u8::MAX)
}
