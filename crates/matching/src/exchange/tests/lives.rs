//! Whole lives of proposals.

use super::*;

#[test]
fn an_inter_landlord_placement_goes_through_the_caleol_to_its_lease() {
    let (mut story, pair) = (Story::default(), Pair::new("h-1", "O-1"));
    let effects = story.offered(&pair, 4);
    assert!(matches!(effects[0], Effect::FormalOffer { used: 1, near_the_last: false, .. }));
    story.step(&pair, 14, Step::Accept).unwrap();
    let effects = story.step(&pair, 20, Step::Sign(Box::new(lease("PL-1")))).unwrap();
    let [Effect::ToLedger(placement)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(placement.is_inter_landlord());
    assert_eq!(
        story.step(&pair, 21, Step::Tick),
        Ok(Vec::new()),
        "a day that passes tells the ledger nothing"
    );
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
fn a_formal_offer_is_made_once_and_one_that_the_bailleur_withdraws_does_not_count() {
    let (mut story, first) = (Story::default(), Pair::new("h-1", "O-1").own_stock());
    let again = |which: &str| {
        let mut pair = Pair::new("h-1", which).own_stock();
        pair.choice.formal_offer = first.choice.formal_offer.clone();
        pair
    };
    story.offered(&first, 4);
    let effects = story.step(&first, 5, Step::Withdraw(WithdrawReason::DwellingLost)).unwrap();
    assert!(matches!(effects[0], Effect::FormalOffer { used: 0, .. }));
    let second = again("O-2");
    story.offered(&second, 6);
    story.step(&second, 7, Step::Refuse(RefusalReason::Size)).unwrap();
    let reused = story.propose(&again("O-3")).unwrap_err();
    assert_eq!((reused.reason, reused.field.as_str()), (Reason::ProposalExists, "formal_offer"));
    assert_eq!(story.desk.formal_offers(&household("h-1")).unwrap().used(), 1);
}

#[test]
fn a_dwelling_let_once_may_be_offered_again_under_another_offer() {
    let (mut story, pair) = (Story::default(), Pair::new("h-1", "O-1").own_stock());
    story.offered(&pair, 4);
    story.step(&pair, 6, Step::Accept).unwrap();
    let early = Lease { lease_date: day(5), ..lease("PL-1") };
    let refusal = story.step(&pair, 20, Step::Sign(Box::new(early))).unwrap_err();
    assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::DatesOutOfOrder, "lease.lease_date"));
    story.step(&pair, 20, Step::Sign(Box::new(lease("PL-1")))).unwrap();
    assert_eq!(
        story.propose(&Pair::new("h-2", "O-1").own_stock()).unwrap_err().reason,
        Reason::DwellingEngaged
    );
    let mut later = Pair::new("h-2", "O-2").own_stock();
    later.offer.dwelling = pair.offer.dwelling.clone();
    story.propose(&later).unwrap();
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
}

/// `h-8` leaves D-O-2 for D-O-1, `h-9` leaves D-O-3 for D-O-2, and `h-1` takes D-O-3.
fn chained() -> (Story, [Pair; 3]) {
    let chain = ChainId::parse("chain", "C-1").unwrap();
    let dwelling = |which: &str| DwellingRef::parse("dwelling", &format!("D-{which}")).unwrap();
    let link = |tenant: &str, to: &str, frees: &str| Link {
        tenant: household(tenant),
        landlord: Siren::fictitious(1),
        to: dwelling(to),
        frees: dwelling(frees),
        agreed: true,
    };
    let links = vec![link("h-8", "O-1", "O-2"), link("h-9", "O-2", "O-3")];
    let mut story = Story::default();
    story.event(day(2), DeskEvent::ChainAgreed(Chain::new(chain.clone(), links, 2).unwrap())).unwrap();
    let pairs =
        [("h-8", "O-1", Some(1)), ("h-9", "O-2", Some(2)), ("h-1", "O-3", None)].map(|(who, which, link)| {
            let mut pair = Pair::new(who, which).own_stock();
            (pair.choice.chain, pair.choice.link) = (Some(chain.clone()), link);
            pair
        });
    (story, pairs)
}

