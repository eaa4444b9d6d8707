//! Retention: what is due is destroyed in every byte, what is needed is kept, and the journal goes on proving itself.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_domain::{BookedAt, Cents, Date, Event, Household, Reason, Seal, Seq, StoredEntry};
use chambre_ledger::books::RelogementFile;
use chambre_ledger::retention::{Kept, Retention, destroy, survey};
use chambre_ledger::store::FILE_NAME;
use chambre_ledger::{Books, Households, LedgerError, Reader, backup, restore, verify};
use rusqlite::{Connection, params};
use std::path::Path;
use support::*;

/// A year after the day on which the clock of every chamber stands.
const ON: Date = Date::constant(2027, 11, 24);

/// The effort of these relogements is the sum of their lines.
fn unshared(_: &Books, file: &RelogementFile) -> bool {
    let effort: i64 = file.measured.lines.iter().map(|line| line.amount.get()).sum();
    Cents::new(effort) != file.measured.shared
}

fn surveyed(path: &Path, on: Date) -> Retention {
    survey(path, on, BookedAt::noon_in_paris(on), &unshared).unwrap()
}

fn destroyed(path: &Path, on: Date) -> Retention {
    destroy(path, on, BookedAt::noon_in_paris(on), &unshared).unwrap()
}

/// One relogement for each reason, and two that are due: entries 10 (ended) and 12 (reversed).
fn of_every_kind() -> Chamber {
    let chamber = Chamber::with_registry();
    let lease = day(2025, 3, 15);
    let last = day(2025, 10, 31);
    let moved = |name: &str, host, gap| {
        chamber.booked(&format!("r-{name}"), recorded(name, "OP-T", host, lease, gap))
    };
    assert_eq!(moved("ended", 'H', 0), 10);
    chamber.booked("end-1", ended("ended", last));
    assert_eq!(moved("reversed", 'H', 0), 12);
    chamber.booked("back", reversed("r-reversed"));
    moved("runs", 'H', 0);
    moved("held", 'X', 0);
    chamber.booked("end-2", ended("held", last));
    chamber.booked("hold", hold('X'));
    moved("effort", 'H', 10_000);
    chamber.booked("end-3", ended("effort", last));
    let in_run = moved("in-run", 'N', 0);
    chamber.booked("works", works("in-run", 25_000));
    chamber.booked("end-4", ended("in-run", last));
    let run = Run {
        id: "N-1",
        at_seq: chamber.head(),
        to: day(2025, 12, 31),
        shared: &[(in_run, 25_000)],
        positions: &[('O', 0, 25_000, 0, -25_000), ('N', 25_000, 0, 0, 25_000)],
        payments: &[("N-1-1", 'O', 'N', 25_000)],
    };
    chamber.booked("run", run.proposed());
    chamber.booked("signed", approved("N-1", "bob"));
    chamber
}

/// Whether a file of the folder holds these bytes anywhere.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|file| {
        let content = std::fs::read(file.unwrap().path()).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

fn bytes_of(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join(FILE_NAME)).unwrap()
}

#[test]
fn what_is_due_leaves_every_byte_of_the_folder_and_the_journal_verifies() {
    let mut chamber = of_every_kind();
    let head = chamber.verified();
    let opening = |seq| chamber.ledger().opening(Seq::new(seq)).unwrap();
    let due = [opening(10).unwrap(), opening(12).unwrap()];
    let kept = opening(14).unwrap();
    let entries = chamber.state();
    chamber.close();
    for opening in due.iter().chain([&kept]) {
        assert!(holds(chamber.path(), opening.pseudonym.as_str().as_bytes()));
        assert!(holds(chamber.path(), opening.salt.bytes()));
    }
    let retention = destroyed(chamber.path(), ON);
    assert_eq!((retention.due, retention.destroyed_before), (vec![Seq::new(10), Seq::new(12)], 0));
    for opening in &due {
        assert!(!holds(chamber.path(), opening.pseudonym.as_str().as_bytes()), "a pseudonym is left");
        assert!(!holds(chamber.path(), opening.salt.bytes()), "a salt is left");
    }
    assert!(holds(chamber.path(), kept.pseudonym.as_str().as_bytes()));
    chamber.reopen();
    assert_eq!(chamber.state(), entries, "the journal and the books are what they were");
    let found = chamber.verified();
    assert_eq!((found.head, found.fault), (head.head, None));
    assert_eq!(found.households, Households { kept: 4, destroyed: 2, in_clear: 0 });
    assert_eq!(chamber.ledger().opening(Seq::new(10)).unwrap(), None);
}

