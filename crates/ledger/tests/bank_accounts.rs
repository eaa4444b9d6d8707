//! The register of bank accounts: a replacement is a new line, nothing is edited, no account serves two.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_domain::{BankAccount, Iban};
use chambre_ledger::Mode;
use support::*;

const JANUARY: chambre_domain::Date = day(2026, 1, 1);
const JUNE: chambre_domain::Date = day(2026, 6, 1);
const NEXT_YEAR: chambre_domain::Date = day(2027, 3, 1);

/// Host H is paid on account 1, from June on account 2.
fn open() -> Chamber {
    let chamber = Chamber::with_registry();
    chamber.booked("b-1", banked('H', 1, JANUARY));
    chamber.booked("b-2", banked('H', 2, JUNE));
    chamber
}

fn used(chamber: &Chamber, letter: char, on: chambre_domain::Date) -> Option<Iban> {
    let books = chamber.ledger().books().unwrap();
    BankAccount::in_use(books.parties().bank_accounts(bailleur(letter)), on)
        .map(|account| account.iban.clone())
}

#[test]
fn an_account_replaces_another_and_both_stay_in_the_journal() {
    let mut chamber = open();
    for _ in ["as recorded", "as replayed"] {
        assert_eq!(used(&chamber, 'H', day(2025, 12, 31)), None);
        assert_eq!(used(&chamber, 'H', JANUARY), Some(Iban::fictitious(1)));
        assert_eq!(used(&chamber, 'H', TODAY), Some(Iban::fictitious(2)));
        chamber.check_sound();
        chamber.reopen();
    }
    assert!(chamber.moves(10).is_empty(), "it moves nothing");
}

#[test]
fn an_account_may_be_announced_before_it_is_used() {
    let chamber = open();
    chamber.booked("b-3", banked('H', 3, NEXT_YEAR));
    assert_eq!(used(&chamber, 'H', TODAY), Some(Iban::fictitious(2)));
    assert_eq!(used(&chamber, 'H', NEXT_YEAR), Some(Iban::fictitious(3)));
}

#[test]
fn what_makes_no_sense_is_refused_and_leaves_no_trace() {
    let chamber = open();
    let before = chamber.state();
    let owner = format!("bailleur_siren={}", bailleur('H'));
    for (event, expected) in [
        (banked('A', 5, JANUARY), "BAILLEUR_UNKNOWN bank_account.bailleur_siren".to_owned()),
        (
            banked('H', 3, day(2026, 5, 31)),
            "DATES_OUT_OF_ORDER bank_account.valid_from latest_valid_from=2026-06-01".to_owned(),
        ),
        (banked('H', 2, TODAY), "BANK_ACCOUNT_EXISTS bank_account.iban valid_from=2026-06-01".to_owned()),
        (banked('X', 2, JUNE), format!("BANK_ACCOUNT_TAKEN bank_account.iban {owner}")),
    ] {
        assert_eq!(chamber.refused("new", event), expected);
    }
    assert_eq!(chamber.state(), before);
}

#[test]
fn an_account_left_by_one_may_serve_another() {
    let chamber = open();
    chamber.booked("b-x", banked('X', 1, TODAY));
    // One that is only announced is taken too.
    chamber.booked("b-3", banked('H', 3, NEXT_YEAR));
    assert!(chamber.refused("new", banked('O', 3, TODAY)).starts_with("BANK_ACCOUNT_TAKEN"));
}

#[test]
fn the_absorbing_bailleur_may_keep_the_account_of_the_absorbed_one() {
    let chamber = open();
    chamber.booked("merger", succeeded('H', 'N'));
    assert!(chamber.refused("new", banked('X', 2, TODAY)).starts_with("BANK_ACCOUNT_TAKEN"));
    assert!(chamber.refused("new", banked('H', 9, TODAY)).starts_with("BAILLEUR_ABSORBED"));
    chamber.booked("b-n", banked('N', 2, TODAY));
    assert_eq!(used(&chamber, 'N', TODAY), Some(Iban::fictitious(2)));
}

#[test]
fn an_account_taken_back_with_its_batch_leaves_nothing() {
    let chamber = open();
    let before = chamber.fingerprint();
    let batch =
        [("b-3", banked('H', 3, TODAY)), ("b-4", banked('X', 4, TODAY)), ("bad", banked('A', 5, TODAY))];
    let outcomes = chamber.batch(Mode::AllOrNone, &batch);
    assert!(outcomes.iter().all(Result::is_err));
    assert_eq!(chamber.fingerprint(), before);
}

#[test]
fn the_state_tells_two_accounts_apart_that_look_alike_when_hidden() {
    let [one, other] = [1, 2].map(|middle| {
        let chamber = Chamber::with_registry();
        // Both end in the same four digits: the clé RIB of 97 × 100 more is the same, and so are the digits before.
        chamber.booked("b", banked('H', middle * 970_000, TODAY));
        chamber.fingerprint()
    });
    assert_eq!(Iban::fictitious(970_000).to_string(), Iban::fictitious(1_940_000).to_string());
    assert_ne!(one, other);
}
