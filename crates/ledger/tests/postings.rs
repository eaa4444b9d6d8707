//! Posting rules: what each accepted event moves.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_domain::Compte::{
    DroitsDus, EcartDeLoyer, EffortMesure, IndemniteAnru, RelogementsAccueillis, RelogementsConfies, Travaux,
};
use chambre_domain::follow_up::CounterpartStep::{Due, Honoured};
use chambre_domain::follow_up::IndemnityStatus;
use chambre_domain::relogement::Charges;
use chambre_domain::{Cents, Event};
use support::*;

/// What an event moves, booked after relogement R-1 (Plaine Commune, host H, gap 320.01 over 12 months).
fn check(event: Event, moves: &[&str]) {
    let mut chamber = Chamber::with_registry();
    chamber.booked("r", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 32_001));
    let seq = chamber.booked("e", event);
    assert_eq!(chamber.moves(seq), moves);
    chamber.check_sound();
}

#[test]
fn the_worked_figure_leaves_an_effort_of_1_040_12() {
    let chamber = Chamber::with_registry();
    chamber.booked("r", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 32_001));
    chamber.booked("w", works("R-1", 120_000));
    chamber.booked("i", received("R-1", 400_000));
    assert_eq!(chamber.balance(EcartDeLoyer, 'H'), -384_012);
    assert_eq!(chamber.balance(Travaux, 'H'), -120_000);
    assert_eq!(chamber.balance(IndemniteAnru, 'H'), 400_000);
    assert_eq!(chamber.balance(EffortMesure, 'H'), 104_012);
    assert_eq!(chamber.balance(RelogementsConfies, 'O'), -1);
    assert_eq!(chamber.balance(RelogementsAccueillis, 'H'), 1);
}

#[test]
fn a_relogement_moves_one_placement_and_its_capitalised_gap() {
    let lease = day(2025, 3, 15);
    let placement = "801100 O > 802100 H 1";
    check(recorded("R-2", "OP-T", 'H', lease, 32_001), &[placement, "704900 H > 467900 H 384012"]);
    check(recorded("R-2", "OP-T", 'H', lease, -100), &[placement, "467900 H > 704900 H 1200"]);
    check(recorded("R-2", "OP-T", 'H', lease, 0), &[placement]);
    check(recorded("R-2", "OP-U", 'H', lease, 32_001), &[placement]);
    check(recorded("R-2", "OP-T", 'O', lease, 1), &["801100 O > 802100 O 1", "704900 O > 467900 O 12"]);
}

#[test]
fn charges_count_only_when_the_convention_says_so() {
    let mut chamber = Chamber::with_registry();
    let rule = chambre_domain::convention::RentGapRule { include_charges: true, ..capitalised() };
    chamber.booked("v2", published(convention(plaine(), 2, day(2025, 1, 1), rule)));
    let charges = Some(Charges { reference: Cents::new(5_000), practised: Cents::new(4_000) });
    for (name, lease, moved) in [("R-1", day(2024, 6, 1), "1200"), ("R-2", day(2025, 6, 1), "13200")] {
        let relogement = chambre_domain::Relogement { charges, ..declared(name, "OP-T", 'H', lease, 100) };
        let seq = chamber.booked(name, Event::RelogementRecorded(Box::new(relogement)));
        assert_eq!(chamber.moves(seq)[1], format!("704900 H > 467900 H {moved}"), "{name}");
    }
    chamber.check_sound();
}

#[test]
fn costs_raise_the_effort_of_the_host() {
    check(works("R-1", 120_000), &["615900 H > 467900 H 120000"]);
    check(vacancy("R-1", day(2025, 2, 1), day(2025, 2, 1), 1), &["704910 H > 467900 H 1"]);
}

#[test]
fn only_an_indemnity_received_or_reclaimed_moves_something() {
    check(received("R-1", 5), &["467900 H > 741100 H 5"]);
    for status in [IndemnityStatus::Expected, IndemnityStatus::Requested, IndemnityStatus::Notified] {
        check(indemnity("R-1", status, 5), &[]);
    }
    let chamber = Chamber::with_registry();
    chamber.booked("r", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 0));
    chamber.booked("i", received("R-1", 5));
    let seq = chamber.booked("j", reclaimed("R-1", 5));
    assert_eq!(chamber.moves(seq), ["741100 H > 467900 H 5"]);
}

#[test]
fn the_end_of_the_lease_gives_the_months_not_begun_back() {
    // Six months begun by 2025-08-15: six of twelve are given back.
    check(ended("R-1", day(2025, 8, 15)), &["467900 H > 704900 H 192006"]);
    check(ended("R-1", day(2026, 3, 14)), &[]);
    check(ended("R-1", day(2025, 3, 15)), &["467900 H > 704900 H 352011"]);
}

#[test]
fn a_negative_gap_is_clawed_back_the_other_way() {
    let mut chamber = Chamber::with_registry();
    chamber.booked("r", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), -100));
    let seq = chamber.booked("e", ended("R-1", day(2025, 8, 15)));
    assert_eq!(chamber.moves(seq), ["704900 H > 467900 H 600"]);
    let file = chamber.ledger().books().unwrap().relogement_at(chambre_domain::Seq::new(10)).unwrap().clone();
    assert_eq!(file.measured.lines.iter().map(|line| line.amount.get()).collect::<Vec<_>>(), [-1_200, 600]);
    chamber.check_sound();
}

#[test]
fn decisions_and_registrations_move_nothing() {
    let chamber = told();
    for (name, event) in story() {
        let still = matches!(
            event,
            Event::BailleurRegistered(_)
                | Event::BankAccountRegistered(_)
                | Event::OperationRegistered(_)
                | Event::ConventionPublished(_)
                | Event::RentRevised(_)
                | Event::NettingProposed(_)
                | Event::NettingRejected(_)
        );
        let entry = chamber.ledger().entry_of(&id(&name)).unwrap().unwrap();
        if still {
            assert!(entry.transfers.is_empty(), "{name}");
        }
    }
}

#[test]
fn building_rights_are_counted_in_square_metres() {
    let mut chamber = Chamber::with_registry();
    let due = chamber.booked("a", land('H', Due, 100));
    let honoured = chamber.booked("b", land('H', Honoured, 40));
    assert_eq!(chamber.moves(due), ["801200 H > 802200 H 100"]);
    assert_eq!(chamber.moves(honoured), ["802200 H > 801200 H 40"]);
    assert_eq!(chamber.balance(DroitsDus, 'H'), -60);
    chamber.check_sound();
}

#[test]
fn a_relogement_follows_the_convention_of_its_lease_date() {
    let chamber = Chamber::with_registry();
    let year = chambre_domain::convention::RentGapRule { months: 24, ..capitalised() };
    chamber.booked("v2", published(convention(plaine(), 2, day(2026, 1, 1), year)));
    let old = chamber.booked("a", recorded("R-1", "OP-T", 'H', day(2025, 12, 31), 100));
    let new = chamber.booked("b", recorded("R-2", "OP-T", 'H', day(2026, 1, 1), 100));
    assert_eq!(chamber.moves(old)[1], "704900 H > 467900 H 1200");
    assert_eq!(chamber.moves(new)[1], "704900 H > 467900 H 2400");
}