#[test]
fn a_backup_made_before_gives_back_what_was_destroyed_until_it_is_destroyed_again() {
    let mut chamber = of_every_kind();
    chamber.close();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    backup(chamber.path(), &file).unwrap();
    destroyed(chamber.path(), ON);
    let other = Chamber::closed();
    assert_eq!(restore(&file, other.path()).unwrap().households.kept, 6);
    destroyed(other.path(), ON);
    assert!(!holds(other.path(), b"h-reversed"));
}

#[test]
fn every_other_pseudonym_is_kept_for_a_reason() {
    let chamber = of_every_kind();
    let kept = |on| surveyed(chamber.path(), on).kept.into_iter().collect::<Vec<_>>();
    let needed = [(Kept::Open, 1), (Kept::Disputed, 1), (Kept::Unshared, 1), (Kept::InRun, 1)];
    assert_eq!(kept(ON), needed);
    let day_before = [&needed[..], &[(Kept::Recent, 2)]].concat();
    assert_eq!(kept(ON.yesterday().unwrap()), day_before);
    chamber.set_now(day(2026, 11, 25));
    chamber.booked("paid", paid("N-1", "N-1-1", 25_000));
    chamber.booked("settled", dispute_settled("hold"));
    let retention = surveyed(chamber.path(), ON);
    assert_eq!(retention.kept.into_iter().collect::<Vec<_>>(), [(Kept::Open, 1), (Kept::Unshared, 1)]);
    assert_eq!(retention.due.len(), 4);
}

#[test]
fn an_end_declared_late_counts_from_its_booking_and_one_reversed_does_not_count() {
    let chamber = Chamber::with_registry();
    chamber.booked("r", recorded("R", "OP-T", 'H', day(2025, 3, 15), 0));
    chamber.booked("end-1", ended("R", day(2025, 5, 1)));
    chamber.booked("back", reversed("end-1"));
    assert_eq!(surveyed(chamber.path(), ON).kept.into_iter().collect::<Vec<_>>(), [(Kept::Open, 1)]);
    chamber.set_now(day(2027, 2, 3));
    chamber.booked("end-2", ended("R", day(2025, 5, 1)));
    assert_eq!(surveyed(chamber.path(), day(2028, 2, 2)).due, []);
    assert_eq!(surveyed(chamber.path(), day(2028, 2, 3)).due, [Seq::new(10)]);
}

#[test]
fn a_survey_changes_nothing_even_while_the_books_are_open() {
    let mut chamber = of_every_kind();
    let (state, found) = (chamber.state(), chamber.verified());
    assert_eq!(surveyed(chamber.path(), ON).due.len(), 2);
    assert_eq!((chamber.state(), chamber.verified()), (state, found));
    chamber.close();
    let before = bytes_of(chamber.path());
    assert_eq!(surveyed(chamber.path(), ON).due.len(), 2);
    assert!(bytes_of(chamber.path()) == before, "the file has changed");
}

#[test]
fn a_run_that_a_reader_keeps_from_finishing_says_so_and_the_next_one_finishes_it() {
    let mut chamber = of_every_kind();
    chamber.close();
    let reader = Reader::open(chamber.path()).unwrap();
    reader.freeze().unwrap();
    let cut_off = destroy(chamber.path(), ON, BookedAt::noon_in_paris(ON), &unshared);
    assert!(matches!(cut_off, Err(LedgerError::Read)), "{cut_off:?}");
    assert!(holds(chamber.path(), b"h-reversed"), "what the reader sees is still there");
    reader.thaw().unwrap();
    let again = destroyed(chamber.path(), ON);
    assert_eq!((again.due, again.destroyed_before), (vec![], 2));
    drop(reader);
    assert!(!holds(chamber.path(), b"h-reversed"));
    assert_eq!(chamber.verified().fault, None);
}

#[test]
fn a_second_run_finds_nothing_left_and_records_nothing() {
    let mut chamber = of_every_kind();
    chamber.close();
    destroyed(chamber.path(), ON);
    let again = destroyed(chamber.path(), ON);
    assert_eq!((again.due, again.destroyed_before), (vec![], 2));
    let records = chamber.verified().destructions;
    let [record] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((record.openings, record.first, record.last), (2, Seq::new(10), Seq::new(12)));
    assert_eq!((record.due_on, record.done_at), (ON, BookedAt::noon_in_paris(ON)));
}

