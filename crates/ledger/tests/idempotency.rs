//! Idempotency: the caller chooses the id, sends again as often as it likes, and is booked once.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_domain::{Event, EventId, Receipt};
use chambre_ledger::{Command, Mode};
use support::*;

fn same(again: &Receipt, first: &Receipt) {
    assert_eq!(*again, Receipt { replayed: true, ..*first });
}

#[test]
fn the_same_event_under_the_same_id_gets_its_first_receipt() {
    let mut chamber = Chamber::empty();
    let story = story();
    let first: Vec<Receipt> =
        chamber.record(commands(&story), Mode::Each).into_iter().map(Result::unwrap).collect();
    let state = chamber.state();
    for reopened in [false, true] {
        if reopened {
            chamber.reopen();
        }
        for mode in [Mode::Each, Mode::AllOrNone, Mode::Validate] {
            let again = chamber.record(commands(&story), mode);
            again.iter().zip(&first).for_each(|(again, first)| same(again.as_ref().unwrap(), first));
        }
        assert_eq!(chamber.state(), state);
    }
}

#[test]
fn an_event_sent_twice_in_one_batch_is_booked_once() {
    let mut chamber = Chamber::with_registry();
    let relogement = recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 100);
    for mode in [Mode::AllOrNone, Mode::Each] {
        let batch = [
            ("r", relogement.clone()),
            ("r", relogement.clone()),
            ("w", works("R-1", 5)),
            ("w", works("R-1", 5)),
            ("back", reversed("w")),
            ("back", reversed("w")),
        ];
        let receipts: Vec<Receipt> = chamber.batch(mode, &batch).into_iter().map(Result::unwrap).collect();
        for pair in receipts.chunks(2) {
            same(&pair[1], &Receipt { replayed: false, ..pair[0] });
        }
        assert_eq!(chamber.head(), 12);
    }
    chamber.check_sound();
}

#[test]
fn a_replay_keeps_the_instant_of_the_first_booking() {
    let chamber = Chamber::with_registry();
    let first = chamber.receipt("r", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 100));
    chamber.set_now(day(2027, 1, 1));
    same(&chamber.receipt("r", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 100)), &first);
}

#[test]
fn other_content_under_the_same_id_names_the_first() {
    let mut chamber = told();
    let lease = day(2025, 3, 15);
    let reused = "EVENT_ID_REUSED event_id first_seq=";
    for (name, event, seq) in [
        ("s-11", works("R-1", 120_001), 11),
        ("s-11", works("R-none", 120_000), 11),
        ("s-11", received("R-1", 120_000), 11),
        ("s-12", reversed("s-11"), 12),
        ("s-10", recorded("R-1", "OP-T", 'H', lease, 32_002), 10),
        ("s-10", recorded("R-10", "OP-T", 'H', lease, 32_001), 10),
        ("s-13", reversed("s-10"), 13),
        ("s-34", land('N', chambre_domain::follow_up::CounterpartStep::Due, 101), 34),
        ("s-42", succeeded('X', 'N'), 42),
    ] {
        assert_eq!(chamber.refused(name, event.clone()), format!("{reused}{seq}"), "{name}");
        chamber.reopen();
        assert_eq!(chamber.refused(name, event), format!("{reused}{seq}"), "{name}, after a restart");
    }
}

#[test]
fn an_id_that_the_chamber_makes_tells_the_rule_and_the_first() {
    let chamber = told();
    let renamed = |letter| match registered(letter) {
        Event::BailleurRegistered(bailleur) => {
            Event::BailleurRegistered(chambre_domain::Bailleur { name: text("Autre nom"), ..bailleur })
        }
        _ => unreachable!(),
    };
    assert_eq!(chamber.refused("s-1", renamed('O')), "BAILLEUR_EXISTS bailleur.siren first_seq=1");
    assert_eq!(
        chamber.refused("s-6", operation("OP-T", plaine(), 'N')),
        "OPERATION_EXISTS operation.operation_id first_seq=6"
    );
    assert_eq!(
        chamber.refused("s-8", published(convention(plaine(), 1, day(2024, 1, 2), capitalised()))),
        "CONVENTION_VERSION convention.version expected=3 first_seq=8"
    );
    assert_eq!(
        chamber.refused("s-39", approved("N-4", "carol")),
        "NETTING_STATUS netting_id status=SETTLED step=APPROVE first_seq=39"
    );
    assert_eq!(
        chamber.refused("s-28", paid("N-2", "N-2-1", 77_406)),
        "PAYMENT_CONFIRMED payment_id seq=28 first_seq=28"
    );
}

#[test]
fn a_bailleur_registers_once_under_whatever_id() {
    let chamber = Chamber::with_registry();
    assert_eq!(chamber.refused("other", registered('O')), "BAILLEUR_EXISTS bailleur.siren");
    assert!(chamber.receipt("registry-0", registered('O')).replayed);
}

#[test]
fn a_uuid_in_either_case_and_any_text_are_ids_of_their_own() {
    let mut chamber = Chamber::with_registry();
    chamber.booked("r", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 100));
    let names = [
        "0192f0c1-7d3e-7cc2-9f6a-0d5b1f3f8f01",
        "0192F0C1-7D3E-7CC2-9F6A-0D5B1F3F8F01",
        "0192f0c17d3e7cc29f6a0d5b1f3f8f01",
        "1234567890123456",
    ];
    for name in names {
        chamber.booked(name, works("R-1", 5));
    }
    chamber.check_sound();
    for name in names {
        assert!(chamber.receipt(name, works("R-1", 5)).replayed);
        assert_eq!(chamber.ledger().entry_of(&id(name)).unwrap().unwrap().event_id.as_str(), name);
        assert!(chamber.refused(name, works("R-1", 6)).starts_with("EVENT_ID_REUSED"));
    }
}

#[test]
fn a_long_id_of_the_chamber_is_read_again() {
    let mut chamber = Chamber::empty();
    let name = EventId::of_chamber("netting-approved", "N".repeat(64));
    chamber.record(vec![Command::new(name.clone(), registered('O'))], Mode::Each).remove(0).unwrap();
    chamber.check_sound();
    assert_eq!(chamber.ledger().entry_of(&name).unwrap().unwrap().event_id, name);
}
