//! The writer and its folder: one at a time, bounded, and honest when it stops.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_domain::{BookedAt, Reason, Seq};
use chambre_ledger::store::FILE_NAME;
use chambre_ledger::{Command, Ledger, LedgerError, Mode, Outcome, Settings};
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::*;

fn many(from: usize, to: usize) -> Vec<Command> {
    (from..to).map(|n| Command::new(id(&format!("w-{n}")), works("R-1", 1))).collect()
}

fn open() -> Chamber {
    let chamber = Chamber::with_registry();
    chamber.booked("r", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 1));
    chamber
}

fn reason(result: Result<Vec<Outcome>, LedgerError>) -> Reason {
    match result {
        Err(LedgerError::Refused(refusal)) => refusal.reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_folder_is_open_once() {
    let mut chamber = Chamber::empty();
    let clock = || Arc::new(|| BookedAt::from_millis(0));
    let again = Ledger::open(chamber.path(), relaxed(), clock());
    assert!(matches!(again, Err(LedgerError::AlreadyOpen)));
    chamber.close();
    Ledger::open(chamber.path(), relaxed(), clock()).unwrap();
    chamber.reopen();
}

#[test]
fn the_last_clone_closes_the_journal_with_all_that_was_accepted() {
    let chamber = Chamber::closed();
    for round in 0..20 {
        let clock = Arc::new(|| BookedAt::noon_in_paris(TODAY));
        let ledger = Ledger::open(chamber.path(), relaxed(), clock).unwrap();
        let other = ledger.clone();
        let event = operation(&format!("OP-{round}"), plaine(), 'O');
        let commands =
            vec![Command::new(id("o"), registered('O')), Command::new(id(&format!("op-{round}")), event)];
        // Submitted and not waited for: what is in the queue is written before the folder is let go.
        let pending = chamber.wait(ledger.submit(commands, Mode::Each)).unwrap();
        drop(ledger);
        drop(other);
        assert_eq!(chamber.wait(pending.outcomes()).unwrap().len(), 2);
    }
    assert_eq!(chamber.verified().entries, 21);
}

#[test]
fn a_nearly_full_disk_stops_writing_and_not_reading() {
    let mut chamber = open();
    let before = chamber.state();
    chamber.settings.disk_reserve_bytes = u64::MAX;
    chamber.reopen();
    for mode in [Mode::Each, Mode::AllOrNone, Mode::Validate] {
        assert_eq!(reason(chamber.wait(chamber.ledger().record(many(0, 3), mode))), Reason::DiskFull);
    }
    assert!(chamber.ledger().is_writing());
    assert_eq!(chamber.state(), before);
    chamber.settings.disk_reserve_bytes = 0;
    chamber.reopen();
    assert!(chamber.record(many(0, 3), Mode::Each).iter().all(Result::is_ok));
    chamber.check_sound();
}

/// A ledger whose writer waits for a word before each group, and says when it waits.
struct Held {
    ledger: Ledger,
    go: Sender<()>,
    waits: Receiver<()>,
}

fn held(chamber: &mut Chamber, settings: Settings) -> Held {
    chamber.close();
    let ((go, may_go), (wait, waits)) = (channel(), channel());
    let gate = Mutex::new((may_go, wait));
    let clock = Arc::new(move || {
        let gate = gate.lock().unwrap();
        let _ = gate.1.send(());
        let _ = gate.0.recv(); // an error: the test has let go of the writer
        BookedAt::noon_in_paris(TODAY)
    });
    Held { ledger: Ledger::open(chamber.path(), settings, clock).unwrap(), go, waits }
}

#[test]
fn a_full_queue_refuses_and_takes_again_once_there_is_room() {
    let mut chamber = open();
    let settings = Settings { queue_events: 4, queue_wait: Duration::ZERO, ..relaxed() };
    let held = held(&mut chamber, settings);
    let first = chamber.wait(held.ledger.submit(many(0, 3), Mode::Each)).unwrap();
    held.waits.recv().unwrap();
    let second = chamber.wait(held.ledger.submit(many(3, 4), Mode::Each)).unwrap();
    let refused = chamber.wait(held.ledger.record(many(4, 5), Mode::Each));
    let Err(LedgerError::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!(said(&refusal), "QUEUE_FULL events queue_events=4");
    drop(held.go);
    assert!(chamber.wait(first.outcomes()).unwrap().iter().all(Result::is_ok));
    assert!(chamber.wait(second.outcomes()).unwrap().iter().all(Result::is_ok));
    assert!(chamber.wait(held.ledger.record(many(4, 5), Mode::Each)).unwrap()[0].is_ok());
    held.ledger.close().unwrap();
    drop(held.ledger);
    chamber.reopen();
    assert_eq!(chamber.head(), 15);
    chamber.check_sound();
}

#[test]
fn a_batch_larger_than_the_queue_is_taken_whole() {
    let mut chamber = open();
    chamber.settings = Settings { queue_events: 3, ..relaxed() };
    chamber.reopen();
    for (from, mode) in [(0, Mode::Each), (100, Mode::AllOrNone), (200, Mode::Validate)] {
        assert_eq!(chamber.record(many(from, from + 100), mode).iter().flatten().count(), 100);
    }
    assert_eq!(chamber.head(), 210);
    chamber.check_sound();
}

#[test]
fn what_is_submitted_first_is_booked_first() {
    let mut chamber = open();
    let held = held(&mut chamber, relaxed());
    let pending: Vec<_> =
        (0..50).map(|n| chamber.wait(held.ledger.submit(many(n, n + 1), Mode::Each)).unwrap()).collect();
    drop(held.go);
    let seqs: Vec<u64> = pending
        .into_iter()
        .map(|pending| chamber.wait(pending.outcomes()).unwrap()[0].as_ref().unwrap().seq.get())
        .collect();
    assert_eq!(seqs, (11..61).collect::<Vec<_>>());
}

#[test]
fn a_caller_that_goes_away_finds_its_events_by_sending_them_again() {
    let mut chamber = open();
    let held = held(&mut chamber, relaxed());
    drop(chamber.wait(held.ledger.submit(many(0, 3), Mode::Each)).unwrap());
    drop(held.go);
    let again = chamber.wait(held.ledger.record(many(0, 3), Mode::Each)).unwrap();
    assert!(again.iter().all(|outcome| outcome.as_ref().unwrap().replayed));
}

#[test]
fn the_head_is_followed_and_only_moves_when_something_is_booked() {
    let mut chamber = open();
    let mut head = chamber.ledger().watch_head();
    assert_eq!(head.borrow_and_update().seq, Seq::new(10));
    chamber.batch(Mode::Validate, &[("a", works("R-1", 1))]);
    chamber.outcome("b", works("R-none", 1)).unwrap_err();
    assert!(!head.has_changed().unwrap(), "nothing was booked");
    let receipt = chamber.receipt("c", works("R-1", 1));
    assert!(head.has_changed().unwrap(), "the head moves before the answer");
    let seen = *head.borrow_and_update();
    assert_eq!((seen.seq, seen.seal, seen.booked_at), (receipt.seq, receipt.seal, Some(receipt.booked_at)));
    chamber.close();
    assert!(head.has_changed().is_err(), "whoever follows learns that the writer has stopped");
}

#[test]
fn instants_never_go_back_even_when_the_clock_does() {
    let mut chamber = open();
    chamber.set_now(day(2026, 1, 1));
    let receipt = chamber.receipt("c", works("R-1", 1));
    assert_eq!(receipt.booked_at, BookedAt::noon_in_paris(TODAY));
    chamber.check_sound();
    assert_eq!(chamber.receipt("d", works("R-1", 1)).booked_at, BookedAt::noon_in_paris(TODAY));
}

#[test]
fn a_failed_write_stops_the_writer_and_says_so_to_all() {
    let mut chamber = open();
    let held = held(&mut chamber, relaxed());
    let (ledger, mut head) = (held.ledger.clone(), held.ledger.watch_head());
    let before = ledger.books().unwrap().fingerprint();
    let one = chamber.wait(ledger.submit(many(0, 3), Mode::Each)).unwrap();
    held.waits.recv().unwrap();
    let two = chamber.wait(ledger.submit(many(3, 6), Mode::Each)).unwrap();
    let raw = Connection::open(chamber.path().join(FILE_NAME)).unwrap();
    raw.execute_batch("CREATE TRIGGER broken BEFORE INSERT ON journal BEGIN SELECT RAISE(FAIL, 'io'); END")
        .unwrap();
    drop(held.go);
    for pending in [one, two] {
        assert!(matches!(chamber.wait(pending.outcomes()), Err(LedgerError::Closed)));
    }
    assert!(!ledger.is_writing());
    let late = chamber.wait(ledger.record(many(6, 7), Mode::Each));
    assert!(matches!(late, Err(LedgerError::Closed)));
    assert!(chamber.wait(head.changed()).is_err());
    assert_eq!(ledger.books().unwrap().fingerprint(), before, "readers go on, on what is on disk");
    assert!(matches!(ledger.close(), Err(LedgerError::Storage(_))));
    raw.execute_batch("DROP TRIGGER broken").unwrap();
    drop((raw, ledger, held.ledger));
    chamber.reopen();
    assert_eq!(chamber.fingerprint(), before);
    assert!(chamber.record(many(0, 7), Mode::Each).iter().all(Result::is_ok));
    chamber.check_sound();
}

#[test]
fn a_writer_that_panics_is_seen_as_closed() {
    let chamber = open();
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(|| -> BookedAt { panic!("on purpose") });
    let ledger = Ledger::open(folder.path(), relaxed(), clock).unwrap();
    let commands = vec![Command::new(id("o"), registered('O'))];
    assert!(matches!(chamber.wait(ledger.record(commands, Mode::Each)), Err(LedgerError::Closed)));
    assert!(matches!(ledger.close(), Err(LedgerError::Closed)));
    assert!(!ledger.is_writing());
    assert!(matches!(ledger.books(), Err(LedgerError::Closed)));
}

#[test]
fn a_closed_ledger_takes_nothing_more() {
    let chamber = open();
    let ledger = chamber.ledger().clone();
    assert!(ledger.is_writing());
    ledger.close().unwrap();
    assert!(!ledger.is_writing());
    assert!(matches!(chamber.wait(ledger.record(many(0, 1), Mode::Each)), Err(LedgerError::Closed)));
    ledger.close().unwrap();
    assert_eq!(ledger.books().unwrap().head().seq, Seq::new(10));
}

#[test]
fn a_reader_that_verified_sees_what_came_since() {
    let chamber = open();
    let count = || chamber.ledger().read(|reader| chambre_ledger::verify(reader, |_| {})).unwrap().entries;
    assert_eq!(count(), 10);
    chamber.booked("w", works("R-1", 1));
    assert_eq!(count(), 11);
    assert_eq!(chamber.ledger().read(|reader| Ok(reader.last_seq()?)).unwrap(), Seq::new(11));
}

#[test]
fn a_foreign_file_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE_NAME);
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE x (a)").unwrap();
    let before = std::fs::read(&file).unwrap();
    let opened = Ledger::open(folder.path(), relaxed(), Arc::new(|| BookedAt::from_millis(0)));
    assert!(matches!(opened, Err(LedgerError::NotAJournal)));
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn callers_side_by_side_are_all_served() {
    let mut chamber = open();
    let ledger = chamber.ledger().clone();
    std::thread::scope(|scope| {
        for caller in 0..4 {
            let ledger = &ledger;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                for batch in 0..20 {
                    let from = caller * 1_000 + batch * 10;
                    let outcomes =
                        runtime.block_on(ledger.record(many(from, from + 10), Mode::Each)).unwrap();
                    assert!(outcomes.iter().all(Result::is_ok));
                }
            });
        }
    });
    drop(ledger);
    assert_eq!(chamber.head(), 810);
    assert_eq!(chamber.balance(chambre_domain::Compte::Travaux, 'H'), -800);
    chamber.check_sound();
}
