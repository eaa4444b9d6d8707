//! Damage to the file: seen, and placed at the first entry concerned.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_domain::seal::{pack_transfers, unpack_transfers};
use chambre_domain::{Amount, Balance, Seal, Seq, Siren, StoredEntry, Transfer};
use chambre_ledger::Reader;
use chambre_ledger::store::FILE_NAME;
use chambre_ledger::{LedgerError, Verification, verify};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use support::*;

/// The story, closed; told once for all the tests of this file.
fn closed() -> Chamber {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = FILE.get_or_init(|| {
        let mut chamber = told();
        chamber.close();
        std::fs::read(chamber.path().join(FILE_NAME)).unwrap()
    });
    let chamber = Chamber::closed();
    std::fs::write(chamber.path().join(FILE_NAME), bytes).unwrap();
    chamber
}

/// The file, its triggers dropped, as somebody who holds the disk would.
fn raw(chamber: &Chamber) -> Connection {
    let connection = Connection::open(chamber.path().join(FILE_NAME)).unwrap();
    connection
        .execute_batch(
            "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; DROP TRIGGER journal_is_append_only; DROP TRIGGER journal_is_never_shortened",
        )
        .unwrap();
    connection
}

fn found(chamber: &Chamber) -> Verification {
    verify(&Reader::open(chamber.path()).unwrap(), |_| {}).unwrap()
}

/// Whether opening must see the damage too: it checks numbers, seals and balances, not every rule.
#[derive(Clone, Copy, PartialEq)]
enum Opening {
    Refuses,
    Accepts,
}

/// Damages the story; `seq` is the first bad entry, or the last one for a balance.
fn check_with(what: &str, seq: u64, opening: Opening, damage: impl FnOnce(&Connection)) {
    let mut chamber = closed();
    let file = chamber.path().join(FILE_NAME);
    let whole = std::fs::read(&file).unwrap();
    let connection = raw(&chamber);
    damage(&connection);
    drop(connection);
    let fault = found(&chamber).fault.unwrap_or_else(|| panic!("{what} is not seen"));
    assert_eq!(fault.seq, Seq::new(seq), "{what}: {}", fault.what);
    let opened = chamber.try_reopen();
    match opening {
        Opening::Refuses => {
            assert!(
                matches!(opened, Err(LedgerError::Damaged { .. } | LedgerError::Decode(_))),
                "{what}: opened as {opened:?}"
            );
        }
        Opening::Accepts => opened.unwrap(),
    }
    chamber.close();
    std::fs::write(&file, whole).unwrap();
    assert_eq!(found(&chamber).fault, None, "restored after {what}");
    chamber.reopen();
}

fn check(what: &str, seq: u64, sql: &str) {
    check_with(what, seq, Opening::Refuses, |connection| connection.execute_batch(sql).unwrap());
}

fn last() -> u64 {
    story().len() as u64
}

#[test]
fn the_untouched_story_is_clean_and_counted() {
    let chamber = closed();
    let found = found(&chamber);
    assert_eq!((found.fault, found.entries), (None, last()));
    assert!(found.transfers > found.ecritures && found.ecritures > 20 && found.accounts > 15);
    let mut told = Vec::new();
    verify(&Reader::open(chamber.path()).unwrap(), |seq| told.push(seq.get())).unwrap();
    assert_eq!(told, (1..=last()).collect::<Vec<_>>());
}

#[test]
fn an_empty_journal_is_clean() {
    let mut chamber = Chamber::empty();
    chamber.close();
    let found = found(&chamber);
    assert_eq!((found.fault, found.entries, found.head), (None, 0, Seal::GENESIS));
}

#[test]
fn a_changed_payload_is_seen() {
    check(
        "one byte of a declaration",
        11,
        "UPDATE journal SET payload = replace(payload, '120000', '120001') WHERE seq = 11",
    );
    check("a space in a payload", 11, "UPDATE journal SET payload = payload || ' ' WHERE seq = 11");
    check("an emptied payload", 11, "UPDATE journal SET payload = '' WHERE seq = 11");
}

