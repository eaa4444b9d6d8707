//! The state of the matching: what its facts add up to.

mod lists;
mod places;

use super::fact::{Direction, Fact, ListedNeed, Pooled, Project, Transfer};
use super::office::stage_until;
use chambre_domain::rehousing::ids::{ContingentId, OfferId, ProposalId};
use chambre_domain::rehousing::need::{MOST_LINES, PastRefusal};
use chambre_domain::rehousing::step::Mode;
use chambre_domain::rehousing::{DwellingOffer, HouseholdNeed, Step};
use chambre_domain::{Date, EventId, OperationId, Reason, Refusal, Siren, TerritoryId};
use chambre_matching::exchange::rota::OpenRound;
use chambre_matching::exchange::stages::End;
use chambre_matching::exchange::{Chain, Desk, DeskEvent, Effect, Proposal, ProposalTerms, Rota, Stamp};
use chambre_matching::trade::{Policy, PolicyTerms};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Rules of a territory that has published none: the documented defaults, since the first day of the service.
pub const DEFAULTS_FROM: Date = Date::constant(2000, 1, 1);

/// The state, as the facts made it.
#[derive(Debug, Clone, Default)]
pub struct Book {
    policies: BTreeMap<TerritoryId, Vec<Policy>>,
    contingents: BTreeMap<ContingentId, (TerritoryId, Pooled)>,
    needs: BTreeMap<Box<str>, ListedNeed>,
    offers: BTreeMap<OfferId, DwellingOffer>,
    /// Off the list, and still their declarers'.
    needs_withdrawn: BTreeSet<Box<str>>,
    offers_withdrawn: BTreeSet<OfferId>,
    projects: HashMap<ProposalId, Project>,
    directions: HashMap<ProposalId, Direction>,
    desk: Desk,
    /// What was proposed and answered, in order: how long teams take.
    answers: Vec<(Stamp, DeskEvent)>,
    requests: HashMap<EventId, [u8; 32]>,
    /// Requests that published rules: where, and which version.
    published: HashMap<EventId, (TerritoryId, u32)>,
    rotas: BTreeMap<TerritoryId, Rota>,
    transfers: BTreeMap<Box<str>, Transfer>,
    /// Facts that may let a dwelling go along an order.
    changes: u64,
}

impl Book {
    /// Checks a fact and applies it, or refuses it and changes nothing.
    ///
    /// # Errors
    /// What the desk of the proposals refuses; what the fact says of things that are not there.
    pub fn apply(&mut self, fact: &Fact) -> Result<Vec<Effect>, Refusal> {
        match fact {
            Fact::PolicyPublished { territory, terms } => {
                let policy = Policy::new((**terms).clone())?;
                self.policies.entry(*territory).or_default().push(policy);
                self.changes += 1;
            }
            Fact::ContingentsDeclared { territory, contingents } => self.pool(*territory, contingents)?,
            Fact::NeedsDeclared { needs } => {
                for listed in needs {
                    let household = listed.need.declared().household.as_str();
                    if self.needs_withdrawn.remove(household) {
                        self.transfers.remove(household);
                    }
                    self.needs.insert(household.into(), listed.clone());
                }
                self.changes += 1;
            }
            Fact::NeedWithdrawn { household } => {
                if !self.transfers.contains_key(household.as_str()) {
                    self.need(household)?;
                }
                self.needs_withdrawn.insert(household.as_str().into());
            }
            Fact::Forgotten => {}
            Fact::OffersDeclared { offers } => {
                for offer in offers {
                    let id = &offer.declared().offer;
                    self.offers_withdrawn.remove(id);
                    if self.offers.insert(id.clone(), offer.clone()).is_some_and(|known| known != *offer) {
                        self.rotas.values_mut().for_each(|rota| rota.renew(id));
                    }
                }
                self.changes += 1;
            }
            Fact::OfferWithdrawn { offer } => {
                self.offer(offer)?;
                self.offers_withdrawn.insert(offer.clone());
            }
            Fact::Proposed { project, direction, stamp, terms } => {
                let event = DeskEvent::Proposed(terms.clone());
                let effects = self.desk.apply(stamp, &event)?;
                self.answers.push((stamp.clone(), event));
                self.projects.insert(terms.id.clone(), project.clone());
                if let Some(direction) = direction {
                    self.directions.insert(terms.id.clone(), *direction);
                }
                if terms.mode == Mode::Rotating {
                    self.rotas.values_mut().for_each(|rota| rota.show(&terms.offer, &terms.id));
                }
                return Ok(effects);
            }
            Fact::Stepped { proposal, stamp, step } => {
                let event = DeskEvent::Stepped(proposal.clone(), step.clone());
                let effects = self.desk.apply(stamp, &event)?;
                if matches!(step, Step::Position | Step::Decline(_)) {
                    self.answers.push((stamp.clone(), event));
                }
                // An acceptance ends the other proposals of its household and of its dwelling.
                let over = self.desk.proposal(proposal).is_none_or(|one| !one.is_live());
                if over || *step == Step::Accept {
                    self.changes += 1;
                }
                return Ok(effects);
            }
            Fact::TransfersDeclared { transfers } => {
                for transfer in transfers {
                    let household = transfer.listed.need.declared().household.as_str();
                    if self.needs_withdrawn.remove(household) {
                        self.needs.remove(household);
                    }
                    self.transfers.insert(household.into(), transfer.clone());
                }
            }
            Fact::ChainProposed { chain, stamp, proposals } => self.chain(chain, stamp, proposals)?,
            Fact::RoundOpened { .. } | Fact::TurnAnswered { .. } | Fact::RoundClosed { .. } => {
                self.turn(fact)?
            }
        }
        Ok(Vec::new())
    }

