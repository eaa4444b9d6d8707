//! What happens after a run: thresholds, mergers, defaults, and the tricky cases of the engine.

use crate::common::{
    A, B, C, CAUSAL, E, Run, STOCK, carried, key, nine, payments, positions, relogement, settled, siren,
};
use chambre_domain::netting_run::PaymentState;
use chambre_domain::{Cents, Date, Seq, Siren};
use chambre_settlement::obligations::{self, Obligations};
use chambre_settlement::{Delta, apportion, compute, opening_after, plan, positions_of_heirs};
use std::collections::BTreeMap;

#[test]
fn t1_the_missing_cent_goes_to_the_smallest_id_and_never_to_a_zero_weight() {
    let part = |total, weights: &[(u32, u64)]| {
        let weights = weights.iter().map(|(n, weight)| (siren(*n), *weight)).collect();
        let parts = apportion(Cents::new(total), &weights).unwrap();
        parts.values().map(|part| part.get()).collect::<Vec<_>>()
    };
    assert_eq!(part(10_000, &[(A, 1), (B, 1), (C, 1)]), [3_334, 3_333, 3_333]);
    assert_eq!(part(-10_000, &[(A, 1), (B, 1), (C, 1)]), [-3_334, -3_333, -3_333]);
    assert_eq!(part(1, &[(A, 0), (B, 1), (C, 1)]), [0, 1, 0]);
}

/// A run whose positions are those of relogements hosted by the creditors, paid by A.
fn threshold(de_minimis: i64, hosted: &[(u32, i64)]) -> Run {
    let hosted = (1..).zip(hosted);
    let relogements =
        hosted.map(|(seq, (host, cents))| relogement(seq, A, *host, [*cents, 0, 0, 0])).collect();
    Run::of(&format!("{CAUSAL}[settlement]\nde_minimis_cents = {de_minimis}\n"), relogements)
}

#[test]
fn t4_amounts_below_the_threshold_are_carried() {
    let nothing = threshold(1_000, &[(B, 700), (C, 500)]).proposed();
    assert_eq!((settled(&nothing), carried(&nothing)), ([0; 5], [-1_200, 700, 500, 0, 0]));
    let some = threshold(600, &[(B, 700), (C, 500)]).proposed();
    assert_eq!((settled(&some), carried(&some)), ([-700, 700, 0, 0, 0], [-500, 0, 500, 0, 0]));
}

#[test]
fn t5_a_small_claim_waits_and_its_debtor_keeps_as_much() {
    let run = threshold(5_000, &[(B, 99_500), (C, 500)]).proposed();
    assert_eq!((settled(&run), carried(&run)), ([-99_500, 99_500, 0, 0, 0], [-500, 0, 500, 0, 0]));
}

fn heir_of_e(siren_of: Siren) -> Siren {
    if siren_of == siren(E) { siren(C) } else { siren_of }
}

#[test]
fn t9_merged_bailleurs_have_one_position_and_owe_each_other_nothing() {
    let proposal = Run::of(CAUSAL, nine()).proposed();
    let by_siren = proposal.positions.iter().map(|one| (one.bailleur, one.position)).collect();
    let merged = positions_of_heirs(&by_siren, heir_of_e).unwrap();
    assert_eq!(merged[&siren(C)], Cents::new(1_090_605));
    assert!(!merged.contains_key(&siren(E)));
    assert_eq!(plan(&proposal.id, &merged).unwrap().payments.len(), 2);
    let delta = |origin, host, cents| Delta {
        recorded_seq: Seq::ZERO,
        version: 1,
        origin: siren(origin),
        host: siren(host),
        amount: Cents::new(cents),
    };
    let gross = obligations::gross(&[delta(C, E, 5), delta(E, C, 9), delta(A, E, 7)]).unwrap();
    let expected: Obligations = [((siren(A), siren(C)), Cents::new(7))].into();
    assert_eq!(obligations::for_heirs(&gross, heir_of_e).unwrap(), expected);
}

#[test]
fn t12_an_unpaid_payment_comes_back_to_its_two_parties_alone() {
    let mut run = Run::of(CAUSAL, nine());
    let computed = compute(&run.input()).unwrap();
    let proposal = computed.proposal.clone();
    assert_eq!(payments(&proposal), [(A, C, 100_580), (A, E, 394_000), (B, C, 596_025)]);
    let paid = PaymentState::Confirmed { paid_on: Date::constant(2026, 1, 15), seq: Seq::new(7) };
    let states = [paid, PaymentState::Lapsed, paid];
    let opening = opening_after(&proposal, &states, &computed.left).unwrap();
    let expected: BTreeMap<Siren, Cents> =
        [(siren(A), Cents::new(-394_000)), (siren(E), Cents::new(394_000))].into();
    assert_eq!(opening.carried_over, expected);
    assert_eq!(opening.carried_obligations, [((siren(A), siren(E)), Cents::new(394_000))].into());
    run.approve(&proposal);
    run.carried_over = opening.carried_over;
    let second = run.proposed();
    assert_eq!(payments(&second), [(A, E, 394_000)]);
    // The earlier run is what it was.
    assert_eq!(Run::of(CAUSAL, nine()).proposed(), proposal);
}

#[test]
fn t12_between_pairs_the_unpaid_pair_is_paid_by_the_next_run() {
    let mut run = Run::of(&format!("{CAUSAL}[settlement]\nlevel = \"cyclic\"\n"), nine());
    let computed = compute(&run.input()).unwrap();
    let opening = opening_after(&computed.proposal, &[], &computed.left).unwrap();
    run.approve(&computed.proposal);
    run.carried_over = opening.carried_over;
    run.carried_obligations = opening.carried_obligations;
    assert_eq!(payments(&run.proposed()), payments(&computed.proposal));
}

#[test]
fn t14_a_reversal_meets_the_rule_of_its_original() {
    let tables = |surplus: &str| format!("{CAUSAL}[effort]\nsurplus = \"{surplus}\"\n");
    let mut run = Run::of(&tables("keep"), nine());
    run.conventions.push(crate::common::convention(2, &tables("return")));
    run.approve(&run.proposed());
    run.cut_off = Date::constant(2026, 12, 31);
    crate::common::reverse(&mut run.relogements[2]);
    assert_eq!(run.refused(), chambre_domain::Reason::NettingNothing);
}

#[test]
fn a_late_line_is_shared_by_the_key_of_its_relogement_in_the_next_run() {
    let mut run = Run::of(&key(&STOCK), nine());
    run.approve(&run.proposed());
    let works = chambre_domain::measure::LineKind::Works;
    run.relogements[0].lines.push(crate::common::line(works, 26_783));
    // One part in each hundred of the stock.
    assert_eq!(positions(&run.proposed()), [-12_000, -6_500, 22_583, -2_750, -1_333]);
}
