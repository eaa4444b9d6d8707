//! What comes out of a desk: placements, reports, and the same desk again.

use super::*;

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

/// The step that leads a proposal on; nothing when it has ended or does not exist.
fn next_step(desk: &Desk, pair: &Pair, number: usize) -> Option<Step> {
    Some(match desk.proposal(&pair.choice.id)? {
        Proposal::Proposed(_) => Step::Position,
        Proposal::Positioned(at) if at.terms.is_inter_landlord() => Step::Submit,
        Proposal::Positioned(_) | Proposal::Allocated(_) => Step::Notify,
        Proposal::Submitted(_) => Step::Decide(CaleolDecision::Allocated),
        Proposal::Ranked(_) => Step::Reach,
        Proposal::Conditional(_) => Step::Meet,
        Proposal::Offered(_) => Step::Accept,
        Proposal::Accepted(_) => {
            Step::Sign(Box::new(Lease { lease_date: day(28), ..lease(&format!("PL-{number}")) }))
        }
        Proposal::Completed(_) | Proposal::Ended(_) => return None,
    })
}

proptest! {
    #[test]
    fn a_replay_gives_the_same_desk_and_no_lock_is_ever_broken(
        moves in proptest::collection::vec(
            (2..29_i8, 0..3_usize, 0..3_usize, proptest::option::weighted(0.2, any_step())), 1..120)
    ) {
        let mut story = Story::default();
        let mut moves = moves;
        moves.sort_by_key(|(on, ..)| *on);
        for (number, (on, who, which, step)) in moves.into_iter().enumerate() {
            let mut pair = Pair::new(["h-1", "h-2", "h-3"][who], ["O-1", "O-2", "O-3"][which]);
            if which == 2 {
                pair = pair.own_stock();
            }
            let before = story.desk.clone();
            let done = match step.or_else(|| next_step(&story.desk, &pair, number)) {
                Some(step) => story.step(&pair, on, step),
                None => story.propose(&pair),
            };
            if done.is_err() {
                prop_assert_eq!(&story.desk, &before, "a refused event changes nothing");
            }
            check_locks(&story.desk)?;
        }
        let stored = serde_json::to_string(&story.log).unwrap();
        let log: Vec<(Stamp, DeskEvent)> = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(Desk::replay(&log).unwrap(), story.desk);
    }
}

/// A dwelling and a household are each in one live proposal at most; no household has more offers than its basis.
fn check_locks(desk: &Desk) -> Result<(), TestCaseError> {
    let engaged = || desk.proposals().filter(|proposal| proposal.is_live() || proposal.placement().is_some());
    for proposal in engaged() {
        let terms = proposal.terms();
        prop_assert_eq!(engaged().filter(|other| other.terms().offer == terms.offer).count(), 1);
        prop_assert_eq!(engaged().filter(|other| other.terms().household == terms.household).count(), 1);
        let file = desk.formal_offers(&terms.household).unwrap();
        prop_assert!(file.used() <= file.basis().cap());
    }
    Ok(())
}

#[test]
fn the_steps_that_lead_on_reach_a_lease() {
    // The property above is worth something only if it goes that far.
    let (mut story, pair) = (Story::default(), Pair::new("h-1", "O-1"));
    story.propose(&pair).unwrap();
    for on in [3, 4, 5, 6, 7, 28] {
        let step = next_step(&story.desk, &pair, 1).unwrap();
        story.step(&pair, on, step).unwrap();
    }
    assert_eq!(story.stage(&pair), "completed");
}