#[test]
fn a_changed_transfer_is_seen() {
    check(
        "another amount",
        11,
        "UPDATE journal SET transfers = CAST(substr(transfers, 1, 8) || x'01' || substr(transfers, 10) AS BLOB) WHERE seq = 11",
    );
    check(
        "a transfer left out",
        10,
        "UPDATE journal SET transfers = substr(transfers, 1, 33) WHERE seq = 10",
    );
    check("no transfer at all", 11, "UPDATE journal SET transfers = x'' WHERE seq = 11");
    check(
        "a transfer added",
        1,
        "UPDATE journal SET transfers = (SELECT transfers FROM journal WHERE seq = 11) WHERE seq = 1",
    );
}

#[test]
fn swapped_rows_are_seen() {
    check(
        "two rows swapped",
        16,
        "UPDATE journal SET seq = 1000 WHERE seq = 16; UPDATE journal SET seq = 16 WHERE seq = 17;
         UPDATE journal SET seq = 17 WHERE seq = 1000",
    );
}

#[test]
fn a_missing_row_is_seen() {
    check("a row deleted in the middle", 21, "DELETE FROM journal WHERE seq = 20");
    check("the first row deleted", 2, "DELETE FROM journal WHERE seq = 1");
    check(
        "a row deleted, those after renumbered",
        20,
        "DELETE FROM journal WHERE seq = 20;
         UPDATE journal SET seq = seq + 1000 WHERE seq > 20; UPDATE journal SET seq = seq - 1001 WHERE seq > 1000",
    );
}

#[test]
fn a_cut_tail_is_seen_by_the_balances_it_leaves() {
    let cut = last() - 1;
    check("a tail cut", cut - 1, &format!("DELETE FROM journal WHERE seq >= {cut}"));
    check("everything cut", 0, "DELETE FROM journal");
}

#[test]
fn other_fields_are_seen() {
    check("another instant", 12, "UPDATE journal SET booked_at = booked_at + 1 WHERE seq = 12");
    check("another day", 12, "UPDATE journal SET occurred_on = occurred_on + 1 WHERE seq = 12");
    check("another id", 12, "UPDATE journal SET event_id = 's-012' WHERE seq = 12");
    check(
        "a gap in the numbers",
        last() + 1,
        &format!("UPDATE journal SET seq = seq + 1 WHERE seq = {}", last()),
    );
    check("another seal", 12, "UPDATE journal SET seal = zeroblob(32) WHERE seq = 12");
    check(
        "the seal of another row",
        12,
        "UPDATE journal SET seal = (SELECT seal FROM journal WHERE seq = 11) WHERE seq = 12",
    );
}

#[test]
fn a_changed_balance_is_seen() {
    check("a balance raised", last(), "UPDATE balance SET credit = credit + 1 WHERE compte = 467900");
    check("both sides raised", last(), "UPDATE balance SET credit = credit + 1, debit = debit + 1");
    check("a balance deleted", last(), "DELETE FROM balance WHERE compte = 615900");
    check("no balance at all", last(), "DELETE FROM balance");
    let (plaine, free) = (plaine().siren().number(), Siren::fictitious(99).number());
    let insert = |values: &str| format!("INSERT INTO balance VALUES ({values})");
    check("a balance too many", last(), &insert(&format!("467100, {plaine}, {free}, 0, 5")));
    check("an empty balance too many", last(), &insert(&format!("467100, {plaine}, {free}, 0, 0")));
    check("an account that is none", last(), &insert("411000, 1, 2, 3, 4"));
}

#[test]
fn a_uuid_hidden_from_its_index_is_seen() {
    // Stored as text, its own id would not find it again, and the event could be booked twice.
    let name = "0192f0c1-7d3e-7cc2-9f6a-0d5b1f3f8f01";
    let mut chamber = Chamber::with_registry();
    chamber.booked(name, recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 1));
    chamber.close();
    raw(&chamber).execute("UPDATE journal SET event_id = ?1 WHERE seq = 10", [name]).unwrap();
    assert_eq!(found(&chamber).fault.unwrap().seq, Seq::new(10));
    assert!(chamber.try_reopen().is_err());
}

