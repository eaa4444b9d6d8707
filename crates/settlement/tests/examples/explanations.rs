//! Explanations of the worked examples, and comparisons of conventions on them.

use crate::common::{
    A, B, C, CAUSAL, D, E, LEASE, Run, STOCK, convention, key, line, nine, relogement, roles, siren,
    territory,
};
use chambre_domain::convention::{CapKind, NettingLevel};
use chambre_domain::explanation::{Explanation, LeftOut, LimitedBy, PartOf, RelogementRole};
use chambre_domain::measure::{EffortLine, LineKind};
use chambre_domain::{Cents, Date, NettingProposal, Period, Reason, Refusal, Seq, Siren};
use chambre_settlement::{
    ExplainInput, Obligations, Scenario, SharedBefore, explain, shared_by_version, simulate,
};
use std::collections::BTreeSet;

fn explained(run: &Run, proposal: &NettingProposal, bailleur: u32) -> Result<Explanation, Refusal> {
    with_before(run, proposal, bailleur, &SharedBefore::new())
}

fn with_before(
    run: &Run,
    proposal: &NettingProposal,
    bailleur: u32,
    shared_before: &SharedBefore,
) -> Result<Explanation, Refusal> {
    let disputed: BTreeSet<Seq> = run.held_relogements.iter().map(|seq| Seq::new(*seq)).collect();
    let refusers: BTreeSet<Siren> = run.refusers.iter().copied().map(siren).collect();
    explain(
        &ExplainInput {
            proposal,
            conventions: &run.conventions,
            relogements: &run.relogements,
            held_relogements: &disputed,
            refusers: &refusers,
            shared_before,
            carried_obligations: &Obligations::new(),
        },
        siren(bailleur),
    )
}

#[test]
fn a_position_drills_down_to_its_lines_key_cent_and_payments() {
    let articles =
        "[articles]\neffort = \"article 4\"\nfair_share = \"article 5\"\nsettlement = \"article 6\"\n";
    let run = Run::of(&format!("{articles}{}", key(&STOCK)), nine());
    let proposal = run.proposed();
    let told = explained(&run, &proposal, C).unwrap();
    assert_eq!(told.position.position, Cents::new(544_845));
    let hosted: Vec<(u64, i64)> =
        told.relogements.iter().map(|one| (one.recorded_seq.get(), one.shared_now.get())).collect();
    assert_eq!(hosted, [(1, 247_685), (2, 339_240), (4, 255_525)]);
    let first = &told.relogements[0];
    assert_eq!(first.article.as_ref().unwrap().as_str(), "article 4");
    assert_eq!((first.steps.rent_gap, first.steps.indemnity), (Cents::new(324_000), Cents::new(240_000)));
    assert_eq!(first.steps.net, Cents::new(247_685));
    // 1 897 795 × 4 200 = 297 604 × 26 783 + 11 068: one of the missing cents.
    let share = &told.shares[0];
    let part = share.key.as_ref().unwrap().parts[0];
    assert_eq!((part.of, part.amount, part.weight, part.weights), (PartOf::Whole, 1_897_795, 4_200, 26_783));
    assert_eq!((part.quotient, part.remainder, part.takes_one), (297_604, 11_068, true));
    assert_eq!((part.part, share.share), (297_605, Cents::new(297_605)));
    assert_eq!(share.article.as_ref().unwrap().as_str(), "article 5");
    assert_eq!((told.settlement.limited_by, told.settlement.level), (None, NettingLevel::Multilateral));
    assert!(told.payments.iter().all(|one| one.members.contains(&siren(C)) && one.group >= 1));
    assert!(!told.payments.is_empty());
}

#[test]
fn what_does_not_count_is_told_with_its_reason() {
    let rules = format!("{CAUSAL}[effort]\ncount = [\"rent_gap\", \"works\"]\nworks_cap_cents = 100000\n");
    let mut run = Run::of(&rules, nine());
    let late = EffortLine { occurred_on: Date::constant(2026, 1, 1), ..line(LineKind::Works, 5) };
    run.relogements[0].lines.push(late);
    run.held_relogements = vec![2];
    let proposal = run.proposed();
    let told = explained(&run, &proposal, C).unwrap();
    let first = &told.relogements[0];
    let reasons: Vec<Option<LeftOut>> = first.lines.iter().map(|(_, why)| *why).collect();
    assert_eq!(reasons, [None, None, Some(LeftOut::NotCounted), None, Some(LeftOut::AfterCutOff)]);
    assert_eq!(first.steps.works, Cents::new(100_000));
    assert_eq!(first.steps.works_beyond_cap, Cents::new(15_055));
    assert_eq!(
        (told.relogements[1].left_out, told.relogements[1].shared_now),
        (Some(LeftOut::Disputed), Cents::ZERO)
    );
    // Its own household sent away, under a causal rule.
    let sent = told.relogements.iter().find(|one| one.role == RelogementRole::Origin).unwrap();
    assert_eq!((sent.host, sent.recorded_seq), (siren(A), Seq::new(6)));
    let internal = explained(&run, &proposal, A).unwrap();
    let internal = internal.relogements.iter().find(|one| one.role == RelogementRole::Internal).unwrap();
    assert_eq!(internal.left_out, Some(LeftOut::Internal));
}

