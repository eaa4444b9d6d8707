//! Pairs that fit, and a desk with the log that rebuilds it.

mod lives;
mod placements;

use crate::exchange::chain::{Chain, Link};
use crate::exchange::desk::{Desk, DeskEvent, Effect};
use crate::exchange::placement::{DoneWorks, Lease, OrganisedVacancy};
use crate::exchange::proposal::{Proposal, Step};
use crate::exchange::reports::delays::time_to_answer;
use crate::exchange::reports::out_of_flow::out_of_flow;
use crate::exchange::stages::{CaleolDecision, DeclineReason, End, WithdrawReason};
use crate::exchange::terms::{Cause, Mode, ProposalChoice, ProposalTerms, Stamp};
use crate::trade::dwelling::{OfferDeclaration, WorksKind};
use crate::trade::ids::*;
use crate::trade::need::{NeedDeclaration, RefusalReason};
use crate::trade::tests::{household, need, offer, terms};
use crate::trade::{DwellingOffer, Edge, HouseholdNeed, Policy, References, Tables, eligibility};
use chambre_domain::follow_up::ReversalReason;
use chambre_domain::{Amount, Cents, Date, Event, Reason, Refusal, Siren, VoucherRef};
use proptest::prelude::*;

pub(crate) fn day(day: i8) -> Date {
    Date::constant(2026, 11, day)
}

pub(crate) fn mous(id: &str) -> MousId {
    MousId::parse("mous", id).unwrap()
}

fn id(text: &str) -> ProposalId {
    ProposalId::parse("proposal", text).unwrap()
}

fn stamp(on: Date) -> Stamp {
    Stamp { on, author: AuthorId::parse("author", "a.martin").unwrap(), cause: Cause::Decision }
}

/// A household and a dwelling that fit, under other names.
pub(crate) struct Pair {
    pub need: NeedDeclaration,
    pub offer: OfferDeclaration,
    pub choice: ProposalChoice,
}

impl Pair {
    pub(crate) fn new(who: &str, which: &str) -> Self {
        let need = NeedDeclaration { household: household(who), ..need() };
        let offer = OfferDeclaration {
            offer: OfferId::parse("offer", which).unwrap(),
            dwelling: DwellingRef::parse("dwelling", &format!("D-{which}")).unwrap(),
            ..offer()
        };
        let choice = ProposalChoice {
            id: id(&format!("P-{who}-{which}")),
            mode: Mode::Batch,
            formal_offer: Some(FormalOfferId::parse("formal", &format!("F-{who}-{which}")).unwrap()),
            rank: 1,
            chain: None,
            link: None,
        };
        Self { need, offer, choice }
    }

    pub(crate) fn edge(&self) -> Edge {
        let (need, offer) = self.nouns();
        eligibility(&need, &offer, &Policy::new(terms()).unwrap(), &references()).unwrap()
    }

    fn nouns(&self) -> (HouseholdNeed, DwellingOffer) {
        (HouseholdNeed::new(self.need.clone()).unwrap(), DwellingOffer::new(self.offer.clone()).unwrap())
    }

    fn own_stock(mut self) -> Self {
        self.offer.landlord = Siren::fictitious(1);
        self
    }

    fn double(mut self, formal: &str) -> Self {
        self.need.double_proposition = true;
        self.choice.formal_offer = Some(FormalOfferId::parse("formal", formal).unwrap());
        self
    }

    fn terms(&self) -> Box<ProposalTerms> {
        let (need, offer) = self.nouns();
        let (policy, edge) = (Policy::new(terms()).unwrap(), self.edge());
        Box::new(
            ProposalTerms::new(self.choice.clone(), (&need, &offer, &edge), &policy, &references()).unwrap(),
        )
    }
}

fn references() -> References<'static> {
    References::bare(day(2), Tables::shipped())
}

fn lease(placement: &str) -> Lease {
    Lease {
        placement: PlacementId::parse("placement", placement).unwrap(),
        lease_date: day(20),
        rent: Cents::new(43_000),
        charges: Some(Cents::new(16_000)),
        works: vec![DoneWorks {
            kind: WorksKind::WetRoom,
            amount: Amount::new("works", 120_000).unwrap(),
            invoiced_on: day(18),
            voucher: VoucherRef::parse("voucher", "FAC-1").unwrap(),
        }],
        vacancy: Some(OrganisedVacancy {
            from: Date::constant(2026, 10, 1),
            to: day(19),
            rent_lost: Amount::new("lost", 70_000).unwrap(),
        }),
        sne_motive_ru: true,
    }
}

/// A desk, and the log that rebuilds it.
#[derive(Default)]
struct Story {
    desk: Desk,
    log: Vec<(Stamp, DeskEvent)>,
}

impl Story {
    fn event(&mut self, on: Date, event: DeskEvent) -> Result<Vec<Effect>, Refusal> {
        let stamp = stamp(on);
        let effects = self.desk.apply(&stamp, &event)?;
        self.log.push((stamp, event));
        Ok(effects)
    }

    fn propose(&mut self, pair: &Pair) -> Result<Vec<Effect>, Refusal> {
        self.event(day(2), DeskEvent::Proposed(pair.terms()))
    }

    fn step(&mut self, pair: &Pair, on: i8, step: Step) -> Result<Vec<Effect>, Refusal> {
        self.event(day(on), DeskEvent::Stepped(pair.choice.id.clone(), step))
    }

    /// Up to the offer notified, on the way that fits the pair.
    fn offered(&mut self, pair: &Pair, on: i8) -> Vec<Effect> {
        self.propose(pair).unwrap();
        self.step(pair, on, Step::Position).unwrap();
        if pair.offer.landlord != Siren::fictitious(1) {
            self.step(pair, on, Step::Submit).unwrap();
            self.step(pair, on, Step::Decide(CaleolDecision::Allocated)).unwrap();
        }
        self.step(pair, on, Step::Notify).unwrap()
    }

    fn stage(&self, pair: &Pair) -> &'static str {
        self.desk.proposal(&pair.choice.id).unwrap().stage()
    }

    fn end(&self, pair: &Pair) -> Option<&End> {
        self.desk.proposal(&pair.choice.id).unwrap().end()
    }
}
