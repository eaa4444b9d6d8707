//! Refusals: every rule that says no, with the field, and what a program needs to go on.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_domain::convention::{FairShare, KeyBasis, RentGapRule};
use chambre_domain::follow_up::CounterpartStep::{Due, Honoured};
use chambre_domain::{Convention, Event};
use std::collections::BTreeMap;
use support::*;

const LEASE: chambre_domain::Date = day(2025, 3, 15);

/// The registry; entry 10 is R-1 (host H), 11 its works, 12 R-9, reversed by 13.
fn open() -> Chamber {
    let chamber = Chamber::with_registry();
    chamber.booked("r-1", recorded("R-1", "OP-T", 'H', LEASE, 32_001));
    chamber.booked("w-1", works("R-1", 120_000));
    chamber.booked("r-9", recorded("R-9", "OP-T", 'H', LEASE, 32_001));
    chamber.booked("r-9-back", reversed("r-9"));
    chamber
}

fn check(cases: Vec<(Event, &str)>) {
    let chamber = open();
    let before = chamber.state();
    for (event, expected) in cases {
        assert_eq!(chamber.refused("new", event), expected);
    }
    assert_eq!(chamber.state(), before, "a refusal leaves a trace");
}

fn with_weights(weights: &[(char, u64)], demolishers: &[char]) -> Event {
    let weights: BTreeMap<_, _> =
        weights.iter().map(|(letter, weight)| (bailleur(*letter), *weight)).collect();
    let demolishers = demolishers.iter().map(|letter| bailleur(*letter)).collect();
    let fair_share =
        FairShare::Roles { demolishers_pct: 60, demolishers, basis: KeyBasis::Stock, source: None, weights };
    published(Convention { fair_share, ..convention(plaine(), 2, day(2026, 1, 1), capitalised()) })
}

#[test]
fn the_registry_refuses_what_exists_and_what_it_does_not_know() {
    check(vec![
        (registered('H'), "BAILLEUR_EXISTS bailleur.siren"),
        (operation("OP-T", ensemble(), 'O'), "OPERATION_EXISTS operation.operation_id"),
        (operation("OP-V", plaine(), 'A'), "BAILLEUR_UNKNOWN operation.origin_siren"),
        (succeeded('H', 'H'), "SUCCESSION_TO_SELF absorbing_siren"),
        (succeeded('A', 'H'), "BAILLEUR_UNKNOWN absorbed_siren"),
        (succeeded('H', 'A'), "BAILLEUR_UNKNOWN absorbing_siren"),
    ]);
}

#[test]
fn an_absorbed_bailleur_takes_no_part_any_more() {
    let chamber = open();
    chamber.booked("merger", succeeded('X', 'N'));
    let by = format!("absorbed_by={}", bailleur('N'));
    for (event, field) in [
        (succeeded('X', 'H'), "absorbed_siren"),
        (succeeded('H', 'X'), "absorbing_siren"),
        (operation("OP-V", plaine(), 'X'), "operation.origin_siren"),
        (recorded("R-2", "OP-T", 'X', LEASE, 0), "relogement.host_siren"),
        (land('X', Due, 1), "land_counterpart.bailleur_siren"),
        (with_weights(&[('X', 1)], &[]), "convention.weights"),
    ] {
        assert_eq!(chamber.refused("new", event), format!("BAILLEUR_ABSORBED {field} {by}"));
    }
}

#[test]
fn conventions_follow_each_other() {
    let on = |version, day, rule| published(convention(plaine(), version, day, rule));
    let (next, months) = (day(2026, 1, 1), RentGapRule { months: 0, ..capitalised() });
    check(vec![
        (on(1, next, capitalised()), "CONVENTION_VERSION convention.version expected=2"),
        (on(3, next, capitalised()), "CONVENTION_VERSION convention.version expected=2"),
        (on(0, next, capitalised()), "CONVENTION_RANGE convention.version least=1 most=2147483647"),
        (
            on(2, day(2024, 1, 1), capitalised()),
            "CONVENTION_VERSION convention.in_force_from after=2024-01-01",
        ),
        (on(2, LEASE, capitalised()), "CONVENTION_TOO_LATE convention.in_force_from latest_lease=2025-03-15"),
        (on(2, next, months), "CONVENTION_RANGE convention.rent_gap.months least=1 most=600"),
        (with_weights(&[], &[]), "CONVENTION_WEIGHTS convention.fair_share.weights"),
        (with_weights(&[('O', 1)], &['H']), "CONVENTION_ROLES convention.fair_share.demolishers"),
        (with_weights(&[('O', 1), ('A', 1)], &[]), "BAILLEUR_UNKNOWN convention.weights"),
    ]);
}

