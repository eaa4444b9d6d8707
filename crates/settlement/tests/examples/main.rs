//! The worked examples of netting.md (section 3) and DESIGN.md (section 3), to the cent.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod after;
mod explanations;
mod levels;

use chambre_domain::measure::{EffortLine, LineKind};
use chambre_domain::{Cents, Date, Reason};
use common::{
    A, B, C, CAUSAL, D, E, Run, STOCK, carried, column, convention, key, line, nine, payments, positions,
    relogement, reverse, roles, settled, siren,
};

/// The nine relogements under these rules give these positions, all settled in so many payments.
fn check(tables: &str, expected: [i64; 5], payment_count: usize) {
    let proposal = Run::of(tables, nine()).proposed();
    assert_eq!(positions(&proposal), expected);
    assert_eq!(settled(&proposal), expected);
    assert_eq!(proposal.plan.payments.len(), payment_count);
    assert!(proposal.plan.is_optimal());
}

fn fair_shares(tables: &str) -> [i64; 5] {
    column(&Run::of(tables, nine()).proposed(), |position| position.fair_share)
}

const CASE_1: [i64; 5] = [-494_580, -596_025, 696_605, 0, 394_000];

#[test]
fn example_1_the_origin_bears_and_the_host_keeps_a_surplus() {
    check(CAUSAL, CASE_1, 3);
    let proposal = Run::of(CAUSAL, nine()).proposed();
    assert_eq!(proposal.total_effort(), 1_897_795);
    assert_eq!(payments(&proposal), [(A, C, 100_580), (A, E, 394_000), (B, C, 596_025)]);
    assert_eq!(proposal.plan.payments[2].id.as_str(), "2025-0003");
}

#[test]
fn example_2_a_surplus_is_returned_to_the_origin() {
    let tables = format!("{CAUSAL}[effort]\nsurplus = \"return\"\n");
    check(&tables, [-436_990, -596_025, 696_605, -57_590, 394_000], 4);
}

#[test]
fn example_3_works_do_not_count() {
    let tables = format!("{CAUSAL}[effort]\ncount = [\"rent_gap\", \"vacancy\"]\n");
    check(&tables, [-315_525, -430_026, 551_550, 0, 194_001], 3);
}

#[test]
fn example_4_half_of_the_effort_is_shared() {
    check(&format!("{CAUSAL}[effort]\nshare_bp = 5000\n"), [-247_290, -298_013, 348_303, 0, 197_000], 3);
}

#[test]
fn example_5_the_stock_bears_the_whole() {
    check(&key(&STOCK), [-473_453, -176_078, 544_845, -194_860, 299_546], 4);
    assert_eq!(fair_shares(&key(&STOCK)), [850_298, 460_578, 297_605, 194_860, 94_454]);
}

#[test]
fn example_6_all_bear_the_same() {
    check(&key(&[1; 5]), [-2_714, -95_059, 462_891, -379_559, 14_441], 4);
    assert_eq!(fair_shares(&key(&[1; 5])), [379_559; 5]);
}

#[test]
fn example_7_demolishers_bear_sixty_percent() {
    let tables = roles(60, &[A, B, C], &STOCK);
    check(&tables, [-225_099, -41_553, 631_770, -511_284, 146_166], 4);
    assert_eq!(fair_shares(&tables), [601_944, 326_053, 210_680, 511_284, 247_834]);
}

#[test]
fn example_8_demolishers_bear_seventy_percent() {
    let tables = roles(70, &[A, B, C], &STOCK);
    check(&tables, [-325_423, -95_895, 596_656, -383_463, 208_125], 4);
    assert_eq!(fair_shares(&tables), [702_268, 380_395, 245_794, 383_463, 185_875]);
}

#[test]
fn example_9_internal_relogements_are_shared_too() {
    let tables = format!("{}[effort]\ninclude_internal = true\n", key(&STOCK));
    check(&tables, [-368_582, -222_190, 515_051, -214_369, 290_090], 4);
    assert_eq!(Run::of(&tables, nine()).proposed().total_effort(), 2_087_795);
}

#[test]
fn example_10_a_capped_debtor_carries_the_rest_over() {
    let caps = format!("{CAUSAL}[settlement.debtor_caps_cents]\n\"{}\" = 300000\n", siren(A));
    let proposal = Run::of(&caps, nine()).proposed();
    assert_eq!(positions(&proposal), CASE_1);
    assert_eq!(settled(&proposal), [-300_000, -596_025, 572_320, 0, 323_705]);
    assert_eq!(carried(&proposal), [-194_580, 0, 124_285, 0, 70_295]);
}

