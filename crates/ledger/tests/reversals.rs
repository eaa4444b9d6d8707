//! Reversals: the only correction there is, exact and once.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_domain::follow_up::CounterpartStep::{Due, Honoured};
use chambre_domain::follow_up::IndemnityStatus;
use chambre_domain::measure::LineKind;
use chambre_domain::{Amount, Compte, Event, Seq};
use chambre_ledger::books::RelogementFile;
use chambre_ledger::{Command, Mode};
use support::*;

/// The registry, then R-1 (entry 10) of host H with a gap of 320.01 over 12 months.
fn open() -> Chamber {
    let chamber = Chamber::with_registry();
    chamber.booked("r-1", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 32_001));
    chamber
}

fn file(chamber: &Chamber, seq: u64) -> RelogementFile {
    chamber.ledger().books().unwrap().relogement_at(Seq::new(seq)).unwrap().clone()
}

fn balances(chamber: &Chamber) -> Vec<(Compte, i64)> {
    Compte::ALL.iter().map(|compte| (*compte, chamber.balance(*compte, 'H'))).collect()
}

#[test]
fn a_reversal_is_the_mirror_of_what_it_names_on_the_same_day() {
    for event in [
        works("R-1", 120_000),
        vacancy("R-1", day(2025, 2, 1), day(2025, 2, 10), 10_000),
        received("R-1", 400_000),
        indemnity("R-1", IndemnityStatus::Notified, 400_000),
        revised("R-1", day(2025, 6, 1), 1),
        ended("R-1", day(2025, 8, 15)),
        land('H', Due, 100),
        recorded("R-2", "OP-T", 'H', day(2025, 5, 1), 32_001),
        recorded("R-2", "OP-T", 'H', day(2025, 5, 1), -7),
        recorded("R-2", "OP-U", 'H', day(2025, 5, 1), 7),
    ] {
        let mut chamber = open();
        let before = (balances(&chamber), file(&chamber, 10).measured.rents);
        let first = chamber.booked("e", event.clone());
        let second = chamber.booked("back", reversed("e"));
        let (first, second) = (chamber.entry(first), chamber.entry(second));
        let mirror: Vec<_> = first.transfers.iter().map(chambre_domain::Transfer::mirrored).collect();
        assert_eq!(second.transfers.as_slice(), mirror, "{}", event.kind());
        assert_eq!(second.occurred_on, first.occurred_on);
        assert_eq!(chamber.ledger().books().unwrap().reversed_by(first.seq), Some(second.seq));
        let file = file(&chamber, 10);
        assert_eq!((balances(&chamber), file.measured.rents), before, "{}", event.kind());
        assert_eq!(file.live_follow_ups, 0);
        let left: i64 = file.measured.lines[1..].iter().map(|line| line.amount.get()).sum();
        assert_eq!(left, 0, "{}", event.kind());
        chamber.check_sound();
    }
}

#[test]
fn a_reversed_vacancy_gives_its_days_back() {
    let chamber = open();
    chamber.booked("v", vacancy("R-1", day(2025, 2, 1), day(2025, 2, 10), 10_000));
    chamber.booked("back", reversed("v"));
    let kinds: Vec<LineKind> = file(&chamber, 10).measured.lines[1..].iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [LineKind::Vacancy { days: 10 }, LineKind::Vacancy { days: -10 }]);
}

#[test]
fn an_event_is_reversed_once() {
    let chamber = open();
    chamber.booked("w", works("R-1", 5));
    let back = chamber.booked("back", reversed("w"));
    let already = format!("ALREADY_REVERSED reversal.reverses_event_id reversed_by_seq={back}");
    assert_eq!(chamber.refused("again", reversed("w")), already);
}

#[test]
fn of_two_callers_who_reverse_the_same_event_exactly_one_succeeds() {
    for round in 0..20 {
        let mut chamber = open();
        chamber.booked("w", works("R-1", 5));
        let ledger = chamber.ledger().clone();
        let together = std::sync::Barrier::new(2);
        let reverse = |name: &str| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            together.wait();
            let command = Command::new(id(name), reversed("w"));
            runtime.block_on(ledger.record(vec![command], Mode::Each)).unwrap().remove(0)
        };
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let reverse = &reverse;
            let threads: Vec<_> =
                ["one", "two"].into_iter().map(|name| scope.spawn(move || reverse(name))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "round {round}");
        let refusal = outcomes.iter().find_map(|outcome| outcome.as_ref().err()).unwrap();
        assert_eq!(said(refusal), "ALREADY_REVERSED reversal.reverses_event_id reversed_by_seq=12");
        drop(ledger);
        chamber.check_sound();
    }
}

