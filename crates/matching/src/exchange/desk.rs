//! The desk: every proposal, chain and formal offer of a territory, rebuilt from its events.
//!
//! An event is checked, applied, and answered with its effects. Replaying the events gives the same desk.

mod ends;

use crate::exchange::chain::Chain;
use crate::exchange::placement::CompletedPlacement;
use crate::exchange::proposal::{Proposal, Step};
use crate::exchange::stages::End;
use crate::exchange::terms::{ProposalTerms, Stamp};
use crate::trade::formal::FormalOffers;
use crate::trade::ids::{ChainId, DwellingRef, OfferId, PlacementId, ProposalId};
use chambre_domain::{Date, HouseholdId, Reason, Refusal, Siren};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What happens at a desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskEvent {
    /// A pair is proposed.
    Proposed(Box<ProposalTerms>),
    /// A proposal takes a step.
    Stepped(ProposalId, Step),
    /// A chain of transfers is agreed.
    ChainAgreed(Chain),
}

/// What follows from an event, for whoever writes it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A formal offer was counted, or taken back: offers used now, and whether the next is the last.
    FormalOffer {
        /// The household.
        household: HouseholdId,
        /// Formal offers used.
        used: u8,
        /// The next one is the last.
        near_the_last: bool,
    },
    /// Every formal offer was refused: the title of occupation is lost on that day.
    TitleLost {
        /// The household.
        household: HouseholdId,
        /// Six months after the last notification.
        on: Date,
    },
    /// A dwelling is free again: it passes to the next team, or to the next candidate.
    PassesOn {
        /// The offer.
        offer: OfferId,
        /// The candidate ranked next, if one waits.
        next: Option<ProposalId>,
    },
    /// A message for the ledger: a placement, or its reversal.
    ToLedger(Box<CompletedPlacement>),
}

/// The state, as the events made it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Desk {
    proposals: BTreeMap<ProposalId, Proposal>,
    chains: BTreeMap<ChainId, Chain>,
    files: HashMap<HouseholdId, FormalOffers>,
    placements: BTreeSet<PlacementId>,
    of_household: HashMap<HouseholdId, Vec<ProposalId>>,
    /// A dwelling is known in its bailleur's filing: two bailleurs may use the same reference.
    of_dwelling: BTreeMap<(Siren, DwellingRef), Vec<ProposalId>>,
}