#[test]
fn example_12_the_carry_over_is_settled_by_the_next_run() {
    let caps = format!("{CAUSAL}[settlement.debtor_caps_cents]\n\"{}\" = 300000\n", siren(A));
    let mut run = Run::of(&caps, nine());
    run.approve(&run.proposed());
    run.relogements.push(relogement(10, A, B, [40_000, 0, 0, 0]));
    run.relogements.push(relogement(11, A, C, [60_000, 0, 0, 0]));
    let proposal = run.proposed();
    assert_eq!(positions(&proposal), [-294_580, 40_000, 184_285, 0, 70_295]);
    assert_eq!(carried(&proposal), [0; 5]);
}

#[test]
fn t2_reversing_a_floored_relogement_shares_nothing() {
    for (surplus, late) in [("keep", 0), ("return", 57_590)] {
        let mut run = Run::of(&format!("{CAUSAL}[effort]\nsurplus = \"{surplus}\"\n"), nine());
        run.approve(&run.proposed());
        reverse(&mut run.relogements[2]);
        match late {
            0 => assert_eq!(run.refused(), Reason::NettingNothing),
            _ => assert_eq!(positions(&run.proposed()), [-late, 0, 0, late, 0]),
        }
    }
}

#[test]
fn t3_a_reversal_after_a_run_falls_into_the_next_one() {
    let mut run = Run::of(CAUSAL, nine());
    let first = run.proposed();
    run.approve(&first);
    reverse(&mut run.relogements[3]);
    let second = run.proposed();
    assert_eq!(positions(&second), [0, 255_525, -255_525, 0, 0]);
    assert_eq!(second.shared.len(), 1);
    assert_eq!(Run::of(CAUSAL, nine()).proposed(), first);
}

#[test]
fn t6_a_held_creditor_waits() {
    let mut run = Run::of(CAUSAL, nine());
    run.held = vec![siren(E), siren(E)];
    let proposal = run.proposed();
    assert_eq!(proposal.held, [siren(E)]);
    assert_eq!(payments(&proposal), [(A, C, 315_904), (B, C, 380_701)]);
    assert_eq!(carried(&proposal), [-178_676, -215_324, 0, 0, 394_000]);
}

#[test]
fn t7_a_protected_body_pays_nothing() {
    let caps = format!("{CAUSAL}[settlement.debtor_caps_cents]\n\"{}\" = 0\n", siren(A));
    let proposal = Run::of(&caps, nine()).proposed();
    assert_eq!(payments(&proposal), [(B, C, 380_701), (B, E, 215_324)]);
    assert_eq!(carried(&proposal), [-494_580, 0, 315_904, 0, 178_676]);
}

#[test]
fn t8_a_ring_needs_no_payment_but_is_shared() {
    let ring = [(1, A, B), (2, B, C), (3, C, A)];
    let ring = ring.map(|(seq, origin, host)| relogement(seq, origin, host, [100_000, 0, 0, 0]));
    let proposal = Run::of(CAUSAL, ring.to_vec()).proposed();
    assert_eq!(positions(&proposal), [0; 5]);
    assert_eq!((proposal.positions.len(), proposal.shared.len()), (3, 3));
    assert_eq!(proposal.total_effort(), 300_000);
    assert!(proposal.plan.payments.is_empty() && proposal.plan.is_optimal());
}

#[test]
fn t10_without_demolishers_the_others_bear_all_and_without_weights_the_run_is_refused() {
    let proposal = Run::of(&roles(60, &[], &[1, 1]), nine()).proposed();
    assert_eq!(column(&proposal, |p| p.fair_share), [948_898, 948_897, 0, 0, 0]);
    assert_eq!(Run::of(&roles(60, &[], &[0, 0]), nine()).refused(), Reason::NettingWeights);
    assert_eq!(Run::of(&key(&[0, 0]), nine()).refused(), Reason::NettingWeights);
}

#[test]
fn a_territory_in_carry_over_mode_pays_nothing() {
    let proposal = Run::of(&format!("{CAUSAL}[settlement]\nmode = \"carry_over\"\n"), nine()).proposed();
    assert_eq!((positions(&proposal), settled(&proposal)), (CASE_1, [0; 5]));
    assert!(proposal.plan.payments.is_empty());
}

/// H is A, X is B, O is C. The indemnity of H comes on `indemnity_on`.
fn design_figures(indemnity_on: Date) -> Run {
    let mut host = relogement(1, C, A, [384_012, 120_000, 0, 400_000]);
    host.lines[2].occurred_on = indemnity_on;
    Run::of(&key(&[20, 20, 60]), vec![host, relogement(2, C, B, [25_000, 0, 0, 0])])
}

#[test]
fn the_figures_of_the_design_are_reached() {
    let proposal = design_figures(common::LEASE).proposed();
    assert_eq!(column(&proposal, |p| p.effort), [104_012, 25_000, 0, 0, 0]);
    assert_eq!(column(&proposal, |p| p.fair_share), [25_803, 25_802, 77_407, 0, 0]);
    assert_eq!(positions(&proposal), [78_209, -802, -77_407, 0, 0]);
    assert_eq!(payments(&proposal), [(B, A, 802), (C, A, 77_407)]);
}