#[test]
fn a_chain_is_proposed_whole_or_changes_nothing() {
    let (story, pairs) = chained();
    let (chain, terms) =
        (story.desk.chain(&ChainId::parse("chain", "C-1").unwrap()).unwrap(), pairs.map(|pair| pair.terms()));
    let of = |terms: &[Box<ProposalTerms>]| terms.iter().map(|one| (**one).clone()).collect::<Vec<_>>();
    let propose = |desk: &mut Desk, terms: &[ProposalTerms]| {
        desk.propose_chain(&stamp(day(2)), chain, &terms.iter().collect::<Vec<_>>())
    };
    let mut twice = of(&terms);
    twice[2].household = household("h-8");
    let mut elsewhere = of(&terms);
    elsewhere.swap(0, 1);
    elsewhere[0].link = Some(1);
    for (wrong, reason) in [(&twice, Reason::HouseholdEngaged), (&elsewhere, Reason::PairNotEligible)] {
        let mut desk = Desk::default();
        assert_eq!(propose(&mut desk, wrong).unwrap_err().reason, reason);
        assert_eq!(desk, Desk::default());
    }
    let mut desk = Desk::default();
    propose(&mut desk, &of(&terms)).unwrap();
    assert_eq!(desk.proposals().count(), 3);
    let mut one_by_one = story.desk.clone();
    for terms in &terms {
        one_by_one.apply(&stamp(day(2)), &DeskEvent::Proposed(terms.clone())).unwrap();
    }
    assert_eq!(desk, one_by_one);
    assert_eq!(propose(&mut desk, &of(&terms)).unwrap_err().reason, Reason::ProposalExists);
}

#[test]
fn each_link_of_a_chain_is_signed_after_the_one_before_it() {
    let (mut story, pairs) = chained();
    for pair in &pairs {
        story.offered(pair, 4);
        story.step(pair, 6, Step::Accept).unwrap();
    }
    let sign = |story: &mut Story, place: usize| {
        story.step(&pairs[place], 20, Step::Sign(Box::new(lease(&format!("PL-{place}")))))
    };
    for early in [1, 2] {
        assert_eq!(sign(&mut story, early).unwrap_err().reason, Reason::ChainUnsigned);
    }
    for next in [0, 1, 2] {
        sign(&mut story, next).unwrap();
    }
    assert!(matches!(story.desk.proposal(&pairs[2].choice.id), Some(Proposal::Completed(_))));
    assert_eq!(Desk::replay(&story.log).unwrap(), story.desk);
}

#[test]
fn a_broken_link_withdraws_those_after_it_and_none_before() {
    let (mut story, pairs) = chained();
    for pair in &pairs {
        story.propose(pair).unwrap();
    }
    story.step(&pairs[1], 4, Step::Decline(DeclineReason::WrongPlace)).unwrap();
    assert_eq!(story.end(&pairs[0]), None);
    assert_eq!(story.end(&pairs[1]), Some(&End::Declined(DeclineReason::WrongPlace)));
    assert_eq!(story.end(&pairs[2]), Some(&End::Withdrawn(WithdrawReason::ChainBroken)));
    assert_eq!(Desk::replay(&story.log).unwrap(), story.desk);
}

#[test]
fn a_link_moves_its_own_tenant_to_its_own_dwelling() {
    let (mut story, mut pairs) = chained();
    pairs[0].choice.link = Some(2);
    pairs[1].choice.link = Some(3);
    pairs[2].choice.link = Some(0);
    for pair in &pairs {
        assert_eq!(story.propose(pair).unwrap_err().reason, Reason::PairNotEligible);
    }
}
