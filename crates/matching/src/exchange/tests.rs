//! Whole lives of proposals, and what a replay gives.

use super::chain::{Chain, Link};
use super::desk::{Desk, DeskEvent, Effect};
use super::placement::{DoneWorks, Lease, OrganisedVacancy};
use super::proposal::{Proposal, Step};
use super::reports::delays::time_to_answer;
use super::reports::out_of_flow::out_of_flow;
use super::stages::{CaleolDecision, DeclineReason, End, WithdrawReason};
use super::terms::{Cause, Mode, ProposalChoice, ProposalTerms, Stamp};
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
    Stamp { on, author: AuthorId::parse("author", "agent-1").unwrap(), cause: Cause::Decision }
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

#[test]
fn an_inter_landlord_placement_goes_through_the_caleol_to_its_lease() {
    let (mut story, pair) = (Story::default(), Pair::new("h-1", "O-1"));
    let effects = story.offered(&pair, 4);
    assert!(matches!(effects[0], Effect::FormalOffer { used: 1, near_the_last: false, .. }));
    story.step(&pair, 14, Step::Accept).unwrap();
    let effects = story.step(&pair, 20, Step::Sign(Box::new(lease("PL-1")))).unwrap();
    let [Effect::ToLedger(placement)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(placement.is_inter_landlord());
    assert_eq!((placement.effort_band_bp, placement.within_apl_ceiling), (Some(2_000), Some(true)));
    assert_eq!(story.stage(&pair), "completed");
}

#[test]
fn own_stock_goes_without_a_decision_and_the_caleol_is_informed_once() {
    let (mut story, pair) = (Story::default(), Pair::new("h-1", "O-1").own_stock());
    story.propose(&pair).unwrap();
    story.step(&pair, 3, Step::Position).unwrap();
    assert_eq!(story.step(&pair, 3, Step::Submit).unwrap_err().reason, Reason::ProposalStep);
    story.step(&pair, 3, Step::Notify).unwrap();
    story.step(&pair, 5, Step::Accept).unwrap();
    story.step(&pair, 6, Step::InformCaleol).unwrap();
    assert_eq!(story.step(&pair, 7, Step::InformCaleol).unwrap_err().reason, Reason::ProposalStep);
}

#[test]
fn every_step_that_a_stage_does_not_allow_is_refused_by_name() {
    let steps = [
        Step::Position,
        Step::Decline(DeclineReason::TooDear),
        Step::Submit,
        Step::Decide(CaleolDecision::Allocated),
        Step::Reach,
        Step::Meet,
        Step::Notify,
        Step::Accept,
        Step::Refuse(RefusalReason::Size),
        Step::Sign(Box::new(lease("PL-1"))),
        Step::Reverse(ReversalReason::Error),
        Step::Withdraw(WithdrawReason::Mistake),
    ];
    // Each stage of an inter-landlord proposal, with the steps it allows.
    let way: [(&str, &[&str], Option<Step>); 7] = [
        ("proposed", &["position", "decline", "withdraw"], Some(Step::Position)),
        ("positioned", &["submit", "withdraw"], Some(Step::Submit)),
        ("submitted", &["decide", "withdraw"], Some(Step::Decide(CaleolDecision::Allocated))),
        ("allocated", &["notify", "withdraw"], Some(Step::Notify)),
        ("offered", &["accept", "refuse", "withdraw"], Some(Step::Accept)),
        ("accepted", &["sign", "withdraw"], Some(Step::Sign(Box::new(lease("PL-1"))))),
        ("completed", &["reverse"], None),
    ];
    let (pair, on) = (Pair::new("h-1", "O-1"), stamp(day(20)));
    let mut terms = pair.terms();
    terms.until = day(20);
    let mut proposal = Proposal::new(terms, &stamp(day(2)));
    for (stage, allowed, next) in way {
        assert_eq!(proposal.stage(), stage);
        for step in &steps {
            match proposal.clone().take(step, &on) {
                Ok(_) => assert!(allowed.contains(&step.name()), "{stage} must not allow {}", step.name()),
                Err(refusal) => {
                    assert!(!allowed.contains(&step.name()), "{stage} must allow {}: {refusal}", step.name());
                    assert_eq!(refusal.reason, Reason::ProposalStep);
                    assert!(refusal.value == step.name() && !refusal.facts.is_empty());
                }
            }
        }
        if let Some(step) = next {
            proposal = proposal.take(&step, &on).unwrap();
        }
    }
}

#[test]
fn the_clocks_refuse_late_answers_and_let_silence_end_things() {
    let (mut story, pair) = (Story::default(), Pair::new("h-1", "O-1"));
    story.propose(&pair).unwrap();
    assert_eq!(story.step(&pair, 10, Step::Position).unwrap_err().reason, Reason::ProposalClock);
    story.step(&pair, 9, Step::Tick).unwrap();
    assert_eq!(story.stage(&pair), "proposed");
    let effects = story.step(&pair, 10, Step::Tick).unwrap();
    assert_eq!(story.end(&pair), Some(&End::Expired));
    assert!(matches!(effects[0], Effect::PassesOn { next: None, .. }));

    let pair = Pair::new("h-1", "O-2");
    story.offered(&pair, 4); // ten days to answer: the 14th is in time
    assert_eq!(story.step(&pair, 15, Step::Accept).unwrap_err().reason, Reason::ProposalClock);
    story.step(&pair, 14, Step::Tick).unwrap();
    assert_eq!(story.stage(&pair), "offered");
    story.step(&pair, 15, Step::Tick).unwrap();
    assert_eq!(story.end(&pair), Some(&End::Refused(RefusalReason::NoAnswer)));
}

#[test]
fn a_double_proposition_counts_once_and_the_other_dwelling_is_released_at_once() {
    let mut story = Story::default();
    let [first, second] = ["O-1", "O-2"].map(|which| Pair::new("h-1", which).own_stock().double("F-1"));
    let used = |effects: &[Effect]| match effects {
        [Effect::FormalOffer { used, .. }] => *used,
        other => panic!("{other:?}"),
    };
    assert_eq!(used(&story.offered(&first, 4)), 1);
    assert_eq!(used(&story.offered(&second, 4)), 1);
    let third = Pair::new("h-1", "O-3").own_stock().double("F-1");
    assert_eq!(story.propose(&third).unwrap_err().reason, Reason::HouseholdEngaged);
    let effects = story.step(&first, 6, Step::Accept).unwrap();
    assert_eq!(effects, [Effect::PassesOn { offer: second.offer.offer.clone(), next: None }]);
    assert_eq!(story.end(&second), Some(&End::Withdrawn(WithdrawReason::SiblingAccepted)));
    assert_eq!(story.desk.formal_offers(&household("h-1")).unwrap().used(), 1);
}

#[test]
fn two_dwellings_at_once_are_for_chosen_households_under_one_formal_offer() {
    let mut story = Story::default();
    story.propose(&Pair::new("h-1", "O-1")).unwrap();
    assert_eq!(story.propose(&Pair::new("h-1", "O-2")).unwrap_err().reason, Reason::HouseholdEngaged);
    assert_eq!(
        story.propose(&Pair::new("h-1", "O-2").double("F-2")).unwrap_err().reason,
        Reason::HouseholdEngaged
    );
}

#[test]
fn the_third_refused_formal_offer_costs_the_title_six_months_after_its_notification() {
    let mut story = Story::default();
    for (number, on) in [(1_i8, 3_i8), (2, 5), (3, 7)] {
        // Each formal offer holds two dwellings: six are shown in all.
        let pairs = ["A", "B"].map(|which| {
            Pair::new("h-1", &format!("O-{number}{which}")).own_stock().double(&format!("F-{number}"))
        });
        for pair in &pairs {
            story.offered(pair, on);
        }
        story.step(&pairs[0], on + 1, Step::Refuse(RefusalReason::Place)).unwrap();
        let effects = story.step(&pairs[1], on + 1, Step::Refuse(RefusalReason::Size)).unwrap();
        let lost = effects.iter().find_map(|effect| match effect {
            Effect::TitleLost { on, .. } => Some(*on),
            _ => None,
        });
        assert_eq!(lost, (number == 3).then(|| Date::constant(2027, 5, 7)));
        let near = story.desk.near_the_last_offer();
        assert_eq!(near, if number == 2 { vec![&pairs[0].need.household] } else { Vec::new() });
    }
    assert_eq!(story.propose(&Pair::new("h-1", "O-4")).unwrap_err().reason, Reason::FormalOffersSpent);
}

#[test]
fn a_dwelling_has_three_ranked_candidates_and_passes_to_the_next() {
    let mut story = Story::default();
    let candidates = ["h-1", "h-2", "h-3"].map(|who| Pair::new(who, "O-1"));
    let [first, mut second, mut third] = candidates;
    (second.choice.rank, third.choice.rank) = (2, 3);
    for pair in [&first, &second, &third] {
        story.propose(pair).unwrap();
        story.step(pair, 3, Step::Position).unwrap();
        story.step(pair, 3, Step::Submit).unwrap();
        let decision = Step::Decide(CaleolDecision::Ranked(pair.choice.rank));
        story.step(pair, 4, decision).unwrap();
    }
    assert_eq!(story.propose(&Pair::new("h-4", "O-1")).unwrap_err().reason, Reason::DwellingEngaged);
    assert_eq!(story.step(&second, 5, Step::Reach).unwrap_err().reason, Reason::ProposalStep);
    story.step(&first, 5, Step::Notify).unwrap();
    let effects = story.step(&first, 6, Step::Refuse(RefusalReason::Rent)).unwrap();
    let next = Effect::PassesOn { offer: first.offer.offer.clone(), next: Some(second.choice.id.clone()) };
    assert_eq!(effects, [next]);
    for step in [Step::Reach, Step::Notify, Step::Accept] {
        story.step(&second, 7, step).unwrap();
    }
    assert_eq!(story.end(&third), Some(&End::Withdrawn(WithdrawReason::GivenToAnother)));
}

#[test]
fn a_lease_dearer_than_the_proposal_or_signed_twice_is_refused() {
    let (mut story, pair) = (Story::default(), Pair::new("h-1", "O-1").own_stock());
    story.offered(&pair, 4);
    story.step(&pair, 6, Step::Accept).unwrap();
    let dear = Lease { rent: Cents::new(44_001), ..lease("PL-1") };
    assert_eq!(story.step(&pair, 20, Step::Sign(Box::new(dear))).unwrap_err().reason, Reason::ProposalLease);
    let early = story.step(&pair, 19, Step::Sign(Box::new(lease("PL-1")))).unwrap_err();
    assert_eq!((early.reason, early.field.as_str()), (Reason::DateInFuture, "lease.lease_date"));
    story.step(&pair, 20, Step::Sign(Box::new(lease("PL-1")))).unwrap();
    assert_eq!(
        story.step(&pair, 20, Step::Sign(Box::new(lease("PL-1")))).unwrap_err().reason,
        Reason::ProposalExists
    );
    let other = Pair::new("h-2", "O-2").own_stock();
    story.offered(&other, 4);
    story.step(&other, 6, Step::Accept).unwrap();
    assert_eq!(
        story.step(&other, 20, Step::Sign(Box::new(lease("PL-1")))).unwrap_err().reason,
        Reason::ProposalExists
    );
}

#[test]
fn the_end_of_a_chain_waits_for_the_leases_before_it() {
    let (mut story, mut pair) = (Story::default(), Pair::new("h-1", "O-1"));
    let chain = ChainId::parse("chain", "C-1").unwrap();
    let link = Link {
        tenant: household("h-9"),
        landlord: Siren::fictitious(2),
        to: DwellingRef::parse("dwelling", "D-vacant").unwrap(),
        frees: pair.offer.dwelling.clone(),
        agreed: true,
    };
    pair.choice.chain = Some(chain.clone());
    assert_eq!(story.propose(&pair).unwrap_err().reason, Reason::ProposalUnknown);
    story.event(day(2), DeskEvent::ChainAgreed(Chain::new(chain.clone(), vec![link], 2).unwrap())).unwrap();
    story.offered(&pair, 4);
    story.step(&pair, 6, Step::Accept).unwrap();
    let unsigned = story.step(&pair, 20, Step::Sign(Box::new(lease("PL-1")))).unwrap_err();
    assert_eq!(unsigned.reason, Reason::ChainUnsigned);
    story.event(day(18), DeskEvent::ChainSigned(chain)).unwrap();
    let effects = story.step(&pair, 20, Step::Sign(Box::new(lease("PL-1")))).unwrap();
    let [Effect::ToLedger(placement)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(placement.chain.as_ref().unwrap().1, [Siren::fictitious(2)]);
}

#[test]
fn a_completed_placement_says_all_that_a_relogement_needs_and_nothing_of_the_household() {
    let (mut story, mut pair) = (Story::default(), Pair::new("h-secret", "O-1"));
    pair.choice.id = id("P-1");
    story.offered(&pair, 4);
    story.step(&pair, 6, Step::Accept).unwrap();
    let effects = story.step(&pair, 20, Step::Sign(Box::new(lease("PL-1")))).unwrap();
    let [Effect::ToLedger(placement)] = effects.as_slice() else { panic!("{effects:?}") };
    let declarations = placement.declarations(b"salt").unwrap();
    assert_eq!(declarations, placement.declarations(b"salt").unwrap(), "the same ids for ever");
    let Event::RelogementRecorded(relogement) = &declarations[0].1 else { panic!("relogement first") };
    relogement.check().unwrap();
    assert_eq!(
        (relogement.reference_rent, relogement.practised_rent),
        (Cents::new(44_000), Cents::new(43_000))
    );
    assert_eq!((relogement.id.as_str(), relogement.lease_date), ("PL-1", day(20)));
    assert!(matches!(&declarations[1].1, Event::WorksRecorded(works) if works.voucher.as_str() == "FAC-1"));
    assert!(matches!(&declarations[2].1, Event::VacancyRecorded(vacancy) if vacancy.days() == 50));
    let elsewhere = placement.declarations(b"other").unwrap();
    let Event::RelogementRecorded(other) = &elsewhere[0].1 else { panic!("relogement first") };
    assert_ne!(relogement.household, other.household, "two ledgers cannot join their households");
    assert!(!serde_json::to_string(&declarations).unwrap().contains("secret"));
    assert!(!serde_json::to_string(placement).unwrap().contains("secret"));
}

#[test]
fn a_reversal_takes_each_declaration_back_the_last_first() {
    let (mut story, pair) = (Story::default(), Pair::new("h-1", "O-1").own_stock());
    story.offered(&pair, 4);
    story.step(&pair, 6, Step::Accept).unwrap();
    let [Effect::ToLedger(placed)] = &story.step(&pair, 20, Step::Sign(Box::new(lease("PL-1")))).unwrap()[..]
    else {
        panic!("placed")
    };
    let effects = story.step(&pair, 25, Step::Reverse(ReversalReason::Cancelled)).unwrap();
    let Effect::ToLedger(reversal) = &effects[0] else { panic!("{effects:?}") };
    assert_eq!((reversal.revision, reversal.placement.as_str()), (2, "PL-1"));
    let placed: Vec<_> = placed.declarations(b"salt").unwrap().into_iter().map(|(id, _)| id).collect();
    let reversed: Vec<_> = reversal
        .declarations(b"salt")
        .unwrap()
        .into_iter()
        .map(|(id, event)| match event {
            Event::EventReversed(reversal) if !placed.contains(&id) => reversal.reverses,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(reversed, placed.into_iter().rev().collect::<Vec<_>>());
    // The household and the dwelling are free again.
    story.propose(&Pair::new("h-1", "O-9").own_stock()).unwrap();
}

#[test]
fn dwellings_out_of_the_flow_are_counted_by_bailleur_and_year_and_not_once_taken_back() {
    let mut story = Story::default();
    let mut messages = Vec::new();
    for (number, landlord) in [(1, 2), (2, 2), (3, 3)] {
        let mut pair = Pair::new(&format!("h-{number}"), &format!("O-{number}"));
        pair.offer.landlord = Siren::fictitious(landlord);
        story.offered(&pair, 4);
        story.step(&pair, 6, Step::Accept).unwrap();
        let signed = story.step(&pair, 20, Step::Sign(Box::new(lease(&format!("PL-{number}"))))).unwrap();
        let undone =
            (number == 2).then(|| story.step(&pair, 21, Step::Reverse(ReversalReason::Error)).unwrap());
        for effect in signed.into_iter().chain(undone.into_iter().flatten()) {
            if let Effect::ToLedger(message) = effect {
                messages.push(*message);
            }
        }
    }
    let rows: Vec<_> = out_of_flow(&messages, 2026)
        .into_iter()
        .map(|row| (row.landlord, row.reserver, row.dwellings))
        .collect();
    assert_eq!(rows, [(Siren::fictitious(2), None, 1), (Siren::fictitious(3), None, 1)]);
    assert!(out_of_flow(&messages, 2025).is_empty());
}

#[test]
fn time_to_answer_is_counted_in_days_from_the_proposal() {
    let mut story = Story::default();
    for (number, answer) in [(1, Some(3)), (2, Some(5)), (3, Some(9)), (4, None)] {
        let pair = Pair::new(&format!("h-{number}"), &format!("O-{number}"));
        story.propose(&pair).unwrap();
        if let Some(on) = answer {
            story.step(&pair, on, Step::Decline(DeclineReason::TooDear)).unwrap();
        }
    }
    let rows = time_to_answer(&story.log);
    assert_eq!((rows[0].proposed, rows[0].answered), (4, 3));
    assert_eq!((rows[0].median_days, rows[0].longest_days), (Some(3), Some(7)));
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Position),
        Just(Step::Decline(DeclineReason::Other)),
        Just(Step::Submit),
        Just(Step::Decide(CaleolDecision::Allocated)),
        Just(Step::Decide(CaleolDecision::Ranked(2))),
        Just(Step::Decide(CaleolDecision::NotAllocated)),
        Just(Step::Reach),
        Just(Step::Notify),
        Just(Step::Accept),
        Just(Step::Refuse(RefusalReason::Other)),
        (0..3_u8).prop_map(|number| Step::Sign(Box::new(lease(&format!("PL-{number}"))))),
        Just(Step::Withdraw(WithdrawReason::Mistake)),
        Just(Step::Reverse(ReversalReason::Error)),
        Just(Step::Tick),
    ]
}

proptest! {
    #[test]
    fn a_replay_gives_the_same_desk_and_no_lock_is_ever_broken(
        moves in proptest::collection::vec((0..3_usize, 0..3_usize, 2..29_i8, proptest::option::weighted(0.8, any_step())), 1..80)
    ) {
        let mut story = Story::default();
        for (who, which, on, step) in moves {
            let mut pair = Pair::new(["h-1", "h-2", "h-3"][who], ["O-1", "O-2", "O-3"][which]);
            if which == 2 { pair = pair.own_stock(); }
            let before = story.desk.clone();
            let done = match step {
                Some(step) => story.step(&pair, on, step),
                None => story.propose(&pair),
            };
            if done.is_err() {
                prop_assert_eq!(&story.desk, &before, "a refused event changes nothing");
            }
            for proposal in story.desk.proposals().filter(|proposal| proposal.is_live()) {
                let rivals = story.desk.proposals().filter(|other| other.is_live() && other.terms().offer == proposal.terms().offer);
                prop_assert_eq!(rivals.count(), 1);
                let file = story.desk.formal_offers(&proposal.terms().household).unwrap();
                prop_assert!(file.used() <= file.basis().cap());
            }
        }
        let stored = serde_json::to_string(&story.log).unwrap();
        let log: Vec<(Stamp, DeskEvent)> = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(Desk::replay(&log).unwrap(), story.desk);
    }
}