#[test]
fn the_cap_that_bounds_a_payment_is_told() {
    let rules = format!(
        "{CAUSAL}[settlement]\ncap_per_dwelling_cents = 25\n[settlement.capacities]\n\"{}\" = {{ dwellings = 12000 }}\n",
        siren(A)
    );
    let run = Run::of(&rules, nine());
    let told = explained(&run, &run.proposed(), A).unwrap();
    let most = Cents::new(300_000);
    assert_eq!(told.settlement.limited_by, Some(LimitedBy::Cap { kind: CapKind::PerDwelling, most }));
    assert_eq!(told.settlement.carried_forward, Cents::new(-194_580));
    let creditor = explained(&run, &run.proposed(), C).unwrap();
    assert_eq!(creditor.settlement.limited_by, Some(LimitedBy::OtherSide));
}

#[test]
fn a_run_is_still_explained_after_later_declarations_and_runs() {
    let mut run = Run::of(&roles(60, &[A, B, C], &STOCK), nine());
    let proposal = run.proposed();
    let at_once = explained(&run, &proposal, D).unwrap();
    run.approve(&proposal);
    let after = EffortLine { seq: Seq::new(2_000), ..line(LineKind::Works, 77) };
    run.relogements[2].lines.push(after);
    assert_eq!(explained(&run, &proposal, D).unwrap(), at_once);
    // A convention that was not the one of the run cannot explain it.
    run.conventions = vec![convention(1, &roles(70, &[A, B, C], &STOCK))];
    assert_eq!(explained(&run, &proposal, D).unwrap_err().reason, Reason::NettingOutdated);
    assert_eq!(explained(&run, &proposal, 9).unwrap_err().reason, Reason::BailleurUnknown);
}

#[test]
fn targets_in_placements_are_told_to_date_and_before() {
    let rule = format!(
        "[fair_share]\nrule = \"units\"\ntariff_cents = 100\nbasis = \"stock\"\n{}",
        crate::common::weights(&[5, 3, 2])
    );
    let mut run = Run::of(&rule, vec![relogement(1, A, B, [9, 0, 0, 0])]);
    run.approve(&run.proposed());
    run.relogements.push(relogement(2, A, C, [9, 0, 0, 0]));
    let before = shared_by_version(&run.relogements).unwrap();
    let second = run.proposed();
    let told = with_before(&run, &second, B, &before).unwrap();
    let parts = &told.shares[0].key.as_ref().unwrap().parts;
    let counts: Vec<_> = parts.iter().map(|part| (part.of, part.amount, part.part)).collect();
    assert_eq!(counts, [(PartOf::PlacementsNow, 2, 1), (PartOf::PlacementsBefore, 1, 0)]);
    assert_eq!(told.relogements[0].lines[0].1, Some(LeftOut::CountedInUnits));
}

#[test]
fn conventions_are_compared_on_the_same_relogements() {
    let scenario =
        |name: &str, tables: &str| Scenario { name: name.to_owned(), versions: vec![convention(1, tables)] };
    let scenarios = [
        scenario("causal", CAUSAL),
        scenario("60/40", &roles(60, &[A, B, C], &STOCK)),
        scenario("70/30", &roles(70, &[A, B, C], &STOCK)),
        scenario("parc", &key(&STOCK)),
        scenario("sans travaux", &format!("{CAUSAL}[effort]\ncount = [\"rent_gap\", \"vacancy\"]\n")),
    ];
    let period = Period::new(Date::constant(2025, 1, 1), Date::constant(2025, 12, 31)).unwrap();
    let mut run = Run::of(CAUSAL, nine());
    // What was shared already does not matter to a comparison.
    run.approve(&run.proposed());
    let outcomes = simulate(territory(), &run.relogements, period, &scenarios).unwrap();
    let expected = [
        [-494_580, -596_025, 696_605, 0, 394_000],
        [-225_099, -41_553, 631_770, -511_284, 146_166],
        [-325_423, -95_895, 596_656, -383_463, 208_125],
        [-473_453, -176_078, 544_845, -194_860, 299_546],
        [-315_525, -430_026, 551_550, 0, 194_001],
    ];
    for (outcome, expected) in outcomes.iter().zip(expected) {
        let of = |n: u32| outcome.positions.get(&siren(n)).map_or(0, |one| one.settled.get());
        assert_eq!([A, B, C, D, E].map(of), expected, "{}", outcome.name);
        let received: i64 = expected.iter().filter(|cents| **cents > 0).sum();
        assert_eq!(outcome.moved, i128::from(received));
    }
    let refused =
        simulate(territory(), &run.relogements, period, &[scenario("nulle", &key(&[0, 0]))]).unwrap_err();
    assert_eq!(refused.reason, Reason::NettingWeights);
    assert!(refused.facts.contains(&("scenario", "nulle".to_owned())));
}

#[test]
fn versions_of_a_scenario_follow_the_lease_dates() {
    let mut later = relogement(2, A, B, [10_000, 0, 0, 0]);
    later.rents.lease_date = Date::constant(2025, 7, 1);
    let earlier = relogement(1, A, B, [10_000, 0, 0, 0]);
    assert!(earlier.rents.lease_date == LEASE);
    let mut second = convention(2, &roles(70, &[A], &[1, 1]));
    second.in_force_from = Date::constant(2025, 7, 1);
    let versions = vec![second, convention(1, &roles(60, &[A], &[1, 1]))];
    let scenario = Scenario { name: "60/40 puis 70/30".to_owned(), versions };
    let period = Period::new(Date::constant(2025, 1, 1), Date::constant(2025, 12, 31)).unwrap();
    let outcome = &simulate(territory(), &[earlier, later], period, &[scenario]).unwrap()[0];
    assert_eq!(outcome.positions[&siren(A)].fair_share, Cents::new(13_000));
}