#[test]
fn a_reversed_lease_does_not_hold_a_new_convention_up() {
    let chamber = open();
    chamber.booked("late", recorded("R-2", "OP-T", 'H', day(2026, 6, 1), 0));
    let version = published(convention(plaine(), 2, day(2026, 1, 1), capitalised()));
    assert!(chamber.refused("v2", version.clone()).starts_with("CONVENTION_TOO_LATE"));
    chamber.booked("back", reversed("late"));
    chamber.booked("v2", version);
}

#[test]
fn a_relogement_needs_an_operation_a_host_and_a_convention() {
    let today = "today=2026-11-24";
    check(vec![
        (recorded("R-2", "OP-V", 'H', LEASE, 0), "OPERATION_UNKNOWN relogement.operation_id"),
        (recorded("R-2", "OP-T", 'A', LEASE, 0), "BAILLEUR_UNKNOWN relogement.host_siren"),
        (recorded("R-2", "OP-T", 'E', LEASE, 0), "HOST_WITHOUT_STOCK relogement.host_siren"),
        (recorded("R-1", "OP-T", 'X', LEASE, 0), "RELOGEMENT_EXISTS relogement.relogement_id first_seq=10"),
        (
            recorded("R-2", "OP-T", 'H', day(2023, 12, 31), 0),
            &format!("NO_CONVENTION relogement.lease_date territory={}", plaine()),
        ),
        (
            recorded("R-2", "OP-T", 'H', LEASE, 90_000_000_000),
            "AMOUNT_TOO_LARGE relogement.reference_rent_cents",
        ),
        (
            recorded("R-2", "OP-T", 'H', day(2026, 11, 25), 0),
            &format!("DATE_IN_FUTURE relogement.lease_date {today}"),
        ),
    ]);
}

#[test]
fn a_follow_up_needs_a_live_relogement() {
    let tenth = day(2025, 4, 10);
    for (name, reason) in [("R-0", "RELOGEMENT_UNKNOWN"), ("R-9", "RELOGEMENT_REVERSED")] {
        let chamber = open();
        for (event, field) in [
            (works(name, 1), "works"),
            (vacancy(name, tenth, tenth, 1), "vacancy"),
            (received(name, 1), "indemnity"),
            (revised(name, day(2025, 5, 1), 1), "rent_revision"),
            (ended(name, tenth), "lease_end"),
        ] {
            assert_eq!(chamber.refused("new", event), format!("{reason} {field}.relogement_id"));
        }
    }
}

#[test]
fn dates_are_in_order_and_not_in_the_future() {
    let (first, last) = (day(2025, 4, 1), day(2025, 4, 10));
    let tomorrow = day(2026, 11, 25);
    check(vec![
        (vacancy("R-1", last, first, 1), "DATES_OUT_OF_ORDER vacancy.to from=2025-04-10"),
        (revised("R-1", day(2025, 3, 1), 1), "DATES_OUT_OF_ORDER rent_revision.from lease_date=2025-03-15"),
        (ended("R-1", day(2025, 3, 14)), "DATES_OUT_OF_ORDER lease_end.ended_on lease_date=2025-03-15"),
        (works_on("R-1", 1, tomorrow), "DATE_IN_FUTURE works.invoiced_on today=2026-11-24"),
        (vacancy("R-1", first, tomorrow, 1), "DATE_IN_FUTURE vacancy.to today=2026-11-24"),
        (ended("R-1", tomorrow), "DATE_IN_FUTURE lease_end.ended_on today=2026-11-24"),
        (revised("R-1", day(2026, 12, 1), 1), "DATE_IN_FUTURE rent_revision.from today=2026-11-24"),
    ]);
    let chamber = open();
    chamber.booked("end", ended("R-1", last));
    assert_eq!(
        chamber.refused("new", revised("R-1", day(2025, 5, 1), 1)),
        "DATES_OUT_OF_ORDER rent_revision.from lease_date=2025-03-15 ended_on=2025-04-10"
    );
    assert_eq!(
        chamber.refused("new", ended("R-1", first)),
        "LEASE_ALREADY_ENDED lease_end.relogement_id ended_on=2025-04-10"
    );
}

