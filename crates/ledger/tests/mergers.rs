//! Mergers: accounts pass to the absorbing bailleur, and so does all that comes later.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_domain::follow_up::CounterpartStep::{Due, Honoured};
use chambre_domain::{Compte, Seq};
use support::*;

/// R-1 (entry 10) of host H; H is owed 100 m² (12).
fn open() -> Chamber {
    let chamber = Chamber::with_registry();
    chamber.booked("r-1", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 32_001));
    chamber.booked("w-1", works("R-1", 120_000));
    chamber.booked("due", land('H', Due, 100));
    chamber
}

fn all(chamber: &Chamber, letter: char) -> Vec<i64> {
    Compte::ALL.iter().map(|compte| chamber.balance(*compte, letter)).collect()
}

#[test]
fn every_balance_moves_to_the_absorbing_bailleur() {
    let mut chamber = open();
    let (before, nothing) = (all(&chamber, 'H'), all(&chamber, 'N'));
    let seq = chamber.booked("m", succeeded('H', 'N'));
    assert_eq!((all(&chamber, 'N'), all(&chamber, 'H')), (before, nothing));
    assert_eq!(
        chamber.moves(seq),
        [
            "467900 H > 467900 N 504012",
            "615900 N > 615900 H 120000",
            "704900 N > 704900 H 384012",
            "801200 N > 801200 H 100",
            "802100 H > 802100 N 1",
            "802200 H > 802200 N 100",
        ]
    );
    assert_eq!(chamber.entry(seq).occurred_on, day(2026, 1, 1));
    chamber.check_sound();
}

#[test]
fn later_lines_go_to_the_absorbing_bailleur() {
    let mut chamber = open();
    chamber.booked("m", succeeded('H', 'N'));
    let seq = chamber.booked("w-2", works("R-1", 5));
    assert_eq!(chamber.moves(seq), ["615900 N > 467900 N 5"]);
    let seq = chamber.booked("end", ended("R-1", day(2025, 8, 15)));
    assert_eq!(chamber.moves(seq), ["467900 N > 704900 N 192006"]);
    let seq = chamber.booked("done", land('N', Honoured, 100));
    assert_eq!(chamber.moves(seq), ["802200 N > 801200 N 100"]);
    assert!(all(&chamber, 'H').iter().all(|balance| *balance == 0));
    chamber.check_sound();
}

#[test]
fn a_declaration_of_before_is_reversed_on_the_accounts_of_today() {
    let mut chamber = open();
    chamber.booked("m", succeeded('H', 'N'));
    let seq = chamber.booked("w-back", reversed("w-1"));
    assert_eq!(chamber.moves(seq), ["467900 N > 615900 N 120000"]);
    let seq = chamber.booked("r-back", reversed("r-1"));
    assert_eq!(chamber.moves(seq), ["802100 N > 801100 O 1", "467900 N > 704900 N 384012"]);
    let seq = chamber.booked("due-back", reversed("due"));
    assert_eq!(chamber.moves(seq), ["802200 N > 801200 N 100"]);
    assert!(all(&chamber, 'N').iter().all(|balance| *balance == 0));
    chamber.check_sound();
}

#[test]
fn the_origin_of_an_operation_may_be_absorbed_and_so_on_down_the_line() {
    let mut chamber = open();
    chamber.booked("m-1", succeeded('O', 'X'));
    chamber.booked("m-2", succeeded('X', 'N'));
    let seq = chamber.booked("r-2", recorded("R-2", "OP-T", 'H', day(2025, 3, 15), 0));
    assert_eq!(chamber.moves(seq), ["801100 N > 802100 H 1"]);
    let origins: Vec<char> = {
        let books = chamber.ledger().books().unwrap();
        books.relogements_of(plaine()).map(|file| letter(file.measured.origin)).collect()
    };
    assert_eq!(origins, ['N', 'N']);
    chamber.check_sound();
}

#[test]
fn a_merger_may_make_a_relogement_internal() {
    let mut chamber = open();
    chamber.booked("m", succeeded('H', 'O'));
    {
        let books = chamber.ledger().books().unwrap();
        assert!(books.relogement_at(Seq::new(10)).unwrap().measured.is_internal());
    }
    let seq = chamber.booked("w-back", reversed("w-1"));
    assert_eq!(chamber.moves(seq), ["467900 O > 615900 O 120000"]);
    chamber.booked("r-back", reversed("r-1"));
    chamber.check_sound();
}

#[test]
fn a_payment_instructed_before_is_confirmed_on_the_accounts_of_today() {
    let mut chamber = open();
    let run = Run {
        id: "N-1",
        at_seq: 12,
        to: day(2025, 12, 31),
        shared: &[(10, 504_012)],
        positions: &[('O', 0, 504_012, 0, -504_012), ('H', 504_012, 0, 0, 504_012)],
        payments: &[("N-1-1", 'O', 'H', 504_012)],
    };
    chamber.booked("p", run.proposed());
    chamber.booked("a", approved("N-1", "bob"));
    chamber.booked("m", succeeded('H', 'N'));
    assert_eq!(chamber.balance(Compte::PositionDuBailleur, 'N'), 504_012);
    let seq = chamber.booked("pay", paid("N-1", "N-1-1", 504_012));
    assert_eq!(chamber.moves(seq), ["467100 N > 467100 O 504012"]);
    assert_eq!(chamber.balance(Compte::PositionDuBailleur, 'N'), 0);
    chamber.check_sound();
}

#[test]
fn a_payment_between_two_that_became_one_still_settles_the_run() {
    let mut chamber = open();
    let run = Run {
        id: "N-1",
        at_seq: 12,
        to: day(2025, 12, 31),
        shared: &[(10, 504_012)],
        positions: &[('O', 0, 504_012, 0, -504_012), ('H', 504_012, 0, 0, 504_012)],
        payments: &[("N-1-1", 'O', 'H', 504_012)],
    };
    chamber.booked("p", run.proposed());
    chamber.booked("a", approved("N-1", "bob"));
    chamber.booked("m", succeeded('H', 'O'));
    assert_eq!(chamber.balance(Compte::PositionDuBailleur, 'O'), 0);
    chamber.booked("pay", paid("N-1", "N-1-1", 504_012));
    assert_eq!(chamber.balance(Compte::PositionDuBailleur, 'O'), 0);
    chamber.check_sound();
}

#[test]
fn a_bailleur_without_accounts_is_absorbed_without_a_transfer() {
    let mut chamber = Chamber::with_registry();
    let seq = chamber.booked("m", succeeded('X', 'N'));
    assert!(chamber.moves(seq).is_empty());
    chamber.check_sound();
}