#[test]
fn a_destruction_is_refused_while_the_books_are_open_for_a_day_to_come_and_without_journal() {
    let chamber = of_every_kind();
    let at_noon = BookedAt::noon_in_paris(ON);
    let open = destroy(chamber.path(), ON, at_noon, &unshared);
    assert!(matches!(open, Err(LedgerError::AlreadyOpen)), "{open:?}");
    let to_come = destroy(chamber.path(), ON.tomorrow().unwrap(), at_noon, &unshared);
    assert!(
        matches!(&to_come, Err(LedgerError::Refused(refusal)) if refusal.reason == Reason::DateInFuture),
        "{to_come:?}"
    );
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(destroy(folder.path(), ON, at_noon, &unshared), Err(LedgerError::Folder(_))));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a refusal made a file");
}

#[test]
fn a_declaration_sent_again_gets_its_receipt_before_and_after() {
    let mut chamber = of_every_kind();
    let sent = |chamber: &Chamber, change: fn(&mut chambre_domain::Relogement)| {
        let mut relogement = declared("ended", "OP-T", 'H', day(2025, 3, 15), 0);
        change(&mut relogement);
        let outcome = chamber.outcome("r-ended", Event::RelogementRecorded(Box::new(relogement)));
        outcome.map(|receipt| (receipt.seq.get(), receipt.replayed)).map_err(|refusal| said(&refusal))
    };
    let other_household = |relogement: &mut chambre_domain::Relogement| {
        relogement.household = declared("other", "OP-T", 'H', day(2025, 3, 15), 0).household;
    };
    let other_rent = |relogement: &mut chambre_domain::Relogement| relogement.practised_rent = Cents::new(1);
    let reused = Err("EVENT_ID_REUSED event_id first_seq=10".to_owned());
    assert_eq!(sent(&chamber, |_| {}), Ok((10, true)));
    assert_eq!(sent(&chamber, other_household), reused);
    assert_eq!(sent(&chamber, other_rent), reused);
    chamber.close();
    destroyed(chamber.path(), ON);
    chamber.reopen();
    assert_eq!(sent(&chamber, |_| {}), Ok((10, true)));
    assert_eq!(sent(&chamber, other_household), Ok((10, true)), "nobody can tell any more");
    assert_eq!(sent(&chamber, other_rent), reused);
}

#[test]
fn the_sealed_payload_holds_no_pseudonym_and_each_salt_is_used_once() {
    let chamber = of_every_kind();
    let reader = Reader::open(chamber.path()).unwrap();
    let mut commitments = Vec::new();
    reader
        .scan(Seq::ZERO, Seq::new(u64::MAX), |stored| -> rusqlite::Result<()> {
            assert!(!String::from_utf8_lossy(&stored.payload).contains("\"h-"), "{}", stored.seq);
            if let Event::RelogementRecorded(relogement) = stored.decode().unwrap().event {
                let Household::Commitment(commitment) = relogement.household else { panic!("in clear") };
                commitments.push(commitment.to_string());
            }
            Ok(())
        })
        .unwrap();
    commitments.sort();
    commitments.dedup();
    assert_eq!(commitments.len(), 6);
}

/// The journal of a chamber as the first schema wrote it: pseudonyms under the seal, no openings.
fn in_first_schema(chamber: &Chamber, folder: &Path) {
    let reader = Reader::open(chamber.path()).unwrap();
    let old = Connection::open(folder.join(FILE_NAME)).unwrap();
    old.execute_batch(include_str!("../src/sql/001_journal.sql")).unwrap();
    old.execute_batch(
        "PRAGMA application_id = 0x43484D42; PRAGMA user_version = 1; PRAGMA journal_mode = WAL",
    )
    .unwrap();
    let mut before = Seal::GENESIS;
    let mut copy = |stored: StoredEntry| -> rusqlite::Result<()> {
        let mut event = stored.decode().unwrap().event;
        if let Event::RelogementRecorded(relogement) = &mut event {
            relogement.household = reader.opening(stored.seq)?.unwrap().pseudonym.into();
        }
        let mut stored = StoredEntry { payload: event.to_payload(), ..stored };
        stored.seal = stored.seal_after(before);
        before = stored.seal;
        let reverses = match &event {
            Event::EventReversed(reversal) => reader.entry_of(&reversal.reverses)?.map(|one| one.seq.get()),
            _ => None,
        };
        old.execute(
            "INSERT INTO journal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                stored.seq.get().cast_signed(),
                stored.event_id,
                stored.booked_at,
                stored.occurred_on,
                String::from_utf8(stored.payload).unwrap(),
                stored.transfers,
                stored.seal.bytes(),
                reverses.map(u64::cast_signed),
            ],
        )
        .map(drop)
    };
    reader.scan(Seq::ZERO, Seq::new(u64::MAX), &mut copy).unwrap();
    let path = chamber.path().join(FILE_NAME);
    old.execute("ATTACH ?1 AS new", [path.to_str().unwrap()]).unwrap();
    old.execute("INSERT INTO balance SELECT * FROM new.balance", []).unwrap();
}