impl Desk {
    /// Rebuilds a desk from its events.
    ///
    /// # Errors
    /// The first event that could not have happened, by its place.
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a (Stamp, DeskEvent)>) -> Result<Self, Refusal> {
        let mut desk = Self::default();
        for (place, (stamp, event)) in events.into_iter().enumerate() {
            desk.apply(stamp, event).map_err(|refusal| refusal.within(&format!("events[{place}]")))?;
        }
        Ok(desk)
    }

    /// Checks an event and applies it, or refuses it and changes nothing.
    ///
    /// # Errors
    /// The reason that fits, naming the field.
    pub fn apply(&mut self, stamp: &Stamp, event: &DeskEvent) -> Result<Vec<Effect>, Refusal> {
        match event {
            DeskEvent::Proposed(terms) => self.propose(stamp, terms),
            DeskEvent::Stepped(id, step) => self.step(stamp, id, step),
            DeskEvent::ChainAgreed(chain) => {
                self.check_chain(chain)?;
                self.chains.insert(chain.id().clone(), chain.clone());
                Ok(Vec::new())
            }
        }
    }

    /// Agrees a chain and proposes each of its links, the household to rehouse last; or refuses, and changes nothing.
    ///
    /// # Errors
    /// What [`Desk::apply`] refuses of any of them.
    pub fn propose_chain(
        &mut self,
        stamp: &Stamp,
        chain: &Chain,
        proposals: &[&ProposalTerms],
    ) -> Result<(), Refusal> {
        self.check_chain(chain)?;
        for (place, terms) in proposals.iter().enumerate() {
            self.check(terms)?;
            check_link(chain, terms)?;
            let mut before = proposals.iter().take(place);
            if let Some(other) = before.find(|other| other.household == terms.household) {
                let refusal = Refusal::new(Reason::HouseholdEngaged, "household", HouseholdId::HIDDEN);
                return Err(refusal.with("proposal", &other.id));
            }
        }
        self.chains.insert(chain.id().clone(), chain.clone());
        proposals.iter().for_each(|terms| self.keep(stamp, terms));
        Ok(())
    }

    /// A proposal.
    #[must_use]
    pub fn proposal(&self, id: &ProposalId) -> Option<&Proposal> {
        self.proposals.get(id)
    }

    /// A chain that was agreed.
    #[must_use]
    pub fn chain(&self, id: &ChainId) -> Option<&Chain> {
        self.chains.get(id)
    }

    /// Every proposal, in the order of their ids.
    pub fn proposals(&self) -> impl Iterator<Item = &Proposal> {
        self.proposals.values()
    }

    /// Every proposal of a dwelling, known in its bailleur's filing, the earliest first.
    pub fn of_dwelling(&self, host: Siren, dwelling: &DwellingRef) -> impl Iterator<Item = &Proposal> {
        let ids = self.of_dwelling.get(&(host, dwelling.clone()));
        ids.into_iter().flatten().filter_map(|id| self.proposals.get(id))
    }

    /// Every proposal to a household, the earliest first.
    pub fn of_household(&self, household: &HouseholdId) -> impl Iterator<Item = &Proposal> {
        let ids = self.of_household.get(household);
        ids.into_iter().flatten().filter_map(|id| self.proposals.get(id))
    }

    /// Formal offers counted for a household, with their dates.
    #[must_use]
    pub fn formal_offers(&self, household: &HouseholdId) -> Option<&FormalOffers> {
        self.files.get(household)
    }

    /// Households whose next formal offer is the last one, in the order of their pseudonyms.
    #[must_use]
    pub fn near_the_last_offer(&self) -> Vec<&HouseholdId> {
        let mut near: Vec<_> =
            self.files.iter().filter(|(_, offers)| offers.is_near_the_last()).map(|(id, _)| id).collect();
        near.sort_by_key(|household| household.as_str());
        near
    }

    fn propose(&mut self, stamp: &Stamp, terms: &ProposalTerms) -> Result<Vec<Effect>, Refusal> {
        self.check(terms)?;
        if let Some(chain) = &terms.chain {
            let known = self.chains.get(chain);
            check_link(known.ok_or_else(|| Refusal::new(Reason::ProposalUnknown, "chain", chain))?, terms)?;
        }
        self.keep(stamp, terms);
        Ok(Vec::new())
    }

    fn check_chain(&self, chain: &Chain) -> Result<(), Refusal> {
        let exists = self.chains.contains_key(chain.id());
        if exists { Err(Refusal::new(Reason::ProposalExists, "chain", chain.id())) } else { Ok(()) }
    }

    /// Whether a pair may be proposed, beside the chain it may be a link of.
    fn check(&self, terms: &ProposalTerms) -> Result<(), Refusal> {
        if self.proposals.contains_key(&terms.id) {
            return Err(Refusal::new(Reason::ProposalExists, "proposal", &terms.id));
        }
        self.check_dwelling(terms)?;
        self.check_household(terms)
    }

    /// Keeps a proposal that was checked.
    fn keep(&mut self, stamp: &Stamp, terms: &ProposalTerms) {
        self.files.entry(terms.household.clone()).or_insert_with(|| terms.formal_offers.clone());
        let key = (terms.dwelling.host, terms.dwelling.dwelling.clone());
        self.of_dwelling.entry(key).or_default().push(terms.id.clone());
        self.of_household.entry(terms.household.clone()).or_default().push(terms.id.clone());
        self.proposals.insert(terms.id.clone(), Proposal::new(Box::new(terms.clone()), stamp));
    }

    /// Every proposal of the dwelling of these terms, the earliest first.
    fn of_same_dwelling(&self, terms: &ProposalTerms) -> impl Iterator<Item = &Proposal> {
        self.of_dwelling(terms.dwelling.host, &terms.dwelling.dwelling)
    }

    /// Every proposal of the household of these terms, the earliest first.
    fn of_same_household(&self, terms: &ProposalTerms) -> impl Iterator<Item = &Proposal> {
        self.of_household(&terms.household)
    }

    /// One live proposal for a dwelling, or up to three ranked candidates before a CALEOL.
    fn check_dwelling(&self, terms: &ProposalTerms) -> Result<(), Refusal> {
        let engaged = |other: &Proposal| {
            let refusal = Refusal::new(Reason::DwellingEngaged, "dwelling", &terms.dwelling.dwelling);
            Err(refusal.with("proposal", &other.terms().id))
        };
        for other in self.of_same_dwelling(terms) {
            let candidates = terms.is_inter_landlord() && other.terms().is_inter_landlord();
            let together = candidates && other.terms().rank != terms.rank;
            let let_already = matches!(other, Proposal::Completed(_)) && other.terms().offer == terms.offer;
            if let_already || (other.is_live() && !together) {
                return engaged(other);
            }
        }
        Ok(())
    }

    /// One live proposal for a household, or the two of a double proposition, under one formal offer.
    fn check_household(&self, terms: &ProposalTerms) -> Result<(), Refusal> {
        let engaged = |other: &Proposal| {
            // The household itself is never repeated.
            let refusal = Refusal::new(Reason::HouseholdEngaged, "household", HouseholdId::HIDDEN);
            Err(refusal.with("proposal", &other.terms().id))
        };
        let mut live = 0;
        for other in self.of_same_household(terms) {
            let double = terms.double_proposition
                && terms.formal_offer.is_some()
                && other.terms().formal_offer == terms.formal_offer;
            live += usize::from(other.is_live());
            let rehoused = matches!(other, Proposal::Completed(_));
            if rehoused || live > 1 || (other.is_live() && !double) {
                return engaged(other);
            }
        }
        let file = self.files.get(&terms.household).unwrap_or(&terms.formal_offers);
        match &terms.formal_offer {
            Some(id) if file.holds(id) && live == 0 => {
                // One formal offer is made at one time: after a refusal, the next dwelling is another offer.
                Err(Refusal::new(Reason::ProposalExists, "formal_offer", id))
            }
            Some(id) if file.left() == 0 && !file.holds(id) => {
                Err(Refusal::new(Reason::FormalOffersSpent, "formal_offer", id)
                    .with("limit", file.basis().cap()))
            }
            _ => Ok(()),
        }
    }

    fn step(&mut self, stamp: &Stamp, id: &ProposalId, step: &Step) -> Result<Vec<Effect>, Refusal> {
        let unknown = || Refusal::new(Reason::ProposalUnknown, "proposal", id);
        let before = self.proposals.get(id).ok_or_else(unknown)?;
        self.check_step(before, step)?;
        let was_live = before.is_live();
        let mut after = before.clone().take(step, stamp)?;
        let signed = if matches!(step, Step::Sign(_)) { self.sign_in_chain(&mut after)? } else { None };
        let mut effects = Vec::new();
        if matches!(step, Step::Notify) {
            effects.extend(self.count_formal(&after, stamp.on)?);
        }
        // Nothing below refuses: the desk changes as a whole or not at all.
        if let Some(chain) = signed {
            self.chains.insert(chain.id().clone(), chain);
        }
        self.proposals.insert(id.clone(), after.clone());
        match &after {
            Proposal::Accepted(_) if matches!(step, Step::Accept) => {
                effects.extend(self.release_others(&after, stamp))
            }
            Proposal::Completed(at) if matches!(step, Step::Sign(_)) => {
                self.placements.insert(at.stage.placement.placement.clone());
                effects.push(Effect::ToLedger(at.stage.placement.clone()));
            }
            Proposal::Ended(at) if was_live || matches!(step, Step::Reverse(_)) => {
                if let End::Reversed(reversal) = &at.stage.how {
                    effects.push(Effect::ToLedger(reversal.clone()));
                }
                effects.extend(self.take_back(&after));
                effects.extend(self.title_lost(&after));
                effects.extend(self.break_chain(&after, stamp));
                effects.push(self.passes_on(&after));
            }
            _ => {}
        }
        Ok(effects)
    }

    /// What a step needs beyond its own proposal.
    fn check_step(&self, proposal: &Proposal, step: &Step) -> Result<(), Refusal> {
        let terms = proposal.terms();
        match step {
            Step::Reach => {
                let mut candidates = self.of_same_dwelling(terms);
                match candidates.find(|other| other.is_live() && other.terms().rank < terms.rank) {
                    Some(other) => Err(Refusal::new(Reason::ProposalStep, "step", step.name())
                        .with("waits_for", &other.terms().id)),
                    None => Ok(()),
                }
            }
            Step::Sign(lease) if self.placements.contains(&lease.placement) => {
                Err(Refusal::new(Reason::ProposalExists, "lease.placement", &lease.placement))
            }
            _ => Ok(()),
        }
    }

    /// A lease inside a chain comes after those before it: the chain once a transfer is signed, to be kept.
    fn sign_in_chain(&self, after: &mut Proposal) -> Result<Option<Chain>, Refusal> {
        let (Some(id), link) = (after.terms().chain.clone(), after.terms().link) else { return Ok(None) };
        let Some(placement) = after.placement_mut() else { return Ok(None) };
        let chain =
            self.chains.get(&id).ok_or_else(|| Refusal::new(Reason::ProposalUnknown, "chain", &id))?;
        let on = placement.lease.lease_date;
        if let Some(place) = link {
            let mut chain = chain.clone();
            chain.sign(place, on)?;
            return Ok(Some(chain));
        }
        let last = chain.signed()?;
        if on < last {
            let refusal = Refusal::new(Reason::DatesOutOfOrder, "lease.lease_date", on);
            return Err(refusal.with("chain", last));
        }
        Ok(None)
    }

    fn count_formal(&mut self, proposal: &Proposal, on: Date) -> Result<Option<Effect>, Refusal> {
        let terms = proposal.terms();
        let (Some(offer), Some(file)) = (&terms.formal_offer, self.files.get_mut(&terms.household)) else {
            return Ok(None);
        };
        let used = file.notify(offer, on)?;
        let near_the_last = file.is_near_the_last();
        Ok(Some(Effect::FormalOffer { household: terms.household.clone(), used, near_the_last }))
    }
}

/// A link takes what the one before it frees; the household to rehouse, what the last one does.
fn check_link(chain: &Chain, terms: &ProposalTerms) -> Result<(), Refusal> {
    let taken = match terms.link {
        None => chain.frees(),
        Some(place) => chain.link(place).filter(|link| link.tenant == terms.household).map(|link| &link.to),
    };
    if taken == Some(&terms.dwelling.dwelling) {
        return Ok(());
    }
    Err(Refusal::new(Reason::PairNotEligible, "chain", chain.id()).with("why", "frees another"))
}