// From here on the forger knows the format: the chain and the balances are made right again.

fn rows(connection: &Connection) -> Vec<StoredEntry> {
    let mut statement = connection
        .prepare("SELECT seq, event_id, booked_at, occurred_on, payload, transfers, seal FROM journal ORDER BY seq")
        .unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        let seal: Vec<u8> = row.get(6)?;
        Ok(StoredEntry {
            seq: Seq::new(u64::try_from(row.get::<_, i64>(0)?).unwrap()),
            event_id: row.get(1)?,
            booked_at: row.get(2)?,
            occurred_on: row.get(3)?,
            payload: row.get::<_, String>(4)?.into_bytes(),
            transfers: row.get(5)?,
            seal: Seal::from_bytes(&seal).unwrap(),
        })
    };
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

fn write(connection: &Connection, entry: &StoredEntry) {
    let payload = String::from_utf8(entry.payload.clone()).unwrap();
    let (seq, seal) = (i64::try_from(entry.seq.get()).unwrap(), entry.seal.bytes());
    connection
        .execute(
            "INSERT INTO journal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL) ON CONFLICT (seq) DO UPDATE SET
             booked_at = ?3, occurred_on = ?4, payload = ?5, transfers = ?6, seal = ?7",
            params![seq, entry.event_id, entry.booked_at, entry.occurred_on, payload, entry.transfers, seal],
        )
        .unwrap();
}

fn seal_again(connection: &Connection) {
    let mut before = Seal::GENESIS;
    for mut entry in rows(connection) {
        entry.seal = entry.seal_after(before);
        before = entry.seal;
        write(connection, &entry);
    }
}

/// Seals the journal again from the first entry, and sums the balances again.
fn forge(connection: &Connection) {
    seal_again(connection);
    let mut balances = BTreeMap::<_, Balance>::new();
    for entry in rows(connection) {
        for transfer in unpack_transfers(&entry.transfers).unwrap() {
            balances.entry(transfer.debit()).or_default().debit += transfer.amount().get();
            balances.entry(transfer.credit()).or_default().credit += transfer.amount().get();
        }
    }
    connection.execute("DELETE FROM balance", []).unwrap();
    for (account, balance) in balances {
        let bailleur = account.bailleur.map_or(0, Siren::number);
        let (compte, territory) = (account.compte.number(), account.territory.siren().number());
        let row = params![compte, territory, bailleur, balance.debit, balance.credit];
        connection.execute("INSERT INTO balance VALUES (?1, ?2, ?3, ?4, ?5)", row).unwrap();
    }
}

/// A forgery of one entry, in a journal otherwise right.
fn forged(what: &str, seq: u64, forgery: impl FnOnce(&mut StoredEntry)) {
    check_with(what, seq, Opening::Accepts, |connection| {
        let mut entry = rows(connection).remove(usize::try_from(seq - 1).unwrap());
        forgery(&mut entry);
        write(connection, &entry);
        forge(connection);
    });
}

/// The same, for the transfers only.
fn forged_transfers(what: &str, seq: u64, forgery: impl FnOnce(&mut Vec<Transfer>)) {
    forged(what, seq, |entry| {
        let mut transfers = unpack_transfers(&entry.transfers).unwrap().to_vec();
        forgery(&mut transfers);
        entry.transfers = pack_transfers(&transfers);
    });
}

fn with_amount(transfer: &Transfer, cents: i64) -> Transfer {
    let amount = Amount::new("amount", cents).unwrap();
    Transfer::new(transfer.debit(), transfer.credit(), amount).unwrap()
}