#[test]
fn a_late_indemnity_lowers_the_effort_in_the_next_run() {
    let mut run = design_figures(Date::constant(2026, 2, 1));
    let first = run.proposed();
    assert_eq!(column(&first, |p| p.effort), [504_012, 25_000, 0, 0, 0]);
    run.approve(&first);
    run.cut_off = Date::constant(2026, 12, 31);
    let second = run.proposed();
    assert_eq!(second.shared.iter().map(|shared| shared.amount.get()).collect::<Vec<_>>(), [-400_000]);
    assert_eq!(column(&second, |p| p.effort), [-400_000, 0, 0, 0, 0]);
    assert_eq!(positions(&second), [-320_000, 80_000, 240_000, 0, 0]);
}

#[test]
fn the_lease_date_decides_between_sixty_and_seventy_percent_for_ever() {
    let shared = |version| match version {
        1 => roles(60, &[A], &[1, 1]),
        _ => roles(70, &[A], &[1, 1]),
    };
    let mut run = Run::of(&shared(1), vec![relogement(1, A, B, [10_000, 0, 0, 0])]);
    run.conventions.push(convention(2, &shared(2)));
    let mut later = relogement(2, A, B, [10_000, 0, 0, 0]);
    later.convention_version = 2;
    run.relogements.push(later);
    run.cut_off = Date::constant(2026, 6, 30);
    let first = run.proposed();
    assert_eq!(column(&first, |p| p.fair_share), [13_000, 7_000, 0, 0, 0]);
    run.approve(&first);
    // Works of 2026 on the first relogement still meet 60/40.
    let works = EffortLine { occurred_on: Date::constant(2026, 5, 1), ..line(LineKind::Works, 1_000) };
    run.relogements[0].lines.push(works);
    assert_eq!(column(&run.proposed(), |p| p.fair_share), [600, 400, 0, 0, 0]);
}

#[test]
fn money_is_settled_under_the_convention_in_force_at_the_end_of_the_period() {
    let mut run = Run::of(CAUSAL, nine());
    run.conventions.push(convention(2, &format!("{CAUSAL}[settlement]\nmode = \"carry_over\"\n")));
    assert_eq!(settled(&run.proposed()), CASE_1);
    run.cut_off = Date::constant(2026, 1, 1);
    assert_eq!(settled(&run.proposed()), [0; 5]);
}

#[test]
fn a_run_without_its_conventions_or_without_anything_is_refused() {
    let mut run = Run::of(CAUSAL, Vec::new());
    assert_eq!(run.refused(), Reason::NettingNothing);
    run.carried_over = [(siren(A), Cents::ZERO)].into();
    assert_eq!(run.refused(), Reason::NettingNothing);
    run.relogements = nine();
    run.relogements[0].convention_version = 7;
    assert_eq!(run.refused(), Reason::ConventionUnknown);
    run.conventions.clear();
    assert_eq!(run.refused(), Reason::NoConvention);
}

#[test]
fn a_carry_over_alone_makes_a_run() {
    let mut run = Run::of(CAUSAL, Vec::new());
    run.carried_over = [(siren(D), Cents::new(-500)), (siren(E), Cents::new(500))].into();
    assert_eq!(payments(&run.proposed()), [(D, E, 500)]);
}

#[test]
fn books_that_do_not_balance_are_refused_with_the_invariant() {
    let mut run = Run::of(CAUSAL, nine());
    run.carried_over = [(siren(A), Cents::new(1))].into();
    let refusal = run.propose().unwrap_err();
    assert_eq!(refusal.facts, [("invariant", "amounts carried over sum to 1, not to zero".to_owned())]);
}

#[test]
fn the_fingerprint_changes_with_what_is_read_and_with_nothing_else() {
    let print = |change: fn(&mut Run)| {
        let mut run = Run::of(CAUSAL, nine());
        change(&mut run);
        run.proposed().input_sha256
    };
    let first = print(|_| ());
    assert_eq!(first.len(), 64);
    let later = |run: &mut Run| {
        run.conventions.push(convention(2, CAUSAL));
        let works = EffortLine { occurred_on: Date::constant(2026, 1, 1), ..line(LineKind::Works, 1) };
        run.relogements[0].lines.push(works);
        run.relogements.reverse();
        let mut next_year = relogement(10, A, B, [0; 4]);
        next_year.lines.push(works);
        run.relogements.push(next_year);
    };
    assert_eq!(print(later), first);
    let changes: [fn(&mut Run); 5] = [
        |run| run.held.push(siren(A)),
        |run| run.relogements[0].lines[0].amount = Cents::new(324_001),
        |run| run.relogements[0].lines[1].kind = LineKind::RentGap,
        |run| run.conventions[0].settlement.de_minimis_cents = Cents::new(1),
        |run| run.carried_over = [(siren(A), Cents::new(1)), (siren(B), Cents::new(-1))].into(),
    ];
    for change in changes {
        assert_ne!(print(change), first);
    }
}
