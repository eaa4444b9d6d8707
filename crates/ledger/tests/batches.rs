//! Batches: each on its own, all or none, or only asked.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_domain::{Event, Reason, Seal, Seq};
use chambre_ledger::Mode;
use std::collections::BTreeSet;
use support::*;

#[test]
fn the_story_holds_every_kind_of_event_and_ends_in_sound_books() {
    let kinds: BTreeSet<_> = story().iter().map(|(_, event)| event.kind()).collect();
    assert_eq!(kinds.len(), 26);
    let mut chamber = told();
    assert_eq!(chamber.head(), story().len() as u64);
    chamber.check_sound();
}

#[test]
fn a_validation_leaves_every_state_of_the_story_as_it_was() {
    // From each state, all that follows is decided, applied and taken back: each inverse of each change runs.
    let (chamber, story) = (Chamber::empty(), story());
    for done in 0..story.len() {
        let before = chamber.state();
        let asked = chamber.record(commands(&story[done..]), Mode::Validate);
        assert!(asked.iter().all(Result::is_ok), "after {done}: {asked:?}");
        assert!(asked.iter().flatten().all(|r| r.seq == Seq::ZERO && r.seal == Seal::GENESIS && !r.replayed));
        assert_eq!(chamber.state(), before, "after {done} entries, next is {}", story[done].1.kind());
        chamber.receipt(&story[done].0, story[done].1.clone());
    }
}

#[test]
fn one_refused_event_takes_the_whole_import_back_from_every_state() {
    let (chamber, story) = (Chamber::empty(), story());
    for done in 0..story.len() {
        let before = chamber.state();
        let mut all = commands(&story[done..]);
        all.push(chambre_ledger::Command::new(id("bad"), works("R-none", 1)));
        let outcomes = chamber.record(all, Mode::AllOrNone);
        let reasons: Vec<Reason> = outcomes.iter().map(|o| o.as_ref().unwrap_err().reason).collect();
        assert_eq!(reasons.last(), Some(&Reason::RelogementUnknown));
        assert!(reasons[..reasons.len() - 1].iter().all(|reason| *reason == Reason::AllOrNothing));
        assert_eq!(chamber.state(), before, "after {done} entries, next is {}", story[done].1.kind());
        chamber.receipt(&story[done].0, story[done].1.clone());
    }
}

#[test]
fn a_whole_import_is_booked_when_nothing_is_refused() {
    let mut chamber = Chamber::empty();
    let outcomes = chamber.record(commands(&story()), Mode::AllOrNone);
    let seqs: Vec<u64> = outcomes.iter().map(|outcome| outcome.as_ref().unwrap().seq.get()).collect();
    assert_eq!(seqs, (1..=story().len() as u64).collect::<Vec<_>>());
    assert_eq!(chamber.fingerprint(), told().fingerprint(), "one batch or many, the same books");
    chamber.check_sound();
}

#[test]
fn one_bad_item_never_sinks_the_others() {
    let mut chamber = Chamber::with_registry();
    let lease = day(2025, 3, 15);
    let batch = [
        ("a", recorded("R-1", "OP-T", 'H', lease, 100)),
        ("b", works("R-none", 1)),
        ("c", works("R-1", 1)),
        ("d", recorded("R-2", "OP-T", 'E', lease, 100)),
        ("e", recorded("R-3", "OP-T", 'X', lease, 100)),
    ];
    let outcomes = chamber.batch(Mode::Each, &batch);
    let good: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, false, true, false, true]);
    assert_eq!(chamber.head(), 12);
    chamber.check_sound();
}

#[test]
fn an_event_repeated_inside_a_refused_import_gets_no_receipt() {
    let chamber = Chamber::with_registry();
    let event = recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 100);
    let batch = [("a", event.clone()), ("a", event.clone()), ("b", works("R-none", 1))];
    let outcomes = chamber.batch(Mode::AllOrNone, &batch);
    let said: Vec<_> = outcomes.into_iter().map(|outcome| said(&outcome.unwrap_err())).collect();
    assert_eq!(said[..2], ["ALL_OR_NOTHING event_id", "ALL_OR_NOTHING event_id"]);
    let asked = chamber.batch(Mode::Validate, &batch[..2]);
    assert!(asked.iter().flatten().all(|receipt| receipt.seq == Seq::ZERO), "{asked:?}");
    assert_eq!(chamber.head(), 9);
}

#[test]
fn a_receipt_of_before_is_repeated_even_by_a_refused_import_or_a_validation() {
    let chamber = Chamber::with_registry();
    let event = recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 100);
    let first = chamber.receipt("a", event.clone());
    for mode in [Mode::Validate, Mode::AllOrNone] {
        let outcomes = chamber.batch(mode, &[("a", event.clone()), ("b", works("R-none", 1))]);
        let again = outcomes[0].as_ref().unwrap();
        assert_eq!((again.seq, again.seal, again.replayed), (first.seq, first.seal, true), "{mode:?}");
    }
}

#[test]
fn a_validation_refuses_what_recording_would_refuse() {
    let chamber = told();
    let events: [Event; 3] = [works("R-none", 1), reversed("s-11"), approved("N-4", "carol")];
    for event in events {
        let asked = chamber.batch(Mode::Validate, &[("new", event.clone())]).remove(0).unwrap_err();
        let told = chamber.batch(Mode::Each, &[("new", event)]).remove(0).unwrap_err();
        assert_eq!(asked, told);
    }
}

#[test]
fn an_empty_batch_has_no_outcome() {
    let chamber = Chamber::empty();
    for mode in [Mode::Each, Mode::AllOrNone, Mode::Validate] {
        assert!(chamber.batch(mode, &[]).is_empty());
    }
    assert_eq!(chamber.head(), 0);
}