    /// Takes a chain with all its proposals, or nothing.
    fn chain(
        &mut self,
        chain: &Chain,
        stamp: &Stamp,
        proposals: &[(Project, Box<ProposalTerms>)],
    ) -> Result<(), Refusal> {
        let terms: Vec<&ProposalTerms> = proposals.iter().map(|(_, terms)| &**terms).collect();
        self.desk.propose_chain(stamp, chain, &terms)?;
        for (project, terms) in proposals {
            self.answers.push((stamp.clone(), DeskEvent::Proposed(terms.clone())));
            self.projects.insert(terms.id.clone(), project.clone());
        }
        Ok(())
    }

    /// Applies a move of a rotation.
    fn turn(&mut self, fact: &Fact) -> Result<(), Refusal> {
        match fact {
            Fact::RoundOpened { territory, offer, teams, concerned, turn_days, stamp } => {
                let rota = self.rotas.entry(*territory).or_default();
                rota.check_open(offer, teams, concerned)?;
                rota.follow(teams);
                rota.open(offer, concerned, stamp.on, *turn_days)
            }
            Fact::TurnAnswered { territory, offer, team, answer, reason, stamp } => {
                self.rotas.entry(*territory).or_default().answer(offer, team, (*answer, *reason), stamp.on)
            }
            Fact::RoundClosed { territory, offer, taken_back, .. } => {
                self.rotas.entry(*territory).or_default().close(offer, *taken_back);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What was asked under an identifier, as a digest; nothing when it is new.
    pub fn request(&self, id: &EventId) -> Option<&[u8; 32]> {
        self.requests.get(id)
    }

    /// Remembers what was asked under an identifier, and the rules that it published, if it did.
    pub fn remember(&mut self, id: EventId, digest: [u8; 32], fact: &Fact) {
        if let Fact::PolicyPublished { territory, terms } = fact {
            self.published.insert(id.clone(), (*territory, terms.version));
        }
        self.requests.insert(id, digest);
    }

    /// The rules that a request published.
    pub fn published(&self, id: &EventId) -> Option<&Policy> {
        let (territory, version) = self.published.get(id)?;
        self.policies.get(territory)?.iter().find(|policy| policy.terms().version == *version)
    }

    /// The rules of a territory on a day, and their version: the documented defaults when it has none in force.
    pub fn policy(&self, territory: TerritoryId, on: Date) -> Policy {
        let published = self.policies.get(&territory).into_iter().flatten();
        let in_force = published.rev().find(|policy| policy.terms().in_force_from <= on);
        in_force.cloned().unwrap_or_else(|| {
            Policy::new(PolicyTerms { version: 1, ..PolicyTerms::standard(DEFAULTS_FROM) })
                .expect("the defaults are in their ranges")
        })
    }

    /// The last version of a territory's rules, if it has published any.
    pub fn last_policy(&self, territory: TerritoryId) -> Option<&Policy> {
        self.policies.get(&territory).and_then(|versions| versions.last())
    }

    /// Whether any territory rotates, or has: the clock then matters to its dwellings.
    pub fn rotates(&self) -> bool {
        !self.rotas.is_empty()
            || self.policies.values().flatten().any(|policy| !policy.terms().rotation.is_empty())
    }

    /// Territories whose rules of a day list teams in an order.
    pub fn rotating(&self, on: Date) -> impl Iterator<Item = (TerritoryId, Policy)> {
        let territories =
            self.policies.keys().map(move |territory| (*territory, self.policy(*territory, on)));
        territories.filter(|(_, policy)| !policy.terms().rotation.is_empty())
    }

    /// The rotations, by territory.
    pub fn rotas(&self) -> &BTreeMap<TerritoryId, Rota> {
        &self.rotas
    }

    /// The round of an offer, with its territory, if it is under way.
    pub fn round(&self, offer: &OfferId) -> Option<(TerritoryId, &OpenRound)> {
        self.rotas.iter().find_map(|(territory, rota)| rota.round(offer).map(|round| (*territory, round)))
    }

    /// Counts the facts that may let a dwelling go along an order.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The proposals.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// A proposal and its operation.
    ///
    /// # Errors
    /// [`Reason::ProposalUnknown`].
    pub fn proposal(&self, id: &ProposalId) -> Result<(&Proposal, &Project), Refusal> {
        let unknown = || Refusal::new(Reason::ProposalUnknown, "proposal_id", id);
        self.desk.proposal(id).zip(self.projects.get(id)).ok_or_else(unknown)
    }

    /// Why a proposal was directed, and at what cost, when it was.
    pub fn direction(&self, id: &ProposalId) -> Option<Direction> {
        self.directions.get(id).copied()
    }

    /// The need as it is today: with the formal offers and the refusals that this service counted.
    pub fn up_to_date(&self, listed: &ListedNeed) -> Result<HouseholdNeed, Refusal> {
        let mut declaration = listed.need.declared().clone();
        if let Some(counted) = self.desk.formal_offers(&declaration.household) {
            declaration.formal_offers = counted.clone();
        }
        for proposal in self.desk.of_household(&declaration.household) {
            if let Some(End::Refused(reason)) = proposal.end() {
                let terms = proposal.terms();
                declaration.refusals.push(PastRefusal {
                    offer: terms.offer.clone(),
                    landlord: terms.dwelling.host,
                    dwelling: terms.dwelling.dwelling.clone(),
                    on: proposal.since(),
                    reason: *reason,
                });
            }
        }
        // A need tells fifty refusals at most: were there ever more, the latest count.
        declaration.refusals.sort_by_key(|refusal| refusal.on);
        let beyond = declaration.refusals.len().saturating_sub(MOST_LINES);
        declaration.refusals.drain(..beyond);
        HouseholdNeed::new(declaration)
    }

    /// The operation of each need, and the signatories of its convention.
    pub fn operations(&self) -> impl Iterator<Item = (&OperationId, &[Siren])> {
        self.needs.values().map(|one| (&one.need.declared().operation, one.project.signatories.as_slice()))
    }

    /// What was proposed in a territory, and what its teams answered, in order.
    pub fn answers(&self, territory: TerritoryId) -> impl Iterator<Item = &(Stamp, DeskEvent)> {
        self.answers.iter().filter(move |(_, event)| {
            let id = match event {
                DeskEvent::Proposed(terms) => &terms.id,
                DeskEvent::Stepped(id, _) => id,
                DeskEvent::ChainAgreed(_) => return false,
            };
            self.projects.get(id).is_some_and(|project| project.territory == territory)
        })
    }

    /// Proposals whose last day in time is over on a day.
    pub fn overdue(&self, on: Date) -> Vec<ProposalId> {
        let late = |proposal: &&Proposal| stage_until(proposal).is_some_and(|until| until < on);
        self.desk.proposals().filter(late).map(|proposal| proposal.terms().id.clone()).collect()
    }

    /// Whether any proposal has a day for its next answer.
    pub fn awaits_an_answer(&self) -> bool {
        self.desk.proposals().any(|proposal| stage_until(proposal).is_some())
    }
}