#[test]
fn a_journal_of_the_first_schema_opens_migrates_verifies_and_keeps_its_pseudonyms() {
    let chamber = of_every_kind();
    let mut old = Chamber::closed();
    in_first_schema(&chamber, old.path());
    let as_it_was = verify(&Reader::open(old.path()).unwrap(), |_| {}).unwrap();
    assert_eq!((as_it_was.fault, as_it_was.entries), (None, chamber.head()));
    assert_eq!(as_it_was.households, Households { kept: 0, destroyed: 0, in_clear: 6 });
    let retention = surveyed(old.path(), ON);
    assert_eq!((retention.due, retention.kept[&Kept::InClear]), (vec![], 6), "read as it is");
    old.reopen();
    assert_eq!(old.fingerprint().lines().skip(1).collect::<String>(), {
        chamber.fingerprint().lines().skip(1).collect::<String>()
    });
    let again = old.receipt("r-ended", recorded("ended", "OP-T", 'H', day(2025, 3, 15), 0));
    assert_eq!((again.seq.get(), again.replayed), (10, true));
    let mut other = declared("other", "OP-T", 'H', day(2025, 3, 15), 0);
    other.id = declared("ended", "OP-T", 'H', day(2025, 3, 15), 0).id;
    let refused = old.refused("r-ended", Event::RelogementRecorded(Box::new(other)));
    assert_eq!(refused, "EVENT_ID_REUSED event_id first_seq=10");
    old.booked("new", recorded("new", "OP-T", 'H', day(2025, 3, 15), 0));
    old.booked("new-back", reversed("new"));
    old.check_sound();
    old.close();
    let retention = destroyed(old.path(), ON);
    assert_eq!((retention.due.len(), retention.kept[&Kept::InClear]), (1, 6));
    let found = old.verified();
    assert_eq!((found.fault, found.households), (None, Households { kept: 0, destroyed: 1, in_clear: 6 }));
}

/// Tampers with a closed journal of which two pseudonyms were destroyed; what the verification says.
fn tampered(sql: &str) -> Option<String> {
    let mut chamber = of_every_kind();
    chamber.close();
    destroyed(chamber.path(), ON);
    let raw = Connection::open(chamber.path().join(FILE_NAME)).unwrap();
    raw.execute_batch("DROP TRIGGER opening_is_kept_or_destroyed; DROP TRIGGER destruction_is_append_only")
        .unwrap();
    raw.execute_batch(sql).unwrap();
    chamber.verified().fault.map(|fault| fault.what)
}

#[test]
fn openings_taken_away_changed_or_added_are_seen() {
    assert_eq!(tampered(""), None);
    let engaged = "le pseudonyme gardé à part n’est pas celui que l’écriture engage";
    let missing = "3 pseudonymes manquent, 2 destructions sont inscrites";
    for (sql, what) in [
        ("DELETE FROM opening WHERE seq = 14", missing),
        ("UPDATE destruction SET openings = 1", "2 pseudonymes manquent, 1 destructions sont inscrites"),
        ("UPDATE opening SET pseudonym = 'h-x' WHERE seq = 14", engaged),
        ("UPDATE opening SET salt = zeroblob(32) WHERE seq = 14", engaged),
        ("INSERT INTO opening VALUES (10, zeroblob(32), 'h-x')", engaged),
        (
            "INSERT INTO opening VALUES (1, zeroblob(32), 'h-x')",
            "5 pseudonymes sont gardés, les écritures en engagent 4 d’entre eux",
        ),
    ] {
        assert_eq!(tampered(sql).as_deref(), Some(what), "{sql}");
    }
}