#[test]
fn a_relogement_is_reversed_after_all_that_rests_on_it() {
    let chamber = open();
    let follow_ups = [
        works("R-1", 5),
        vacancy("R-1", day(2025, 2, 1), day(2025, 2, 10), 5),
        received("R-1", 5),
        revised("R-1", day(2025, 6, 1), 5),
        ended("R-1", day(2025, 8, 15)),
    ];
    for (place, event) in follow_ups.into_iter().enumerate() {
        chamber.booked(&format!("f-{place}"), event);
    }
    // A status is a note: nothing rests on it.
    chamber.booked("note", indemnity("R-1", IndemnityStatus::Expected, 5));
    for left in (1..=5).rev() {
        let refusal = format!("HAS_FOLLOW_UPS reversal.reverses_event_id follow_ups={left}");
        assert_eq!(chamber.refused("back", reversed("r-1")), refusal);
        chamber.booked(&format!("b-{left}"), reversed(&format!("f-{}", left - 1)));
    }
    chamber.booked("back", reversed("r-1"));
    assert!(balances(&chamber).iter().all(|(_, balance)| *balance == 0));
}

#[test]
fn a_reversed_relogement_is_recorded_again_under_the_same_id() {
    let mut chamber = open();
    chamber.booked("back", reversed("r-1"));
    assert_eq!(chamber.refused("w", works("R-1", 5)), "RELOGEMENT_REVERSED works.relogement_id");
    let again = chamber.booked("r-1-right", recorded("R-1", "OP-T", 'X', day(2025, 3, 15), 100));
    chamber.booked("w", works("R-1", 5));
    assert_eq!(chamber.balance(Compte::EffortMesure, 'H'), 0);
    assert_eq!(chamber.balance(Compte::EffortMesure, 'X'), 1_205);
    let name = declared("R-1", "OP-T", 'X', day(2025, 3, 15), 100).id;
    {
        let books = chamber.ledger().books().unwrap();
        assert_eq!(books.relogement(&name).unwrap().measured.recorded_seq, Seq::new(again));
        assert_eq!(books.entries_of(&name), [10, 11, 12, 13]);
        assert_eq!(books.relogement_count(), 2);
    }
    // The id of the first declaration still answers with the first receipt; the new one is live.
    assert!(chamber.receipt("r-1", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 32_001)).replayed);
    assert!(
        chamber
            .refused("other", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 1))
            .starts_with("RELOGEMENT_EXISTS")
    );
    chamber.booked("w-back", reversed("w"));
    chamber.booked("r-back", reversed("r-1-right"));
    chamber.check_sound();
}

#[test]
fn a_reversed_lease_end_lets_the_lease_end_again() {
    let chamber = open();
    chamber.booked("end", ended("R-1", day(2025, 8, 15)));
    chamber.booked("back", reversed("end"));
    let seq = chamber.booked("right", ended("R-1", day(2025, 4, 15)));
    assert_eq!(chamber.moves(seq), ["467900 H > 704900 H 320010"]);
}

#[test]
fn of_two_revisions_that_read_the_same_the_one_named_goes() {
    let mut chamber = open();
    let june = day(2025, 6, 1);
    chamber.booked("a", revised("R-1", june, 100));
    chamber.booked("b", revised("R-1", june, 200));
    chamber.booked("c", revised("R-1", june, 100));
    chamber.booked("back", reversed("a"));
    let gaps: Vec<i64> =
        file(&chamber, 10).measured.rents.revisions.iter().map(|(_, r, p)| r.get() - p.get()).collect();
    assert_eq!(gaps, [200, 100], "the last word is still the third declaration");
    chamber.check_sound();
}

#[test]
fn building_rights_are_reversed_too() {
    let mut chamber = Chamber::with_registry();
    chamber.booked("due", land('H', Due, 100));
    chamber.booked("done", land('H', Honoured, 100));
    chamber.booked("done-back", reversed("done"));
    chamber.booked("due-back", reversed("due"));
    assert_eq!(chamber.balance(Compte::DroitsDus, 'H'), 0);
    chamber.check_sound();
}

#[test]
fn the_amount_of_a_reversal_is_above_zero_like_any_other() {
    let chamber = told();
    let entries = chamber.ledger().entries_after(Seq::ZERO, 1_000, None, None).unwrap();
    let reversals = entries.iter().filter(|entry| matches!(entry.event, Event::EventReversed(_)));
    let amounts: Vec<Amount> =
        reversals.flat_map(|entry| &entry.transfers).map(chambre_domain::Transfer::amount).collect();
    assert!(amounts.len() >= 4 && amounts.iter().all(|amount| amount.get() > 0));
}
