//! Rent gaps accrued month by month, closing after closing.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_domain::{Account, Compte, Date, Seq, Transfers};
use chambre_ledger::{Mode, accruals_due};
use support::*;

/// Closes Est Ensemble; what each écriture moves.
fn close(chamber: &Chamber, through: Date) -> Vec<String> {
    let due = accruals_due(&chamber.ledger().books().unwrap(), ensemble(), through).unwrap();
    let outcomes = chamber.record(due, Mode::AllOrNone);
    let seqs = outcomes.into_iter().map(|outcome| outcome.unwrap().seq.get());
    seqs.flat_map(|seq| chamber.entry(seq).transfers).map(|transfer| line(&transfer)).collect()
}

/// R-1 of host H, gap 100.00 from 2025-01-01.
fn open() -> Chamber {
    let chamber = Chamber::with_registry();
    chamber.booked("r-1", recorded("R-1", "OP-U", 'H', day(2025, 1, 1), 10_000));
    chamber
}

fn effort(chamber: &Chamber) -> i64 {
    chamber.balance_of(Account::of(Compte::EffortMesure, ensemble(), bailleur('H')))
}

#[test]
fn a_closing_books_the_months_run_so_far() {
    let mut chamber = open();
    assert_eq!(close(&chamber, day(2025, 6, 30)), ["704900 H > 467900 H 60000"]);
    assert_eq!(close(&chamber, day(2025, 12, 31)), ["704900 H > 467900 H 60000"]);
    // 519.99 and 619.99 become 525.40 and 626.44 on 2026-01-01.
    assert_eq!(close(&chamber, day(2026, 1, 31)), ["704900 H > 467900 H 10104"]);
    assert_eq!(effort(&chamber), 130_104);
    chamber.check_sound();
}

#[test]
fn a_second_closing_on_the_same_day_books_nothing() {
    let chamber = open();
    assert_eq!(close(&chamber, day(2025, 6, 30)).len(), 1);
    let head = chamber.head();
    assert!(close(&chamber, day(2025, 6, 30)).is_empty());
    assert_eq!(chamber.head(), head);
}

#[test]
fn a_capitalised_gap_is_never_accrued() {
    let chamber = told();
    let due = accruals_due(&chamber.ledger().books().unwrap(), plaine(), day(2026, 12, 31)).unwrap();
    assert!(due.is_empty());
}

#[test]
fn a_lease_end_declared_late_is_made_good_at_the_next_closing() {
    let mut chamber = open();
    close(&chamber, day(2025, 12, 31));
    let end = chamber.booked("end", ended("R-1", day(2025, 3, 31)));
    assert!(chamber.moves(end).is_empty(), "nothing was capitalised, nothing is clawed back");
    assert_eq!(close(&chamber, day(2025, 12, 31)), ["467900 H > 704900 H 90000"]);
    chamber.booked("end-back", reversed("end"));
    assert_eq!(close(&chamber, day(2025, 12, 31)), ["704900 H > 467900 H 90000"]);
    chamber.check_sound();
}

#[test]
fn a_revision_declared_late_is_made_good_at_the_next_closing() {
    let mut chamber = open();
    close(&chamber, day(2025, 12, 31));
    chamber.booked("rev", revised("R-1", day(2025, 7, 1), 4_000));
    assert_eq!(close(&chamber, day(2025, 12, 31)), ["467900 H > 704900 H 36000"]);
    chamber.booked("rev-back", reversed("rev"));
    assert_eq!(close(&chamber, day(2025, 12, 31)), ["704900 H > 467900 H 36000"]);
    chamber.check_sound();
}

#[test]
fn a_reversed_relogement_gives_its_accruals_back_at_the_next_closing() {
    let mut chamber = open();
    close(&chamber, day(2025, 6, 30));
    chamber.booked("back", reversed("r-1"));
    chamber.booked("right", recorded("R-1", "OP-U", 'X', day(2025, 1, 1), 5_000));
    let moved = close(&chamber, day(2025, 6, 30));
    assert_eq!(moved, ["467900 H > 704900 H 60000", "704900 X > 467900 X 30000"]);
    assert_eq!(effort(&chamber), 0);
    {
        let books = chamber.ledger().books().unwrap();
        let files: Vec<_> = books.relogements_of(ensemble()).map(|file| file.entries.to_vec()).collect();
        assert_eq!(files, [vec![10, 11, 12, 14], vec![13, 15]], "each file holds its own entries");
    }
    assert!(close(&chamber, day(2025, 6, 30)).is_empty());
    chamber.check_sound();
}

#[test]
fn an_accrual_computed_on_older_books_is_outdated() {
    let chamber = open();
    let due = accruals_due(&chamber.ledger().books().unwrap(), ensemble(), day(2025, 6, 30)).unwrap();
    chamber.booked("end", ended("R-1", day(2025, 2, 28)));
    let refusal = chamber.record(due.clone(), Mode::Each).remove(0).unwrap_err();
    assert_eq!(said(&refusal), "NETTING_OUTDATED accrual");
    assert_eq!(close(&chamber, day(2025, 6, 30)), ["704900 H > 467900 H 20000"]);
    // Another closing took the id meanwhile: outdated still, and the first entry is named.
    let refusal = chamber.record(due, Mode::Each).remove(0).unwrap_err();
    assert!(said(&refusal).starts_with("NETTING_OUTDATED accrual"), "{}", said(&refusal));
}

#[test]
fn an_accrual_that_is_not_what_the_books_say_is_refused() {
    let chamber = open();
    let june = day(2025, 6, 30);
    for event in [
        accrual("R-1", 10, june, 60_001, 0),
        accrual("R-1", 10, june, 60_000, 1),
        accrual("R-1", 9, june, 60_000, 0),
        accrual("R-2", 10, june, 60_000, 0),
    ] {
        assert_eq!(chamber.refused("bad", event), "NETTING_OUTDATED accrual");
    }
    assert_eq!(chamber.refused("bad", accrual("R-1", 10, day(2030, 1, 1), 0, 0)), "IRL_MISSING period");
    let refusal = accruals_due(&chamber.ledger().books().unwrap(), ensemble(), day(2030, 1, 1)).unwrap_err();
    assert_eq!(said(&refusal), "IRL_MISSING period");
    chamber.booked("good", accrual("R-1", 10, june, 60_000, 0));
}

#[test]
fn a_negative_gap_accrues_the_other_way() {
    let mut chamber = Chamber::with_registry();
    chamber.booked("r-1", recorded("R-1", "OP-U", 'H', day(2025, 1, 1), -10_000));
    assert_eq!(close(&chamber, day(2025, 2, 28)), ["467900 H > 704900 H 20000"]);
    let lines = chamber.ledger().books().unwrap().relogement_at(Seq::new(10)).unwrap().measured.lines.clone();
    assert_eq!(lines.iter().map(|line| line.amount.get()).collect::<Vec<_>>(), [-20_000]);
    let none: Transfers = chamber.entry(10).transfers;
    assert_eq!(none.len(), 1);
    chamber.check_sound();
}