#[test]
fn a_posting_that_does_not_follow_its_event_is_seen_under_a_right_chain() {
    let changes: [(&str, u64); 12] = [
        ("the capitalised gap", 10),
        ("works", 11),
        ("vacancy", 12),
        ("a reversal", 13),
        ("an indemnity", 15),
        ("an accrual", 22),
        ("an approval", 27),
        ("a payment", 28),
        ("building rights due", 34),
        ("building rights honoured", 35),
        ("a merger", 42),
        ("an indemnity reclaimed", 43),
    ];
    for (what, seq) in changes {
        forged_transfers(what, seq, |transfers| {
            let last = transfers.last_mut().unwrap();
            *last = with_amount(last, last.amount().get() + 1);
        });
        forged_transfers(what, seq, |transfers| {
            let last = transfers.last_mut().unwrap();
            *last = last.mirrored();
        });
        forged_transfers(what, seq, |transfers| transfers.truncate(transfers.len() - 1));
        forged_transfers(what, seq, |transfers| transfers.push(transfers[0]));
    }
}

#[test]
fn a_registration_that_moves_money_is_seen_under_a_right_chain() {
    let one = || {
        let effort =
            chambre_domain::Account::of(chambre_domain::Compte::EffortMesure, plaine(), bailleur('H'));
        let gap = chambre_domain::Account::of(chambre_domain::Compte::EcartDeLoyer, plaine(), bailleur('H'));
        Transfer::new(gap, effort, Amount::ONE).unwrap()
    };
    for seq in [1, 6, 8, 14, 19, 25, 37] {
        forged_transfers("money from nowhere", seq, |transfers| transfers.push(one()));
    }
}

#[test]
fn wrong_dates_and_payloads_are_seen_under_a_right_chain() {
    for seq in [1, 11, 13, 22, 27] {
        forged("another day", seq, |entry| entry.occurred_on += 1);
    }
    forged("an instant before the one before", 20, |entry| entry.booked_at -= 1);
    let spaced = |entry: &mut StoredEntry| entry.payload.push(b' ');
    forged("a payload that is not canonical", 20, spaced);
    check_with("a payload that is no event", 20, Opening::Refuses, |connection| {
        let mut entry = rows(connection).remove(19);
        entry.payload = b"{}".to_vec();
        write(connection, &entry);
        forge(connection);
    });
    check_with("a reversal of nothing", 13, Opening::Refuses, |connection| {
        let mut entry = rows(connection).remove(12);
        entry.payload = String::from_utf8(entry.payload).unwrap().replace("s-12", "s-99").into_bytes();
        write(connection, &entry);
        forge(connection);
    });
}

#[test]
fn amounts_beyond_the_counters_are_damage_and_no_crash() {
    // H already has the effort of R-1 on the account that these works credit.
    check_with("an amount beyond the counters", 11, Opening::Refuses, |connection| {
        let mut entry = rows(connection).remove(10);
        entry.payload = works("R-1", i64::MAX).to_payload();
        entry.transfers[1..9].copy_from_slice(&i64::MAX.to_be_bytes());
        write(connection, &entry);
        seal_again(connection);
    });
}

#[test]
fn an_entry_added_with_a_right_seal_and_a_wrong_posting_is_seen() {
    check_with("an entry added", last() + 1, Opening::Accepts, |connection| {
        let rows = rows(connection);
        let mut added = rows[10].clone();
        added.seq = Seq::new(last() + 1);
        added.event_id = "added".to_owned();
        added.booked_at = rows[rows.len() - 1].booked_at;
        let wrong: Vec<Transfer> =
            unpack_transfers(&added.transfers).unwrap().iter().map(|t| with_amount(t, 1)).collect();
        added.transfers = pack_transfers(&wrong);
        write(connection, &added);
        forge(connection);
    });
}

#[test]
fn the_mark_of_a_reversal_is_verified_though_no_seal_covers_it() {
    let accepted = |what, seq, sql: &str| {
        check_with(what, seq, Opening::Accepts, |connection| connection.execute_batch(sql).unwrap());
    };
    accepted("a mark taken off", 13, "UPDATE journal SET reverses = NULL WHERE seq = 13");
    accepted("a mark on another", 13, "UPDATE journal SET reverses = 10 WHERE seq = 13");
    accepted("a mark too many", last(), "UPDATE journal SET reverses = 1 WHERE seq = 2");
}