#[test]
fn every_date_in_the_future_is_refused_by_its_own_field() {
    let chamber = told();
    chamber.set_now(day(2026, 11, 24));
    let mut early = Chamber::with_registry();
    early.set_now(day(2024, 1, 2));
    // Instants never go back along the journal: the accounting day of the chamber does not either.
    assert_eq!(
        early.refused("new", recorded("R-1", "OP-T", 'H', day(2026, 11, 25), 0)),
        "DATE_IN_FUTURE relogement.lease_date today=2026-11-24"
    );
    early = Chamber::empty();
    early.set_now(day(2024, 1, 2));
    let story = story();
    let dated: Vec<String> = commands(&story)
        .into_iter()
        .filter(|command| command.event.occurred_on().is_some_and(|day| day > support::day(2024, 1, 2)))
        .filter(|command| !matches!(command.event, Event::RentGapAccrued(_)))
        .map(|command| said(&early.record(vec![command], chambre_ledger::Mode::Each).remove(0).unwrap_err()))
        .collect();
    let fields: std::collections::BTreeSet<&str> =
        dated.iter().map(|said| said.split(' ').nth(1).unwrap()).collect();
    assert!(
        dated.iter().all(|said| said.starts_with("DATE_IN_FUTURE") && said.ends_with("today=2024-01-02"))
    );
    assert_eq!(
        fields.into_iter().collect::<Vec<_>>(),
        [
            "effective_on",
            "indemnity.occurred_on",
            "land_counterpart.occurred_on",
            "lease_end.ended_on",
            "paid_on",
            "relogement.lease_date",
            "rent_revision.from",
            "returned_on",
            "vacancy.to",
            "works.invoiced_on",
        ]
    );
}

#[test]
fn no_more_is_taken_back_than_was_given() {
    let chamber = open();
    let indemnity = "INDEMNITY_EXCEEDED indemnity.amount_cents received_cents=";
    assert_eq!(chamber.refused("new", reclaimed("R-1", 1)), format!("{indemnity}0"));
    chamber.booked("i", received("R-1", 5));
    assert_eq!(chamber.refused("new", reclaimed("R-1", 6)), format!("{indemnity}5"));
    chamber.booked("back", reclaimed("R-1", 5));
    assert_eq!(chamber.refused("new", reclaimed("R-1", 1)), format!("{indemnity}0"));
    // The receipt may not go while what was reclaimed of it stays.
    let field = "reversal.reverses_event_id";
    assert_eq!(chamber.refused("new", reversed("i")), format!("INDEMNITY_EXCEEDED {field} received_cents=0"));
    chamber.booked("back-reversed", reversed("back"));
    chamber.booked("i-reversed", reversed("i"));

    let land_field = "COUNTERPART_EXCEEDED land_counterpart.quantity due=";
    assert_eq!(chamber.refused("new", land('H', Honoured, 1)), format!("{land_field}0"));
    chamber.booked("due", land('H', Due, 100));
    chamber.booked("honoured", land('H', Honoured, 60));
    assert_eq!(chamber.refused("new", land('H', Honoured, 41)), format!("{land_field}40"));
    assert_eq!(chamber.refused("new", land('X', Honoured, 1)), format!("{land_field}0"));
    assert_eq!(chamber.refused("new", reversed("due")), format!("COUNTERPART_EXCEEDED {field} due=40"));
    assert_eq!(chamber.refused("new", land('A', Due, 1)), "BAILLEUR_UNKNOWN land_counterpart.bailleur_siren");
}

#[test]
fn a_reversal_needs_a_live_declaration_on_which_nothing_rests() {
    let field = "reversal.reverses_event_id";
    check(vec![
        (reversed("nobody"), &format!("EVENT_UNKNOWN {field}")),
        (reversed("r-9"), &format!("ALREADY_REVERSED {field} reversed_by_seq=13")),
        (reversed("r-1"), &format!("HAS_FOLLOW_UPS {field} follow_ups=1")),
        (reversed("r-9-back"), &format!("NOT_REVERSIBLE {field} kind=event_reversed")),
        (reversed("registry-0"), &format!("NOT_REVERSIBLE {field} kind=bailleur_registered")),
    ]);
    let chamber = told();
    for (seq, kind) in [
        (6, "operation_registered"),
        (8, "convention_published"),
        (22, "rent_gap_accrued"),
        (26, "netting_proposed"),
        (27, "netting_approved"),
        (28, "payment_confirmed"),
        (37, "netting_rejected"),
        (42, "bailleur_succeeded"),
    ] {
        let refusal = chamber.refused("new", reversed(&format!("s-{seq}")));
        assert_eq!(refusal, format!("NOT_REVERSIBLE {field} kind={kind}"));
    }
}

#[test]
fn an_account_never_leaves_the_range_of_its_counters() {
    let mut chamber = open();
    let half = i64::MAX / 8;
    chamber.booked("a", works("R-1", half));
    chamber.booked("b", works("R-1", half - 1_000_000));
    assert_eq!(chamber.refused("new", works("R-1", 2_000_000)), "BALANCE_OVERFLOW amount_cents");
    assert_eq!(chamber.refused("new", works("R-1", i64::MAX)), "BALANCE_OVERFLOW amount_cents");
    chamber.check_sound();
}
